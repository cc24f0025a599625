"""Something that is told to people who asked nothing: a card at the door, an alert, the digest."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.storage import Statement
from core.types import Button, Chat, Person


@dataclass(frozen=True, slots=True)
class Notice:
    """To be told to `person`, in `chat`, or in private where that is None; once for each `key`. `reply_to` is
    the post that it answers, if there is one."""

    person: Person
    chat: Chat | None
    key: str
    text: str
    buttons: tuple[Button, ...] = ()
    reply_to: str | None = None
    silent: bool = False
    picture: bytes | None = None
    """A PNG to show after the words."""


Addressed = tuple[Chat, Notice]
"""And the chat that it was found to be for."""

Announce = Callable[[Sequence[Notice], Sequence[Statement]], Awaitable[bool]]
"""Keeps all of them to be shown, with these statements in the same transaction. False, and nothing happened,
if nobody would see any of them. Raises `StorageError`."""
