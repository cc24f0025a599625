"""Rows for the tests of the inbox and of the memory: what is said, and brought to its end."""

from core.inbox import Inbox, Item, Outcome
from core.memory import Memory
from core.storage import Database
from core.types import Chat, Incoming, Person

HOME = Chat("stage", "home")
FAMILY = Chat("stage", "family", "group")
ANNA, BEN = Person("stage", "1", "Anna"), Person("stage", "2", "Ben")


def incoming(post: int | str, text: str = "Why?", *, chat: Chat = HOME, person: Person = ANNA) -> Incoming:
    return Incoming(chat, person, str(post), text, 500.0)


async def accepted(inbox: Inbox, post: int | str, text: str = "Why?", **where: object) -> int:
    (row,) = await inbox.accept("stage", [incoming(post, text, **where)], None)  # type: ignore[arg-type]
    return row


async def exchange(
    inbox: Inbox,
    post: int,
    question: str = "Why?",
    *,
    private: bool = False,
    outcome: Outcome = "whole",
    supersedes: int | None = None,
    **where: object,
) -> int:
    """A question that is answered and shown."""
    row = await accepted(inbox, post, question, **where)
    await inbox.begin(row, question, private)
    await inbox.answered(row, f"Because of {question}", "Alpha", outcome, supersedes=supersedes)
    await inbox.close(row)
    return row


async def questions(
    memory: Memory, chat: Chat = HOME, person: Person = ANNA, *, before: int = 10**9, private: bool = False
) -> list[str]:
    """What a model is told was asked before."""
    said = await memory.history(chat, person, before=before, limit=20, private=private)
    return [exchange.question for exchange in said]


async def only_open(inbox: Inbox, chat: Chat = HOME, person: Person = ANNA) -> Item:
    (item,) = await inbox.open_items(chat, person.id)
    return item


async def damage(database: Database, row: int, column: str) -> None:
    """What a bad disk does: other words, and SQLite notices nothing."""
    await database.write((f"UPDATE inbox SET {column} = 'something else' WHERE id = ?", (row,)))
