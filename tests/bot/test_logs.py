"""The log: its form, its file, and what never gets into it."""

import logging
import os
import re
import resource
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot import logs

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"
DISCORD = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"
CLOUDFLARE = "cfut_abcdefghijklmnopqrstuvwxyz0123456789ABCDdeadbeef"
OLDER_CLOUDFLARE = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
OPENAI = "sk-proj-abcdefghijklmnop1234"
PASSWORD = "open sesame\\, please"

log = logging.getLogger("core.pool")

SetUp = Callable[..., Path]


@pytest.fixture
def log_to(tmp_path: Path) -> Iterator[SetUp]:
    """Starts a log that knows these secrets; ended after the test. Returns its file."""
    endings = []

    def start(*secrets: str, path: Path = tmp_path / "logs" / "system.log", **options: Any) -> Path:
        endings.append(logs.set_up(path, secrets, logging.INFO, **options))
        return path

    yield start
    for end in endings:
        end()


def test_a_record_is_a_line_in_the_agreed_form(log_to: SetUp) -> None:
    """Time, level, where, and what, between bars."""
    file = log_to()
    log.warning("Node %s rate limited (429), cooldown %d min", "Provider-Alpha", 30)
    wanted = (
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \| WARNING \| core\.pool \| "
        r"Node Provider-Alpha rate limited \(429\), cooldown 30 min\n"
    )
    assert re.fullmatch(wanted, file.read_text())


def test_times_are_those_of_the_family(log_to: SetUp) -> None:
    """Not those of a machine that lives in another zone: what happened at nine stands there at nine."""
    file = log_to(zone=timezone(timedelta(hours=13, minutes=45)))
    log.info("At nine.")
    said_at = datetime.strptime(file.read_text()[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    ahead = said_at - datetime.now(UTC)
    assert timedelta(hours=13, minutes=44) < ahead < timedelta(hours=13, minutes=46)


def test_only_the_owner_reads_it(log_to: SetUp, tmp_path: Path) -> None:
    """The file is its owner's alone, a new one and one that lay there with other rights."""
    new = log_to()
    there = tmp_path / "there.log"
    there.touch(0o644)
    there.chmod(0o644)
    log_to(path=there)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (new, there)] == [0o600, 0o600]


def test_it_turns_over_before_it_grows_large(log_to: SetUp) -> None:
    """A full file makes room for a new one, as private as itself; only a few old ones are kept."""
    file = log_to()
    for _ in range(logs.FILES_KEPT_MAX + 2):
        log.info("x" * (logs.FILE_BYTES_MAX - 500))
        log.info("y" * 1000)
    files = sorted(file.parent.iterdir())
    assert len(files) == logs.FILES_KEPT_MAX + 1
    assert all(path.stat().st_size <= logs.FILE_BYTES_MAX for path in files)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


@pytest.mark.parametrize(
    "message",
    [
        f"POST https://api.telegram.org/bot{TELEGRAM}/getUpdates",
        f"POST http://localhost:8081/bot1:short/getUpdates {TELEGRAM}",
        f"Authorization: Bearer {OLDER_CLOUDFLARE}",
        f"headers {{'authorization': 'Bot {DISCORD}'}}",
        f"token {DISCORD} refused",
        f"account with {CLOUDFLARE}",
        f"GET https://host/search?key={OLDER_CLOUDFLARE}&q=1",
        f'{{"api_key": "{OLDER_CLOUDFLARE}"}}',
        f"OPENAI_1_KEY={OPENAI}",
        f"the key {OPENAI} is wrong",
        f"connecting to https://me:{OLDER_CLOUDFLARE}@host",
    ],
)
def test_what_looks_like_a_secret_is_struck_out(log_to: SetUp, message: str) -> None:
    """Well-known tokens, and what a name or a header calls one, are struck out though nobody told of them."""
    file = log_to()
    log.info("%s", message)
    said = file.read_text()
    assert logs.STRUCK in said
    assert not [s for s in (TELEGRAM, DISCORD, CLOUDFLARE, OLDER_CLOUDFLARE, OPENAI, "short") if s in said]


@pytest.mark.parametrize(
    "message",
    [
        "Node Provider-Alpha rate limited (429), cooldown 30 min",
        "answered in 1.3 s, first token: 320 ms, max_tokens=1024, tokens: 12345678",
        "https://api.cloudflare.com/client/v4/accounts: 200, retry at 2026-03-11T14:30:01+00:00",
        "Ollama at http://192.168.1.20:11434 has gemma3:4b, digest a2af6cc3eb7fa8be8504abaf9b04e88f17a119ec",
        "File core/providers/openai.py, line 12, in stream",
        "basic settings, bearer of news",
    ],
)
def test_other_words_stay(log_to: SetUp, message: str) -> None:
    """What is no secret is not struck out."""
    file = log_to("1234")
    log.info(message)
    assert file.read_text().endswith(f"| {message}\n")


@pytest.mark.parametrize(
    "say",
    [
        lambda: log.info("the password is " + PASSWORD),
        lambda: log.info("the password is %s", PASSWORD),
        lambda: log.info("the settings are %s", {"password": PASSWORD}),
        lambda: log.info("at http://host/?p=open%20sesame%5C%2C%20please"),
        lambda: log.info("stack", stack_info=True, extra={"password": PASSWORD}),
        lambda: log.error("failed", exc_info=ValueError(f"no such password: {PASSWORD}")),
        lambda: logging.getLogger("some.library").warning(PASSWORD),
    ],
)
def test_known_secrets_are_struck_out_wherever_they_are(log_to: SetUp, say: Callable[[], None]) -> None:
    """A secret of the settings is in no part of a record: message, arguments, traceback, stack."""
    file = log_to(PASSWORD)
    say()
    said = file.read_text()
    assert said
    assert "sesame" not in said.replace(str(Path(__file__)), "")


def test_traceback_follows_indented(log_to: SetUp) -> None:
    """An error's traceback is under its line and cannot be taken for another record."""
    file = log_to()
    try:
        raise ValueError("first\n2026-01-01 00:00:00 | INFO | forged | line")
    except ValueError:
        log.exception("It failed")
    first, *others = file.read_text().splitlines()
    assert first.endswith("| ERROR | core.pool | It failed")
    assert any("Traceback" in line for line in others)
    assert all(line.startswith("    ") for line in others)


@pytest.mark.parametrize("sign", ["\n", "\r\n", "\r", "\x0b", "\x1b[2J", "\x00", "\x85", "\u2028", "\u2029"])
def test_a_record_is_one_line_whatever_it_holds(log_to: SetUp, sign: str) -> None:
    """Line breaks, and signs that steer a terminal, cannot make another line of a message."""
    file = log_to()
    log.info("one%stwo", sign)
    (line,) = file.read_text("utf-8").splitlines()
    assert line.isprintable()


def test_any_text_can_be_written(log_to: SetUp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters of all languages are kept; a lone surrogate, which has no encoding, does not get in the way."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the test runner's own could not report it
    file = log_to()
    log.info("Đèn hiên 💡 \ud800 end")
    assert "Đèn hiên 💡 \\ud800 end" in file.read_text("utf-8")


class Broken:
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("arguments", [("one", "two"), (Broken(),)])
def test_wrong_arguments_disturb_nobody(
    log_to: SetUp,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[object, ...],
) -> None:
    """A logging call that does not add up keeps its message, and complains to nobody."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the test runner's own would raise
    file = log_to()
    log.info("So many: %s", *arguments)
    assert "So many: %s" in file.read_text()
    assert capsys.readouterr().err == ""


def test_failing_disk_disturbs_nobody(log_to: SetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """While the file cannot grow, the program does not notice; when it can, the log goes on."""
    file = log_to()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as if the disk were full
    try:
        for _ in range(5):
            log.info("some words to fill the disk")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    log.info("there is room again")
    assert capsys.readouterr().err == ""
    assert "there is room again" in file.read_text()


def test_device_stays_as_it_is(log_to: SetUp) -> None:
    """A log into a device is possible, and leaves the device open to others."""
    before = Path(os.devnull).stat().st_mode
    log_to(path=Path(os.devnull))
    log.info("nothing")
    assert Path(os.devnull).stat().st_mode == before


def test_file_that_cannot_be_opened(
    log_to: SetUp, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a place for the file there is one line on standard error, and nothing stops."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # as where no test runner listens
    (tmp_path / "file").touch()
    log_to(path=tmp_path / "file" / "system.log")
    log.error("an error that nobody can read")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cannot be written" in said


def test_console_is_silent_unless_wanted(log_to: SetUp, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error shows the log only if it was asked to, and then with the same care."""
    log_to(TELEGRAM)
    log.error("for the file")
    assert capsys.readouterr().err == ""
    log_to(TELEGRAM, console=True)
    log.error("for both, with %s", TELEGRAM)
    said = capsys.readouterr().err
    assert said.endswith(f"for both, with {logs.STRUCK}\n")


def test_chatty_libraries_are_quiet(log_to: SetUp) -> None:
    """httpx and its like, which print every URL, are heard from WARNING on."""
    file = log_to()
    logging.getLogger("httpx").info("HTTP Request: POST …")
    logging.getLogger("httpcore.connection").info("connect_tcp.started")
    logging.getLogger("aiosqlite").info("executing")
    logging.getLogger("httpx").warning("worth a line")
    assert file.read_text().count("\n") == 1


def test_it_ends(tmp_path: Path) -> None:
    """After the end nothing is written, and the logging of the process is as it was."""
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    end = logs.set_up(tmp_path / "system.log", [], logging.CRITICAL)
    end()
    assert (root.level, list(root.handlers)) == before
    logging.getLogger("core.pool").error("too late")
    assert (tmp_path / "system.log").read_text() == ""
