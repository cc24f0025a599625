"""What every stand-in for a chat platform keeps: what stands in a chat, and who waits for it to change.

A `Standing` is what one chat shows, whoever wrote it; what the bot ever posted there stays in its history.
`Watched` lets tests wait for whatever they like to see. What a post is, and who may do what with it, each
platform says itself.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

Moment = Literal["arrived", "applied", "replied"]
"""Of a call: read, and nothing has happened; it has taken effect; its whole reply is written."""


class Button(NamedTuple):
    label: str
    data: str
    """What the bot hears when it is pressed, or the address of a button that is a link."""


class Post(Protocol):
    id: int
    reply_to: int | None
    deleted_at: float | None


P = TypeVar("P", bound=Post)


class Standing(Generic[P]):
    def __init__(self) -> None:
        self.messages: dict[int, P] = {}
        """Everything that stands here."""
        self.history: list[P] = []
        """Every post the bot ever made here, those that were deleted too."""
        self.deleted: list[int] = []
        self.pinned: list[int] = []
        self._own: dict[int, P] = {}

    @property
    def posts(self) -> list[P]:
        """The bot's own that stand now, in order."""
        return list(self._own.values())

    def posts_to(self, message_id: int) -> list[P]:
        return [post for post in self._own.values() if post.reply_to == message_id]

    def is_own(self, message_id: int) -> bool:
        """Whether it is a post of the bot, and no notice of what it did."""
        return message_id in self._own

    def add(self, post: P, *, own: bool = False) -> None:
        self.messages[post.id] = post
        if own:
            self._own[post.id] = post
            self.history.append(post)

    def remove(self, message_id: int, at: float) -> P:
        post = self.messages.pop(message_id)
        post.deleted_at = at
        self._own.pop(message_id, None)
        self.deleted.append(message_id)
        return post


class Watched:
    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Something happened: those who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, happened: Callable[[], object], timeout_s: float = 10.0) -> None:
        """Wait for it; looked at again after every change. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            while not happened():
                await self._changed.wait()
