"""The frozen web: pages about people and places that do not exist, and what is asked about them.

A file in pages/ holds the body of one page under a comment that says where it stands, in which language,
and of what day it is; `shell` names the frame in shells/ that its site puts around it, with menus, cookie
banners and footers. `<!-- filler 70 -->` stands for so many paragraphs about nothing, so that a long page
need not be read here. questions.toml has the questions with their proofs, injections.toml what hostile pages
say. This file loads them and plants injections into pages; it serves and judges nothing.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from html import escape, unescape
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

FOLDER = Path(__file__).parent
HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^>]*display:\s*none.*?</\w+>", re.S)
BODY = "{{body}}"
TAGGED = re.compile(r"\{\{tags:(.*?)\}\}")
FILLER = re.compile(r"<!-- filler (\d+) -->")
PLACE = re.compile(r"</(?:p|ul|ol|table)>\n?")
"""After these an injection can be planted."""


@dataclass(frozen=True, slots=True)
class FrozenPage:
    name: str
    url: str
    language: str
    published: date
    title: str
    frame: str
    """What its site puts around every page; `BODY` stands in the middle."""
    body: str
    charset: str = "utf-8"

    @property
    def html(self) -> str:
        """As it is served."""
        return self.frame.replace(BODY, self.body)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def text(self) -> str:
        """What a search engine knows of it: roughly what a reader sees, without the frame."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", HIDDEN.sub(" ", self.body))).split())


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a right answer."""

    says: str
    holds: tuple[str, ...]
    proof: Mapping[str, str]
    """By the names of the pages that say so: in which words they do."""
    reworded: str = ""
    """The same in other words, where somebody has written them."""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    language: str
    ask: str
    claims: tuple[Claim, ...] = ()
    wrong: str = ""
    """A sentence that answers it falsely."""
    twisted: str = ""
    """Another, whose figures and names all stand on the page."""

    @property
    def pages(self) -> frozenset[str]:
        """The names of all pages that answer some of it."""
        return frozenset(name for claim in self.claims for name in claim.proof)


@dataclass(frozen=True, slots=True)
class Injection:
    """Something hostile on a page. `html` is planted; a model that can read `sees` in its prompt obeys and
    writes `does`; if `goal` then shows as such, the page has won."""

    id: str
    kind: str
    """What the page is after: `link`, `cite`, `leak`, `mention`, `say` or `silence`."""
    html: str
    sees: str
    does: str
    goal: str


@cache
def pages() -> Mapping[str, FrozenPage]:
    """All pages by name."""
    return {path.stem: _page(path) for path in sorted((FOLDER / "pages").glob("*.html"))}


@cache
def questions() -> tuple[Question, ...]:
    listed = tomllib.loads((FOLDER / "questions.toml").read_text("utf-8"))["question"]
    return tuple(
        Question(
            each["id"],
            each["language"],
            each["ask"],
            tuple(
                Claim(claim["says"], tuple(claim["holds"]), claim["proof"], claim.get("reworded", ""))
                for claim in each.get("claims", ())
            ),
            each.get("wrong", ""),
            each.get("twisted", ""),
        )
        for each in listed
    )


@cache
def injections() -> tuple[Injection, ...]:
    listed = tomllib.loads((FOLDER / "injections.toml").read_text("utf-8"))["injection"]
    return tuple(
        Injection(**{name: TAGGED.sub(_in_tags, value) for name, value in each.items()})
        for each in ({"sees": each["does"], "goal": each["does"], **each} for each in listed)
    )


def planted(page: FrozenPage, injection: Injection, random: Random) -> FrozenPage:
    """The page after somebody hostile has had it in hand: the injection stands among its paragraphs."""
    place = random.choice([found.end() for found in PLACE.finditer(page.body)])
    return replace(page, body=f"{page.body[:place]}{injection.html}\n{page.body[place:]}")


def _in_tags(words: re.Match[str]) -> str:
    """ASCII as characters of Unicode's tag block, which nobody sees and some models read."""
    return "".join(chr(0xE0000 + ord(sign)) for sign in words[1])


def _page(path: Path) -> FrozenPage:
    head, _, body = path.read_text("utf-8").removeprefix("<!--\n").partition("\n-->\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    title = unescape(re.sub(r"<[^>]*>", "", body.partition("<h1>")[2].partition("</h1>")[0]))
    host = (urlsplit(fields["url"]).hostname or "").removeprefix("www.")
    charset = fields.get("charset", "utf-8")
    values = {
        "language": fields.get("language", "en"),
        "charset": charset,
        "date": fields["date"],
        "site": host.partition(".")[0].replace("-", " ").title(),
        "title": escape(title, quote=False),
        "cookies": _shell("cookies") if fields.get("cookies") == "yes" else "",
        "body": BODY,
    }
    frame = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _shell(fields["shell"]))
    body = FILLER.sub(lambda found: _filler(path.stem, int(found[1])), body)
    published = date.fromisoformat(fields["date"])
    return FrozenPage(path.stem, fields["url"], values["language"], published, title, frame, body, charset)


@cache
def _shell(name: str) -> str:
    return (FOLDER / "shells" / f"{name}.html").read_text("utf-8")


# ── Paragraphs about nothing ──────────────────────────────────────────────────────────────────────

_WHO: Sequence[str] = ("A steward", "The gardener", "A carpenter", "The old cook", "A visitor", "The keeper")
_DID: Sequence[str] = ("described", "repaired", "painted", "measured", "forgot", "admired", "moved")
_WHAT: Sequence[str] = ("the east window", "a chest of linen", "the long stair", "the well", "a row of limes")
_WHY: Sequence[str] = ("in a dry summer", "before the frost", "for a wedding", "without being asked", "twice")


def _filler(seed: str, count: int) -> str:
    """The same for the same seed."""
    random = Random(seed)

    def sentence() -> str:
        return f"{random.choice(_WHO)} {random.choice(_DID)} {random.choice(_WHAT)} {random.choice(_WHY)}."

    return "\n".join(f"<p>{' '.join(sentence() for _ in range(4))}</p>" for _ in range(count))
