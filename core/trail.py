"""By which way a question came to its answer: the nodes it went through, kept for a while.

A trail is written in the transaction that keeps the answer, so one is never without the other. It holds
names, kinds of failure and times, and no word of anybody; only those of the newest questions are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.inbox import Outcome
from core.storage import Database, Statement
from core.types import Chat, Person, Tried

QUESTIONS_MAX = 1000
STEPS_MAX = 20
NOBODY_ASKED = "web"
"""As who answered: there was nothing to be read, so that no model was asked to write anything."""


@dataclass(frozen=True, slots=True)
class Trail:
    """Of one question."""

    outcome: Outcome | None
    """None: it has not come to its end."""
    steps: tuple[Tried, ...]
    """None of them where no node was asked, or where it is forgotten by now."""
    answered_by: str = ""
    """The node that wrote it, or `NOBODY_ASKED`."""


def kept(row: int, tried: Sequence[Tried]) -> list[Statement]:
    """To be written with the answer to that row."""
    if not tried:
        return []
    return [
        ("DELETE FROM trail WHERE incoming = ?", (row,)),
        *(
            (
                "INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?, ?)",
                (row, number, it.node, it.model, it.ended, it.took_s, it.first_token_s),
            )
            for number, it in enumerate(tried[-STEPS_MAX:])
        ),
        (
            # Not by OFFSET in a subquery: with DISTINCT, SQLite 3.40 gives a row there where there is none.
            "DELETE FROM trail WHERE incoming NOT IN (SELECT DISTINCT incoming FROM trail"
            " ORDER BY incoming DESC LIMIT ?)",
            (QUESTIONS_MAX,),
        ),
    ]


class Trails:
    """Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, chat: Chat, person: Person, reply_to: str | None) -> Trail | None:
        """Of the question that this post asks or answers; without one, of the last of this person's there
        that came to an end and was not taken back. None if there is no such question."""
        row = await self._database.read_one(
            "SELECT id, outcome, answered_by FROM inbox WHERE question IS NOT NULL AND platform = :platform"
            " AND chat = :chat AND person = :person AND iif(:post IS NULL,"
            " outcome IS NOT NULL AND NOT superseded,"
            " post = :post OR id IN (SELECT incoming FROM posts WHERE posts.post = :post))"
            " ORDER BY id DESC LIMIT 1",
            {"platform": chat.platform, "chat": chat.id, "person": person.id, "post": reply_to},
        )
        if row is None:
            return None
        steps = await self._database.read(
            "SELECT * FROM trail WHERE incoming = ? ORDER BY step", (row["id"],)
        )
        return Trail(
            row["outcome"],
            tuple(
                Tried(step["node"], step["model"], step["ended"], step["took_s"], step["first_token_s"])
                for step in steps
            ),
            row["answered_by"],
        )
