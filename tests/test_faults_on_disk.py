"""What a bad disk does to the whole program, and what it promises then: its words, and that nothing is lost.

The disks here are small ones in memory, mounted for the test; where that is not allowed, those tests are left
out. Databases of other versions, copies and restores have tests of their own (tests/core).
"""

import asyncio
import re
import sqlite3
import subprocess
from collections.abc import AsyncGenerator, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot import phrases
from core.errors import StorageError
from core.inbox import Inbox
from core.memory import Memory
from core.providers import End
from core.storage import open_database
from core.troubles import Trouble
from tests.bot.scenes import HOME as SCENE
from tests.bot.scenes import PARENT, scene
from tests.core.rows import ANNA, HOME, accepted, exchange
from tests.fakes import Clock, Player, node
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer
from tests.test_telegram_program import TOKEN, WHOLE, TelegramHome

FLIPS, FLIPPED_BYTES = 500, 16
SAID = 90
"""So many questions of these databases are answered; six are not."""
SHOWN_OF_FLIPS = 10
"""Of every so many damaged databases, one is given to the whole desk."""


# ── Damage ────────────────────────────────────────────────────────────────────────────────────────


class Library:
    """A database with questions and answers, and every damaged edition of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "test.db"
        self.texts: set[str] = set()
        self.answers: set[str] = set()

    async def write(self, random: Random) -> None:
        async with open_database(self.path) as database:
            inbox = Inbox(database, Clock())
            for post in range(SAID):
                # Some are longer than a page; and what is forgotten leaves pages that hold nothing.
                await exchange(inbox, post, f"Question {post}" + " why" * random.randrange(400 + 10 * post))
                await exchange(inbox, 1000 + post, "Forgotten" + " words" * random.randrange(300))
            await database.write(("DELETE FROM inbox WHERE question LIKE 'Forgotten%'", ()))
            for post in range(100, 103):
                await accepted(inbox, post, f"Waiting {post}" + " and now" * random.randrange(100))
            for post in range(103, 106):
                row = await accepted(inbox, post, f"Answered {post}" + " so" * random.randrange(300))
                await inbox.begin(row, f"Answered {post}", private=False)
                await inbox.answered(row, f"The answer {post}" + " because" * 50, "Alpha", "whole", "A note.")
            assert (await database.read("PRAGMA freelist_count"))[0][0] > 10
            for written in await database.read("SELECT text, question, answer FROM inbox"):
                self.texts |= {written["text"], written["question"]}
                self.answers |= {written["answer"]} - {None}
        self.whole = self.path.read_bytes()

    def damaged(self, random: Random) -> None:
        """Put an edition there with a few random bytes somewhere."""
        for end in ("-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)
        content = bytearray(self.whole)
        at = random.randrange(len(content) - FLIPPED_BYTES)
        content[at : at + FLIPPED_BYTES] = random.randbytes(FLIPPED_BYTES)
        self.path.write_bytes(content)


async def test_damaged_words_are_noticed_or_the_file_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """500 times 16 random bytes somewhere in the database: it is refused in a sentence, or what is read is
    what was written, or is known to be damaged. No open question disappears, and no words are in the log."""
    random = Random(20261121)
    library = Library(tmp_path)
    await library.write(random)
    refusals: list[str] = []
    noticed, logged_words = 0, ""
    for _ in range(FLIPS):
        library.damaged(random)
        try:
            async with open_database(library.path) as database:
                inbox, memory = Inbox(database, Clock()), Memory(database)
                waiting = await inbox.open_items(HOME, ANNA.id)
                assert len(waiting) == 6 or "may stay unanswered" in caplog.text
                logged_words += caplog.text
                caplog.clear()
                for item in waiting:
                    assert item.damaged or item.incoming.text in library.texts
                    assert item.answer is None or item.answer in library.answers
                    assert item.answer is None or item.note == "A note."
                    noticed += item.damaged or (item.state == "answered" and item.answer is None)
                said = await memory.history(HOME, ANNA, before=10**9, limit=1000, private=True)
                assert {exchange.question for exchange in said} <= library.texts
                assert {exchange.answer for exchange in said} <= library.answers
                noticed += len(said) < SAID + 3  # and those whose answer is not shown yet
        except StorageError as error:
            refusals.append(str(error))
    assert len(refusals) > FLIPS // 50
    assert all(re.search("damaged|newer Porchlight|another program", said) for said in refusals)
    assert not any("Question" in said or "why why" in said for said in refusals)
    assert noticed > FLIPS // 50
    assert "why why" not in logged_words


async def test_nobody_is_shown_damaged_words(tmp_path: Path) -> None:
    """Whatever the whole desk makes of a damaged database: in the chat stands an answer that a model gave,
    or a sentence of ours."""
    random = Random(20261122)
    library = Library(tmp_path)
    await library.write(random)
    ours = phrases.of()
    shown = 0
    for _ in range(FLIPS // SHOWN_OF_FLIPS):
        library.damaged(random)
        try:
            async with scene(tmp_path, node("Alpha", Player(["Fresh.", End()]))) as told:
                await told.desk.take_up()
                await told.calm()
                for text in told.stage.texts():
                    assert text.startswith((*library.answers, "Fresh.", ours.DAMAGED)), text
                shown += len(told.stage.texts())
        except* StorageError:
            pass
    assert shown > 5 * FLIPS // SHOWN_OF_FLIPS


# ── Clocks ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clock_that_jumps_costs_no_answer_and_makes_none_twice(tmp_path: Path) -> None:
    """By an hour or a day, to and fro, between questions and between runs: one answer each, in order."""
    hour, day = 3600.0, 24 * 3600.0
    asked = 0
    for run in (0.0, -day, day, hour):
        async with scene(tmp_path, node("Alpha", Player(["Fresh.", End()]))) as told:
            told.clock.advance(30 * day + run)
            await told.desk.take_up()
            for jump in (0.0, hour, -hour, day, -day):
                told.clock.advance(jump)
                asked += 1
                await told.say(f"Question {asked}", post=f"q{asked}")
            await told.calm()
            assert told.stage.texts() == ["Fresh."] * 5
            assert [told.stage.replies[-5:]] == [[f"q{asked - 4 + n}" for n in range(5)]]
    async with open_database(tmp_path / "test.db") as database:
        said = await Memory(database).history(SCENE, PARENT, before=10**9, limit=100, private=True)
    assert [exchange.question for exchange in said] == [f"Question {n}" for n in range(1, asked + 1)]


# ── Disks that are full, or cannot be written ─────────────────────────────────────────────────────


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "porchlight-test", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_read_only(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro,size=24m", str(disk)], check=True)


class Filler:
    """Whatever else fills a disk."""

    def __init__(self, disk: Path) -> None:
        self._file = disk / "holiday.mp4"
        self._database = disk / "data" / "porchlight.db"

    def fill(self) -> None:
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else there is room in what it has already
        with self._file.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        self._file.unlink()


@pytest.fixture
async def home(tmp_path: Path, disk: Path) -> AsyncGenerator[TelegramHome, None]:
    """A family on Telegram whose data is on the small disk, and the log elsewhere."""
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=["Forty ", "metres."]) as model,
    ):
        telegram.person(7, "Anna")
        telegram.private(7)
        made = TelegramHome(tmp_path, telegram, model)
        made.settings(ADMIN_IDS="telegram:7", DATA_DIR=str(disk / "data"), LOG_FILE=str(tmp_path / "log"))
        yield made
        assert telegram.violations == []


def answers(home: TelegramHome) -> list[str]:
    """What stands in the chat beside the alert that the disk is almost full."""
    return [text for text in home.texts(7) if text in ("Forty", WHOLE, phrases.of().DISK)]


async def all_done(disk: Path, left: str = "SELECT count(*) FROM open_inbox") -> None:
    """Until nothing of the questions and their answers is still to be written, or of what `left` counts."""
    with closing(sqlite3.connect(disk / "data" / "porchlight.db")) as database:
        async with asyncio.timeout(10):
            while database.execute(left).fetchone() != (0,):  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # it is another process that writes


def logged(home: TelegramHome) -> str:
    log = home.folder / "log"
    return log.read_text() if log.exists() else ""


async def test_on_a_full_disk_nothing_is_confirmed_and_nothing_lost(home: TelegramHome, disk: Path) -> None:
    """Telegram keeps what cannot be kept here; when there is room again it is answered, once."""
    filler = Filler(disk)
    async with home.running():
        home.telegram.say(7, 7, "How deep?")
        await home.until(lambda: answers(home) == [WHOLE])
        await all_done(disk)
        filler.fill()
        home.telegram.say(7, 7, "And how wide? " * 200)
        await home.until(lambda: "Nothing new is accepted from Telegram" in logged(home))
        assert "no room left on the disk" in logged(home)
        assert answers(home) == [WHOLE]
        filler.free()
        await home.until(lambda: answers(home) == [WHOLE, WHOLE])
    assert len(home.model.asks) == 2


async def test_a_disk_that_fills_up_under_an_answer_costs_a_sentence(home: TelegramHome, disk: Path) -> None:
    """Whoever waits is told; the next run answers in the same post."""
    filler = Filler(disk)
    home.model.pace_s = 1.5
    home.telegram.say(7, 7, "How deep?")
    async with home.running():
        await home.until(lambda: answers(home) == ["Forty"])
        filler.fill()
        await home.until(lambda: answers(home) == [phrases.of().DISK])
        filler.free()
    async with home.running():
        await home.until(lambda: answers(home) == [WHOLE])


async def test_on_a_read_only_disk_it_does_not_start(home: TelegramHome, disk: Path) -> None:
    """With exit code 3, and the setting to change."""
    make_read_only(disk)
    async with home.running() as program:
        await home.until(lambda: b"DATA_DIR" in home.said)
        assert await program.wait() == 3
    assert b"Traceback" not in home.said


async def test_a_second_copy_does_not_start(home: TelegramHome) -> None:
    """It says so, and the first one goes on."""
    async with home.running():
        home.telegram.say(7, 7, "How deep?")
        await home.until(lambda: answers(home) == [WHOLE])
        async with home.running() as second:
            await home.until(lambda: b"already running" in home.said)
            assert await second.wait() == 3
        home.telegram.say(7, 7, "And how wide?")
        await home.until(lambda: answers(home) == [WHOLE, WHOLE])


# ── Backups ───────────────────────────────────────────────────────────────────────────────────────


def week_later(data: Path) -> None:
    """All that is known is a week older; and words that were kept are damaged."""
    hours = 8 * 24
    with closing(sqlite3.connect(data / "porchlight.db")) as database:
        database.execute("UPDATE running_hours SET hour = hour - ?", (hours,))
        database.execute("DELETE FROM choices WHERE name LIKE 'backup%'")
        database.execute("UPDATE inbox SET question = 'How dear?' WHERE question = 'How deep?'")
        database.commit()
    for copy in (data / "backups").iterdir():
        made = datetime.strptime(f"{copy.name[11:26]}+0000", "%Y%m%d-%H%M%S%z") - timedelta(hours=hours)
        copy.rename(copy.with_name(copy.name.replace(copy.name[11:26], made.strftime("%Y%m%d-%H%M%S"))))


async def test_after_a_week_of_being_off_only_what_is_wrong_is_told(home: TelegramHome, disk: Path) -> None:
    """That no backup was made meanwhile is no trouble; that the new one does not pass its trial is one."""
    trial = phrases.of().trouble(Trouble("trial"))
    home.telegram.say(7, 7, "How deep?")
    async with home.running():
        await home.until(lambda: answers(home) == [WHOLE] and "A copy of the database" in logged(home))
    week_later(disk / "data")
    async with home.running():
        await all_done(disk, "SELECT count(*) = 0 FROM choices WHERE name = 'backup_tried'")
        home.telegram.say(7, 7, "And how wide?")  # when something happens at a node, all is looked at
        await home.until(lambda: any(trial in text for text in home.texts(7)))
    assert logged(home).count("A copy of the database") == 2
    assert not any("new backup" in text for text in home.texts(7))
