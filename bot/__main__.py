"""The command line: `porchlight`, `porchlight ask` and `porchlight setup`.

Exit codes: 0 all well; 1 no answer could be given; 2 the settings or the call are wrong; 3 the database
cannot be opened; 130 stopped with Ctrl-C.
"""

import argparse
import asyncio
import os
import sys
from importlib.metadata import version
from pathlib import Path

from bot import app, logs, setup
from bot import settings as settings_file
from bot.phrases import operator
from core.errors import AlreadyRunning, SettingsError, StorageError

QUESTION_BYTES_MAX = 16 * 1024 * 1024


def main() -> int:
    """Run it as the command line says; the exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 # as long as we live
    call = _call()
    try:
        settings = settings_file.load()
    except SettingsError as error:
        _say(operator.settings_wrong(error.mistakes))
        return 2
    if call.command == "setup":
        print("\n\n".join(setup.steps(settings)))  # noqa: T201
        return 0
    close_log = logs.set_up(settings.log_file, settings.secrets())
    try:
        if call.command == "ask":
            question = " ".join(call.question) or _piped()
            if not question.strip():
                _say(operator.ASK_USAGE)
                return 2
            return asyncio.run(app.ask(settings, question, _say))
        if settings.telegram_token or settings.discord_token:
            return asyncio.run(app.serve(settings, _say, supervisor=settings_file.supervisor()))
        return asyncio.run(app.chat(settings, _say))
    except SettingsError as error:
        _say(operator.settings_wrong(error.mistakes))
        return 2
    except (StorageError, AlreadyRunning) as error:
        _say(str(error))
        return 3
    except ExceptionGroup as group:
        broken = group.subgroup(StorageError)
        if broken is None:
            raise
        _say(str(_first(broken)))
        return 3
    except KeyboardInterrupt:
        return 130
    finally:
        close_log()


def _call() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="porchlight", description="The family's AI assistant that is always on."
    )
    parser.add_argument("--version", action="version", version=f"porchlight {version('porchlight')}")
    commands = parser.add_subparsers(dest="command", metavar="{ask,setup}")
    commands.add_parser("setup", help="what is still to be done for the chat platforms, with links")
    asking = commands.add_parser("ask", help="answer one question on standard output, and end")
    asking.add_argument("question", nargs="*", help="without one, it is read from standard input")
    return parser.parse_args()


def _piped() -> str:
    """What stands on standard input; nothing if that is a keyboard."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read(QUESTION_BYTES_MAX).decode("utf-8", "replace")


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error in it that is no group itself."""
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _say(text: str) -> None:
    """To the person at the terminal, beside what is asked and answered."""
    print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
