"""The picture that the README begins with: that it is true, and that it can be seen by everybody."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from tests.picture.__main__ import PICTURE
from tests.picture.drawing import LINE_MAX, WIDTH, draw, width_of
from tests.picture.scene import BREAKS_OFF, TAKES_OVER, Room, Said, State, record

SVG = "{http://www.w3.org/2000/svg}"
BYTES_MAX = 150_000
TIME = re.compile(r"\d+(\.\d+)?(?= (s|min|MB)\b)")
"""Differs from one run to the next."""


def lines(svg: str) -> list[str]:
    """What stands in the finished picture."""
    seen = [group for group in fromstring(svg).iter(f"{SVG}g") if group.get("class") == "is"]
    return ["".join(text.itertext()) for group in seen for text in group.iter(f"{SVG}text")]


def words(svg: str) -> list[str]:
    """Wherever the lines break."""
    return TIME.sub("…", " ".join(lines(svg))).split()


def steps(svg: str) -> list[str]:
    """What every earlier state says."""
    was = [group for group in fromstring(svg).iter(f"{SVG}g") if group.get("class") == "was"]
    return [" ".join("".join(text.itertext()) for text in group.iter(f"{SVG}text")) for group in was]


@pytest.fixture
def committed() -> str:
    return PICTURE.read_text("utf-8")


async def test_it_shows_what_the_program_does(tmp_path: Path, committed: str) -> None:
    """Played again, the conversation ends with the same words; only times differ. Where the program says
    something else by now, `python -m tests.picture` draws it anew."""
    assert words(draw(await record(tmp_path), "again")) == words(committed)


def test_it_shows_that_a_model_broke_off(committed: str) -> None:
    """Its words are seen while the answer grows, and none of them in the end."""
    begun = " ".join(BREAKS_OFF.split()[:4])
    assert any(begun in step for step in steps(committed))
    assert begun not in " ".join(words(committed))
    assert TAKES_OVER in " ".join(words(committed))


def test_it_is_one_small_file_that_asks_for_nothing(committed: str) -> None:
    """No font, script or image from elsewhere; a title and a description for who cannot see it."""
    assert len(committed.encode()) < BYTES_MAX
    tree = fromstring(committed)
    assert {node.tag for node in tree.iter()} <= {
        f"{SVG}{tag}"
        for tag in ("svg", "title", "desc", "style", "g", "rect", "path", "circle", "text", "tspan")
    }
    assert not re.search(r"@import|url\(|href|@font-face|\bon\w+=", committed)
    assert tree.findtext(f"{SVG}title")
    assert "Mia: " in (tree.findtext(f"{SVG}desc") or "")
    assert int(tree.attrib["width"]) == WIDTH <= 390


def test_it_stands_still_for_who_wants_that(committed: str) -> None:
    """It moves once; not at all where that is asked for, and then every earlier state is unseen."""
    again = draw([Room("Family", "", (Said("", (State(0, "One"), State(1, "One two"))),))], "again")
    for svg in (committed, again):
        style = fromstring(svg).findtext(f"{SVG}style") or ""
        assert "@media(prefers-reduced-motion:reduce){g{animation:none!important}}" in style
        assert "@media(prefers-color-scheme:dark)" in style
        assert "infinite" not in svg
        was = [group for group in fromstring(svg).iter(f"{SVG}g") if group.get("class") == "was"]
        assert was
        assert all(group.get("opacity") == "0" for group in was)


def colours(style: str) -> Sequence[dict[str, str]]:
    """Of light and of dark, by name."""
    return [dict(re.findall(r"--(\w+):(#\w+)", block)) for block in re.findall(r"svg\{(.*?)\}", style, re.S)]


def brightness(colour: str) -> float:
    """Relative luminance, as WCAG 2 has it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        *(("ink", "bot"), ("ink", "own"), ("ink", "head"), ("ink", "key"), ("pale", "head")),
        *(
            ("link", "bot"),
            ("link", "own"),
            ("name", "bot"),
            ("lamp", "bot"),
            ("lamp", "wall"),
            ("head", "lamp"),
        ),
    ],
)
def test_every_text_can_be_read_in_light_and_dark(committed: str, ink: str, paper: str) -> None:
    """By at least the contrast of WCAG 2 AA, 4.5 to 1."""
    light, dark = colours(fromstring(committed).findtext(f"{SVG}style") or "")
    for known in (light, dark):
        high, low = sorted((brightness(known[ink]), brightness(known[paper])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_words_are_words_and_no_markup() -> None:
    """Whatever is said is escaped, in titles too."""
    rude = "<script>alert('1 & \"2\"')</script>"
    said = Said("", (State(0, rude), State(1, rude)), buttons=(rude,))
    drawn = draw([Room(rude, rude, (said, replace(said, sender="Mia")))], rude)
    assert "<script>" not in drawn
    assert " ".join(lines(drawn)).count("alert") == 4


@pytest.mark.parametrize(
    "text",
    ["word " * 200, "w" * 400, "first\n\nsecond " * 30, "🍂" * 100, "https://a.example/" + "path/" * 60],
    ids=["words", "one word", "paragraphs", "signs", "address"],
)
def test_no_line_is_wider_than_its_bubble(text: str) -> None:
    """Whatever it is made of; and nothing of it is lost."""
    drawn = draw([Room("Family", "", (Said("Mia", (State(0, text),)),))], "wide")
    said = lines(drawn)[1:]
    assert max(width_of(line) for line in said) <= LINE_MAX
    assert "".join(said).replace(" ", "") == re.sub(r"\s", "", text)
