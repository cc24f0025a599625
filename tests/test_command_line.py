"""What can be done without a chat, as a person does it: a child process, its words, its exit code."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import IO

import pytest

from bot.command_line import WITH_SETTINGS, WITHOUT_SETTINGS
from core.lock import only_one
from tests.servers.models import ModelServer
from tests.test_program import Home

ROOT = Path(__file__).parents[1]
KEY = "canary-key-that-nobody-may-ever-see"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[Home, None]:
    """Where a question has been answered."""
    async with ModelServer("openai", pieces=["Forty ", "metres."], key=KEY) as server:
        made = Home(tmp_path)
        made.node(server, OPENAI_1_NAME="Katja")
        (tmp_path / ".env").chmod(0o600)
        assert (await made.run("ask", "How deep?")).code == 0
        yield made


def database(home: Home) -> Path:
    return home.folder / "data" / "porchlight.db"


async def test_the_status_is_the_one_of_the_chat(home: Home) -> None:
    """Whether it runs, the verdict, each model with its figures; nothing is written for it."""
    before = database(home).read_bytes()
    ran = await home.run("status")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Porchlight is not running.\n🟢 All well.\n")
    assert "🟢 Katja" in ran.out
    assert "1 asked, 100% answered" in ran.out
    with only_one(home.folder / "data"):
        (home.folder / "data" / "heartbeat").touch()
        ran = await home.run("status")
    assert re.match(r"Porchlight is running; its last sign of life was \d+ s ago\.\n", ran.out)
    assert database(home).read_bytes() == before


async def test_the_status_of_an_ill_house_is_told_by_the_exit_code(home: Home) -> None:
    """So that other programs can ask."""
    home.settings(EMBEDDED_MODEL="off")
    ran = await home.run("status")
    assert ran.code == 1
    assert "🔴" in ran.out


async def test_a_copy_that_did_not_pass_its_trial_is_told_here_too(home: Home) -> None:
    """As it is in the chat: by the status and by the doctor."""
    tried = json.dumps({"week": "2026-W11", "at": 0, "copy": "x", "finding": "It is damaged."})
    with closing(sqlite3.connect(database(home))) as written, written:
        written.execute("INSERT INTO choices (name, value) VALUES ('backup_tried', ?)", (tried,))
    ran = await home.run("status")
    assert ran.code == 1
    assert "The newest backup did not pass its weekly trial." in ran.out
    ran = await home.run("doctor", "--json")
    (found,) = [it for it in json.loads(ran.out)["checks"] if it["code"] == "backups"]
    assert found["state"] == "warning"
    assert "trial" in found["says"]


async def test_where_nobody_is_heard_not_all_is_well(home: Home) -> None:
    """A chat is set up, and the program does not run, or shows no sign of life. That is all that is wrong:
    nothing is said of Telegram itself, which nobody has asked."""
    home.settings(TELEGRAM_TOKEN="123456:canary-token-that-nobody-may-ever-see")
    ran = await home.run("status")
    assert ran.code == 1
    assert ran.out.startswith("Porchlight is not running, so nobody is answered. Start it.\n- 🟢")
    assert "All well" not in ran.out
    assert "Telegram" not in ran.out
    with only_one(home.folder / "data"):
        beat = home.folder / "data" / "heartbeat"
        beat.touch()
        assert (await home.run("status")).code == 0
        os.utime(beat, (0, 0))
        ran = await home.run("status")
    assert ran.code == 1
    assert "no sign of life for" in ran.out
    assert "All well" not in ran.out


async def test_before_the_first_start_there_is_nothing_to_tell(tmp_path: Path) -> None:
    """It is said so, and nothing is made."""
    home = Home(tmp_path)
    for word in ("status", "models", "people", "backup", "restore"):
        ran = await home.run(word)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.count("\n") == 1
    assert not database(home).exists()
    ran = await home.run("logs")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "Nothing of that kind has been written down.\n"


async def test_models_and_people_are_listed(home: Home) -> None:
    """By the words that a chat has for them."""
    assert (await home.run("models")).out == "- 🟢 Katja: stand-in (cloud)\n"
    assert "Nobody is in yet" in (await home.run("people")).out
    with closing(sqlite3.connect(database(home))) as written, written:
        written.execute("INSERT INTO people (id, name, role, added_at) VALUES (70, 'Mia', 'child', 0)")
        written.execute("INSERT INTO accounts (person, platform, id) VALUES (70, 'telegram', '1')")
    assert "#70 Mia: child · telegram" in (await home.run("people")).out


async def test_the_log_is_shown_without_secrets(home: Home) -> None:
    """As many lines as one wants, of a level and above; a log that is not there is no mishap."""
    log = home.folder / "data" / "system.log"
    lines = [f"2026-03-11 14:30:{second:02} | INFO | x | line {second} {KEY}" for second in range(60)]
    log.write_text("\n".join([*lines, "2026-03-11 14:31:00 | ERROR | x | it broke"]) + "\n")
    ran = await home.run("logs", "3")
    assert [line.partition(" | x | ")[2] for line in ran.out.splitlines()] == [
        *("line 58 [secret]", "line 59 [secret]"),
        "it broke",
    ]
    assert (await home.run("logs", "--level", "error")).out.count("\n") == 1
    assert len((await home.run("logs")).out.splitlines()) == 20
    assert (await home.run("logs", "many")).code == 2
    log.unlink()
    log.mkdir()
    ran = await home.run("logs")
    assert (ran.code, ran.out) == (1, "")
    assert "The log cannot be read" in ran.err
    assert "Traceback" not in ran.err


async def test_a_copy_is_made_and_put_back(home: Home) -> None:
    """The newest by itself, or one by its name; what stood there is kept; not while the program runs."""
    made = await home.run("backup")
    name = made.out.split()[-1]
    assert (home.folder / "data" / "backups" / name).exists()
    assert (await home.run("ask", "How wide?")).code == 0
    assert len(home.rows()) == 2
    with only_one(home.folder / "data"):
        ran = await home.run("restore")
        assert (ran.code, ran.out) == (3, "")
        assert "End it first." in ran.err
    ran = await home.run("restore")
    assert ran.code == 0
    assert name in ran.out
    assert "is kept as porchlight-replaced-" in ran.out
    assert len(home.rows()) == 1
    assert (await home.run("restore", name)).code == 0
    assert (await home.run("restore", f"data/backups/{name}")).code == 0
    assert (await home.run("restore", "no-such-copy.db")).code == 3


async def test_without_a_copy_nothing_is_put_back(home: Home) -> None:
    """And what stands there stays."""
    ran = await home.run("restore")
    assert (ran.code, ran.err) == (3, "There is no copy of the database to put back.\n")
    assert len(home.rows()) == 1


async def test_the_doctor_speaks_to_people_and_to_programs(home: Home) -> None:
    """With the same findings and the same exit code; no secret, no name, no folder in it."""
    with (home.folder / ".env").open("a") as env:
        env.write("TIMEZONE=Europe/Berlin\n")
    ran = await home.run("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("\nAll well.\n")
    (home.folder / ".env").chmod(0o644)
    ran, told = await home.run("doctor"), await home.run("doctor", "--json")
    assert ran.code == told.code == 1
    assert "→ chmod 600 .env" in ran.out
    report = json.loads(told.out)
    assert report["verdict"] == "warnings"
    assert report["porchlight"] == version("porchlight")
    for secret in (KEY, "Katja", str(home.folder)):
        assert secret not in ran.out + told.out


async def test_the_doctor_looks_where_the_program_would_not_start(home: Home) -> None:
    """Settings that are wrong are its first finding, by name and without what stands there."""
    home.settings(TIMEZONE="Katja's kitchen", RAG_MAX_RESULTS="many")
    ran = await home.run("doctor")
    assert ran.code == 2
    assert "2 settings are wrong: RAG_MAX_RESULTS, TIMEZONE." in ran.out
    assert "kitchen" not in ran.out


async def test_the_unit_starts_this_program_in_this_folder(home: Home) -> None:
    """By its full path."""
    ran = await home.run("service")
    assert ran.code == 0
    assert f"WorkingDirectory={home.folder}" in ran.out
    (start,) = [line for line in ran.out.splitlines() if line.startswith("ExecStart=")]
    program = start.removeprefix("ExecStart=").split()[0].strip('"')
    assert Path(program).is_absolute()
    assert os.access(program, os.X_OK)


async def test_the_version_is_told(home: Home) -> None:
    """In both ways people try."""
    said = f"porchlight {version('porchlight')}\n"
    assert (await home.run("version")).out == said
    assert (await home.run("--version")).out == said


async def test_setting_up_wants_somebody_to_ask(home: Home) -> None:
    """Without a terminal it says so, and changes nothing."""
    before = (home.folder / ".env").read_text()
    ran = await home.run("setup")
    assert (ran.code, ran.out) == (2, "")
    assert "wants a terminal" in ran.err
    assert (home.folder / ".env").read_text() == before


async def test_the_help_names_every_command(home: Home) -> None:
    """Each with what it does."""
    ran = await home.run("--help")
    for word in filter(None, (*WITH_SETTINGS, *WITHOUT_SETTINGS)):
        assert f"    {word} " in ran.out
    assert (await home.run("no-such-command")).code == 2


@pytest.mark.parametrize("word", ["service", "--help", "doctor"])
def test_whoever_has_read_enough_sees_no_traceback(tmp_path: Path, word: str) -> None:
    """As `porchlight service | head -1` does it."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        ran = run_in(tmp_path, word, out, EMBEDDED_MODEL="off")
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    """A full disk, for one."""
    with Path("/dev/full").open("w") as out:
        ran = run_in(tmp_path, "version", out)
    assert (ran.returncode, ran.stderr) == (1, b"The answer could not be written to where it should go.\n")


def test_a_terminal_without_our_letters_is_written_to_all_the_same(tmp_path: Path) -> None:
    """With a question mark for each that it does not have."""
    ran = run_in(tmp_path, "doctor", subprocess.PIPE, PYTHONIOENCODING="latin-1", EMBEDDED_MODEL="off")
    assert b"? folder" in ran.stdout
    assert ran.stderr == b""


def run_in(folder: Path, word: str, out: IO[str] | int, **environ: str) -> subprocess.CompletedProcess[bytes]:
    program = (sys.executable, "-m", "bot", word)
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    return subprocess.run(
        program,
        cwd=folder,
        env={**known, "PYTHONPATH": str(ROOT), **environ},
        stdout=out,
        stderr=subprocess.PIPE,
        check=False,
    )
