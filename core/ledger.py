"""The ledger: every post we ever made, or were about to make when the program was killed.

A post is written down before it is sent, without its id, and again when the platform has told the id.
So whatever happens in between is known to be possible: a part without an id may stand in the chat or
not. Finding out is up to whoever shows posts.
"""

from dataclasses import dataclass

from core.storage import Database
from core.types import Chat, Person


@dataclass(frozen=True, slots=True)
class LedgerPost:
    """One part of the answer to one incoming."""

    part: int
    post: str | None
    """The platform's id; None if it was intended, and nothing more is known."""
    final: bool
    """It shows its part of the whole answer."""
    doubtful: bool = False
    """Besides this post there may be another one of which we know nothing."""


PICTURE = -1
"""The part of an answer that is a picture: it is known, and never changed."""


class Ledger:
    """`incoming` is the id of an inbox row. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, incoming: int, part: int) -> None:
        """This part is about to be posted. If it was before, and its id is known, that post is gone and is
        forgotten; if its id is not known, it may stand there all the same."""
        await self._database.write(
            (
                "INSERT INTO posts (incoming, part) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET doubtful = doubtful OR post IS NULL,"
                " post = NULL, final = 0",
                (incoming, part),
            )
        )

    async def is_intended(self, incoming: int, part: int) -> bool:
        """It was posted, or may have been."""
        found = await self._database.read_one(
            "SELECT 1 FROM posts WHERE incoming = ? AND part = ?", (incoming, part)
        )
        return found is not None

    async def is_menu_of(self, chat: Chat, post: str, person: Person) -> bool:
        """Is this post the answer to a command of this person, or something we told them?"""
        found = await self._database.read_one(
            "SELECT 1 FROM posts JOIN inbox ON inbox.id = posts.incoming WHERE platform = ? AND chat = ?"
            " AND posts.post = ? AND person = ? AND question IS NULL",
            (chat.platform, chat.id, post, person.id),
        )
        return found is not None

    async def hand_over(self, old: int, new: int) -> None:
        """The posts of one answer are now those of another, which takes its place."""
        await self._database.write(
            ("UPDATE OR REPLACE posts SET incoming = ?, final = 0 WHERE incoming = ?", (new, old))
        )

    async def withdraw(self, incoming: int, part: int) -> None:
        """It was not posted: the platform said so."""
        await self._database.write(
            (
                "DELETE FROM posts WHERE incoming = ? AND part = ? AND post IS NULL AND NOT doubtful",
                (incoming, part),
            )
        )

    async def cleared(self, incoming: int, part: int) -> None:
        """It stands there once: whatever stood there besides is taken away."""
        await self._database.write(
            ("UPDATE posts SET doubtful = 0 WHERE incoming = ? AND part = ?", (incoming, part))
        )

    async def record(self, incoming: int, part: int, post: str) -> None:
        """It stands there, under this id."""
        await self._database.write(
            ("UPDATE posts SET post = ? WHERE incoming = ? AND part = ?", (post, incoming, part))
        )

    async def finished(self, incoming: int, part: int) -> None:
        """It shows its part of the whole answer."""
        await self._database.write(
            ("UPDATE posts SET final = 1 WHERE incoming = ? AND part = ?", (incoming, part))
        )

    async def ids_in(self, chat: Chat) -> set[str]:
        """Of all posts that are known to stand, or to have stood, in this chat with all its topics."""
        rows = await self._database.read(
            "SELECT posts.post FROM posts JOIN inbox ON inbox.id = posts.incoming"
            " WHERE platform = ? AND (chat = ? OR chat LIKE ? || ':%') AND posts.post IS NOT NULL",
            (chat.platform, chat.whole_id, chat.whole_id),
        )
        return {row["post"] for row in rows}

    async def posts_of(self, incoming: int) -> list[LedgerPost]:
        """In the order of their parts."""
        rows = await self._database.read(
            "SELECT part, post, final, doubtful FROM posts WHERE incoming = ? AND part >= 0 ORDER BY part",
            (incoming,),
        )
        return [
            LedgerPost(row["part"], row["post"], bool(row["final"]), bool(row["doubtful"])) for row in rows
        ]
