"""The inbox: every question from the moment it is accepted until its answer stands in the chat.

    accepted ──► answering ──► answered ──► closed        what is left of closed: still to be done
        │            │                                    after a crash, from where it stands
        └────────────┴──► poison                          nothing can be done with it

Each step is on disk before the next is taken. The same rows are the memory of a conversation, and the
walls in it are the queries here: one person in one chat since `/new`, and what was private only where
it stays in the house. Two views in the migration, `open_inbox` and `remembered`, say the half of it.

All words are kept with their hash, and words that do not match theirs are not used. A damaged question
or answer reads as None, for both can be made anew; an `Item` is `damaged` if what the person wrote is.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import Literal

from core.storage import Database, Statement
from core.types import Chat, Incoming, Person

log = logging.getLogger(__name__)

State = Literal["accepted", "answering", "answered", "closed", "poison"]
Outcome = Literal["whole", "sentence", "stopped"]
"""A model's whole answer, the program's own words, or as far as it came until the person ended it."""

ANNOUNCED = "announced:"
"""The beginning of `post` where nobody wrote anything: the row is ours, to be shown like an answer."""
OPEN_ITEMS_MAX = 200
"""Of one person in one chat at a time; the rest comes when these are closed."""
KEPT_S = 90 * 24 * 3600.0
KEPT_PER_CHAT = 200
ASK_S_MAX = 24 * 3600.0
"""No `porchlight ask` runs so long: one that is still open was killed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row: what came in, and how far it has got."""

    id: int
    incoming: Incoming
    state: State
    attempts: int
    question: str | None
    """What was put to a model; None if nothing was, or if it cannot be read back."""
    private: bool
    answer: str | None
    """None until it is answered, or if it cannot be read back: then it wants another answer."""
    answered_by: str
    outcome: Outcome | None
    note: str
    damaged: bool
    """What the person wrote cannot be read back; the text is empty here."""

    @property
    def reply_to(self) -> str | None:
        """The post it answers; None if it answers none."""
        return None if self.incoming.post.startswith(ANNOUNCED) else self.incoming.post


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its whole answer."""

    question: str
    answer: str


class Inbox:
    """`now` is the wall clock. Every method raises `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    # ── What came in ──────────────────────────────────────────────────────────────────────────────

    async def accept(self, platform: str, incomings: Sequence[Incoming], cursor: str | None) -> list[int]:
        """Keep what came in, and the platform's cursor after it, in one transaction. Gives the ids of
        the new rows; what is here already is not kept twice."""
        statements = [self._row_of(incoming) for incoming in incomings]
        if cursor is not None:
            sql = "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET cursor = excluded.cursor"
            statements.append((sql, (platform, cursor)))
        return [row["id"] for row in await self._database.write(*statements)]

    async def announce(self, chat: Chat, person: Person, key: str, text: str) -> bool:
        """Keep something to be shown to this person that answers nothing. False if it was kept before:
        the same `key` is told once."""
        text, now = storable(text), self._now()
        kept = await self._database.write(
            (
                "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, said_at,"
                " accepted_at, text, text_sha256, state, answer, answer_sha256, outcome)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, 'answered', ?, ?, 'sentence')"
                " ON CONFLICT (platform, chat, post) DO NOTHING RETURNING id",
                (
                    *(chat.platform, chat.id, chat.kind, f"{ANNOUNCED}{key}"),
                    *(person.id, storable(person.name)),
                    *(now, now, _sha256(""), text, _sha256(text)),
                ),
            )
        )
        return bool(kept)

    async def cursor(self, platform: str) -> str | None:
        """How far the platform was read."""
        row = await self._database.read_one("SELECT cursor FROM cursors WHERE platform = ?", (platform,))
        return row["cursor"] if row else None

    def _row_of(self, incoming: Incoming) -> Statement:
        text = storable(incoming.text)
        chat, person = incoming.chat, incoming.person
        return (
            "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, said_at, accepted_at,"
            " text, text_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (platform, chat, post) DO NOTHING RETURNING id",
            (
                *(chat.platform, chat.id, chat.kind, incoming.post),
                *(person.id, storable(person.name)),
                *(incoming.said_at, self._now(), text, _sha256(text)),
            ),
        )

    # ── What is to be done ────────────────────────────────────────────────────────────────────────

    async def unfinished(self, platform: str, chat_id: str | None = None) -> list[tuple[Chat, Person]]:
        """Who still waits for something, and where; who has waited longest comes first."""
        rows = await self._database.read(
            # With min(), SQLite takes the other columns from the row that has the minimum.
            "SELECT min(id), platform, chat, chat_kind, person, person_name FROM open_inbox"
            " WHERE platform = :platform AND (:chat IS NULL OR chat = :chat)"
            " GROUP BY platform, chat, person ORDER BY min(id)",
            {"platform": platform, "chat": chat_id},
        )
        return [(_chat(row), _person(row)) for row in rows]

    async def open_items(self, chat: Chat, person_id: str) -> list[Item]:
        """What this person still waits for in this chat, the oldest first."""
        rows = await self._database.read(
            "SELECT * FROM open_inbox WHERE platform = ? AND chat = ? AND person = ? ORDER BY id LIMIT ?",
            (chat.platform, chat.id, person_id, OPEN_ITEMS_MAX),
        )
        return [_item(row) for row in rows]

    async def waiting(self) -> int:
        """How many rows are not at their end, on all platforms."""
        row = await self._database.read_one("SELECT count(*) FROM open_inbox")
        return row[0] if row else 0

    async def outcome(self, chat: Chat) -> Outcome | None:
        """How the newest row of this chat ended; None if it has not."""
        row = await self._database.read_one(
            "SELECT outcome FROM inbox WHERE platform = ? AND chat = ? ORDER BY id DESC LIMIT 1",
            (chat.platform, chat.id),
        )
        return row["outcome"] if row else None

    # ── How far it has got ────────────────────────────────────────────────────────────────────────

    async def begin(self, row: int, question: str, private: bool, supersedes: int | None = None) -> None:
        """This question is about to be put to a model. `supersedes` is an earlier row that asked the
        same, and leaves the conversation."""
        question = storable(question)
        await self._database.write(
            (
                "UPDATE inbox SET state = 'answering', attempts = attempts + 1,"
                " question = ?, question_sha256 = ?, private = ? WHERE id = ?",
                (question, _sha256(question), private, row),
            ),
            ("UPDATE inbox SET superseded = 1 WHERE id = ? AND id < ?", (supersedes, row)),
        )

    async def answered(
        self, row: int, answer: str, answered_by: str, outcome: Outcome, note: str = ""
    ) -> None:
        """This is what the person gets to read. From here on the row is only shown."""
        answer = storable(answer)
        await self._database.write(
            (
                "UPDATE inbox SET state = 'answered', answer = ?, answer_sha256 = ?, answered_by = ?,"
                " outcome = ?, note = ? WHERE id = ?",
                (answer, _sha256(answer), answered_by, outcome, storable(note), row),
            )
        )

    async def close(self, row: int) -> None:
        """The answer stands in the chat."""
        await self._database.write(("UPDATE inbox SET state = 'closed' WHERE id = ?", (row,)))

    async def poison(self, row: int, why: str) -> None:
        """Nothing can be done with it; `why` is a code, never words of people."""
        await self._database.write(("UPDATE inbox SET state = 'poison', note = ? WHERE id = ?", (why, row)))

    # ── What was said before ──────────────────────────────────────────────────────────────────────

    async def history(
        self, chat: Chat, person: Person, *, before: int, limit: int, private: bool
    ) -> list[Exchange]:
        """The last whole exchanges before row `before`, the oldest first. Private ones are among them
        only if `private`: then nobody outside the house may read it."""
        rows = await self._database.read(
            "SELECT * FROM remembered WHERE platform = ? AND chat = ? AND person = ?"
            " AND id < ? AND outcome = 'whole' AND NOT superseded AND private <= ?"
            " ORDER BY id DESC LIMIT ?",
            (chat.platform, chat.id, person.id, before, private, limit),
        )
        items = [_item(row) for row in reversed(rows)]
        return [Exchange(item.question, item.answer) for item in items if item.question and item.answer]

    async def last_question(self, chat: Chat, person: Person) -> Item | None:
        """The last one that came to an end since `/new`. One that is being answered is not it, so that
        `/retry` finds the same again after a crash."""
        row = await self._database.read_one(
            "SELECT * FROM remembered WHERE platform = ? AND chat = ? AND person = ?"
            " ORDER BY id DESC LIMIT 1",
            (chat.platform, chat.id, person.id),
        )
        return _item(row) if row else None

    async def start_anew(self, chat: Chat, person: Person, row: int) -> None:
        """What was said before `row` is no longer part of the conversation."""
        await self._database.write(
            (
                "INSERT INTO conversations VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET starts_at = excluded.starts_at",
                (chat.platform, chat.id, person.id, row),
            )
        )

    async def prune(self, older_than_s: float = KEPT_S, keep: int = KEPT_PER_CHAT) -> None:
        """Forget what is at its end and that old, with its posts, but not the newest `keep` of a chat.
        A `porchlight ask` that was killed is at its end too: nobody waits for it any more."""
        await self._database.write(
            (
                "UPDATE inbox SET state = 'poison', note = 'killed' WHERE platform = 'ask'"
                " AND state IN ('accepted', 'answering', 'answered') AND accepted_at < ?",
                (self._now() - ASK_S_MAX,),
            ),
            (
                # Each `porchlight ask` is a chat of its own, so there the newest are not kept.
                "DELETE FROM inbox WHERE state IN ('closed', 'poison') AND accepted_at < ? AND"
                " (platform = 'ask' OR id IN (SELECT id FROM (SELECT id, row_number() OVER"
                " (PARTITION BY platform, chat ORDER BY id DESC) AS place FROM inbox) WHERE place > ?))",
                (self._now() - older_than_s, keep),
            ),
        )


# ── Rows and words ────────────────────────────────────────────────────────────────────────────────


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: half a surrogate pair becomes U+FFFD, and so does NUL, where
    SQLite's own tools would take the text to end."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _words(row: Row, column: str) -> str | None:
    """What the column holds, if it is what was written there."""
    text: str | None = row[column]
    if text is None or _sha256(text) == row[f"{column}_sha256"]:
        return text
    log.warning("Row %d of the inbox: its %s is damaged on disk, and is not used", row["id"], column)
    return None


def _chat(row: Row) -> Chat:
    return Chat(row["platform"], row["chat"], row["chat_kind"])


def _person(row: Row) -> Person:
    return Person(row["platform"], row["person"], row["person_name"])


def _item(row: Row) -> Item:
    text = _words(row, "text")
    return Item(
        id=row["id"],
        incoming=Incoming(_chat(row), _person(row), row["post"], text or "", row["said_at"]),
        state=row["state"],
        attempts=row["attempts"],
        question=_words(row, "question"),
        private=bool(row["private"]),
        answer=_words(row, "answer"),
        answered_by=row["answered_by"],
        outcome=row["outcome"],
        note=row["note"],
        damaged=text is None,
    )
