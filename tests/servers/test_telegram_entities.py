"""Text and formatting are kept as Telegram keeps them; where TDLib's parser is installed, it is the judge."""

import json
from types import ModuleType
from typing import Any

import pytest

from tests.servers.telegram_calls import Mistake
from tests.servers.telegram_entities import Formatted, found_in, has_link, is_url, utf16

URLS = [
    "foo",
    "example.com",
    "/docs/a.md",
    "http://localhost:80/a",
    "mailto:a@b.cc",
    "tel:+1234567",
    "ftp://a.b/c",
    "#top",
    "javascript:alert(1)",
    "http://[::1]/",
    "tg://resolve?domain=a",
    "file.py",
    "https://ex.com:99999/",
    "http://1.2.3.4/x",
    "https://пример.рф",
    "ton://x",
    "http://a_b.c/",
    "https://en.wikipedia.org/wiki/Paris_(Texas)?a=b#c",
    "http://",
    "https://a",
    "www.example.com:8080/path",
    "data:text/plain,hello",
    "../up.html",
    "http://user:word@host.example/x",
]

STYLED: list[tuple[str, list[tuple[int, int, str]]]] = [
    ("plain", [(0, 5, "bold")]),
    ("abcd", [(0, 4, "code"), (1, 2, "bold")]),
    ("abcdef", [(0, 6, "bold"), (2, 2, "code")]),
    ("abcdef", [(0, 6, "blockquote"), (1, 2, "blockquote")]),
    ("abcdef", [(0, 6, "blockquote"), (1, 2, "pre")]),
    ("abcdef", [(0, 6, "bold"), (2, 2, "italic")]),
    ("😀 ab 😀", [(0, 2, "bold"), (3, 2, "code"), (6, 2, "italic")]),
    ("a\rb", [(2, 1, "bold")]),
    ("abc", [(1, 0, "bold")]),
    ("😀b", [(1, 0, "bold")]),
    ("ab", [(0, 5, "bold")]),
    ("ab", [(3, 1, "bold")]),
    ("😀b", [(1, 1, "bold")]),
    ("😀b", [(0, 1, "bold")]),
    ("ab", [(-1, 1, "bold")]),
    ("ab", [(0, -1, "bold")]),
]


def entity(offset: int, length: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


def spans(text: str, *entities: dict[str, Any]) -> tuple[str, list[tuple[int, int, str]]]:
    """As it stands in the chat; the refusal's words where it does not."""
    try:
        formatted = Formatted(text, list(entities))
    except Mistake as mistake:
        return mistake.refusal.description, []
    return formatted.text, [(one["offset"], one["length"], one["type"]) for one in formatted.entities]


@pytest.fixture(scope="module")
def tdlib() -> ModuleType:
    """TDLib is not to be had on every machine."""
    library: ModuleType = pytest.importorskip("tdjson")
    execute(library, {"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
    return library


def execute(tdlib: ModuleType, request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(tdlib.td_execute(json.dumps(request).encode()))
    return answer


@pytest.mark.parametrize("url", URLS)
def test_links_are_judged_as_tdlib_does(tdlib: ModuleType, url: str) -> None:
    """What is no address for TDLib is none here, and the other way round."""
    mode = {"@type": "textParseModeHTML"}
    page = {"@type": "parseTextEntities", "text": f"<a href='{url}'>x</a>", "parse_mode": mode}
    assert is_url(url) == bool(execute(tdlib, page)["entities"])


KINDS = {"bold": "Bold", "italic": "Italic", "code": "Code", "pre": "Pre", "blockquote": "BlockQuote"}


@pytest.mark.parametrize(("text", "styles"), STYLED)
def test_entities_are_judged_as_tdlib_does(
    tdlib: ModuleType, text: str, styles: list[tuple[int, int, str]]
) -> None:
    """The same entities show on the same letters, or are refused with the same words."""
    given = [
        {"@type": "textEntity", "offset": o, "length": n, "type": {"@type": f"textEntityType{KINDS[kind]}"}}
        for o, n, kind in styles
    ]
    formatted = {"@type": "formattedText", "text": text, "entities": given}
    answer = execute(tdlib, {"@type": "parseMarkdown", "text": formatted})
    here, stands = spans(text, *(entity(*style) for style in styles))
    if answer["@type"] == "error":
        words = here.removeprefix("Bad Request: ")
        assert answer["message"].startswith(words[0].upper() + words[1:])
    else:
        assert here == answer["text"]
        there = [
            (one["offset"], one["length"], one["type"]["@type"].removeprefix("textEntityType"))
            for one in answer["entities"]
        ]
        assert letters(stands) == letters(there)


def letters(stands: list[tuple[int, int, str]]) -> set[tuple[int, str]]:
    """Which letters look like what: the same look can be put into spans in several ways."""
    return {(at, kind.lower()) for start, length, kind in stands for at in range(start, start + length)}


def test_length_is_counted_in_utf16() -> None:
    """A letter beyond the basic plane counts twice."""
    assert (utf16("abc"), utf16("äöü"), utf16("😀"), utf16("👨‍👩‍👧")) == (3, 3, 2, 8)


def test_ends_are_trimmed_and_entities_moved() -> None:
    """Blanks at the end always go, those at the beginning up to the first entity, and offsets follow."""
    assert spans("  \n hi there \n", entity(4, 2, "bold")) == ("hi there", [(0, 2, "bold")])
    assert spans(" 😀 x ", entity(1, 2, "bold"), entity(4, 2, "italic")) == (
        "😀 x",
        [(0, 2, "bold"), (3, 1, "italic")],
    )
    assert spans("  hi", entity(1, 3, "bold")) == (" hi", [(0, 3, "bold")])
    assert spans("hi   ", entity(3, 2, "code")) == ("hi", [])
    assert spans(" \n ") == ("", [])
    assert spans("a\tb\x00c\nd") == ("a b c\nd", [])


def test_a_bad_address_loses_its_link_only() -> None:
    """Text with a bad text_link stands without the link, and it is told which."""
    formatted = Formatted("see here", [entity(4, 4, "text_link", url="/docs")])
    assert (formatted.text, formatted.entities, formatted.lost_links) == ("see here", [], ["/docs"])
    kept = entity(4, 4, "text_link", url="https://a.example/")
    assert Formatted("see here", [kept]).entities == [kept]


def test_entities_that_are_none_are_refused() -> None:
    """An unknown type, a missing length, or a list of something else is a mistake; those Telegram finds by
    itself are ignored."""
    assert spans("ab", entity(0, 1, "shiny"))[0].startswith("Bad Request: can't parse entities")
    assert spans("ab", {"type": "bold", "offset": 0})[0].startswith("Bad Request: receive an entity")
    with pytest.raises(Mistake):
        Formatted("ab", ["bold"])  # type: ignore[list-item]
    assert spans("@anna", entity(0, 5, "mention")) == ("@anna", [])


def test_only_the_first_hundred_entities_stand() -> None:
    """The hundred-and-first entity is dropped."""
    many = [entity(2 * count, 1, "bold") for count in range(120)]
    assert len(Formatted("a " * 119 + "a", many).entities) == 100


def test_people_get_the_entities_telegram_finds() -> None:
    """Commands, mentions and links in what people write are found, with UTF-16 offsets."""
    assert found_in("😀 /ask@porchlight_bot see http://a.de/x, @anna") == [
        entity(3, 19, "bot_command"),
        entity(27, 14, "url"),
        entity(42, 5, "mention"),
    ]
    assert found_in("a/b me@home 7/8 nothing.") == []


def test_links_are_found() -> None:
    """Whatever would get a preview is a link: an address, a bare domain, a text_link."""
    assert has_link("see https://a.example/x", [])
    assert has_link("see example.com", [])
    assert has_link("see", [entity(0, 3, "text_link", url="https://a.example")])
    assert not has_link("see main.py, e.g. this one. Or 3.14", [])
