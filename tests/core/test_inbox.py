"""The inbox: nothing that was accepted is lost, and nobody reads what is not theirs."""

import hashlib
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from core.errors import StorageError, StorageFull
from core.inbox import Inbox, Item
from core.memory import Memory
from core.notices import Notice
from core.storage import Database, open_database
from core.types import Button, Chat, Incoming, Person, Poison
from tests.core.rows import (
    ANNA,
    BEN,
    FAMILY,
    HOME,
    accepted,
    damage,
    exchange,
    incoming,
    only_open,
    questions,
)
from tests.fakes import Clock

ROOT = Path(__file__).parents[2]


# ── What came in ──────────────────────────────────────────────────────────────────────────────────


async def test_what_was_accepted_waits_with_all_that_was_said(inbox: Inbox) -> None:
    """An accepted incoming comes back as it was, and the cursor with it."""
    asked = incoming("7", "Wie hoch ist der Ätna? 🌋", chat=FAMILY, person=BEN)
    (row,) = await inbox.accept("stage", [asked], "42")
    item = await only_open(inbox, FAMILY, BEN)
    assert item == Item(row, asked, "accepted", 0, None, False, None, "", None, "", damaged=False)
    assert await inbox.cursor("stage") == "42"
    assert await inbox.cursor("elsewhere") is None


async def test_a_replay_is_kept_once(inbox: Inbox) -> None:
    """What the platform sends again, or twice in one batch, is one row; the rest of the batch is kept."""
    first = await inbox.accept("stage", [incoming(1), incoming(1), incoming(2)], "2")
    again = await inbox.accept("stage", [incoming(2, "changed"), incoming(3)], "3")
    items = await inbox.open_items(HOME, ANNA.id)
    assert [item.id for item in items] == [*first, *again]
    assert [item.incoming.post for item in items] == ["1", "2", "3"]
    assert [item.incoming.text for item in items] == ["Why?"] * 3


async def test_what_is_taken_back_takes_with_it_what_its_buttons_asked(inbox: Inbox) -> None:
    """Also those under an answer that took its place; and nothing of other rows and chats."""
    first = await exchange(inbox, 1)
    buttons = ("retry", "deeper", "lookup", "quotes")
    pressed = [await accepted(inbox, number, f"/{it} {first}") for number, it in enumerate(buttons, 2)]
    again = await accepted(inbox, 6, f"/retry {pressed[0]}")
    await accepted(inbox, 7, f"/retry {first}9")
    await accepted(inbox, 8, f"/retry {first}", chat=FAMILY)
    gone = await inbox.removed(HOME, "1")
    assert [item.id for item in gone] == [first, *pressed, again]
    assert {(item.state, item.answer) for item in gone} == {("answered", "")}
    assert await inbox.removed(HOME, "99") == []


async def test_the_same_number_elsewhere_is_another_post(inbox: Inbox) -> None:
    """Posts are numbered per chat and platform."""
    there = Incoming(Chat("hall", "home"), Person("hall", "1"), "1", "Why?", 1.0)
    assert len(await inbox.accept("stage", [incoming(1), incoming(1, chat=FAMILY), there], None)) == 3


async def test_a_cursor_alone_is_kept(inbox: Inbox) -> None:
    """Where nothing came in that is for us, the platform can move on all the same."""
    assert await inbox.accept("stage", [], "5") == []
    await inbox.accept("stage", [incoming(1)], None)
    assert await inbox.cursor("stage") == "5"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("half \ud83d a pair", "half \ufffd a pair"),
        ("the other half \ude00", "the other half \ufffd"),
        ("a pair in halves \ud83d\ude00", "a pair in halves 😀"),
        ("before\0after", "before\ufffdafter"),
        ("", ""),
        ("\ufeffmarked, and e\u0301", "\ufeffmarked, and e\u0301"),
        ("long " * 400_000, "long " * 400_000),
    ],
    ids=["high half", "low half", "two halves", "NUL", "empty", "left alone", "2 MB"],
)
async def test_any_text_can_be_kept(inbox: Inbox, said: str, kept: str) -> None:
    """No text stops an incoming; what UTF-8 cannot hold is replaced, the rest stays as it is."""
    row = await accepted(inbox, 1, said, person=Person("stage", "1", "Anna\ud83d"))
    await inbox.begin(row, said, private=False)
    await inbox.answered(row, said, "Alpha", "whole", said)
    item = await only_open(inbox)
    assert (item.incoming.text, item.question, item.answer, item.note) == (kept,) * 4
    assert item.incoming.person.name == "Anna\ufffd"


async def test_a_full_disk_moves_no_cursor(inbox: Inbox, database: Database) -> None:
    """Where the rows do not fit, the cursor stays, so the platform sends them again."""
    await inbox.accept("stage", [incoming(1)], "1")
    await database.read("PRAGMA max_page_count = 40")
    with pytest.raises(StorageFull):
        await inbox.accept("stage", [incoming(2), incoming(3, "x" * 400_000)], "3")
    assert await inbox.cursor("stage") == "1"
    assert await inbox.waiting() == 1
    await database.read("PRAGMA max_page_count = 100000")
    assert len(await inbox.accept("stage", [incoming(2), incoming(3, "x" * 400_000)], "3")) == 2


ACCEPT_FOR_EVER = """
import asyncio, sys, time
from pathlib import Path
from core.inbox import Inbox, Item
from core.storage import open_database
from core.ledger import Ledger
from core.types import Button, Chat, Incoming, Person, Poison

async def main():
    home, anna = Chat("stage", "home"), Person("stage", "1")
    async with open_database(Path(sys.argv[1])) as database:
        inbox = Inbox(database, time.time)
        batch = int(await inbox.cursor("stage") or 0)
        while True:
            batch += 1
            said = [Incoming(home, anna, f"{batch}-{n}", "x" * 500, 1.0) for n in range(3)]
            await inbox.accept("stage", said, str(batch))
            print(batch, flush=True)

asyncio.run(main())
"""


def accept_and_be_killed(path: Path, batches: int, moment_s: float) -> int:
    """A program accepts batches of three and is killed a moment later; gives the last it confirmed."""
    command = [sys.executable, "-c", ACCEPT_FOR_EVER, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        lines = [child.stdout.readline() for _ in range(batches)]
        time.sleep(moment_s)  # not to wait for anything: the kill shall fall anywhere in the next ones
        child.kill()
        lines += child.stdout
    return max(int(line) for line in lines if line.endswith("\n"))


async def test_rows_and_cursor_agree_after_every_kill(tmp_path: Path) -> None:
    """A program that is killed while it accepts has kept all it confirmed, and of each batch the rows
    and the cursor or neither."""
    random = Random(1)
    for _ in range(10):
        confirmed = accept_and_be_killed(
            tmp_path / "test.db", random.randint(1, 20), random.uniform(0, 0.005)
        )
        async with open_database(tmp_path / "test.db") as database:
            cursor = int(await Inbox(database, Clock()).cursor("stage") or 0)
            batches = await database.read(
                "SELECT CAST(post AS INTEGER) AS batch, count(*) FROM inbox GROUP BY batch ORDER BY batch"
            )
            (check,) = await database.read("PRAGMA integrity_check")
        assert cursor >= confirmed
        assert [tuple(row) for row in batches] == [(batch, 3) for batch in range(1, cursor + 1)]
        assert check[0] == "ok"


# ── From accepted to closed ───────────────────────────────────────────────────────────────────────


async def test_a_row_goes_from_accepted_to_closed(inbox: Inbox) -> None:
    """Each step is to be seen in the row, and at its end nobody waits for it."""
    row = await accepted(inbox, 1, "/private Why?")
    await inbox.begin(row, "Why?", private=True)
    asked = await only_open(inbox)
    assert (asked.state, asked.attempts, asked.question, asked.private) == ("answering", 1, "Why?", True)
    assert asked.incoming.text == "/private Why?"
    await inbox.answered(row, "So.", "Alpha", "whole", "*cut*")
    done = await only_open(inbox)
    assert (done.state, done.answer, done.answered_by, done.outcome, done.note) == (
        *("answered", "So.", "Alpha"),
        *("whole", "*cut*"),
    )
    await inbox.close(row)
    assert await inbox.open_items(HOME, ANNA.id) == []
    assert await inbox.waiting() == 0


async def test_every_try_is_counted(inbox: Inbox) -> None:
    """A question that is put to models again and again carries the number of tries."""
    row = await accepted(inbox, 1)
    for _ in range(3):
        await inbox.begin(row, "Why?", private=False)
    assert (await only_open(inbox)).attempts == 3


async def test_open_rows_come_oldest_first(inbox: Inbox) -> None:
    """What one person asked in one chat is done in the order in which it came, whatever else comes."""
    await inbox.accept("stage", [incoming(n, person=BEN if n % 2 else ANNA) for n in range(9, 3, -1)], None)
    await accepted(inbox, 1, chat=FAMILY)
    items = await inbox.open_items(HOME, ANNA.id)
    assert [item.incoming.post for item in items] == ["8", "6", "4"]


async def test_poison_blocks_nobody(inbox: Inbox) -> None:
    """What cannot be understood is kept as that, with the cursor behind it, and nobody waits for it."""
    await inbox.accept("stage", [Poison("update-7", "no_chat"), incoming(2)], "8")
    assert (await only_open(inbox)).incoming.post == "2"
    assert await inbox.waiting() == 1
    assert await inbox.cursor("stage") == "8"


async def test_a_question_that_was_changed_is_asked_anew(inbox: Inbox) -> None:
    """In the same row; the same text again changes nothing; one that was never seen is new."""
    row = await exchange(inbox, 1, "Why?")
    changed = replace(incoming(1, "Why not?"), edited=True)
    assert await inbox.accept("stage", [replace(changed, text="Why?")], None) == []
    assert await inbox.accept("stage", [changed], None) == [row]
    item = await only_open(inbox)
    assert (item.incoming.text, item.state, item.answer, item.edits) == ("Why not?", "accepted", None, 1)
    assert len(await inbox.accept("stage", [replace(incoming(9, "New?"), edited=True)], None)) == 1


async def test_an_answer_to_the_text_before_the_change_is_not_kept(inbox: Inbox) -> None:
    """Whoever was at work on it learns so, and the row stays open."""
    row = await accepted(inbox, 1)
    await inbox.accept("stage", [replace(incoming(1, "Why not?"), edited=True)], None)
    assert not await inbox.begin(row, "Why?", private=False)
    assert not await inbox.answered(row, "So.", "Alpha", "whole")
    assert not await inbox.close(row)
    item = await only_open(inbox)
    assert (item.state, item.answer) == ("accepted", None)
    assert await inbox.answered(row, "Therefore.", "Alpha", "whole", edits=item.edits)


async def test_what_an_incoming_says_of_itself_outlives_the_program(inbox: Inbox) -> None:
    """What it replied to, the pressed button, the attachment, the writer's language."""
    said = Incoming(
        *(FAMILY, replace(ANNA, language="de"), "5", "Und?", 500.0),
        reply_to="4",
        pressed="3",
        attachment="photo",
    )
    await inbox.accept("stage", [said], None)
    (item,) = await inbox.open_items(FAMILY, ANNA.id)
    assert item.incoming == said
    assert await inbox.unfinished("stage") == [(FAMILY, said.person)]


async def test_the_buttons_under_an_answer_outlive_the_program(inbox: Inbox) -> None:
    """As they were."""
    buttons = (Button("Retry", "/retry"), Button("Ja!", "/allow 7"))
    row = await accepted(inbox, 1)
    await inbox.answered(row, "So.", "Alpha", "whole", buttons=buttons)
    assert (await only_open(inbox)).buttons == buttons
    await inbox.announce((HOME, Notice(BEN, None, "knock", "Somebody knocked.", buttons)))
    (item,) = await inbox.open_items(HOME, BEN.id)
    assert (item.answer, item.buttons, item.reply_to) == ("Somebody knocked.", buttons, None)


async def test_what_is_announced_under_one_key_is_kept_once(inbox: Inbox, memory: Memory) -> None:
    """And it is no part of the conversation."""
    for text in ("One.", "Two."):
        await inbox.announce((HOME, Notice(ANNA, None, "k", text)))
    item = await only_open(inbox)
    assert item.answer == "One."
    await inbox.close(item.id)
    assert await memory.history(HOME, ANNA, before=99, limit=9, private=True) == []


async def test_the_unfinished_are_named_once_and_oldest_first(inbox: Inbox) -> None:
    """Whoever still waits is found after a restart, once per chat, even under a new name."""
    closed = await accepted(inbox, 1, person=BEN)
    await accepted(inbox, 2, chat=FAMILY, person=BEN)
    row = await accepted(inbox, 3)
    await accepted(inbox, 4, person=Person("stage", "1", "Annie"))
    await inbox.begin(row, "Why?", private=False)
    await inbox.close(closed)
    assert await inbox.unfinished("stage") == [(FAMILY, BEN), (HOME, ANNA)]
    assert await inbox.unfinished("stage", HOME.id) == [(HOME, ANNA)]
    assert await inbox.unfinished("hall") == []


async def test_how_the_newest_row_of_a_chat_ended(inbox: Inbox) -> None:
    """The outcome is none until there is an answer."""
    assert await inbox.outcome(HOME) is None
    await exchange(inbox, 1)
    await exchange(inbox, 2, chat=FAMILY, outcome="stopped")
    assert await inbox.outcome(HOME) == "whole"
    await accepted(inbox, 3)
    assert await inbox.outcome(HOME) is None


async def test_an_outcome_nobody_knows_is_refused(inbox: Inbox) -> None:
    """The table holds what the program understands, and nothing else."""
    row = await accepted(inbox, 1)
    with pytest.raises(StorageError):
        await inbox.answered(row, "So.", "Alpha", "perhaps")  # type: ignore[arg-type]


# ── Damage ────────────────────────────────────────────────────────────────────────────────────────


async def test_words_that_changed_on_disk_are_not_used(
    inbox: Inbox, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A row whose text is not what was written says so, holds back the rest of nobody, and is logged
    without a word of it."""
    row = await accepted(inbox, 1, "my own words")
    await accepted(inbox, 2)
    await damage(database, row, "text")
    bad, good = await inbox.open_items(HOME, ANNA.id)
    assert (bad.damaged, bad.incoming.text, bad.incoming.post) == (True, "", "1")
    assert (good.damaged, good.incoming.text) == (False, "Why?")
    assert f"Row {row}" in caplog.text
    assert "my own" not in caplog.text
    assert "something else" not in caplog.text


@pytest.mark.parametrize("column", ["question", "answer"])
async def test_a_damaged_question_or_answer_wants_to_be_made_anew(
    inbox: Inbox, memory: Memory, database: Database, column: str
) -> None:
    """What can be made again is left out, and the row is not lost over it; it is no memory either."""
    row = await accepted(inbox, 1)
    await inbox.begin(row, "Why?", private=False)
    await inbox.answered(row, "So.", "Alpha", "whole")
    await damage(database, row, column)
    item = await only_open(inbox)
    assert not item.damaged
    assert (item.question is None, item.answer is None) == (column == "question", column == "answer")
    assert await questions(memory) == []


async def test_the_hash_is_of_the_words_as_they_are_kept(inbox: Inbox, database: Database) -> None:
    """Anybody can check it with other tools: SHA-256 of the UTF-8, in hex."""
    await accepted(inbox, 1, "Ätna \ud83d")
    row = await database.read_one("SELECT text, text_sha256 FROM inbox")
    assert row is not None
    assert row["text_sha256"] == hashlib.sha256("Ätna \ufffd".encode()).hexdigest()


# ── Limits ────────────────────────────────────────────────────────────────────────────────────────
