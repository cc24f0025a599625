"""The watchdog: says that all is well as long as it is, and ends a program in which nothing moves any more.

    the loop turns, a platform is heard  ─► WATCHDOG=1 to systemd, and the heartbeat file is touched
    the loop turns, no platform is heard ─► WATCHDOG=1 alone; after half an hour the program ends, in order
    the loop does not turn               ─► neither; after a minute a line in the log, and it ends at once

Whoever started the program begins it again: systemd, or the container's restart policy. Where nobody would,
nothing is ended, because a program that hears nobody now may hear them tomorrow.

The end of a loop that hangs comes from `faulthandler`, which needs neither the loop nor Python's own lock, so
even a regular expression that never returns cannot hold it up. What it and the log tell is where the code
stands: files, lines and functions, and no value of anything.
"""

import asyncio
import faulthandler
import logging
import socket
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot import health
from core.types import Messenger

log = logging.getLogger(__name__)

BEAT_S = 5.0
QUIET_S_MAX = 120.0
"""Telegram answers a poll, and Discord a heartbeat, within a minute: then we are not heard any more."""
SILENT_S_MAX = 30 * 60.0
"""The connection of a house is away for minutes now and then; a new start would not bring it back."""
HANGS_S_MAX = 60.0
LAST_WORDS_S = 5.0
"""For the line in the log, before the end that waits for nothing."""
FRAMES_MAX = 12


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who started us, as the environment tells."""

    socket: str = ""
    """Where systemd listens (sd_notify(3)); empty: it does not."""
    restarts: bool = False
    """Whether we are begun again when we end."""

    def notify(self, state: str) -> None:
        """READY=1, WATCHDOG=1 or STOPPING=1. If nobody listens, so be it."""
        if self.socket:
            address = f"\0{self.socket[1:]}" if self.socket.startswith("@") else self.socket
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)
                line.sendto(state.encode(), address)


class Watchdog:
    """`clock` is the monotonic one."""

    def __init__(
        self,
        folder: Path,
        messengers: Sequence[Messenger],
        supervisor: Supervisor,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        hangs_s_max: float = HANGS_S_MAX,
        last_words_s: float = LAST_WORDS_S,
    ) -> None:
        self._folder = folder
        self._messengers = messengers
        self._supervisor = supervisor
        self._clock = clock
        self._sleep = sleep
        self._hangs_s_max = hangs_s_max
        self._last_words_s = last_words_s
        self._turned_at = clock()
        self._left = threading.Event()
        self.gave_up = False
        """`keep` ended because no platform was heard."""

    async def keep(self) -> None:
        """Until no platform has been heard for too long; for ever, where nobody would begin us again."""
        started_at = self._clock()
        self._supervisor.notify("READY=1")
        was_quiet = False
        while True:
            self._turned_at = now = self._clock()
            self._put_off_the_end()
            self._supervisor.notify("WATCHDOG=1")
            silent_s = silence_s((it.heard_at for it in self._messengers), started_at, now)
            quiet = silent_s > QUIET_S_MAX
            if quiet and not was_quiet:
                log.warning("No platform has been heard for %.0f s", silent_s)
            elif was_quiet and not quiet:
                log.info("A platform is heard again")
            was_quiet = quiet
            if not quiet:
                self._beat()
            elif silent_s > SILENT_S_MAX and self._supervisor.restarts:
                log.critical(
                    "No platform has been heard for %.0f minutes, so the program ends, to be begun again",
                    silent_s / 60,
                )
                self.gave_up = True
                return
            await self._sleep(BEAT_S)

    @contextmanager
    def on_duty(self) -> Generator[None, None, None]:
        """Meanwhile a loop that hangs is ended, if `keep` runs in it."""
        watch = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        if self._supervisor.restarts:
            watch.start()
        try:
            yield
        finally:
            self._left.set()
            faulthandler.cancel_dump_traceback_later()
            self._supervisor.notify("STOPPING=1")

    def _put_off_the_end(self) -> None:
        if self._supervisor.restarts:
            faulthandler.dump_traceback_later(self._hangs_s_max + self._last_words_s, exit=True)

    def _beat(self) -> None:
        try:
            health.beat(self._folder)
        except OSError as error:  # the folder is full or read-only, which others tell
            log.debug("No heartbeat can be written: %s", error.strerror)

    def _watch(self) -> None:
        """In a thread of its own."""
        while not self._left.wait(min(BEAT_S, self._hangs_s_max / 4)):
            hangs_s = self._clock() - self._turned_at
            if hangs_s > self._hangs_s_max:
                log.critical(
                    "Nothing has moved for %.0f s, so the program ends, to be begun again. It stands at %s",
                    hangs_s,
                    where_it_stands(),
                )
                return


def silence_s(heard_at: Iterable[float | None], started_at: float, now: float) -> float:
    """For how long no platform was heard; 0 where there is none, as in a terminal."""
    return min((now - (at or started_at) for at in heard_at), default=0.0)


def where_it_stands() -> str:
    """Files, lines and functions of the main thread, the innermost first."""
    main = threading.main_thread().ident
    frame = sys._current_frames().get(main) if main is not None else None
    steps = reversed(traceback.extract_stack(frame)[-FRAMES_MAX:])
    return " ← ".join(f"{Path(step.filename).name}:{step.lineno} {step.name}" for step in steps)
