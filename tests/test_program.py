"""The whole program as a person starts it: a child process, real sockets, a real disk."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from core.storage import MIGRATIONS
from tests.home import ROOT
from tests.servers.models import Fault, ModelServer

QUESTION = "How deep is the canary lake?"


@dataclass
class Ran:
    code: int | None
    out: str
    err: str


class Home:
    """A folder with a `.env`, as a person has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings(EMBEDDED_MODEL="off")
        self.environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
        self.environ["PYTHONPATH"] = str(ROOT)

    def settings(self, **values: str) -> None:
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))

    def node(self, server: ModelServer, **more: str) -> None:
        url = server.spec("x").url
        key = server.spec("x").key
        self.settings(
            EMBEDDED_MODEL="off", OPENAI_1_URL=url, OPENAI_1_KEY=key, OPENAI_1_MODEL="stand-in", **more
        )

    async def run(self, *call: str, stdin: str = "") -> Ran:
        async with self.started(*call) as program, asyncio.timeout(60):
            out, err = await program.communicate(stdin.encode("utf-8", "surrogateescape"))
        return Ran(program.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def started(self, *call: str) -> AsyncGenerator[asyncio.subprocess.Process, None]:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", *call),
            cwd=self.folder,
            env=self.environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield program
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()

    def rows(self) -> list[tuple[str, str | None]]:
        """State and answer of all that came in."""
        with closing(sqlite3.connect(self.folder / "data" / "porchlight.db")) as database:
            return database.execute("SELECT state, answer FROM inbox ORDER BY id").fetchall()

    def everything_written(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
async def server() -> AsyncGenerator[ModelServer, None]:
    async with ModelServer("openai", pieces=["Forty ", "metres."]) as made:
        yield made


@pytest.fixture
def full_disk() -> Iterator[BinaryIO]:
    with Path("/dev/full").open("wb") as full:
        yield full


async def test_a_question_on_the_command_line_is_answered(home: Home, server: ModelServer) -> None:
    """The answer alone on standard output, nothing beside it, exit code 0, no stricter request needed."""
    home.node(server)
    assert await home.run("ask", "How", "deep?") == Ran(0, "Forty metres.\n", "")
    assert server.violations == []
    assert server.asks[0].body["messages"][-1] == {"role": "user", "content": "How deep?"}


async def test_a_question_in_a_pipe_is_answered(home: Home, server: ModelServer) -> None:
    """`echo question | porchlight ask`."""
    home.node(server)
    assert await home.run("ask", stdin=f"{QUESTION}\n") == Ran(0, "Forty metres.\n", "")
    assert home.rows() == [("closed", "Forty metres.")]


async def test_lines_in_a_pipe_are_a_chat(home: Home, server: ModelServer) -> None:
    """The same path without a keyboard; the second question knows the first."""
    home.node(server)
    ran = await home.run(stdin=f"{QUESTION}\nAnd how wide?\n/new\n\nAgain?\n")
    assert ran.code == 0
    assert ran.out.count("Forty metres.") == 3
    assert [len(ask.body["messages"]) for ask in server.asks] == [2, 4, 2]


async def test_without_a_model_there_is_a_sentence_and_exit_code_one(home: Home) -> None:
    """It says what to install."""
    ran = await home.run("ask", QUESTION)
    assert ran.code == 1
    assert "No model is set up" in ran.out
    assert "Ollama" in ran.err
    assert "porchlight setup" in ran.err


async def test_an_answer_that_cannot_be_written_is_no_success(
    home: Home, server: ModelServer, full_disk: BinaryIO
) -> None:
    """A full disk behind the pipe is told on the other stream, and by the exit code."""
    home.node(server)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "ask", QUESTION),
        cwd=home.folder,
        env=home.environ,
        stdout=full_disk,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await asyncio.wait_for(program.communicate(), 60)
    assert (program.returncode, err.decode()) == (
        1,
        "The answer could not be written to where it should go.\n",
    )


async def test_a_proxy_that_is_none_is_told_and_not_a_traceback(home: Home, server: ModelServer) -> None:
    """Whoever starts it learns which name to look at."""
    home.node(server)
    home.environ["ALL_PROXY"] = "nonsense://localhost:1"
    ran = await home.run("ask", QUESTION)
    assert ran.code == 2
    assert "ALL_PROXY" in ran.err
    assert "Traceback" not in ran.err


async def test_the_admin_hears_of_a_dead_key_in_the_chat(home: Home) -> None:
    """Once, with what to do, and the question gets its own sentence."""
    async with ModelServer("openai") as server:
        server.fail("unauthorized")
        home.node(server)
        ran = await home.run(stdin=f"{QUESTION}\nAnd now?\n")
    assert ran.out.count("no longer answers") == 1
    assert ran.out.count("lets me in") == 2


async def test_an_unreachable_node_is_a_sentence_and_its_cause_is_in_the_log(home: Home) -> None:
    """The person reads no address and no error number; the operator does."""
    home.settings(EMBEDDED_MODEL="off", OPENAI_1_URL="http://127.0.0.1:9", OPENAI_1_MODEL="m")
    ran = await home.run("ask", QUESTION)
    assert ran.code == 1
    assert ran.out.startswith("None of my models can answer just now.")
    assert "refused" in (home.folder / "data" / "system.log").read_text()


@pytest.mark.parametrize("stdin", ["", "  \n\n"])
async def test_an_empty_question_is_a_wrong_call(home: Home, stdin: str) -> None:
    """With an example of a right one."""
    ran = await home.run("ask", stdin=stdin)
    assert (ran.code, ran.out) == (2, "")
    assert "porchlight ask" in ran.err


async def test_broken_bytes_and_long_questions_are_no_crash(home: Home, server: ModelServer) -> None:
    """Bytes that are no UTF-8 are asked with a question mark in their place; two megabytes are declined."""
    home.node(server)
    assert (await home.run("ask", stdin="How \udcff deep?")).out == "Forty metres.\n"
    ran = await home.run("ask", stdin="why " * 500_000)
    assert ran.code == 1
    assert ran.out.startswith("That is too long")


async def test_all_wrong_settings_are_told_at_once_by_name(home: Home) -> None:
    """And nothing is started."""
    home.settings(
        MAX_RETRIES="many", SELECTION_STRATEGY="clever", OPENAI_1_URL="nonsense", TIMEZONE="Mars/Base"
    )
    ran = await home.run("ask", QUESTION)
    assert (ran.code, ran.out) == (2, "")
    for name in ("MAX_RETRIES", "SELECTION_STRATEGY", "OPENAI_1_URL", "TIMEZONE"):
        assert name in ran.err
    assert "Traceback" not in ran.err
    assert not (home.folder / "data" / "porchlight.db").exists()


async def test_a_malformed_providers_file_is_told_with_its_place(home: Home) -> None:
    """Line and column."""
    (home.folder / "providers.json").write_text('{"providers": [\n  {"name" "x"}\n]}')
    ran = await home.run("ask", QUESTION)
    assert ran.code == 2
    assert "line 2" in ran.err


async def test_a_data_folder_that_cannot_be_one_is_told(home: Home, server: ModelServer) -> None:
    """In words, with exit code 3, and without a stack trace."""
    home.node(server, DATA_DIR="/proc/nowhere")
    for call in (["ask", QUESTION], []):
        ran = await home.run(*call, stdin=f"{QUESTION}\n")
        assert (ran.code, ran.out) == (3, "")
        assert "DATA_DIR" in ran.err
        assert "Traceback" not in ran.err


async def test_a_newer_database_is_refused_and_kept(home: Home, server: ModelServer) -> None:
    """The file stays as it is."""
    home.node(server)
    await home.run("ask", QUESTION)
    path = home.folder / "data" / "porchlight.db"
    newer = sum(file.name.endswith(".sql") for file in MIGRATIONS.iterdir()) + 1
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version={newer}")
    before = path.read_bytes()
    ran = await home.run("ask", QUESTION)
    assert ran.code == 3
    assert "newer" in ran.err
    assert path.read_bytes() == before


async def test_a_model_file_that_is_cut_short_is_told(home: Home, server: ModelServer) -> None:
    """By its name; the other nodes answer all the same."""
    home.node(server)
    (home.folder / "cut.gguf").write_bytes(b"GGUF\x03\x00\x00\x00\x05")
    with (home.folder / ".env").open("a") as file:
        file.write("EMBEDDED_MODEL=cut.gguf\n")
    ran = await home.run("ask", QUESTION)
    assert (ran.code, ran.out) == (0, "Forty metres.\n")
    assert "cut.gguf" in ran.err
    assert "cut short" in ran.err


async def test_a_second_copy_is_not_started_on_the_same_data(home: Home, server: ModelServer) -> None:
    """It says so; a single question beside it is fine."""
    home.node(server)
    server.pace_s = 0.01
    async with home.started() as first:
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.write(f"{QUESTION}\n".encode())
        async with asyncio.timeout(30):
            while b"Forty" not in await first.stdout.readline():
                pass
        second = await home.run(stdin=f"{QUESTION}\n")
        assert second.code == 3
        assert "already running" in second.err
        assert (await home.run("ask", QUESTION)).code == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_question_cut_off_is_answered_by_the_next_run(
    home: Home, server: ModelServer, how: signal.Signals
) -> None:
    """Killed outright or asked to end, in mid-answer: it is asked again, and answered once."""
    home.node(server)
    server.fail("stall", after=1)
    async with home.started() as first:
        assert first.stdin is not None
        first.stdin.write(f"{QUESTION}\n".encode())
        async with asyncio.timeout(30):
            while not server.asks:  # noqa: ASYNC110 # it is another process that asks
                await asyncio.sleep(0.01)
        first.send_signal(how)
        await asyncio.wait_for(first.wait(), 30)
    ran = await home.run(stdin="/help\n")
    assert ran.out.count("Forty metres.") == 1
    assert home.rows()[0] == ("closed", "Forty metres.")


async def test_a_private_question_goes_through_no_proxy(home: Home, server: ModelServer) -> None:
    """A proxy in the environment is for the cloud; what is asked in the house does not go there."""
    async with ModelServer("ollama", pieces=["At home."]) as ollama:
        home.settings(EMBEDDED_MODEL="off", OLLAMA_ENDPOINT=ollama.url, OLLAMA_MODEL="stand-in")
        home.environ |= {"HTTP_PROXY": server.url, "ALL_PROXY": server.url}
        assert await home.run("ask", "/private", QUESTION) == Ran(0, "At home.\n", "")
    assert server.asks == []
    assert server.violations == []


async def test_neither_keys_nor_words_are_written_where_they_do_not_belong(
    home: Home, server: ModelServer
) -> None:
    """The key is in `.env` alone; the question is in the database, in no log, after faults of all kinds."""
    home.node(server, MAX_RETRIES="0")
    faults: list[Fault] = ["unauthorized", "rate_limited", "server_error", "html", "error_inside", "reset"]
    for fault in faults:
        server.fail(fault)
        await home.run("ask", QUESTION)
    (home.folder / ".env").unlink()
    written = home.everything_written()
    assert server.spec("x").key.encode() not in written
    assert QUESTION.encode() in written
    assert "canary" not in (home.folder / "data" / "system.log").read_text()
