"""The watchdog: who hears that all is well, and how a program in which nothing moves is ended."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import health
from bot.settings import supervisor
from bot.watchdog import BEAT_S, QUIET_S_MAX, SILENT_S_MAX, Supervisor, Watchdog, silence_s
from tests.fakes import Clock, Street

ROOT = Path(__file__).parents[2]


class Systemd:
    """What it was told."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self._line.setblocking(False)

    def told(self) -> list[str]:
        heard = []
        try:
            while True:
                heard.append(self._line.recv(100).decode())
        except BlockingIOError:
            return heard

    def close(self) -> None:
        self._line.close()


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    abstract = f"@porchlight-test-{os.getpid()}"
    made = Systemd(abstract if request.param == "abstract" else str(tmp_path / "notify"))
    yield made
    made.close()


class Turns:
    """The pause between two beats: the clock moves on, a platform may be heard for the first few, and after
    so many the loop is left."""

    def __init__(self, clock: Clock, count: int, street: Street | None = None, heard: int = 0) -> None:
        self.clock = clock
        self.count = count
        self.street = street
        self.heard = heard
        self.last_beat_at: float | None = None
        self.file: Path | None = None

    async def __call__(self, seconds: float) -> None:
        if self.file and self.file.exists():
            self.file.unlink()
            self.last_beat_at = self.clock()
        self.count -= 1
        self.heard -= 1
        if not self.count:
            raise asyncio.CancelledError
        self.clock.advance(seconds)
        if self.street and self.heard >= 0:
            self.street.heard_at = self.clock()


async def kept(watchdog: Watchdog) -> bool:
    """Whether it came to its own end."""
    try:
        with watchdog.on_duty():
            await watchdog.keep()
    except asyncio.CancelledError:
        return False
    return True


async def test_systemd_hears_of_the_start_of_each_beat_and_of_the_end(
    tmp_path: Path, systemd: Systemd
) -> None:
    """READY=1 once, WATCHDOG=1 with each turn of the loop, STOPPING=1 at last."""
    clock = Clock()
    watchdog = Watchdog(tmp_path, [], Supervisor(systemd.address), clock, Turns(clock, 3))
    assert not await kept(watchdog)
    assert systemd.told() == ["READY=1", *["WATCHDOG=1"] * 3, "STOPPING=1"]


async def test_the_heartbeat_ends_when_no_platform_is_heard(tmp_path: Path) -> None:
    """Two minutes later; that one of two is silent is no reason."""
    clock, street, other = Clock(), Street(), Street()
    turns = Turns(clock, 100, street, heard=60)
    turns.file = tmp_path / health.FILE
    began = clock()
    await kept(Watchdog(tmp_path, [street, other], Supervisor(), clock, turns))
    assert turns.last_beat_at is not None
    assert turns.last_beat_at - began == 60 * BEAT_S + QUIET_S_MAX


async def test_a_program_that_hears_nobody_for_too_long_ends_to_be_begun_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After half an hour, with a line in the log that says why."""
    clock = Clock()
    turns = Turns(clock, 10_000)
    began = clock()
    assert await kept(Watchdog(tmp_path, [Street()], Supervisor(restarts=True), clock, turns))
    assert SILENT_S_MAX < clock() - began <= SILENT_S_MAX + 2 * BEAT_S
    assert "No platform has been heard for 30 minutes, so the program ends" in caplog.text


async def test_where_nobody_would_begin_it_again_it_goes_on(tmp_path: Path) -> None:
    """It may hear people tomorrow."""
    clock = Clock()
    assert not await kept(Watchdog(tmp_path, [Street()], Supervisor(), clock, Turns(clock, 1000)))


async def test_a_disk_that_takes_no_heartbeat_ends_nothing(tmp_path: Path) -> None:
    """And where systemd is gone, nobody minds."""
    clock = Clock()
    watchdog = Watchdog(tmp_path / "no", [], Supervisor(str(tmp_path / "x")), clock, Turns(clock, 3))
    assert not await kept(watchdog)


def test_silence_is_counted_from_the_start_and_by_the_platform_heard_last() -> None:
    """Where there is no platform, as in a terminal, there is none."""
    assert silence_s([], 0, 100) == 0
    assert silence_s([None], 40, 100) == 60
    assert silence_s([90, 20, None], 0, 100) == 10


def test_who_started_it_is_told_by_the_environment() -> None:
    """systemd by its own word; compose.yaml by ours; a person by none."""
    assert supervisor({"NOTIFY_SOCKET": "/run/x"}) == Supervisor("/run/x", restarts=True)
    assert supervisor({"RESTARTED_BY": "compose"}) == Supervisor("", restarts=True)
    assert supervisor({}) == Supervisor()


HANGING = """
import asyncio, logging, re, sys, time
from pathlib import Path
from bot.watchdog import Supervisor, Watchdog

secret = "canary words"

def stuck(kind):
    if kind == "waits":
        time.sleep(60)
    elif kind == "computes":
        re.match("(a+)+$", "a" * 60 + "b")  # in C, and holding Python's lock

async def main(kind):
    watchdog = Watchdog(Path(sys.argv[2]), [], Supervisor(restarts=kind != "unwatched"), time.monotonic,
                        hangs_s_max=0.3, last_words_s=0.3)
    with watchdog.on_duty():
        keeping = asyncio.create_task(watchdog.keep())
        await asyncio.sleep(0)
        stuck(kind)
        keeping.cancel()

logging.basicConfig(filename=sys.argv[3])
asyncio.run(main(sys.argv[1]))
"""


def hanging(kind: str, tmp_path: Path) -> "tuple[subprocess.CompletedProcess[str], str]":
    log = tmp_path / "log"
    ended = subprocess.run(
        [sys.executable, "-c", HANGING, kind, str(tmp_path), str(log)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return ended, log.read_text()


def test_a_loop_that_hangs_is_ended_with_a_line_in_the_log(tmp_path: Path) -> None:
    """It names the function it stands in, and holds no value of anything."""
    ended, log = hanging("waits", tmp_path)
    assert ended.returncode == 1
    assert "Nothing has moved for" in log
    assert "stuck" in log
    assert "stuck" in ended.stderr
    assert "canary" not in log + ended.stderr


def test_even_a_computation_that_lets_nothing_else_run_is_ended(tmp_path: Path) -> None:
    """Then no Python runs that could write into the log, and standard error has to do."""
    ended, _ = hanging("computes", tmp_path)
    assert ended.returncode == 1
    assert "stuck" in ended.stderr


def test_a_program_that_is_well_ends_as_it_likes(tmp_path: Path) -> None:
    """The end that was prepared is called off."""
    ended, log = hanging("well", tmp_path)
    assert (ended.returncode, ended.stderr, log) == (0, "", "")


def test_the_health_check_reads_the_heartbeat(tmp_path: Path) -> None:
    """Well while it is fresh; else exit code 1 and a sentence."""

    def check() -> tuple[int, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "bot.health", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout

    assert check()[0] == 1
    health.beat(tmp_path)
    assert check() == (0, "")
    os.utime(tmp_path / health.FILE, (time.time() - 3600,) * 2)
    code, said = check()
    assert code == 1
    assert said.startswith("The last heartbeat was 36")


def test_a_heartbeat_from_the_future_is_no_sign_of_life(tmp_path: Path) -> None:
    """When the clock was set back by a day, a program that died since would look well for a day."""
    health.beat(tmp_path)
    age_s = health.age_s(tmp_path, time.time() - 86400)
    assert age_s is not None
    assert age_s > health.AGE_S_MAX
    assert health.age_s(tmp_path / "no", 0.0) is None
