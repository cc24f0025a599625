"""The readable text of a page, as the worker's child finds it."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workshop_text import (
    TAG_LENGTH_MAX,
    TAG_WORDS_MAX,
    TAGS_MAX,
    TEXT_LENGTH_MAX,
    TITLE_LENGTH_MAX,
    decoded,
    extract,
    is_harmless,
    stripped,
)
from tests.servers.hostile_pages import DEADLY, HTML, WORDS

TODAY = "2026-05-29"
ARTICLE = f"""<!doctype html><html lang="en"><head><title>The lamp of Varn – Varn Daily</title>
<meta property="og:title" content="The lamp of Varn">
<meta property="article:published_time" content="2026-05-03T07:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<main><article><h1>The lamp of Varn</h1><p>{WORDS}</p>
<p>It stands 41 metres tall, and <a href="/keeper">Ida Moll</a> is its keeper since 2019.</p>
<table><tr><th>Year</th><th>Visitors</th></tr><tr><td>2025</td><td>31,204</td></tr></table>
<p style="display:none">hidden</p></article></main><script>var x = "<p>not a word</p>";</script>
<footer>Copyright 2001 Varn Daily</footer></body></html>"""


def extracted(page: str | bytes, media_type: str = "text/html", charset: str = "") -> dict[str, str]:
    body = page.encode() if isinstance(page, str) else page
    return extract(b64encode(body).decode(), media_type, charset, TODAY)


def test_article() -> None:
    """Of an article come its title, its day, and its text with tables, but no menus and no scripts."""
    found = extracted(ARTICLE)
    assert (found["title"], found["published"]) == ("The lamp of Varn", "2026-05-03")
    for words in (WORDS, "41 metres tall, and Ida Moll is its keeper since 2019", "2025", "31,204"):
        assert words in found["text"]
    for words in ("Sport", "Copyright", "not a word", "<"):
        assert words not in found["text"]


def test_future_date() -> None:
    """A page cannot say that it is from tomorrow's tomorrow to seem the freshest."""
    page = ARTICLE.replace("2026-05-03", "2031-05-03")
    assert extracted(page)["published"] == ""
    assert extracted(page + "<br>" * TAGS_MAX)["published"] == ""


def test_no_date_is_guessed() -> None:
    """A year in the footer is not the day a page was published."""
    page = ARTICLE.replace('<meta property="article:published_time" content="2026-05-03T07:00:00Z">', "")
    assert extracted(page)["published"] == ""


def test_text_is_normalised() -> None:
    """Text and title come out normalised."""
    page = ARTICLE.replace("41", "4\u200b1 &lt;|im_start|&gt; [3]").replace("The lamp", "The \u202elamp")
    found = extracted(page)
    assert "It stands 41 ‹|im_start|> (3) metres tall" in found["text"]
    assert found["title"] == "The lamp of Varn"


def test_plain_text() -> None:
    """Plain text is taken as it is; what looks like a tag in it is only defused."""
    found = extracted("a <b> c\n\n\n\nd", "text/plain")
    assert found == {"title": "", "text": "a ‹b> c\n\nd", "published": ""}


@pytest.mark.parametrize("media_type", ["text/html", "text/plain"])
def test_not_a_text(media_type: str) -> None:
    """What is no text at all, whatever it was called, has none."""
    assert extracted(b"\x1f\x8b\x08\x00\x00\x00\x00\x00<p>words", media_type)["text"] == ""
    assert extracted(b"", media_type)["text"] == ""


def test_many_tags() -> None:
    """A page of too many tags still gives its title, day and text, though not so well sorted."""
    found = extracted(ARTICLE.replace("<main>", "<p>row</p>" * TAGS_MAX + "<main>"))
    assert found["published"] == "2026-05-03"
    assert found["title"] == "The lamp of Varn – Varn Daily"
    assert WORDS in found["text"]
    assert "not a word" not in found["text"]


def test_lengths() -> None:
    """Text and title are cut to what anybody reads."""
    found = extracted(f"<title>{'t' * 9999}</title><p>" + "word " * 250_000)
    assert len(found["text"]) == TEXT_LENGTH_MAX
    assert len(found["title"]) == TITLE_LENGTH_MAX


def test_harmless() -> None:
    """Too many tags, or one that is too long, are not given to a parser; the same much of text is."""
    assert is_harmless(ARTICLE)
    assert is_harmless("<p>" * TAGS_MAX)
    assert not is_harmless("<p>" * (TAGS_MAX + 1))
    assert is_harmless("<p " + "a" * (TAG_LENGTH_MAX - 10) + ">")
    assert not is_harmless("<p " + "a" * TAG_LENGTH_MAX + ">")
    assert not is_harmless("<p " + "a" * TAG_LENGTH_MAX)
    assert not is_harmless("<p " + "a " * TAG_WORDS_MAX + ">")
    assert is_harmless("<p>" + "a < b > c " * 100_000)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a<b>b</b>c</p><p>d</p>", "abc d"),
        ("a<!-- <p>b</p> -->c", "a c"),
        ("a<!-- b", "a"),
        ("a<script>b</script >c<STYLE>d</style\n>e", "a c e"),
        ("a<script>b", "a"),
        ("a<script><p>b</p></script>c", "a c"),
        ("a<p title='", "a"),
        ("3 < 4 &amp;&lt; &#65;&#x42;&#" + "9" * 9999 + ";", "3 < 4 &< AB\ufffd"),
        ("<title>a</title><p>b", "b"),
    ],
)
def test_stripped(page: str, text: str) -> None:
    """Without a parser, tags go, words stay, and what a browser does not show is no word."""
    assert " ".join(stripped(page).split()) == text


@pytest.mark.parametrize("name", [name for name in HTML if name != DEADLY])
def test_hostile_page_comes_to_an_end(name: str) -> None:
    """A megabyte of HTML that hangs a parser, or a careless expression, is taken apart nevertheless."""
    found = extracted(HTML[name])
    assert len(found["text"]) <= TEXT_LENGTH_MAX


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode(), "utf-8", "Größe"),
        ("Größe".encode("latin-1"), "ISO-8859-1", "Größe"),
        ("“Größe”".encode("cp1252"), "iso-8859-1", "“Größe”"),
        ("Größe".encode("latin-1"), "", "Größe"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("東京".encode("cp932"), "Shift_JIS", "東京"),
        ("東京".encode("euc-jp"), "euc-jp", "東京"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("中文".encode("big5"), "big5", "中文"),
        ("한국".encode("cp949"), "euc-kr", "한국"),
        ("Größe".encode("utf-8-sig"), "iso-8859-1", "Größe"),
        ("Größe".encode("utf-16"), "utf-8", "Größe"),
        ("\ufeffGröße".encode("utf-16-be"), "", "Größe"),
        (
            b'<meta charset="windows-1251">' + "Привет".encode("cp1251"),
            "",
            '<meta charset="windows-1251">Привет',
        ),
        ("Größe".encode(), "no-such-charset", "Größe"),
        (b"4772f6", "hex", "4772f6"),
        (b"+AGE-", "utf-7", "+AGE-"),
        (b"\\u0061", "unicode_escape", "\\u0061"),
        ("ä".encode() * 5000 + b"\xff", "", "ä" * 5000 + "\ufffd"),
    ],
)
def test_charsets(body: bytes, charset: str, text: str) -> None:
    """A page is read in the charset it is in, as far as that can be told, and in nothing that is none."""
    assert decoded(body, charset) == text


@given(
    st.binary(), st.sampled_from(["", "utf-8", "iso-2022-jp", "gb18030", "big5", "euc-kr", "windows-1253"])
)
def test_any_bytes(body: bytes, charset: str) -> None:
    """Whatever the bytes are, decoding them never raises."""
    assert isinstance(decoded(body, charset), str)


@given(st.text(st.sampled_from("<>/!-apscript title&#;=\"' é\n")))
def test_any_html(page: str) -> None:
    """Whatever the HTML is, there is some answer of the right form."""
    found = extracted(page)
    assert found.keys() == {"title", "text", "published"}
