"""TDLib, Telegram's own library, as the judge of a formatted text; it needs neither account nor network.

Its `parseMarkdown` takes a text with entities. Before it looks for Markdown, it checks and repairs the
entities just as the servers do with those of a post: it refuses one that is outside of the text or cuts a
character in two, drops what may not stand there, and splits what overlaps. So a text without a sign of
Markdown has to come back as it was.
"""

import json
from collections.abc import Sequence
from typing import Any

from telegramify_markdown import MessageEntity

try:
    from tdjson import td_execute
except ImportError:  # there is no wheel of it for this machine
    MISSING = True
else:
    MISSING = False

MARKS = str.maketrans(dict.fromkeys("*_~`|[]()", "x"))

KINDS = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
    "text_link": "TextUrl",
    "pre": "Pre",
}


def execute(request: dict[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(td_execute(json.dumps(request).encode()) or b"{}")
    return reply


if not MISSING:
    execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def complaint(text: str, entities: Sequence[MessageEntity]) -> str | None:
    """What TDLib would not take as it is; None if there is nothing."""
    reply = execute(
        {
            "@type": "parseMarkdown",
            "text": {
                "@type": "formattedText",
                "text": text.translate(MARKS),
                "entities": [_told(entity) for entity in entities],
            },
        }
    )
    if reply["@type"] == "error":
        return str(reply["message"])
    sent = _coverage(text, [(one.type, one.offset, one.length) for one in entities])
    names = {f"textEntityType{name}": kind for kind, name in KINDS.items()} | {"textEntityTypePreCode": "pre"}
    kept = _coverage(
        text, [(names[one["type"]["@type"]], one["offset"], one["length"]) for one in reply["entities"]]
    )
    if len(reply["text"]) != len(text):
        return None  # characters that Telegram removes: offsets cannot be compared
    return None if sent == kept else f"{sorted(sent ^ kept)[:4]}"


def _told(entity: MessageEntity) -> dict[str, Any]:
    kind: dict[str, Any] = {"@type": f"textEntityType{KINDS[entity.type]}"}
    if entity.type == "text_link":
        kind["url"] = entity.url
    if entity.type == "pre" and entity.language:
        kind = {"@type": "textEntityTypePreCode", "language": entity.language}
    return {"@type": "textEntity", "offset": entity.offset, "length": entity.length, "type": kind}


def _coverage(text: str, entities: Sequence[tuple[str, int, int]]) -> set[tuple[str, int]]:
    """Which kind covers which UTF-16 unit; where there is nothing to see, it does not matter."""
    units = text.encode("utf-16-le")
    seen = [not units[at : at + 2].decode("utf-16-le", "replace").isspace() for at in range(0, len(units), 2)]
    return {
        (kind, at) for kind, offset, length in entities for at in range(offset, offset + length) if seen[at]
    }
