"""The ways in which an admin reaches the whole program: a private chat on Telegram, a direct one on Discord
(by slash commands, or by plain words), and the terminal in which it runs.

A `Way` does one `Step` at a time, as a person does it there, and waits until what must be seen is seen. Where
there are buttons they are pressed; in the terminal the command that is shown for each is typed. The stand-ins
are those of tests/servers without their flood limits, which have tests of their own.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from adapters.terminal_prompt import PROMPT
from bot import phrases
from bot.commands import parse
from tests.home import Home
from tests.servers.discord import DiscordServer
from tests.servers.models import ModelServer
from tests.servers.standing import Watched
from tests.servers.telegram import TelegramServer

TELEGRAM_TOKEN = "123456:canary-token-that-nobody-may-ever-see"
DISCORD_TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.token-that-nobody-may-ever-see"
ANNA = 7
PATIENCE_S = 30.0
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
MARKS = re.compile(r"[*`]")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing an admin does, and all that must be seen then."""

    text: str
    """What is written."""
    sees: Sequence[str]
    button: str = ""
    """What is pressed instead, where there are buttons."""
    in_place: bool = False
    """Where it is pressed, the answer takes the place of the post above it."""
    typed: Sequence[str] = ()
    """What is seen in the terminal, where that is something else. No button leads there then."""
    then: Callable[["ChatWay"], object] | None = None
    """What comes true in a chat besides."""

    @property
    def command(self) -> str:
        """Its name without the slash; empty for what is none."""
        called = parse(self.text)
        return called[0] if called else ""


class Way(ABC):
    home: Home

    async def __call__(self, *steps: Step) -> None:
        """Raises `AssertionError`, with what was shown, where something else is seen."""
        for step in steps:
            try:
                await self._do(step)
            except TimeoutError:
                raise AssertionError(f"{step.button or step.text!r} led to {self.shown()!r}") from None

    @abstractmethod
    def running(self) -> Any:
        """The program, as soon as it can be spoken to."""

    async def sees(self, words: str) -> None:
        """What comes by itself."""
        await self._until(lambda: plain(words) in self.shown())

    @abstractmethod
    async def _do(self, step: Step) -> None: ...

    @abstractmethod
    async def _until(self, seen: Callable[[], object]) -> None: ...

    @abstractmethod
    def shown(self) -> str:
        """All that has been shown since the last step began."""


def plain(text: str) -> str:
    """Without the marks of Markdown, and in one line."""
    return " ".join(MARKS.sub("", text).split())


# ── Chats ─────────────────────────────────────────────────────────────────────────────────────────


class Post(Protocol):
    """What the posts of both stand-ins have in common."""

    id: int
    text: str
    shown: list[tuple[float, str]]

    @property
    def buttons(self) -> Sequence[tuple[str, str]]: ...


class ChatWay(Way):
    def __init__(self, home: Home, server: Any, chat: Any) -> None:
        self.home = home
        self.server = server
        self.chat = chat
        self._since = 0.0
        self._wrote: int | None = None
        self._pressed: Any = None

    @abstractmethod
    def _write(self, text: str) -> int | None:
        """Its id, if it stands in the chat."""

    async def _do(self, step: Step) -> None:
        under = await self.press(step.button) if step.button else None
        if under is None:
            self._since = self.server.clock()
            self._wrote = self._write(step.text)
        await self._until(lambda: all(plain(words) in self.shown() for words in step.sees))
        if under is not None:
            assert (plain(step.sees[0]) in plain(under.text)) is step.in_place, step
        if step.then is not None:
            then = step.then
            await self._until(lambda: then(self))

    async def _until(self, seen: Callable[[], object]) -> None:
        await self.server.until(seen, PATIENCE_S)

    def shown(self) -> str:
        posts: Sequence[Post] = self.chat.history
        return plain(" ".join(text for post in posts for at, text in post.shown if at >= self._since))

    def is_pinned(self) -> bool:
        """The newest post, and no other."""
        return self.pinned() == [self.chat.posts[-1].id]

    def pinned(self) -> list[int]:
        """What still stands of it."""
        return [it for it in self.chat.pinned if it in self.chat.messages]

    @abstractmethod
    def pictures(self) -> int: ...

    def took_away(self) -> bool:
        """What was written last."""
        return self._wrote in self.chat.deleted

    async def press(self, button: str) -> Post:
        """That of the newest post with such a button, as soon as there is one."""

        def found() -> list[Post]:
            return [post for post in self.chat.posts if button in dict(post.buttons)]

        await self._until(found)
        post = found()[-1]
        self._since = self.server.clock()
        self._pressed = self.server.press(self.chat.id, post.id, button, person=ANNA)
        return post


class TelegramWay(ChatWay):
    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        async with self.home.running():
            yield

    def _write(self, text: str) -> int:
        return int(self.server.say(self.chat.id, ANNA, text))

    def pictures(self) -> int:
        return sum(post.photo is not None for post in self.chat.posts)


class DiscordWay(ChatWay):
    by_words = False
    """Commands are not chosen from the list, but written like anything else."""

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        async with self.home.running():
            await self.ready()
            yield

    async def ready(self) -> None:
        """Connected, and the commands are offered."""
        await self._until(lambda: self.server.gateway.connected and self.server.commands)

    async def enter(self, password: str, sees: str) -> None:
        """Into the form behind the newest button for it."""
        await self.press(phrases.of().PASSWORD_BUTTON)
        await self._until(lambda: self.server.interactions[self._pressed].modal is not None)
        self.server.submit(self._pressed, {"entered": password})
        await self.sees(sees)

    def _write(self, text: str) -> int | None:
        name, _, argument = text.removeprefix("/").partition(" ")
        if self.by_words or not text.startswith("/") or name not in self.server.offered(self.chat.id, ANNA):
            return int(self.server.say(self.chat.id, ANNA, text))
        self.server.command(self.chat.id, ANNA, name, {"text": argument} if argument else None)
        return None

    def pictures(self) -> int:
        return sum(bool(post.uploads) for post in self.chat.posts)


class DiscordWordsWay(DiscordWay):
    by_words = True


# ── The terminal ──────────────────────────────────────────────────────────────────────────────────


class Screen(Watched):
    """Is looked at again whenever something is written on it."""


class TerminalWay(Way):
    def __init__(self, home: Home) -> None:
        self.home = home
        self._since = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        self._since = len(self.home.said)
        async with self.home.running(terminal=True, PROMPT_TOOLKIT_NO_CPR="1"):
            await self.ready()
            yield

    async def ready(self) -> None:
        await self.sees(phrases.of().GREETING)

    async def _do(self, step: Step) -> None:
        text = self._spelled(step) if step.button and not step.typed else step.text
        self._since = len(self.home.said)
        self.home.type(text)
        await self._until(lambda: all(plain(words) in self.shown() for words in step.typed or step.sees))
        await self._until(lambda: self.shown().rstrip("\b ").endswith(PROMPT.strip()))

    async def _until(self, seen: Callable[[], object]) -> None:
        await self.home.until(seen)

    def shown(self) -> str:
        return plain(self._screen(self._since))

    def _spelled(self, step: Step) -> str:
        """The command that was last shown in the place of the button, or in the text itself."""
        screen = self._screen()
        if found := re.findall(rf"{re.escape(step.button)}: (/.+)\n", screen):
            return str(found[-1]).strip()
        assert step.text in screen, step
        return step.text

    def _screen(self, since: int = 0) -> str:
        return ESCAPES.sub("", self.home.said[since:].decode("utf-8", "replace"))


# ── Getting there ─────────────────────────────────────────────────────────────────────────────────

WAYS = ("telegram", "discord", "discord by words", "terminal")


@asynccontextmanager
async def way_in(name: str, folder: Path, model: ModelServer) -> AsyncGenerator[Way, None]:
    """Of Anna, into a home in that folder. Nothing is wrong with how the platform is spoken to, and its token
    stands in `.env` alone."""
    match name:
        case "telegram":
            async with telegram_stand_in() as telegram:
                home = Home(folder, telegram, model, ADMIN_IDS=f"telegram:{ANNA}", **named(telegram))
                home.settings()
                yield TelegramWay(home, telegram, telegram.private(ANNA))
        case "terminal":
            home = Home(folder, Screen(), model, ADMIN_IDS=f"telegram:{ANNA}")
            home.settings()
            yield TerminalWay(home)
        case _:
            kind = DiscordWordsWay if name.endswith("words") else DiscordWay
            async with discord_stand_in() as discord:
                home = Home(folder, discord, model, ADMIN_IDS=f"discord:{ANNA}", **named(discord))
                home.settings()
                yield kind(home, discord, discord.dm(ANNA))
    written = home.everything_written() + home.said
    assert TELEGRAM_TOKEN.encode() not in written
    assert DISCORD_TOKEN.encode() not in written


@asynccontextmanager
async def telegram_stand_in() -> AsyncGenerator[TelegramServer, None]:
    async with TelegramServer(TELEGRAM_TOKEN, flood=False) as server:
        server.person(ANNA, "Anna")
        yield server
        assert server.violations == []


@asynccontextmanager
async def discord_stand_in() -> AsyncGenerator[DiscordServer, None]:
    async with DiscordServer(DISCORD_TOKEN, limits=False) as server:
        server.person(ANNA, "Anna")
        yield server
        assert server.violations == []


def named(server: TelegramServer | DiscordServer) -> dict[str, str]:
    """As the settings name it."""
    if isinstance(server, TelegramServer):
        return {"TELEGRAM_TOKEN": TELEGRAM_TOKEN, "TELEGRAM_API_URL": server.url}
    urls = {"DISCORD_API_URL": server.api_url, "DISCORD_GATEWAY_URL": server.gateway_url}
    return {"DISCORD_TOKEN": DISCORD_TOKEN, **urls}
