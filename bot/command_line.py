"""The command line: which words it knows, and what each of them does.

Without a word, Porchlight lives: in the chats that are set up, else in this terminal. Exit codes: 0 all well;
1 no answer could be given, or `status` or `doctor` found something to look at; 2 the settings or the call
are wrong, or `doctor` found something broken; 3 the database cannot be used; 4 no platform was heard for too
long; 130 stopped with Ctrl-C.
"""

import argparse
import asyncio
import errno
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bot import log_tail, logs
from bot import settings as settings_file
from bot.phrases import operator
from bot.settings import Settings
from core.errors import AlreadyRunning, SettingsError, StorageError

ENV_FILE = Path(".env")
LOG_LINES = 20
QUESTION_BYTES_MAX = 16 * 1024 * 1024

Run = Callable[[Settings, argparse.Namespace], int]
"""What a word does; the exit code. Large parts of the program are loaded only where they are used."""


def main() -> int:
    """Run it as the command line says; the exit code."""
    try:
        call = _parsed()
        if call.command in WITHOUT_SETTINGS:
            return WITHOUT_SETTINGS[call.command](call)
        settings = settings_file.load()
        close_log = logs.set_up(settings.log_file, settings.secrets(), zone=settings.timezone)
        try:
            return WITH_SETTINGS[call.command](settings, call)
        finally:
            close_log()
    except Exception as error:  # noqa: BLE001 # what is no fault of the call or the house is raised again
        return _code_of(error)
    except KeyboardInterrupt:
        return 130


def _code_of(error: Exception) -> int:
    """The exit code, after having said what is wrong. What is a fault of ours is raised again."""
    for it in _leaves(error):
        match it:
            case SettingsError():
                _say(operator.settings_wrong(it.mistakes))
                return 2
            case StorageError() | AlreadyRunning():
                _say(str(it))
                return 3
            case BrokenPipeError():  # whoever reads it has had enough, as `| head` has
                _write_no_more()
                return 0
            case OSError(errno=errno.ENOSPC):
                _write_no_more()
                _say(operator.NOT_WRITTEN)
                return 1
    raise error


def _write_no_more() -> None:
    """What is still to be written would fail once more on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# ── The words ─────────────────────────────────────────────────────────────────────────────────────


def _parsed() -> argparse.Namespace:
    try:
        return _parser().parse_args()
    finally:
        sys.stdout.flush()  # the help, which nobody may want to read to its end


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="porchlight",
        description="The family's AI assistant that is always on. Without a command, it starts.",
    )
    parser.add_argument("--version", action="version", version=f"porchlight {version('porchlight')}")
    words = parser.add_subparsers(dest="command", metavar="command")
    words.add_parser("setup", help="set it up, or change how it is set up, step by step")
    ask = words.add_parser("ask", help="answer one question on standard output, and end")
    ask.add_argument("question", nargs="*", help="without one, it is read from standard input")
    doctor = words.add_parser("doctor", help="look for faults; what it says may be shown to anybody")
    doctor.add_argument("--json", action="store_true", help="as JSON, for other programs")
    words.add_parser("status", help="how everything is doing")
    words.add_parser("models", help="which models can answer")
    words.add_parser("people", help="who is in, and how much they asked today")
    log = words.add_parser("logs", help="the end of the log")
    log.add_argument(
        "lines", nargs="?", type=_count, default=LOG_LINES, help=f"how many (default: {LOG_LINES})"
    )
    log.add_argument("--level", choices=log_tail.LEVELS, default="info", help="only this level and above")
    words.add_parser("backup", help="make a copy of everything that is kept, now")
    restore = words.add_parser("restore", help="put a copy back; the program must not be running")
    restore.add_argument("file", nargs="?", type=Path, help="which copy; without it, the newest")
    words.add_parser("service", help="print the systemd unit that keeps it running")
    words.add_parser("version", help="which version this is")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of lines")
    return int(text)


# ── Without settings ──────────────────────────────────────────────────────────────────────────────


def _version(call: argparse.Namespace) -> int:
    _print(f"porchlight {version('porchlight')}")
    return 0


def _service(call: argparse.Namespace) -> int:
    from bot.service import unit

    script = Path(sys.executable).with_name("porchlight")
    command = (str(script),) if script.exists() else (sys.executable, "-m", "bot")
    _print(unit(command, Path.cwd()).rstrip("\n"))
    return 0


def _doctor(call: argparse.Namespace) -> int:
    from bot import doctor, findings
    from bot.alerts import free_bytes

    found = asyncio.run(
        doctor.examine(
            ENV_FILE,
            settings_file.load,
            now=time.time,
            free_bytes=free_bytes,
            tell=(lambda finding: None) if call.json else (lambda finding: _print(findings.line(finding))),
        )
    )
    if call.json:
        _print(findings.as_json(found, version("porchlight")))
    else:
        _print(f"\n{findings.verdict(found)}")
    return findings.exit_code(found)


def _setup(call: argparse.Namespace) -> int:
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        _say(operator.SETUP_WANTS_A_TERMINAL)
        return 2
    from adapters.terminal_form import TerminalForm
    from bot import setup

    with TerminalForm() as form:
        look = partial(settings_file.given, ENV_FILE)
        in_container = settings_file.supervisor().restarts
        starts = asyncio.run(setup.run(form, ENV_FILE, look, program=_called_by(), in_container=in_container))
    if not starts:
        return 0
    settings = settings_file.load()
    close_log = logs.set_up(settings.log_file, settings.secrets(), zone=settings.timezone)
    try:
        return _live(settings, call)
    finally:
        close_log()


# ── With settings ─────────────────────────────────────────────────────────────────────────────────


def _live(settings: Settings, call: argparse.Namespace) -> int:
    from adapters.terminal_prompt import above_prompt
    from bot import app

    tell = partial(above_prompt, out=sys.stderr)
    supervisor = settings_file.supervisor()
    if settings.telegram_token or settings.discord_token:
        return asyncio.run(app.serve(settings, tell, supervisor=supervisor))
    if supervisor.restarts and not (sys.stdin and sys.stdin.isatty()):
        _say(operator.NO_CHAT)
        return 2
    return asyncio.run(app.chat(settings, tell))


def _ask(settings: Settings, call: argparse.Namespace) -> int:
    from bot import app

    question = " ".join(call.question) or _piped()
    if not question.strip():
        _say(operator.ASK_USAGE)
        return 2
    return asyncio.run(app.ask(settings, question, _say))


def _status(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    text, is_well = asyncio.run(without_chat.status(settings))
    _print(text.replace("**", ""))
    return 0 if is_well else 1


def _models(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    _print(asyncio.run(without_chat.models(settings)))
    return 0


def _people(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    _print(asyncio.run(without_chat.people(settings)))
    return 0


def _logs(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    try:
        lines = without_chat.logs(settings, call.lines, call.level)
    except OSError as error:
        _say(operator.no_log(error.strerror))
        return 1
    _print(lines) if lines else _say(operator.NO_LINES)
    return 0


def _backup(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    _print(asyncio.run(without_chat.backup(settings)))
    return 0


def _restore(settings: Settings, call: argparse.Namespace) -> int:
    from bot import without_chat

    _print(without_chat.restore(settings, call.file))
    return 0


WITHOUT_SETTINGS: dict[str, Callable[[argparse.Namespace], int]] = {
    "version": _version,
    "service": _service,
    "doctor": _doctor,
    "setup": _setup,
}
WITH_SETTINGS: dict[str | None, Run] = {
    None: _live,
    "ask": _ask,
    "status": _status,
    "models": _models,
    "people": _people,
    "logs": _logs,
    "backup": _backup,
    "restore": _restore,
}


# ── Talking to whoever called ─────────────────────────────────────────────────────────────────────


def _called_by() -> str:
    """What to type to call this program again."""
    script = Path(sys.argv[0])
    if script.name != "porchlight":
        return shlex.join([sys.executable, "-m", "bot"])
    known = shutil.which("porchlight")
    return "porchlight" if known and Path(known).absolute() == script.absolute() else shlex.quote(str(script))


def _piped() -> str:
    """What stands on standard input; nothing if that is a keyboard."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read(QUESTION_BYTES_MAX).decode("utf-8", "replace")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors in it that are no groups themselves."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inner in error.exceptions:
        yield from _leaves(inner)


def _print(text: str) -> None:
    """What was asked for."""
    print(text, flush=True)  # noqa: T201


def _say(text: str) -> None:
    """To the person at the terminal, beside what is asked and answered."""
    print(text, file=sys.stderr)  # noqa: T201
