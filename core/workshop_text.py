"""The readable text of a page, found in the worker's child: nothing here is ever imported by the bot.

    bytes ── decode (never raises) ── is it harmless to parse? ── trafilatura ── text, title, date
                                              │ no, or nothing found
                                              └── tags cut out by expressions that take linear time

Parsing a stranger's HTML can take for ever: what is known to is not parsed at all (too many tags, a giant
one; libxml2 itself gives up where they are nested too deep), and what is not known yet ends with the child,
for whoever calls this sets a limit to its time. The text comes out normalised and cut to what anybody reads.
"""

import re
from base64 import b64decode
from datetime import date
from html import unescape

import trafilatura

from core.plain import normalised

TAGS_MAX = 6_000
"""Opened on one page. Most have under 2,000; the library does some 12,000 in a second, or hangs."""
TAG_LENGTH_MAX = 64 * 1024
TAG_WORDS_MAX = 500
"""Within one tag: with so many attributes, each is compared to all the others."""
TEXT_LENGTH_MAX = 100_000
TITLE_LENGTH_MAX = 300
"""Both in characters."""

_OPENED = re.compile(r"<[A-Za-z]")
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_LEADING_BYTES = 4096
"""Within which a page has to say its charset; browsers grant it 1,024."""

_LABELS: dict[str, tuple[str, ...]] = {
    "utf-8": ("utf-8", "utf8"),
    "cp1252": ("windows-1252", "iso-8859-1", "latin1", "us-ascii", "ascii"),
    "cp1254": ("windows-1254", "iso-8859-9", "latin5"),
    "cp874": ("iso-8859-11", "tis-620", "windows-874"),
    "koi8-u": ("koi8-u", "koi8-r"),
    "gb18030": ("gb18030", "gbk", "gb2312", "x-gbk"),
    "big5hkscs": ("big5", "big5-hkscs"),
    "cp932": ("shift_jis", "shift-jis", "x-sjis", "sjis", "windows-31j"),
    "cp949": ("euc-kr", "ks_c_5601-1987", "windows-949"),
    "euc-jp": ("euc-jp",),
    "iso-2022-jp": ("iso-2022-jp",),
    **{f"cp{number}": (f"windows-{number}",) for number in (1250, 1251, 1253, 1255, 1256, 1257, 1258)},
    **{f"iso8859-{number}": (f"iso-8859-{number}",) for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels}
"""By what pages call it (encoding.spec.whatwg.org). No other name is looked up: Python would import a module
for it, and some of its codecs are no charsets at all."""

# Each of these either finds its end or takes all the rest, so that no stretch is looked at twice.
_UNSHOWN = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|noscript|template|svg|iframe|textarea|select|title)\b[^>]*(?:>|\Z).*?(?:</\1[^>]*>?|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|cite|code|data|em|font|i|kbd|mark|q|s|small|span|strong|sub|sup|time|u|var|wbr)\b"
    r"[^>]*(?:>|\Z)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z/!?][^>]*(?:>|\Z)")
_HUGE_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
_TITLE = re.compile(r"<title(?:\s[^<>]{0,200})?>([^<]{0,1000})", re.IGNORECASE)
_PUBLISHED = re.compile(
    r"""(?:article:published_time|datePublished)["']?\s{0,5}(?:content=|:)\s{0,5}["'](\d{4}-\d\d-\d\d)"""
)


def extract(body: str, media_type: str, charset: str, today: str) -> dict[str, str]:
    """Of a page as bytes, in base64: its `title`, `text` and the day it was `published` ("2026-03-01").

    `charset` is what the server said, if it did; `today` is the last day that a page can be of. What is
    not there is empty.
    """
    page = decoded(b64decode(body), charset)
    if "\0" in page[:_LEADING_BYTES]:  # a picture, an archive: no text, whatever it was called
        return {"title": "", "text": "", "published": ""}
    if media_type == "text/plain":
        return {"title": "", "text": _cut(page), "published": ""}
    found = _parsed(page, today) if is_harmless(page) else None
    return found or {
        "title": _line(unescaped(_first(_TITLE, page))),
        "text": _cut(stripped(page)),
        "published": _day(_first(_PUBLISHED, page), today),
    }


def decoded(body: bytes, charset: str) -> str:
    """As browsers do: the byte order mark, then the server's word, then the page's own, then a guess."""
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    said = _CHARSET.search(body[:_LEADING_BYTES])
    for label in (charset, said[1].decode("ascii", "replace") if said else ""):
        if known := _CODECS.get(label.lower()):
            return body.decode(known, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # One bad byte in a page is a slip; one within the first few is another charset.
        return body.decode("utf-8" if error.start > _LEADING_BYTES else "cp1252", "replace")


def is_harmless(page: str) -> bool:
    """Whether its HTML may be given to a parser."""
    starts = [tag.start() for tag, _ in zip(_OPENED.finditer(page), range(TAGS_MAX + 1), strict=False)]
    if len(starts) > TAGS_MAX:
        return False
    # A tag ends before the next one begins, or it is longer still.
    end = 0
    for start in starts:
        if start < end:
            continue
        end = page.find(">", start) + 1 or len(page)
        if end - start > TAG_LENGTH_MAX or len(page[start:end].split()) > TAG_WORDS_MAX:
            return False
    return True


def stripped(page: str) -> str:
    """All its text without the tags: more than one wants to read, but for sure and in linear time."""
    return unescaped(_TAG.sub("\n", _INLINE.sub("", _UNSHOWN.sub("\n", page))))


def unescaped(text: str) -> str:
    return unescape(_HUGE_NUMBER.sub("\ufffd", text))  # Python refuses numbers of over 4,300 digits


def _parsed(page: str, today: str) -> dict[str, str] | None:
    document = trafilatura.bare_extraction(
        page,
        fast=True,
        include_comments=False,
        with_metadata=True,
        # The day it was first published, and only where the page says it as such.
        date_extraction_params={"original_date": True, "extensive_search": False, "max_date": today},
    )
    if not isinstance(document, trafilatura.settings.Document) or not document.text:
        return None
    text = _cut(document.text)
    return (
        {
            "title": _line(document.title or ""),
            "text": text,
            "published": _day(document.date or "", today),
        }
        if text
        else None
    )


def _day(text: str, today: str) -> str:
    try:
        return text if date.fromisoformat(text) <= date.fromisoformat(today) else ""
    except ValueError:
        return ""


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return found[1] if found else ""


def _line(title: str) -> str:
    return " ".join(normalised(title[: 4 * TITLE_LENGTH_MAX]).split())[:TITLE_LENGTH_MAX]


def _cut(text: str) -> str:
    """To be cut before as well: it may be much longer, and normalising takes its time."""
    return normalised(text[: 4 * TEXT_LENGTH_MAX])[:TEXT_LENGTH_MAX]
