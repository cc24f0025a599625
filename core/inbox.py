"""The inbox: every question from the moment it is accepted until its answer stands in the chat.

    accepted ──► answering ──► answered ──► closed        what is left of closed: still to be done
        │            │                                    after a crash, from where it stands
        └────────────┴──► poison                          nothing can be done with it

Each step is on disk before the next is taken. The same rows are the memory of a conversation, which is
read in core/memory.py. A view in the migration, `open_inbox`, says which rows still want something.

All words are kept with their hash, and words that do not match theirs are not used. A damaged question
or answer reads as None, for both can be made anew; an `Item` is `damaged` if what the person wrote is.
"""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sqlite3 import Row
from typing import Literal

from core.notices import Addressed, Notice
from core.storage import Database, Statement
from core.types import Button, Chat, Incoming, Person, Poison
from core.words import sha256, shown_sha256, storable, words_in

log = logging.getLogger(__name__)

State = Literal["accepted", "answering", "answered", "closed", "poison"]
Outcome = Literal["whole", "sentence", "stopped"]
"""A model's whole answer, the program's own words, or as far as it came until the person ended it."""

Mode = Literal["chat", "research", "deeper"]
"""By a model alone, from the web, or with more of it."""

ANNOUNCED = "announced:"
"""The beginning of `post` where nobody wrote anything: the row is ours, to be shown like an answer."""
KEPT_AS_IT_IS = "NOTHING"
ASKED_ANEW = (
    "UPDATE SET text = excluded.text, text_sha256 = excluded.text_sha256, edits = edits + 1,"
    " said_at = excluded.said_at, reply_to = excluded.reply_to, attachment = excluded.attachment,"
    " state = 'accepted', attempts = 0, question = NULL, question_sha256 = NULL, private = 0,"
    " superseded = 0, answer = NULL, answer_sha256 = NULL, answered_by = '', outcome = NULL, note = '',"
    " buttons = '' WHERE text_sha256 != excluded.text_sha256 AND state != 'poison'"
    " AND said_at <= excluded.said_at"  # an older wording may come late, out of a chat's history
)
ASKS = " OR ".join(
    ["text NOT LIKE '/%'", *(f"text LIKE '/{name} _%'" for name in ("ask", "new", "private", "research"))]
)
"""What is a question though it may look like a command."""
ABOUT_IT = ", ".join(f"'/{name} ' || gone.id" for name in ("retry", "deeper", "lookup", "quotes"))
"""What the buttons under the answer to a row say."""
TAKEN_BACK = (
    "WITH RECURSIVE gone (id) AS ("  # noqa: S608
    " SELECT id FROM inbox WHERE platform = :platform AND chat = :chat AND post = :post"
    " UNION SELECT inbox.id FROM gone JOIN inbox ON platform = :platform AND chat = :chat"
    f" AND text IN ({ABOUT_IT}))"
    " UPDATE inbox SET state = 'answered', answer = '', answer_sha256 = :nothing, outcome = 'sentence',"
    " note = '', buttons = '', edits = edits + 1, superseded = 1 WHERE id IN gone AND state != 'poison'"
)
"""What was written there, and what the buttons under its answer asked: their answer is that nothing shall
stand there, which has to be shown like any other, and nothing of it is remembered."""
SECRET = "(secret)"  # noqa: S105 # a mark, and no secret itself
"""As `answered_by`: the answer holds a code, and is kept no longer than it takes to show it."""
OPEN_ITEMS_MAX = 200
"""Of one person in one chat at a time; the rest comes when these are closed."""


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
    edits: int = 0
    """How often the text was changed before this."""
    buttons: tuple[Button, ...] = ()
    """What stands under the answer."""
    mode: Mode = "chat"
    """How the question is answered."""
    silent: bool = False
    """The answer arrives without a sound."""

    @property
    def is_announced(self) -> bool:
        """Nobody asked: it is ours."""
        return self.incoming.post.startswith(ANNOUNCED)

    @property
    def reply_to(self) -> str | None:
        """The post it answers; None if it answers none."""
        return self.incoming.reply_to if self.is_announced else self.incoming.post


class Inbox:
    """`now` is the wall clock. Every method raises `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    # ── What came in ──────────────────────────────────────────────────────────────────────────────

    async def accept(
        self,
        platform: str,
        arrivals: Sequence[Incoming | Poison],
        cursor: str | None,
        announcements: Sequence[Addressed] = (),
    ) -> list[int]:
        """Keep what came in, what it makes us say, and the platform's cursor, in one transaction. Gives
        the ids of the rows that are new or begin anew because their text was changed, and of those that go
        with the text before; nothing is kept twice."""
        statements = [
            self._row_of(it) if isinstance(it, Incoming) else self._poison_of(platform, it) for it in arrivals
        ]
        statements += [_again(it) for it in arrivals if isinstance(it, Incoming) and it.edited]
        statements += [step for it in announcements for step in self._announcement(*it)]
        if cursor is not None:
            sql = "INSERT INTO cursors VALUES (?, ?) ON CONFLICT DO UPDATE SET cursor = excluded.cursor"
            statements.append((sql, (platform, cursor)))
        return [row["id"] for row in await self._database.write(*statements)]

    async def removed(self, chat: Chat, post: str) -> list[Item]:
        """What was written there is gone, and so is what came of it. Gives these rows, the oldest first; none
        if it was not here."""
        rows = await self._database.write((f"{TAKEN_BACK} RETURNING *", _gone(chat, post)))
        return sorted(map(item_of, rows), key=lambda item: item.id)

    async def announce(self, *announcements: Addressed, also: Sequence[Statement] = ()) -> None:
        """Keep them to be shown, but for those that were kept before; `also` happens in the same
        transaction, or nothing does. No model is asked."""
        await self._database.write(*also, *(step for it in announcements for step in self._announcement(*it)))

    async def picture(self, row: int) -> bytes | None:
        """What is to be shown after the words of an announcement."""
        found = await self._database.read_one("SELECT png FROM pictures WHERE incoming = ?", (row,))
        return found["png"] if found else None

    def _announcement(self, chat: Chat, it: Notice) -> list[Statement]:
        text, packed, now = storable(it.text), _packed(it.buttons), self._now()
        post = f"{ANNOUNCED}{it.key}"
        shown: Statement = (
            "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, said_at,"
            " accepted_at, text, text_sha256, state, answer, answer_sha256, buttons, outcome, reply_to,"
            " silent)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?, 'answered', ?, ?, ?, 'sentence', ?, ?)"
            " ON CONFLICT (platform, chat, post) DO NOTHING RETURNING id",
            (
                *(chat.platform, chat.id, chat.kind, post),
                *(it.person.id, storable(it.person.name)),
                *(now, now, sha256(""), text, shown_sha256(text, "", packed), packed, it.reply_to, it.silent),
            ),
        )
        if it.picture is None:
            return [shown]
        beside: Statement = (
            "INSERT INTO pictures SELECT id, ? FROM inbox WHERE platform = ? AND chat = ? AND post = ?"
            " AND state = 'answered' ON CONFLICT DO NOTHING",
            (it.picture, chat.platform, chat.id, post),
        )
        return [shown, beside]

    async def cursor(self, platform: str) -> str | None:
        """How far the platform was read."""
        row = await self._database.read_one("SELECT cursor FROM cursors WHERE platform = ?", (platform,))
        return row["cursor"] if row else None

    def _row_of(self, incoming: Incoming) -> Statement:
        text = storable(incoming.text)
        chat, person = incoming.chat, incoming.person
        again = ASKED_ANEW if incoming.edited else KEPT_AS_IT_IS
        return (
            "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, person_language,"  # noqa: S608
            " said_at, accepted_at, text, text_sha256, reply_to, pressed, attachment)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            f" ON CONFLICT (platform, chat, post) DO {again} RETURNING id",
            (
                *(chat.platform, chat.id, chat.kind, incoming.post),
                *(person.id, storable(person.name), person.language),
                *(incoming.said_at, self._now(), text, sha256(text)),
                *(incoming.reply_to, incoming.pressed, incoming.attachment),
            ),
        )

    def _poison_of(self, platform: str, poison: Poison) -> Statement:
        log.warning("%s sent something that cannot be understood: %s (%s)", platform, poison.post, poison.why)
        now = self._now()
        return (
            "INSERT INTO inbox (platform, chat, chat_kind, post, person, person_name, said_at, accepted_at,"
            " text, text_sha256, state, note) VALUES (?, '', 'private', ?, '', '', ?, ?, '', ?, 'poison', ?)"
            " ON CONFLICT (platform, chat, post) DO NOTHING",
            (platform, poison.post, now, now, sha256(""), poison.why),
        )

    # ── What is to be done ────────────────────────────────────────────────────────────────────────

    async def unfinished(self, platform: str, chat_id: str | None = None) -> list[tuple[Chat, Person]]:
        """Who still waits for something, and where; who has waited longest comes first."""
        rows = await self._database.read(
            # With min(), SQLite takes the other columns from the row that has the minimum.
            "SELECT min(id), platform, chat, chat_kind, person, person_name, person_language FROM open_inbox"
            " WHERE platform = :platform AND (:chat IS NULL OR chat = :chat)"
            " GROUP BY platform, chat, person ORDER BY min(id)",
            {"platform": platform, "chat": chat_id},
        )
        return [(_chat(row), _person(row)) for row in rows]

    async def open_items(self, chat: Chat, person_id: str, after: int = 0) -> list[Item]:
        """What this person still waits for in this chat behind row `after`, the oldest first; not more
        than `OPEN_ITEMS_MAX` at a time."""
        rows = await self._database.read(
            "SELECT * FROM open_inbox WHERE platform = ? AND chat = ? AND person = ? AND id > ?"
            " ORDER BY id LIMIT ?",
            (chat.platform, chat.id, person_id, after, OPEN_ITEMS_MAX),
        )
        return [item_of(row) for row in rows]

    async def waiting(self) -> int:
        """How many rows are not at their end, on all platforms."""
        row = await self._database.read_one("SELECT count(*) FROM open_inbox")
        return row[0] if row else 0

    async def in_line(self) -> tuple[int, int]:
        """How many questions nobody works on yet, and how many are being answered."""
        row = await self._database.read_one(
            f"SELECT count(*) FILTER (WHERE state = 'accepted' AND ({ASKS})) AS waiting,"  # noqa: S608
            " count(*) FILTER (WHERE state = 'answering') AS answering FROM open_inbox"
        )
        return (row["waiting"], row["answering"]) if row else (0, 0)

    async def outcome(self, chat: Chat) -> Outcome | None:
        """How the newest row of this chat ended; None if it has not."""
        row = await self._database.read_one(
            "SELECT outcome FROM inbox WHERE platform = ? AND chat = ? ORDER BY id DESC LIMIT 1",
            (chat.platform, chat.id),
        )
        return row["outcome"] if row else None

    # ── How far it has got ────────────────────────────────────────────────────────────────────────

    # Each of these is about the text as it was after so many `edits`. If it was changed since, nothing
    # happens, and they give False.

    async def begin(
        self, row: int, question: str, private: bool, *, mode: Mode = "chat", edits: int = 0
    ) -> bool:
        """This question is about to be put to a model."""
        question = storable(question)
        return await self._changed(
            (
                "UPDATE inbox SET state = 'answering', attempts = attempts + 1,"
                " question = ?, question_sha256 = ?, private = ?, mode = ? WHERE id = ? AND edits = ?"
                " RETURNING id",
                (question, sha256(question), private, mode, row, edits),
            ),
        )

    async def answered(
        self,
        row: int,
        answer: str,
        answered_by: str,
        outcome: Outcome,
        note: str = "",
        buttons: Sequence[Button] = (),
        *,
        supersedes: int | None = None,
        edits: int = 0,
        also: Sequence[Statement] = (),
    ) -> bool:
        """This is what the person gets to read. From here on the row is only shown. `supersedes` is an
        earlier row that asked the same, and leaves the conversation; `also` happens in the same
        transaction."""
        answer, note, packed = storable(answer), storable(note), _packed(buttons)
        return await self._changed(
            (
                "UPDATE inbox SET state = 'answered', answer = ?, answer_sha256 = ?, answered_by = ?,"
                " outcome = ?, note = ?, buttons = ? WHERE id = ? AND edits = ? RETURNING id",
                (
                    *(answer, shown_sha256(answer, note, packed), answered_by, outcome, note, packed),
                    *(row, edits),
                ),
            ),
            (
                "UPDATE inbox SET superseded = 1 WHERE id = ? AND id < ?"
                " AND EXISTS (SELECT 1 FROM inbox WHERE id = ? AND edits = ?)",
                (supersedes, row, row, edits),
            ),
            *also,
        )

    async def close(self, row: int, *, edits: int = 0) -> bool:
        """The answer stands in the chat. One that is `SECRET` is forgotten here."""
        return await self._changed(
            (
                "UPDATE inbox SET state = 'closed', answer = iif(answered_by = ?, NULL, answer),"
                " answer_sha256 = iif(answered_by = ?, NULL, answer_sha256)"
                " WHERE id = ? AND edits = ? RETURNING id",
                (SECRET, SECRET, row, edits),
            ),
            ("DELETE FROM pictures WHERE incoming = ?", (row,)),
        )

    async def _changed(self, *statements: Statement) -> bool:
        return bool(await self._database.write(*statements))


# ── Rows and words ────────────────────────────────────────────────────────────────────────────────


def _gone(chat: Chat, post: str) -> dict[str, str]:
    return {"platform": chat.platform, "chat": chat.id, "post": post, "nothing": shown_sha256("", "", "")}


def _again(edited: Incoming) -> Statement:
    """Where it begins anew, what its writer asked by the buttons under the answer before goes with that."""
    begins_anew = "(SELECT state FROM inbox WHERE platform = :platform AND chat = :chat AND post = :post)"
    return (
        f"{TAKEN_BACK} AND post != :post AND person = :person AND {begins_anew} = 'accepted' RETURNING id",
        {**_gone(edited.chat, edited.post), "person": edited.person.id},
    )


def _buttons(row: Row) -> tuple[Button, ...]:
    try:
        return tuple(Button(*pair) for pair in json.loads(row["buttons"] or "[]"))
    except (TypeError, ValueError):  # damaged, as the answer's hash says
        return ()


def _chat(row: Row) -> Chat:
    return Chat(row["platform"], row["chat"], row["chat_kind"])


def _person(row: Row) -> Person:
    return Person(row["platform"], row["person"], row["person_name"], row["person_language"])


def _packed(buttons: Sequence[Button]) -> str:
    return json.dumps([[button.label, button.command] for button in buttons]) if buttons else ""


def item_of(row: Row) -> Item:
    text = words_in(row, "text")
    return Item(
        id=row["id"],
        incoming=Incoming(
            *(_chat(row), _person(row), row["post"], text or "", row["said_at"]),
            reply_to=row["reply_to"],
            edited=bool(row["edits"]),
            pressed=row["pressed"],
            attachment=row["attachment"],
        ),
        state=row["state"],
        attempts=row["attempts"],
        question=words_in(row, "question"),
        private=bool(row["private"]),
        answer=words_in(row, "answer"),
        answered_by=row["answered_by"],
        outcome=row["outcome"],
        note=row["note"],
        damaged=text is None,
        edits=row["edits"],
        buttons=_buttons(row),
        mode=row["mode"],
        silent=bool(row["silent"]),
    )
