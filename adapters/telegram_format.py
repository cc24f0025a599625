"""Markdown as Telegram shows it: a plain text, and entities that say which stretch of it is bold or a link.

telegramify-markdown reads the Markdown; this file stands on both sides of it. Before: whatever the reader
would swallow (HTML, reference definitions) is shielded, because the words of an answer must all be there.
After: entities are brought into the form that Telegram accepts, and links that it would refuse are taken
off their words. Where the reader fails, or loses a word, the Markdown itself is shown, as plain text.

Offsets and lengths of entities count UTF-16 code units (Bot API, `MessageEntity`). Nothing here knows how
long a post may be: cutting is in adapters/telegram_text.py.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from itertools import pairwise
from urllib.parse import SplitResult, urlsplit

from telegramify_markdown import MessageEntity, RenderConfig, convert, utf16_len

from core.words import well_formed

ENTITIES_MAX = 100
"""Telegram ignores all after these (Bot API, "Formatting options")."""
URL_MAX = 2048
LANGUAGE_MAX = 30

STYLES = frozenset({"bold", "italic", "underline", "strikethrough", "spoiler"})
QUOTES = frozenset({"blockquote", "expandable_blockquote"})
CODE = frozenset({"code", "pre"})

# Noncharacters: Unicode leaves them to programs for their own use, and no text contains them.
SHIELDS = str.maketrans({"\ufdd0": "<", "\ufdd1": ":", "\ufdd2": "$"})
HTML = re.compile(r"<(?!https?://)(?=[A-Za-z/!?])")
# Formulas: what doubles the length of all that is in it, and the braces it may be in.
DOUBLING = re.compile(
    r"\\(?:sqrt|overline|underline|underbar|[bx]?cancel|sout|overbrace|underbrace)(?![A-Za-z])|[{}]"
)
DOUBLINGS_MAX = 6
BRACES_MAX = 20
NOT_TEXT = re.compile("[\ufdd0-\ufdef]")

MAY_VANISH = re.compile(
    r"\$\$[^$]+\$\$|\$[^$\n]+\$"  # a formula, in which 1/2 becomes ½
    r"|\\\[(?s:.*?)\\\]|\\\((?s:.*?)\\\)"
    r"|\\[A-Za-z]+"  # a command of LaTeX
    r"|&#?\w+;"  # a character by its name
    r"|^[ \t>]*(?:\d+[.)]\s)+"  # the number in a list, which is counted anew
    r"|^[ \t>]*(?:`{3,}|~{3,}).*"  # the language of a block of code
    r"|[-*+] \[[ xX]\]",  # a box to tick
    re.MULTILINE,
)
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A text as it stands in the chat."""

    text: str
    entities: tuple[MessageEntity, ...] = ()

    @property
    def length(self) -> int:
        """In UTF-16 code units, as Telegram counts."""
        return utf16_len(self.text)


def _symbols() -> RenderConfig:
    """No pictures before headings; and no sign that is longer than what it stands for."""
    config = RenderConfig.isolated()
    signs = config.markdown_symbol
    signs.heading_level_1 = signs.heading_level_2 = signs.heading_level_3 = signs.heading_level_4 = ""
    signs.unordered_list_item = "•"
    signs.horizontal_rule = "———"
    signs.image = "🖼 "
    signs.task_completed, signs.task_uncompleted = "☑", "☐"
    return config


SYMBOLS = _symbols()


def sendable(text: str) -> str:
    """The text without what no wire takes: half a surrogate pair, and noncharacters."""
    return NOT_TEXT.sub("\ufffd", well_formed(text))


def formatted(markdown: str) -> Formatted:
    """The Markdown as Telegram shows it; as it is, where it cannot be read without a loss.
    `markdown` is `sendable`."""
    plain = Formatted(markdown.strip("\n").rstrip())
    shielded = HTML.sub("\ufdd0", markdown).replace("]:", "]\ufdd1")
    formulas = not _is_deep(markdown)
    if not formulas:
        shielded = shielded.replace("$", "\ufdd2")
    try:
        text, found = convert(shielded, latex_escape=formulas, config=SYMBOLS)
    except Exception:  # noqa: BLE001 (whatever a reader of free text stumbles over, the words are shown)
        return plain
    text = _unshielded(text)
    links = [_unshielded(entity.url) for entity in found if entity.url]
    if _loses_words(markdown, text, links):
        return plain
    return _trimmed(text, accepted(map(_sound, found)))


def _unshielded(text: str) -> str:
    """Every shield has the length of what it stands for, so no offset moves."""
    return text.translate(SHIELDS)


def _is_deep(markdown: str) -> bool:
    """Whether a formula is nested so deep that reading it would take for ever: a root in a root doubles
    the length of what is in it, forty of them fill the memory."""
    around, here = [0], 0
    for sign in DOUBLING.findall(markdown):
        if sign == "{":
            around.append(here)
        elif sign != "}":
            here += 1
        elif len(around) > 1:
            here = around.pop()
        if here > DOUBLINGS_MAX or len(around) > BRACES_MAX:
            return True
    return False


def _loses_words(markdown: str, text: str, links: Sequence[str]) -> bool:
    shown = "".join(WORD.findall(" ".join((text, *links))))
    return any(word not in shown for word in set(WORD.findall(MAY_VANISH.sub(" ", markdown))))


# ── Entities that Telegram accepts ────────────────────────────────────────────────────────────────


def _sound(entity: MessageEntity) -> MessageEntity | None:
    """The entity, unless it is a link to nowhere."""
    url = _unshielded(entity.url) if entity.url is not None else None
    if entity.type == "text_link" and not is_link(url or ""):
        return None
    language = _unshielded(entity.language).split() if entity.language else []
    return replace(entity, url=url, language=language[0][:LANGUAGE_MAX] if language else None)


def is_link(url: str) -> bool:
    """Whether Telegram takes this as the target of a link. (TDLib, `LinkManager::get_checked_link`)"""
    if len(url) > URL_MAX or not url.isprintable() or any(char in " <>\"'`{}|\\^" for char in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "tg" or (parts.scheme in ("http", "https") and _has_host(parts))
    except ValueError:
        return False


def _has_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if ":" in host:
        return bool(ip_address(host))
    labels = host.removesuffix(".").split(".")
    port_is_sound = parts.port is None or parts.port > 0
    return (
        port_is_sound and len(labels) > 1 and all(re.fullmatch(r"\w([\w-]*\w)?", label) for label in labels)
    )


def accepted(entities: Iterable[MessageEntity | None]) -> list[MessageEntity]:
    """Those entities that may stand together (Bot API, "Formatting options"): each wholly inside or
    outside of every other, nothing in code and code in nothing but a quote, no link in a link, no quote in
    a quote. Sorted, and not too many."""
    found = sorted((one for one in entities if one), key=_order)[: 2 * ENTITIES_MAX]
    solid = _nested(one for one in found if one.type not in STYLES)
    code = [one for one in solid if one.type in CODE]
    styles = [piece for one in found if one.type in STYLES for piece in _without(one, code)]
    return _nested(sorted((*solid, *styles), key=_order))[:ENTITIES_MAX]


def _order(entity: MessageEntity) -> tuple[int, int, bool, bool]:
    """The outer before the inner; of two on the same words, a quote before a link, a link before code."""
    return entity.offset, -entity.length, entity.type not in QUOTES, entity.type in CODE


def _nested(entities: Iterable[MessageEntity]) -> list[MessageEntity]:
    kept: list[MessageEntity] = []
    around: list[MessageEntity] = []
    for entity in entities:
        while around and _end(around[-1]) <= entity.offset:
            around.pop()
        if entity.length > 0 and all(_may_hold(outer, entity) for outer in around):
            kept.append(entity)
            around.append(entity)
    return kept


def _may_hold(outer: MessageEntity, inner: MessageEntity) -> bool:
    if _end(inner) > _end(outer) or outer.type in CODE or inner.type == outer.type:
        return False
    if outer.type in STYLES or inner.type in STYLES:
        return True
    return outer.type in QUOTES and inner.type not in QUOTES


def _without(entity: MessageEntity, code: Sequence[MessageEntity]) -> list[MessageEntity]:
    """What is left of a style when the code in it is taken out."""
    inside = [one for one in code if one.offset < _end(entity) and entity.offset < _end(one)]
    bounds = [entity.offset, *(edge for one in inside for edge in (one.offset, _end(one))), _end(entity)]
    return [
        replace(entity, offset=start, length=end - start)
        for start, end in list(pairwise(bounds))[::2]
        if start < end
    ]


def _end(entity: MessageEntity) -> int:
    return entity.offset + entity.length


def _trimmed(text: str, entities: Iterable[MessageEntity]) -> Formatted:
    """Without the empty lines around it, which Telegram does not show either."""
    start = len(text) - len(text.lstrip("\n"))
    text = text.strip("\n").rstrip()
    length = utf16_len(text)
    moved = []
    for entity in entities:
        left, right = max(0, entity.offset - start), min(length, _end(entity) - start)
        if left < right:
            moved.append(replace(entity, offset=left, length=right - left))
    return Formatted(text, tuple(moved))
