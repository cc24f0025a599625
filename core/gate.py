"""The output gate: of all that a model writes, no link and no mention leaves but those to the sources.

A researched answer is written by a model that has just read strangers' pages, so its text may be theirs. The
gate is a pure function over the text, the same for every partial state of it and for the last one:

    text ─► what is invisible, named or escaped becomes plain ─► links lose their targets, [1] stays
         ─► addresses, domains, mentions, commands and tags are taken apart ─► [1] becomes a link of ours

Marks that a renderer may drop (`**`, backticks …) are looked through, for `evil.**com**` is shown as
`evil.com`. What is taken apart stays legible (`evil·com`, `(at)name`) and stays apart under Unicode's
normalisations. The gate knows no platform and does not ask whether a sentence is true: that is
core/verify.py.
"""

import re
from collections.abc import Mapping, Sequence
from html import unescape
from urllib.parse import quote, urlsplit

from core.web import Source

CITATION = re.compile(r"\[(\d{1,3})\]")
"""As it is in a text that was `cleaned`, where no other square bracket is."""

_TITLE_MAX = 90
_HREF_MAX = 700
"""A longer one would tear a post of Discord's 2,000 characters apart."""
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\ud800-\udfff"
    r"\U000e0000-\U000e0fff]"
)
_ENTITY = re.compile(r"&(?=(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")
_NAMED = re.compile(_ENTITY.pattern + r"[^;]*;")
_ESCAPED = re.compile(r"\\(?=[!-/:-@\[-`{-~])")

_LINK = re.compile(r"!?\[(?P<words>\[\d{1,3}\]|[^\[\]\n]{0,300})\]\([^()\n]{0,2000}\)")
_NUMBERS = (
    r"[\[【]\s{0,3}(?:\^|(?i:sources?|src|ref|quellen?|nguồn)\s{0,2}:?\s{0,2})?"
    r"(?P<numbers>\d{1,3}(?:\s{0,2}[,;&]\s{0,2}\d{1,3}){0,8})\s{0,3}(?:†[^\]】\n]{0,40})?[\]】]"
)
_BRACKETS = re.compile(rf"{_NUMBERS}|[\[【]|[\]】]")

_MARKS = "*_~`|{}$^"
"""What a renderer may drop from between two signs."""
_M = rf"[{re.escape(_MARKS)}]*+"
_ADDRESS = re.compile(rf":{_M}/{_M}/[!-Z^-~]*")  # up to a citation
_SCHEME_SIGNS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-" + _MARKS
_AFTER_ADDRESS = ".,;:!?)]}>*_~`|\"'"
_SCHEME = re.compile(
    rf"(?<![^\W_])(?P<scheme>mailto|tel|sms|tg|javascript|vbscript|data|file|magnet|sip|xmpp|geo|intent|"
    rf"steam|bitcoin|ton|discord){_M}:(?={_M}\S)",
    re.IGNORECASE,
)
_DOT = "[.\uff0e\u2024\ufe52\u3002\uff61]"
_LETTERLIKE = "\u2100-\u214f\u2460-\u24ff\u2e80-\u2fdf\u3200-\u33ff\U0001f100-\U0001f1ff"
"""Signs that Unicode's normalisation makes letters of: ⓒ, ℂ."""
_DOMAIN = re.compile(
    rf"(?<=[^\s.\u2026])(?P<dot>{_DOT})"
    rf"(?={_M}(?P<first>[^\W\d_]|[{_LETTERLIKE}]){_M}[^\s!-,./:-@\[-^`{{-~\u00b7])"
)
_IP_ADDRESS = re.compile(rf"(?<!\d)\d++(?:{_M}{_DOT}{_M}\d++){{3,}}+")
_MENTION = re.compile(rf"[@\uff20\ufe6b](?={_M}[\w{_LETTERLIKE}])")
_COMMAND = re.compile(rf"(?<![^\W_])/(?={_M}[\w{_LETTERLIKE}])")
_TAG = re.compile(r"<(?![\s\d=-]|$)")


_MARKDOWN = re.compile(r"[*_~`|]{1,3}")
_CITED = re.compile(r"\[\[(\d{1,3})\]\]\([^()\s]*\)")
_FOOTNOTES = re.compile(r"\n*(?:^> \[\d{1,3}\] [^\n]*\n?)+\s*\Z", re.MULTILINE)
_HALF_LINK = re.compile(r"!?[\[【][^\[\]【】\n]{0,80}(?:[\]】](?:\([^()\n]{0,300})?)?$")
_MAY_TURN = re.compile(r"[.:/@<>&\\()!]")
_HALF_WORD_MAX = 60


class Gate:
    """For the answer that may cite `sources`. With none, it lets no link through at all."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._hrefs: dict[int, str] = {}
        self._numbers: dict[str, int] = {}
        for source in sources:
            if href := _href(source.page.url):
                self._hrefs[source.number] = href
                self._numbers.setdefault(source.page.url.rstrip("/"), source.number)
                self._numbers.setdefault(href.rstrip("/"), source.number)

    def partial(self, text: str) -> str:
        """What may be shown of an unfinished text: as `final`, without the half word at its end that may
        still turn into something else."""
        return self.final(_without_half(text))

    def final(self, text: str) -> str:
        """The whole text as it may be shown."""
        return self.linked(self.cleaned(text))

    def cleaned(self, text: str) -> str:
        """The text with nothing in it that is or could become a link or a mention. Citations of sources
        are brought into the form [1]; those of anything else are taken out."""
        text = _INVISIBLE.sub("", text)
        text = _INVISIBLE.sub("", _NAMED.sub(lambda found: unescape(found[0]), text))
        text = _ESCAPED.sub("", text).replace("\\", "∖")
        text = _LINK.sub(self._unlinked, text)
        text = _BRACKETS.sub(self._bracket, text)
        text = self._without_addresses(text)
        text = _ENTITY.sub("& ", text)
        text = _TAG.sub("‹", text)
        text = _SCHEME.sub(r"\g<scheme>: ", text)
        text = _IP_ADDRESS.sub(lambda found: re.sub(_DOT, "·", found[0]), text)
        text = _DOMAIN.sub(_apart, text)
        text = _MENTION.sub("(at)", text)
        return _COMMAND.sub("∕", text)

    def linked(self, text: str) -> str:
        """A text that was `cleaned`, with its citations as links. After an exclamation mark a link would
        be a picture."""

        def link(found: re.Match[str]) -> str:
            number = int(found[1])
            space = " " if found.start() and text[found.start() - 1] == "!" else ""
            return f"{space}[[{number}]]({self._hrefs[number]})" if number in self._hrefs else ""

        return CITATION.sub(link, text)

    def footnote(self, source: Source, note: str = "") -> str:
        """One line: number, title, site and date, as a link. `note` is in our own words."""
        title = _label(self.cleaned(source.page.title)) or source.page.site
        site = "" if title == source.page.site else f" – {source.page.site}"
        dated = f" · {source.page.published.isoformat()}" if source.page.published else ""
        noted = f" · {note}" if note else ""
        href = self._hrefs.get(source.number)
        shown = f"[{title}{site}]({href})" if href else self.cleaned(f"{title}{site}")
        return f"[{source.number}] {shown}{dated}{noted}"

    def quoted(self, text: str) -> str:
        """Words of a page, as they may be shown: without any citation that stands in them, and without what
        a platform would take for a mark of its own."""
        line = " ".join(CITATION.sub(r"(\1)", self.cleaned(text)).split())
        return _MARKDOWN.sub("", line).lstrip("#>-+ ")

    def _unlinked(self, found: re.Match[str]) -> str:
        words = found["words"]
        if words.isdecimal():
            return f"[{words}]"
        number = self._number_of(found[0][found[0].rindex("(") + 1 : -1].split(maxsplit=1))
        return f"{words} [{number}]" if number and not words.startswith("[") else words

    def _number_of(self, target: list[str]) -> int | None:
        return self._numbers.get(target[0].strip("<>").rstrip("/")) if target else None

    def _bracket(self, found: re.Match[str]) -> str:
        if found["numbers"] is None:
            return "(" if found[0] in "[【" else ")"
        numbers = dict.fromkeys(int(number) for number in re.findall(r"\d+", found["numbers"]))
        return "".join(f"[{number}]" for number in numbers if number in self._hrefs)

    def _without_addresses(self, text: str) -> str:
        """Without anything that has a `://`; where it is a source's, its number stands there."""
        kept, end = [], 0
        for found in _ADDRESS.finditer(text):
            before = text[end : found.start()].rstrip(_SCHEME_SIGNS)
            scheme = text[end + len(before) : found.start()]
            before += scheme[: len(scheme) - len(scheme.lstrip(_MARKS))]
            start = end + len(before)
            address = text[start : found.end()].rstrip(_AFTER_ADDRESS)
            number = self._numbers.get(address.rstrip("/"))
            kept += [before, f"[{number}]" if number else "…"]
            end = max(start + len(address), found.start() + 1)
        return "".join(kept) + text[end:]


def _apart(found: re.Match[str]) -> str:
    """A dot between two labels. Where it rather ends a sentence, a space says so."""
    dot, first = found["dot"], found["first"]
    if dot in "\u3002\uff61":
        return dot if _is_caseless(found.string[found.start() - 1]) and _is_caseless(first) else f"{dot} "
    return ". " if first.isupper() and found.string[found.end()] == first else "·"


def _is_caseless(sign: str) -> bool:
    """是。下 is the end of a sentence, and no platform makes a link of it."""
    return sign.isalpha() and sign.upper() == sign.lower()


def _without_half(text: str) -> str:
    if half_link := _HALF_LINK.search(text):
        text = text[: half_link.start()]
    start = max(text.rfind(" "), text.rfind("\n")) + 1
    is_half = len(text) - start <= _HALF_WORD_MAX and _MAY_TURN.search(text, start)
    return (text[:start] if is_half else text).rstrip()


def _label(title: str) -> str:
    """A title as the words of a link: one line, no marks."""
    plain = re.sub(r"[*_~`|{}$^#<>]", "", CITATION.sub("", title))
    line = " ".join(plain.split())
    return line if len(line) <= _TITLE_MAX else line[: _TITLE_MAX - 1].rstrip() + "…"


def _href(url: str) -> str | None:
    """The address as it stands behind a link, or None if it is not one of the public web: whatever could
    end the link early or be taken for a mark is percent-encoded."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        return None
    rest = parts.path + (f"?{parts.query}" if parts.query else "")
    href = f"{parts.scheme}://{host}{port}{quote(rest, safe='/%:!&+,=?._-')}"
    return href if len(href) <= _HREF_MAX else None


def unsourced(answer: str) -> str:
    """A researched answer as it may be read by a model later: its sentences, and nothing of its sources."""
    return _CITED.sub(r"[\1]", _FOOTNOTES.sub("", answer)).strip()


def footnotes(gate: Gate, sources: Sequence[Source], notes: Mapping[int, str]) -> str:
    """The sources as the end of an answer: a quotation, which a platform may fold. `notes` by number."""
    lines = (gate.footnote(source, notes.get(source.number, "")) for source in sources)
    return "\n".join(f"> {line}  " for line in lines).rstrip()
