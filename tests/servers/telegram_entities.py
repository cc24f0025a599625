"""Text and its formatting as Telegram keeps it: cleaned, trimmed, measured in UTF-16 code units.

What a client sends is not what stands in the chat: carriage returns go, control characters become
spaces, the ends are trimmed and the entities moved along; links that are none lose their link, and
entities that may not nest are cut apart. The rules are those of TDLib, on which Telegram's own Bot API
server runs; `parse_mode` is not spoken here, for our program sends entities only.
"""

import re
from typing import Any

from tests.servers.telegram_calls import Mistake, bad

Entity = dict[str, Any]

TEXT_MAX = 4096
CAPTION_MAX = 1024
ENTITIES_MAX = 100

STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}
QUOTES = {"blockquote", "expandable_blockquote"}
CODE = {"code", "pre"}
SOLID = CODE | {"text_link", "text_mention", "custom_emoji"}
FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"}
"""Those Telegram finds by itself, and ignores where a client names them."""

CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")
SPACES = " \n"

ADDRESS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?:[^/?#@]*@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#:@\[\]]+)(?::(?P<port>\d{1,5}))?(?:[/?#].*)?",
    re.DOTALL,
)
LINK = re.compile(
    r"(?<![\w@])(?:https?://[^\s<>\"]+|(?:[\w-]+\.)+(?:com|org|net|info|io|dev|app|de|vn|uk|eu|me|ai)\b"
    r"(?:/[^\s<>\"]*)?)",
    re.IGNORECASE,
)
COMMAND = re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/@])")
MENTION = re.compile(r"(?<![\w@])@[A-Za-z][A-Za-z0-9_]{3,31}\b")
HASHTAG = re.compile(r"(?<!\w)#\w*[^\W\d]\w*")


def utf16(text: str) -> int:
    """How long Telegram takes a text to be."""
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def found_in(text: str) -> list[Entity]:
    """The entities Telegram finds by itself."""
    hits = [
        (match.start(), match.end(), kind)
        for kind, pattern in (
            ("url", LINK),
            ("bot_command", COMMAND),
            ("mention", MENTION),
            ("hashtag", HASHTAG),
        )
        for match in pattern.finditer(text)
    ]
    entities: list[Entity] = []
    end_before = 0
    for start, end, kind in sorted(hits):
        if start >= end_before:
            entities.append(_entity(text, start, end, {"type": kind}))
            end_before = end
    return entities


def has_link(text: str, entities: list[Entity]) -> bool:
    return LINK.search(text) is not None or any(entity["type"] == "text_link" for entity in entities)


def is_url(url: str) -> bool:
    """Whether Telegram takes it for the address of a link: with a host that has a dot."""
    match = ADDRESS.fullmatch(url)
    if match is None or int(match["port"] or 1) not in range(1, 65536):
        return False
    host = match["host"]
    match (match["scheme"] or "http").lower():
        case "tg" | "ton":
            return re.fullmatch(r"[\w-]+", host) is not None
        case "http" | "https":
            return host.startswith("[") or "." in host
    return False


class Formatted:
    """A text as it will stand in the chat. Raises `Mistake` if its entities are wrong."""

    def __init__(self, text: str, entities: list[Entity] | None) -> None:
        self.lost_links: list[str] = []
        """Addresses that are none."""
        spans = self._spans(text, entities) if entities else []
        text, spans = _cleaned(text, spans)
        text, spans = _trimmed(text, spans)
        self.text = text
        self.entities = [_entity(text, *span) for span in _nested(spans)[:ENTITIES_MAX]]

    def _spans(self, text: str, entities: list[Entity]) -> list["Span"]:
        if not isinstance(entities, list):
            raise Mistake(bad("can't parse entities: expected an Array of MessageEntity"))
        at, whole = _positions(text), utf16(text)
        spans = []
        for entity in entities:
            start, end = _bounds(entity, at, whole)
            kind = entity.get("type")
            if kind == "text_link" and not is_url(str(entity.get("url"))):
                self.lost_links.append(str(entity.get("url")))
            elif kind in STYLES | QUOTES | SOLID and end > start:
                fields = {name: entity[name] for name in ("type", *MORE) if entity.get(name) is not None}
                spans.append((start, end, fields))
            elif kind not in STYLES | QUOTES | SOLID | FOUND:
                raise Mistake(bad("can't parse entities: unsupported MessageEntity type specified"))
        return sorted(spans, key=lambda span: (span[0], -span[1]))


Span = tuple[int, int, Entity]
"""From and to, in characters of the text, and the rest of the entity."""

MORE = ("url", "user", "language", "custom_emoji_id")


def _positions(text: str) -> dict[int, int] | range:
    """UTF-16 offset → index of the character that begins there."""
    if max(text, default="") <= "\uffff":
        return range(len(text) + 1)
    positions, offset = {}, 0
    for index, letter in enumerate(text):
        positions[offset] = index
        offset += 2 if letter > "\uffff" else 1
    positions[offset] = len(text)
    return positions


def _bounds(entity: Any, at: dict[int, int] | range, whole: int) -> tuple[int, int]:
    if not isinstance(entity, dict):
        raise Mistake(bad("can't parse entities: expected an Object"))
    offset, length = entity.get("offset"), entity.get("length")
    if not isinstance(offset, int) or not 0 <= offset <= 1_000_000:
        raise Mistake(bad(f"receive an entity with incorrect offset {offset}"))
    if not isinstance(length, int) or not 0 <= length <= 1_000_000:
        raise Mistake(bad(f"receive an entity with incorrect length {length}"))
    if length == 0:
        return 0, 0  # wherever it is, it is ignored
    if offset > whole:
        raise Mistake(bad(f"entity begins after the end of the text at UTF-16 offset {offset}"))
    if offset not in at:
        raise Mistake(bad("entity begins in a middle of a UTF-16 symbol"))
    here = f"entity beginning at UTF-16 offset {offset} ends"
    if offset + length > whole:
        raise Mistake(bad(f"{here} after the end of the text at UTF-16 offset {offset + length}"))
    if offset + length not in at:
        raise Mistake(bad(f"{here} in a middle of a UTF-16 symbol"))
    return at[offset], at[offset + length]


def _cleaned(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    if "\r" in text:
        kept = [0]
        for letter in text:
            kept.append(kept[-1] + (letter != "\r"))
        spans = [(kept[start], kept[end], entity) for start, end, entity in spans]
        text = text.replace("\r", "")
    return CONTROL.sub(" ", text), spans


def _trimmed(text: str, spans: list[Span]) -> tuple[str, list[Span]]:
    """The end is always trimmed, the beginning only up to the first entity."""
    text = text.rstrip(SPACES)
    lead = len(text) - len(text.lstrip(SPACES))
    lead = min([lead, *(start for start, _, _ in spans)])
    text = text[lead:]
    moved = [(start - lead, min(end - lead, len(text)), entity) for start, end, entity in spans]
    return text, [span for span in moved if span[0] < span[1]]


def _nested(spans: list[Span]) -> list[Span]:
    """Links, code and the like do not overlap, no style reaches into code, no quote is in a quote."""
    solid: list[Span] = []
    quotes: list[Span] = []
    styles: list[Span] = []
    for span in spans:
        if span[2]["type"] in SOLID:
            if not solid or span[0] >= solid[-1][1]:
                solid.append(span)
        elif span[2]["type"] in QUOTES:
            if not quotes or span[0] >= quotes[-1][1]:
                quotes.append(span)
        else:
            styles.append(span)
    code = [span for span in solid if span[2]["type"] in CODE]
    pieces = [piece for span in styles for piece in _without(span, code)]
    return sorted([*solid, *quotes, *pieces], key=lambda span: (span[0], -span[1]))


def _without(span: Span, holes: list[Span]) -> list[Span]:
    start, end, entity = span
    pieces = []
    for hole_start, hole_end, _ in holes:
        if hole_start < end and hole_end > start:
            if hole_start > start:
                pieces.append((start, hole_start, entity))
            start = max(start, hole_end)
    return [*pieces, (start, end, entity)] if start < end else pieces


def _entity(text: str, start: int, end: int, entity: Entity) -> Entity:
    return {"offset": utf16(text[:start]), "length": utf16(text[start:end]), **entity}
