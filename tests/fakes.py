"""Fakes to talk to: a clock that is set, a node that plays what it is told, a chat to look at."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from dataclasses import replace
from random import Random

from core.errors import Gone, NodeError, PlatformError, Unclear
from core.node import Node
from core.pool import Pool
from core.providers import End, Health, Piece, Prompt, Thinking
from core.types import Accept, Ask, Chat, Limits, NodeSpec, Part, Person, Text, Turn


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


Beat = str | Thinking | End | NodeError | float | asyncio.Event
"""A string is a piece of text; an error is raised; a number moves the clock; an event is waited for."""


class Player:
    """A provider that plays one script after the other, and the last one for ever."""

    def __init__(self, *scripts: Sequence[Beat], clock: Clock | None = None) -> None:
        self.scripts = list(scripts) or [["hello", End()]]
        self.clock = clock
        self.asked: list[Prompt] = []
        self.playing = 0
        self.playing_max = 0
        self.warmed = 0
        self.is_warm = asyncio.Event()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.asked.append(prompt)
        self.playing += 1
        self.playing_max = max(self.playing_max, self.playing)
        try:
            for beat in script:
                await asyncio.sleep(0)
                match beat:
                    case str():
                        yield Text(beat)
                    case NodeError():
                        raise beat
                    case asyncio.Event():
                        await beat.wait()
                    case float() | int():
                        assert self.clock is not None
                        self.clock.advance(beat)
                    case _:
                        yield beat
        finally:
            self.playing -= 1

    async def check(self) -> Health:
        return Health("well")

    async def warm_up(self) -> None:
        self.warmed += 1
        self.is_warm.set()

    async def close(self) -> None:
        pass


def spec(name: str, **facts: object) -> NodeSpec:
    """A node's description; a host of its own unless told otherwise."""
    plain = NodeSpec(name, "openai", f"http://{name.lower()}.example/v1", f"{name.lower()}-model")
    return replace(plain, **facts)  # type: ignore[arg-type] # a wrong name raises TypeError


def node(name: str, player: Player, **facts: object) -> Node:
    return Node(spec(name, **facts), player, random=lambda: 0.0)


def pool(*nodes: Node, clock: Clock, strategy: str = "round_robin", **facts: object) -> Pool:
    return Pool(
        nodes,
        strategy=strategy,
        clock=clock,
        random=Random(1),
        sleep=clock.sleep,
        **facts,  # type: ignore[arg-type] # a wrong name raises TypeError
    )


def ask(question: str = "Why is the sky blue?", **facts: object) -> Ask:
    return Ask((Turn("user", question),), **facts)  # type: ignore[arg-type] # as above


class Lost(Unclear):
    """It happened, and the reply never came."""


class Stage:
    """An adapter whose chat is looked at. `troubles` are raised by the calls to come, in order; None is
    a call that goes well. Parts are as long as `length_max` letters."""

    platform = "stage"
    resumes = True

    def __init__(self, *troubles: PlatformError | None, length_max: int = 10_000, edits: bool = True) -> None:
        self.limits = Limits(first_edits_s=(0.001,), edits=edits)
        self.troubles = list(troubles)
        self.length_max = length_max
        self.posts: dict[str, Part] = {}
        """What stands in the chat, in order."""
        self.history: list[str] = []
        """Every text ever shown by a post or an edit."""
        self.notes: list[str] = []
        self.keys: list[str] = []
        self.replies: list[str | None] = []
        self.lost_edits = 0
        self.moved = asyncio.Event()
        """Set by every call that shows something."""

    def texts(self) -> list[str]:
        return [part.text for part in self.posts.values()]

    async def shows(self, what: Callable[[], bool]) -> None:
        """Until the chat looks like that."""
        async with asyncio.timeout(10):
            while not what():
                self.moved.clear()
                await self.moved.wait()

    def _trouble(self) -> Lost | None:
        """What the call meets; it is given back where the call happens all the same."""
        asyncio.get_running_loop().call_soon(self.moved.set)  # when what is shown is shown
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is None or isinstance(trouble, Lost):
            return trouble
        raise trouble

    async def run(self, accept: Accept) -> None:
        raise NotImplementedError("nobody types on this stage: tests accept for it")

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        self.keys.append(key)
        self.replies.append(reply_to)
        lost = self._trouble()
        name = f"p{len(self.keys)}"
        self.posts[name] = part
        self.history.append(part.text)
        if lost:
            raise lost
        return name

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        lost = self._trouble()
        if post not in self.posts:
            raise Gone
        assert self.posts[post] != part or self.lost_edits, "an edit that changes nothing"
        self.posts[post] = part
        self.history.append(part.text)
        if lost:
            self.lost_edits += 1
            raise lost

    async def delete(self, chat: Chat, post: str) -> None:
        asyncio.get_running_loop().call_soon(self.moved.set)
        if self.posts.pop(post, None) is None:
            raise Gone

    async def direct(self, person: Person) -> Chat:
        return Chat(self.platform, f"to {person.id}")

    async def typing(self, chat: Chat, note: str) -> None:
        self.moved.set()
        self.notes.append(note)

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        raise NotImplementedError("no test shows a picture on this stage")

    def render(self, markdown: str, final: bool) -> list[Part]:
        size = self.length_max
        cuts = range(0, max(1, len(markdown)), size)
        return [Part(markdown[cut : cut + size], final) for cut in cuts]


class Street(Stage):
    """A stage where many meet: a `Messenger`."""

    has_form = False

    def __init__(self, *troubles: PlatformError | None, length_max: int = 10_000, edits: bool = True) -> None:
        super().__init__(*troubles, length_max=length_max, edits=edits)
        self.drafts: list[str] = []
        self.left: list[Chat] = []
        self.refusing = 0
        """So many deletions are refused."""
        self.pictures: list[bytes] = []
        self.captions: list[str] = []
        self.silent_pictures = 0
        self.heard_at: float | None = None
        self.menus: list[tuple[Chat | None, list[str], str]] = []
        self.pinned: list[str] = []

    async def close(self) -> None:
        pass

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        self.pictures.append(png)
        self.captions.append(caption)
        self.silent_pictures += silent
        return f"picture-{len(self.pictures)}"

    async def draft(self, chat: Chat, part: Part, *, key: str) -> None:
        self._trouble()
        self.drafts.append(part.text)

    async def strays(self, chat: Chat, *, after: str, before: str, known: Collection[str]) -> list[str]:
        self._trouble()
        number = {post: place for place, post in enumerate(self.posts)}
        return [post for post in self.posts if post not in known and number[post] < number[before]]

    async def delete(self, chat: Chat, post: str) -> None:
        if self.refusing:
            self.refusing -= 1
            raise Unclear("not now")
        await super().delete(chat, post)

    async def leave(self, chat: Chat) -> None:
        self.left.append(chat)

    async def menu(self, chat: Chat | None, commands: Sequence[tuple[str, str]], language: str) -> None:
        self.menus.append((chat, [name for name, _ in commands], language))

    async def pin(self, chat: Chat, post: str) -> None:
        self._trouble()
        if post not in self.posts:
            raise Gone
        self.pinned.append(post)

    def invite_link(self, code: str) -> str | None:
        return f"https://stage.example/{code}"

    def group_link(self) -> str | None:
        return "https://stage.example/groups"
