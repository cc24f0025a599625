"""Where the program writes down what it did, without a secret in it.

A record is one line, `2026-03-11 14:30:01 | WARNING | core.pool | Node Alpha rate limited`, and a
traceback follows it indented. Everything passes through one formatter, which strikes out every secret
the settings know and whatever else looks like one. The file turns over before it grows large and can
be read by its owner only. A log that cannot be written never disturbs the program.

It does not decide what is worth a line, and it cannot tell people's words from ours: they are never
put into a logging call (tests/test_house.py looks after that).
"""

import logging
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, tzinfo
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO, cast
from urllib.parse import quote

LINE = "%(asctime)s | %(levelname)s | %(name)s | %(message)s"
TIME = "%Y-%m-%d %H:%M:%S"

FILE_BYTES_MAX = 1_000_000  # about ten thousand lines
FILES_KEPT_MAX = 3  # beside the current one: some weeks of a family's questions

SECRET_CHARS_MIN = 8
"""Shorter ones are left: striking out `1234` everywhere would spoil the log, and tell the secret."""

# At INFO these print the URL of every request, and Telegram's URLs hold the bot's token.
CHATTY = ("httpx", "httpcore", "aiosqlite", "telegram", "discord", "aiohttp")

STRUCK = "[secret]"

# What looks like a secret though nobody told us, by the makers' own descriptions of their tokens.
SECRET_LOOKING = (
    # Telegram: the bot's number, a colon, 35 characters; in URLs behind /bot.
    (re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}"), STRUCK),
    (re.compile(r"(/bot)\d+:[^/\s]+"), rf"\1{STRUCK}"),
    # Discord: three parts in base64, the first of them the bot's number.
    (re.compile(r"\b[A-Za-z0-9_-]{23,28}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}"), STRUCK),
    # Cloudflare (cfut_, cfat_, cfk_), OpenAI and OpenRouter (sk-), Groq, xAI, Hugging Face, Google.
    (re.compile(r"\b(?:cf[a-z]{1,2}_|sk-|gsk_|xai-|hf_|AIza)[A-Za-z0-9_-]{16,}"), STRUCK),
    # The header that carries one, and a name that says so: `api_key=…`, `"token": "…"`.
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}"), rf"\1 {STRUCK}"),
    (re.compile(r"(?i)(authorization\W{1,4}(?:bot\s+)?)[A-Za-z0-9._~+/=-]{8,}"), rf"\1{STRUCK}"),
    (
        re.compile(r"(?i)((?:key|token|password|secret)[\"']?\s?[=:]\s?[\"']?)(?=\S*\d)[^\s\"'&,;]{8,}"),
        rf"\1{STRUCK}",
    ),
    # The password within a URL.
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{STRUCK}"),
)

# Line breaks and all else that could pretend to be another line, or steer the terminal it is read in.
NOT_ON_ONE_LINE = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")


class Striker:
    """Strikes secrets, and what looks like one, out of a text."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: set[str] = set()
        self._exactly = re.compile(r"(?!)")
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """From now on these, too."""
        self._forms |= {
            form
            for secret in secrets
            if len(secret) >= SECRET_CHARS_MIN
            for form in (secret, quote(secret, safe="", errors="replace"), repr(secret)[1:-1])
        }
        # The longest first: one secret may begin with another.
        exactly = "|".join(map(re.escape, sorted(self._forms, key=len, reverse=True)))
        self._exactly = re.compile(exactly or r"(?!)")

    def __call__(self, text: str) -> str:
        text = self._exactly.sub(STRUCK, text)
        for pattern, instead in SECRET_LOOKING:
            text = pattern.sub(instead, text)
        return text


def keep_out(secret: str) -> None:
    """Of what is logged from now on: a key that was added while the program runs."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Formatter):
            handler.formatter.strike.add(secret)


def set_up(
    log_file: Path,
    secrets: Iterable[str],
    level: int = logging.INFO,
    *,
    zone: tzinfo | None = None,
    console: bool = False,
) -> Callable[[], None]:
    """Log into `log_file`, and to standard error as well if `console`; returns what ends it again. Times are
    those of the `zone`, as everywhere people read one; None: of this machine.

    If the file cannot be opened, one line on standard error says so and the program goes on.
    """
    formatter = _Formatter(Striker(secrets), zone)
    handlers: list[logging.Handler] = []
    if console and sys.stderr is not None:
        handlers.append(_Console(sys.stderr))
    try:
        log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handlers.append(_File(log_file))
    except OSError as error:
        if sys.stderr is not None:
            sys.stderr.write(f"There is no log: {log_file} cannot be written ({error.strerror}).\n")
        # Without any handler, Python itself would write to standard error, and strike out nothing.
        handlers.append(logging.NullHandler())

    root = logging.getLogger()
    level_before = root.level
    root.setLevel(level)
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))

    def close() -> None:
        for handler in handlers:
            root.removeHandler(handler)
            with suppress(OSError):  # a full disk, once more
                handler.close()
        root.setLevel(level_before)

    return close


class _Formatter(logging.Formatter):
    def __init__(self, strike: Striker, zone: tzinfo | None) -> None:
        super().__init__(LINE, TIME)
        self.strike = strike
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        try:
            said = record.getMessage()
        except Exception:  # noqa: BLE001 - an argument's own __str__ may raise anything
            said = f"{record.msg!s} (with arguments that do not fit)"
        one_line = NOT_ON_ONE_LINE.sub(" ", said)
        at = f"{datetime.fromtimestamp(record.created, self._zone):{TIME}}"
        line = LINE % {**record.__dict__, "asctime": at, "message": one_line}
        below = [self.formatException(record.exc_info)] if record.exc_info else []
        if record.stack_info:
            below.append(record.stack_info)
        traceback = (f"\n    {NOT_ON_ONE_LINE.sub(' ', row)}" for part in below for row in part.splitlines())
        return self.strike(line + "".join(traceback))


class _Console(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A terminal that is gone is no reason to stop."""


class _File(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        # A lone surrogate, which no encoding has a place for, is written as its number.
        super().__init__(
            path,
            maxBytes=FILE_BYTES_MAX,
            backupCount=FILES_KEPT_MAX,
            encoding="utf-8",
            errors="backslashreplace",
        )

    def _open(self) -> TextIOWrapper:
        file = open(  # noqa: SIM115 - logging closes it
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_owner_only
        )
        return cast(TextIOWrapper, file)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A full disk is reported by who needs the disk; the log only has a gap."""


def _owner_only(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    # It may have been there before, with other rights; but a device is not ours to close to others.
    if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.fchmod(descriptor, 0o600)
    return descriptor
