"""What the picture shows: an evening of a family with Porchlight, played with the real program and recorded.

The program runs as a child process between stand-ins: a strict Telegram, two models, a web with one search
engine. The models say what is written here, each piece at its time, and the first of them breaks off in the
middle of an answer. All else (who takes over, what is shown when, the sources and their numbers, the verdict)
is the program's own doing. What stood in the chat is recorded with the time of every edit, and judged: if the
first model's words were never seen, or anything but the second one's is left, it is no recording.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.chaos.child import Child
from tests.frozen.library import FrozenPage, pages
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_chats import ChatLog, Post
from tests.servers.web import Web

TOKEN = "123456:made-up-token"
ANNA, MIA = 7, 8
FAMILY = -1001
NAMES = {ANNA: "Anna", MIA: "Mia"}
BOT = "@porchlight_bot"

MIA_ASKS = f"{BOT} why do leaves turn yellow?"
BREAKS_OFF = "Leaves are little kitchens: all summer they cook sugar out of sunlight, and for that they"
TAKES_OVER = (
    "The green in a leaf makes the tree's food from sunlight. When the days get short, the tree takes the "
    "green back in and saves it for spring. The yellow was there all along: now you can see it. 🍂"
)
ANNA_ASKS = "/research What does a family ticket for Brackwater Lido cost?"
LOOKED_UP = "A family ticket costs £17.60 [1]."
ANNA_LOOKS = "/status"
ASIDE = "↑ here one model broke off, and another took over"

PAUSE_S, FIRST_S, PACE_S = 0.8, 0.5, 0.11
"""Between what people write; before a model's first piece; between two pieces."""
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """What a post showed from then on: seconds since the beginning of the recording."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something standing in a chat, in all its states; `entities` and `buttons` are those of the last one."""

    sender: str
    """Empty: Porchlight."""
    states: tuple[State, ...]
    entities: tuple[dict[str, Any], ...] = ()
    buttons: tuple[str, ...] = ()
    aside: str = ""
    """What cannot be seen in it, in a few words."""

    @property
    def text(self) -> str:
        return self.states[-1].text


@dataclass(frozen=True, slots=True)
class Room:
    """One chat, on Anna's phone."""

    title: str
    note: str
    said: tuple[Said, ...]
    alone: bool = False
    """Just she and Porchlight."""


def words(text: str) -> list[str]:
    """As a model streams it."""
    first, *rest = text.split(" ")
    return [first, *(f" {word}" for word in rest)]


async def record(folder: Path) -> tuple[Room, ...]:
    """Play it in this folder, for about twelve seconds. Raises `AssertionError` if it went otherwise."""
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=words(BREAKS_OFF), first_s=FIRST_S, pace_s=PACE_S) as first,
        ModelServer("openai", pieces=words(TAKES_OVER), first_s=FIRST_S, pace_s=PACE_S) as second,
        Web(_pages()) as web,
    ):
        settings = {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": telegram.url,
            "ADMIN_IDS": f"telegram:{ANNA}",
            "SEARXNG_URL": web.searxng_url,
            "EMBEDDED_MODEL": "off",
            "SELECTION_STRATEGY": "least_used",
        }
        for number, model in enumerate((first, second), 1):
            spec = model.spec(f"Cloud-{number}")
            settings |= {f"OPENAI_{number}_URL": spec.url, f"OPENAI_{number}_NAME": spec.name}
            settings |= {f"OPENAI_{number}_KEY": spec.key, f"OPENAI_{number}_MODEL": spec.model}
        child = Child((sys.executable, "-m", "tests.picture.program", str(web.plain_port)), folder, settings)
        await child.start()
        try:
            rooms = await _played(telegram, first, second)
        finally:
            await child.leave()
        assert (telegram.violations, web.violations, web.strangers) == ([], [], [])
        assert (first.violations, second.violations) == ([], [])
        return rooms


def _pages() -> Sequence[FrozenPage]:
    """Those of the lido, without TLS: a certificate for them would have to be everybody's."""
    return [
        replace(page, url=page.url.replace("https:", "http:"))
        for name, page in pages().items()
        if name.startswith("brackwater")
    ]


async def _played(telegram: TelegramServer, first: ModelServer, second: ModelServer) -> tuple[Room, ...]:
    for person, name in NAMES.items():
        telegram.person(person, name)
    alone = telegram.private(ANNA)
    await _mia_is_let_in(telegram)
    family = telegram.group(FAMILY, "Family", members=list(NAMES), joined=False)
    telegram.join(FAMILY, by=ANNA)
    await telegram.until(lambda: family.posts, PATIENCE_S)

    began = telegram.clock()
    first.fail("reset", after=len(first.pieces))
    asked = telegram.say(FAMILY, MIA, MIA_ASKS)
    await telegram.until(lambda: [post.text for post in family.posts_to(asked)] == [TAKES_OVER], PATIENCE_S)
    answered = telegram.clock()
    first.pieces = second.pieces = tuple(words(LOOKED_UP))
    await _passed(telegram, answered + PAUSE_S)
    looked_up = telegram.say(FAMILY, ANNA, ANNA_ASKS)
    await telegram.until(lambda: any(_is_whole(post) for post in family.posts_to(looked_up)), PATIENCE_S)
    answered = telegram.clock()
    await _passed(telegram, answered + PAUSE_S)
    status = telegram.say(ANNA, ANNA, ANNA_LOOKS)
    await telegram.until(lambda: any(_is_whole(post) for post in alone.posts_to(status)), PATIENCE_S)

    leaves = _said(family, asked, began)
    (answer,) = leaves[1:]
    assert any(state.text and BREAKS_OFF.startswith(state.text) for state in answer.states)
    return (
        Room(
            *("Family", "Mia, Anna and Porchlight"),
            (leaves[0], replace(answer, aside=ASIDE), *_said(family, looked_up, began)),
        ),
        Room("Porchlight", "to Anna alone", _said(alone, status, began), alone=True),
    )


async def _mia_is_let_in(telegram: TelegramServer) -> None:
    """As a child, by Anna's invitation."""
    alone, hers = telegram.chats[ANNA], telegram.private(MIA)
    telegram.say(ANNA, ANNA, "/invite child Mia")
    await telegram.until(lambda: any("start=" in post.text for post in alone.posts), PATIENCE_S)
    (invitation,) = (post.text for post in alone.posts if "start=" in post.text)
    code = invitation.partition("start=")[2].split()[0]
    telegram.say(MIA, MIA, f"/start {code}")
    await telegram.until(lambda: hers.posts, PATIENCE_S)


async def _passed(telegram: TelegramServer, at: float) -> None:
    """Until then by the stand-in's clock; people do not write without a pause."""
    await asyncio.sleep(max(0.0, at - telegram.clock()))


def _is_whole(post: Post) -> bool:
    """The buttons of an answer that is there to stay."""
    return len(post.buttons) > 1


def _said(chat: ChatLog, asked: int, began: float) -> tuple[Said, ...]:
    """A question and what answers it."""
    question = chat.messages[asked]
    return (
        Said(NAMES[question.sender], (State(question.at - began, question.text),), tuple(question.entities)),
        *(
            Said(
                "",
                tuple(State(at - began, text) for at, text in post.shown),
                tuple(post.entities),
                tuple(button.label for button in post.buttons),
            )
            for post in chat.posts_to(asked)
        ),
    )
