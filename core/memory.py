"""What was said before: the rows of the inbox, read as a conversation.

Its walls are the queries here, and not a word of a prompt. In private it is what one person said in one chat
since `/new`; in a group it is where the replies lead, whoever said it; and what was private is read only
where the answer stays in the house. The view `remembered` in the migration says the half of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import Row

from core.inbox import ANNOUNCED, Item, Mode, item_of
from core.storage import Database
from core.types import Chat, Person


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer: the whole one, or as far as it came until the person ended it."""

    question: str
    answer: str
    mode: Mode = "chat"
    person: str = ""
    """Who asked, by the platform's id."""


class Memory:
    """Every method raises `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(
        self, chat: Chat, person: Person, *, before: int, limit: int, private: bool
    ) -> list[Exchange]:
        """The last exchanges of this person before row `before`, the oldest first. Private ones are
        among them only if `private`: then nobody outside the house may read it."""
        rows = await self._database.read(
            "SELECT * FROM remembered WHERE platform = ? AND chat = ? AND person = ?"
            " AND id < ? AND outcome IN ('whole', 'stopped') AND NOT superseded AND private <= ?"
            " ORDER BY id DESC LIMIT ?",
            (chat.platform, chat.id, person.id, before, private, limit),
        )
        return _exchanges(reversed(rows))

    async def thread(self, chat: Chat, reply_to: str | None, *, limit: int, private: bool) -> list[Exchange]:
        """The exchanges of a group, whoever asked, by which the replies lead to this post, the
        oldest first."""
        rows = await self._database.read(
            "WITH RECURSIVE step (id, reply_to, place) AS ("
            " SELECT NULL, :reply_to, 0 UNION ALL"
            " SELECT inbox.id, inbox.reply_to, place + 1 FROM step JOIN inbox"
            " ON platform = :platform AND chat = :chat AND (inbox.post = step.reply_to OR inbox.id IN"
            " (SELECT incoming FROM posts WHERE posts.post = step.reply_to))"
            " WHERE place < :limit)"
            " SELECT * FROM remembered WHERE id IN (SELECT id FROM step)"
            " AND outcome IN ('whole', 'stopped') AND NOT superseded AND private <= :private ORDER BY id",
            {
                "reply_to": reply_to,
                "platform": chat.platform,
                "chat": chat.id,
                "limit": limit,
                "private": private,
            },
        )
        return _exchanges(rows)

    async def last_question(self, chat: Chat, person: Person) -> Item | None:
        """The last one that came to an end since `/new`, and was not taken back. One that is being answered
        is not it, so that `/retry` finds the same again after a crash."""
        row = await self._database.read_one(
            "SELECT * FROM remembered WHERE platform = ? AND chat = ? AND person = ? AND NOT superseded"
            " ORDER BY id DESC LIMIT 1",
            (chat.platform, chat.id, person.id),
        )
        return item_of(row) if row else None

    async def question(self, chat: Chat, person: Person, row: int) -> Item | None:
        """This very row, if it is a question of this person there that came to an end since `/new`."""
        found = await self._database.read_one(
            "SELECT * FROM remembered WHERE platform = ? AND chat = ? AND person = ? AND id = ?",
            (chat.platform, chat.id, person.id, row),
        )
        return item_of(found) if found else None

    async def told_at(self, chat: Chat, person: Person, words: str, *, before: int) -> float | None:
        """When this person wrote the last thing there before row `before`, if these words were the answer."""
        row = await self._database.read_one(
            "SELECT answer, said_at FROM inbox WHERE platform = ? AND chat = ? AND person = ? AND id < ?"
            " AND post NOT LIKE ? AND NOT superseded ORDER BY id DESC LIMIT 1",
            (chat.platform, chat.id, person.id, before, f"{ANNOUNCED}%"),
        )
        return row["said_at"] if row is not None and row["answer"] == words else None

    async def answered_there(self, chat: Chat, row: int) -> bool:
        """Whether this row is a question of that chat, whoever asked it, that was not private."""
        found = await self._database.read_one(
            "SELECT 1 FROM inbox WHERE platform = ? AND chat = ? AND id = ? AND question IS NOT NULL"
            " AND NOT private",
            (chat.platform, chat.id, row),
        )
        return found is not None

    async def start_anew(self, chat: Chat, person: Person, row: int) -> None:
        """What was said before `row` is no longer part of the conversation."""
        await self._database.write(
            (
                "INSERT INTO conversations VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET starts_at = excluded.starts_at",
                (chat.platform, chat.id, person.id, row),
            )
        )


def _exchanges(rows: Iterable[Row]) -> list[Exchange]:
    items = [item_of(row) for row in rows]
    return [
        Exchange(item.question, item.answer, item.mode, item.incoming.person.id)
        for item in items
        if item.question and item.answer
    ]
