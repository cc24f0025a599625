"""A recorded conversation as an SVG: `draw` makes the text of the file, and decides nothing about the words.

It is made for a README: 390 points wide, so that a phone shows it as large as it is; one file without fonts,
scripts or anything from elsewhere; colours of its own for light and for dark. What stands there in the end is
the picture. Whoever likes movement sees the answers grow once, at the pace at which they were recorded: each
earlier state lies in its place, unseen, and is shown for as long as it stood in the chat.

    room ─► posts ─► states ─► lines that fit ─► a bubble each, at the height it has in the end

Lines are broken with the metrics of DejaVu Sans. Of the fonts that readers have it is the widest, so that no
line is longer than its bubble, whichever they see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
from PIL.ImageFont import FreeTypeFont, truetype

from tests.picture.scene import ANNA, NAMES, Room, Said, State

START_S = 1.0
"""Before the first words of an answer: whoever looks has to find it first."""
WIDTH, EDGE, INNER, PAD, GAP = 390, 10, 12, 8, 8
BUBBLE_MAX = 346
LINE_MAX = BUBBLE_MAX - 2 * INNER
TEXT_PT, NAME_PT, SMALL_PT = 14, 12, 11
LINE_PT, BASE_PT, BLANK_PT, NAME_LINE = 20, 15, 8, 18
"""How high a line is, and where in it the letters stand; an empty line; one with a name."""
HEAD, AVATAR, BUTTON, BUTTON_GAP = 46, 15, 30, 4
EMOJI_EM = 1.35
"""How wide a picture sign is, which DejaVu Sans has not got."""

Span = tuple[int, int, str]
"""From and to, in letters, and the class they are drawn in."""
Line = tuple[tuple[str, str], ...]
"""In pieces: text and class."""
CLASSES = {"bold": "b", "url": "a", "text_link": "a", "mention": "a", "bot_command": "a"}

STYLE = """
svg{--wall:#e6ebf1;--head:#fff;--ink:#16202b;--pale:#56636f;--bot:#fff;--own:#ffe8b5;--key:#cfd9e4;
--link:#0b62a8;--name:#9b2c6f;--lamp:#8a5a00;--edge:#c8d2dc}
@media(prefers-color-scheme:dark){svg{--wall:#111820;--head:#1b242e;--ink:#e9eef3;--pale:#9aa8b5;--bot:#222d38;
--own:#57430f;--key:#2f3c49;--link:#7cc0ff;--name:#f59ccd;--lamp:#ffc95c;--edge:#2b3743}}
text{font-family:-apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-size:14px;fill:var(--ink);white-space:pre}
.wall{fill:var(--wall);stroke:var(--edge)}.head{fill:var(--head)}.bot{fill:var(--bot)}.own{fill:var(--own)}
.key{fill:var(--key)}.title{font-size:15px;font-weight:600}.note,.aside{font-size:11px;fill:var(--pale)}
.name{font-size:12px;font-weight:600;fill:var(--name)}.lamp{fill:var(--lamp)}.b{font-weight:600}
.a{fill:var(--link)}.label,.aside,.letter{text-anchor:middle}.label{font-size:12px}.aside{fill:var(--lamp)}
.face{fill:var(--lamp)}.letter{font-weight:600;fill:var(--head)}.was{animation-name:stands}
@media(prefers-reduced-motion:reduce){g{animation:none!important}}
@keyframes stands{from,to{opacity:1}}
@keyframes comes{from{opacity:0}}
"""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One state of one post, laid out. Sizes in points."""

    lines: tuple[Line, ...]
    width: float
    text_height: float
    own: bool
    name: str
    buttons: tuple[str, ...]

    @property
    def height(self) -> float:
        return self.text_height + (BUTTON_GAP + BUTTON if self.buttons else 0)


def draw(rooms: Sequence[Room], title: str) -> str:
    """The file's text."""
    parts: list[str] = []
    y = 1.0
    for room in rooms:
        body, height = _room(room, y)
        parts.append(
            f'<g class="room"><rect class="wall" x=".5" y="{y:g}" width="{WIDTH - 1}" height="{height:g}" '
            f'rx="14"/>{_head(room, y)}{body}</g>'
        )
        y += height + GAP
    tall = round(y - GAP + 1)
    described = escape(" ".join(_described(rooms)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{tall}" '
        f'viewBox="0 0 {WIDTH} {tall}" role="img" aria-labelledby="title desc">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="desc">{described}</desc>\n'
        f"<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _described(rooms: Sequence[Room]) -> Iterator[str]:
    for room in rooms:
        for said in room.said:
            yield f"{said.sender or 'Porchlight'}: {said.text}"


# ── The parts of a room ───────────────────────────────────────────────────────────────────────────


def _head(room: Room, y: float) -> str:
    middle = y + HEAD / 2
    letter = (
        _lamp(30, middle)
        if room.alone
        else f'<text class="letter" x="30" y="{middle + 5:g}">{escape(room.title[:1])}</text>'
    )
    return (
        f'<path class="head" d="M1 {y + HEAD:g}V{y + 14:g}a13.5 13.5 0 0 1 13.5-13.5h361'
        f'a13.5 13.5 0 0 1 13.5 13.5V{y + HEAD:g}z"/>'
        f'<circle class="face" cx="30" cy="{middle:g}" r="{AVATAR}"/>{letter}'
        f'<text class="title" x="56" y="{middle - 2:g}">{escape(room.title)}</text>'
        f'<text class="note" x="56" y="{middle + 14:g}">{escape(room.note)}</text>'
    )


def _lamp(x: float, y: float) -> str:
    """A porch light: a small lantern."""
    return (
        f'<path class="head" d="M{x - 6:g} {y - 4:g}h12l-2 11h-8zM{x - 4:g} {y - 6:g}l4-4 4 4z'
        f'M{x - 3:g} {y + 8:g}h6v2h-6z"/>'
    )


def _room(room: Room, top: float) -> tuple[str, float]:
    """Everything said in it, and how high it is."""
    parts = []
    y = top + HEAD + GAP
    for said in room.said:
        *earlier, last = said.states
        for state, following in pairwise(said.states):
            seen = _drawn(_bubble(said, state, named=not room.alone), y)
            parts.append(_was(seen, START_S + state.at - said.states[0].at, following.at - state.at))
        bubble = _bubble(said, last, named=not room.alone)
        parts.append(_is(_drawn(bubble, y), START_S + last.at - said.states[0].at if earlier else None))
        y += bubble.height + GAP
        if said.aside:
            aside = (
                f'<text class="aside" x="{WIDTH / 2:g}" y="{y + SMALL_PT - 4:g}">{escape(said.aside)}</text>'
            )
            parts.append(_is(aside, None))
            y += SMALL_PT + GAP
    return "\n".join(parts), y - top


def _was(drawn: str, since_s: float, for_s: float) -> str:
    """Unseen, but for so long."""
    timing = f"animation-delay:{since_s:.2f}s;animation-duration:{for_s:.2f}s"
    return f'<g class="was" opacity="0" aria-hidden="true" style="{timing}">{drawn}</g>'


def _is(drawn: str, since_s: float | None) -> str:
    """What stands there in the end; None: from the beginning."""
    timing = "" if since_s is None else f' style="animation:comes .15s {since_s:.2f}s backwards"'
    return f'<g class="is"{timing}>{drawn}</g>'


def _bubble(said: Said, state: State, *, named: bool) -> Bubble:
    is_last = state is said.states[-1]
    own = said.sender == NAMES[ANNA]
    name = said.sender or "Porchlight" if named and not own else ""
    lines = tuple(_lines(state.text, _spans(state.text, said.entities) if is_last else (), LINE_MAX))
    widest = max(
        [width_of(name, NAME_PT), *(width_of("".join(piece for piece, _ in line)) for line in lines)]
    )
    width = BUBBLE_MAX if said.buttons and is_last else min(BUBBLE_MAX, widest + 2 * INNER)
    buttons = said.buttons if is_last else ()
    height = 2 * PAD + (NAME_LINE if name else 0) + sum(_height(line) for line in lines)
    return Bubble(lines, width, height, own, name, buttons)


def _height(line: Line) -> int:
    return LINE_PT if line else BLANK_PT


def _drawn(it: Bubble, y: float) -> str:
    x = WIDTH - EDGE - it.width if it.own else EDGE
    parts = [
        f'<rect class="{"own" if it.own else "bot"}" x="{x:g}" y="{y:g}" width="{it.width:g}" '
        f'height="{it.text_height:g}" rx="12"/>'
    ]
    below = y + PAD
    if it.name:
        tone = "name lamp" if it.name == "Porchlight" else "name"
        parts.append(
            f'<text class="{tone}" x="{x + INNER:g}" y="{below + NAME_PT:g}">{escape(it.name)}</text>'
        )
        below += NAME_LINE
    for line in it.lines:
        if line:
            inside = "".join(_piece(text, tone) for text, tone in line)
            parts.append(f'<text x="{x + INNER:g}" y="{below + BASE_PT:g}">{inside}</text>')
        below += _height(line)
    parts += _buttons(it, x, y + it.text_height + BUTTON_GAP)
    return "".join(parts)


def _piece(text: str, tone: str) -> str:
    return f'<tspan class="{tone}">{escape(text)}</tspan>' if tone else escape(text)


def _buttons(it: Bubble, x: float, y: float) -> Iterator[str]:
    each = (it.width - BUTTON_GAP * (len(it.buttons) - 1)) / max(1, len(it.buttons))
    for number, label in enumerate(it.buttons):
        left = x + number * (each + BUTTON_GAP)
        yield (
            f'<rect class="key" x="{left:g}" y="{y:g}" width="{each:g}" height="{BUTTON}" rx="8"/>'
            f'<text class="label" x="{left + each / 2:g}" y="{y + 19:g}">{escape(label)}</text>'
        )


# ── Lines that fit ────────────────────────────────────────────────────────────────────────────────


def _spans(text: str, entities: Sequence[dict[str, object]]) -> tuple[Span, ...]:
    """The entities in letters; Telegram counts in UTF-16."""
    at: list[int] = []
    for index, letter in enumerate(text):
        at += [index] * (2 if letter > "\uffff" else 1)
    at.append(len(text))
    return tuple(
        (
            at[int(str(it["offset"]))],
            at[int(str(it["offset"])) + int(str(it["length"]))],
            CLASSES[str(it["type"])],
        )
        for it in entities
        if it["type"] in CLASSES
    )


def _lines(text: str, spans: Sequence[Span], width: float) -> Iterator[Line]:
    """Broken between words, each line in pieces of one class."""
    start = 0
    for paragraph in text.split("\n"):
        for begin, end in _broken(paragraph, width):
            yield tuple(_pieces(text, start + begin, start + end, spans))
        start += len(paragraph) + 1


def _broken(paragraph: str, width: float) -> Iterator[tuple[int, int]]:
    """From where to where each line goes; a word that is longer than a line is cut."""
    begin = 0
    while width_of(paragraph[begin:]) > width:
        end = begin + 1
        while width_of(paragraph[begin : end + 1]) <= width:
            end += 1
        blank = paragraph.rfind(" ", begin + 1, end + 1)
        yield begin, blank if blank > 0 else end
        begin = blank + 1 if blank > 0 else end
    yield begin, len(paragraph)


def _pieces(text: str, begin: int, end: int, spans: Sequence[Span]) -> Iterator[tuple[str, str]]:
    cuts = sorted({begin, end, *(cut for span in spans for cut in span[:2] if begin < cut < end)})
    for left, right in pairwise(cuts):
        tone = next((tone for first, last, tone in spans if first <= left < last), "")
        yield text[left:right], tone


def width_of(text: str, size_pt: int = TEXT_PT) -> float:
    known = "".join(letter for letter in text if letter <= "\u2bff")
    return float(_font(size_pt).getlength(known)) + (len(text) - len(known)) * EMOJI_EM * size_pt


@cache
def _font(size_pt: int) -> FreeTypeFont:
    return truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size_pt)
