"""The nouns of the web: what a search finds, what a page says, and what may be cited.

A search gives `Hit`s; a hit that was opened is a `Page`; a page is cut into `Passage`s; the pages that an
answer may cite are its numbered `Source`s. Nothing here does anything.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import urlsplit

from core.errors import PorchlightError

Rung = Literal["searxng", "duckduckgo", "brave", "startpage", "mojeek", "wikipedia"]
"""Whoever answered a search, the preferred one first."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search. All of it is a stranger's text."""

    url: str
    title: str
    snippet: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave. `rung` is who answered; None if nobody found anything."""

    hits: tuple[Hit, ...]
    rung: Rung | None
    preferred: bool = True
    """The first rung that is set up answered: nothing has to be said about it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page as plain text, already normalised (no invisible, bidi or control characters, no markup)."""

    url: str
    """Where it was really read, after all redirects."""
    title: str
    text: str
    published: date | None = None

    @property
    def site(self) -> str:
        """Its host as people say it: "bbc.com"."""
        try:
            return (urlsplit(self.url).hostname or "").removeprefix("www.")
        except ValueError:
            return ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a source's text, at most 700 characters, cut between sentences where that can be."""

    source: int
    """The number of its source, from 1."""
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """What may be cited as [number]."""

    number: int
    page: Page
    snippet_only: bool = False
    """The page could not be opened: only the search's own few words of it were read."""


PageFault = Literal[
    "forbidden",  # an address, a port or a scheme that is not the public web
    "unreachable",  # no such name, refused, reset, TLS
    "too_slow",  # not whole within the deadline
    "too_big",  # on the wire or unpacked
    "not_text",  # a type we do not read
    "refused",  # the site answers 4xx or 5xx
    "redirects",  # too many
    "empty",  # no text on it
    "broken",  # the extraction failed or was ended
]


class PageUnread(PorchlightError):
    """A page could not be read. `why` is one short line without a word of the page."""

    def __init__(self, fault: PageFault, why: str = "") -> None:
        super().__init__(f"{fault}: {why}" if why else fault)
        self.fault: PageFault = fault


class JobLost(PorchlightError):
    """The worker's child died, was ended because it took too long, or spoke nonsense."""


class JobFailed(PorchlightError):
    """The job itself raised. `kind` is the exception's class name; its words stay in the child."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind
