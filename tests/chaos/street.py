"""What the harness needs of a platform: a street on which people live, write, and find answers at their door.

    telegram_street.py, discord_street.py ─► Street ─► family, points, trail, run

Each is a stand-in server in these words. A call is `Seen` under a name that means the same everywhere:
"post", "preview edit", "final edit", "delete", "typing", "strays looked for"; any other is named as the
platform names it. Nothing that uses a street asks which one it is. What all of them do in the same way, by
handing it on to their server, is in `OnServer`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Literal, Protocol, Self, TypeVar

from tests.chaos.judge import WORD, Standing
from tests.servers.standing import Moment

POST, PREVIEW, FINAL, DELETE = "post", "preview edit", "final edit", "delete"
TYPING, SEARCH = "typing", "strays looked for"
HANDED, COMMITTED = "updates handed out", "the next offset arrives"
"""Where news comes in batches that are confirmed."""

RATES = {"429": 0.05, "502": 0.02, "lost": 0.03}
LATENCY_S = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """A call of the program into one chat, as it was answered."""

    at: float
    name: str
    chat: int
    post: int | None
    text: str
    status: int
    """0: the reply was lost."""
    applied: bool


How = Literal["dead", "resumed", "resumed later", "invalid", "refused"]
"""What a gap is and how it ends. Dead: the program is not there. Resumed: the session goes on, at once or
when it is tried once more. Invalid: the session is not known any more. Refused: nobody is let in until it
is over, and whoever comes then begins a session of their own."""


class Street(AbstractAsyncContextManager["Street"], Protocol):
    """Times are on `clock`, which can be told to go ahead."""

    token: str
    gaps: tuple[How, ...]
    """The gaps in the connection there can be besides those in which the program is dead; empty where
    nobody keeps a connection."""
    points: tuple[str, ...]
    """Where our program can be killed, besides at the model."""
    points_of_any: tuple[str, ...]
    """Those of them that every bot passes, however it is written."""
    patience_s: float
    """In that time after its start, the program passes most points."""
    strays_per_1000_max: float
    """Posts that nobody can find again, where the platform has no history to look into."""
    first_words_wait: bool
    """What people write before the program has ever met them is there for it later."""
    sessions: Counter[str]
    """How many connections were "begun", and how many "resumed"."""

    @property
    def violations(self) -> list[str]: ...

    def clock(self) -> float: ...

    # ── People ──

    def person(self, person: int, name: str) -> int:
        """The chat of somebody who moves in."""

    def say(self, chat: int, person: int, text: str) -> int: ...

    def edit(self, chat: int, post: int, text: str) -> None: ...

    def remove(self, chat: int, post: int) -> None: ...

    def standing(self, chat: int) -> list[Standing]:
        """What of the program stands there now."""

    # ── The program ──

    def settings(self) -> dict[str, str]: ...

    def watch(self, passed: Callable[[str], bool]) -> None:
        """Tell this of every point that is passed, and whether the program was killed there hear back."""

    @property
    def seen(self) -> Sequence[Seen]: ...

    @property
    def broken_by(self) -> Sequence[Seen]:
        """The calls that were violations."""

    @property
    def heard(self) -> Sequence[float]:
        """When the program asked for, or was told, what is new."""

    @property
    def posts(self) -> int:
        """How many were ever made."""

    @property
    def calls(self) -> int: ...

    @property
    def floods(self) -> int:
        """How many calls were told to wait."""

    def quiet_s(self) -> float:
        """How long nothing was called but for what people have said."""

    # ── Trouble ──

    def fail(self, rates: dict[str, float]) -> None:
        """So often any call fails from now on."""

    def forgive(self) -> None:
        """The program was restarted and cannot know of any wait."""

    def go_ahead(self, seconds: float) -> None:
        """Let this time pass at once."""

    @property
    def is_heard(self) -> bool:
        """Whether the program hears people at this moment."""

    def cut(self, how: How) -> None:
        """A gap in the connection begins."""

    def mend(self) -> None:
        """It ends."""


class Call(Protocol):
    applied: bool


class Server(Protocol):
    """A stand-in, as far as all of them are alike."""

    rates: dict[str, float]
    violations: list[str]

    @property
    def calls(self) -> Sequence[Call]: ...

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, chat: int, person: int, text: str, /) -> int: ...

    def edit(self, chat: int, post: int, text: str, /) -> None: ...

    def remove(self, chat: int, post: int, /) -> None: ...

    def forgive(self) -> None: ...


S = TypeVar("S", bound=Server)
C = TypeVar("C", bound=Call)


class OnServer(Generic[S, C]):
    def __init__(self, server: S) -> None:
        self.sessions = Counter[str]()
        self._server = server
        self._passed: Callable[[str], bool] = lambda point: False
        self._violations_known = 0
        self._broken_by: list[C] = []

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    def say(self, chat: int, person: int, text: str) -> int:
        return self._server.say(chat, person, text)

    def edit(self, chat: int, post: int, text: str) -> None:
        self._server.edit(chat, post, text)

    def remove(self, chat: int, post: int) -> None:
        self._server.remove(chat, post)

    def watch(self, passed: Callable[[str], bool]) -> None:
        self._passed = passed

    @property
    def violations(self) -> list[str]:
        return self._server.violations

    @property
    def calls(self) -> int:
        return len(self._server.calls)

    def fail(self, rates: dict[str, float]) -> None:
        self._server.rates = rates

    def forgive(self) -> None:
        self._server.forgive()

    def _note_violations(self, call: C) -> None:
        """Whoever calls just now has made the new ones."""
        if len(self._server.violations) > self._violations_known:
            self._violations_known = len(self._server.violations)
            self._broken_by.append(call)

    def _pass(self, moment: Moment, name: str, call: C, hang_up: Exception) -> None:
        """A point of this name; raises `hang_up` if the program was killed before the call arrived."""
        if moment == "arrived" and self._passed(f"{name} never arrives"):
            raise hang_up
        if moment == "arrived" or call.applied:
            self._passed(f"{name} {moment}")


def edit_named(text: str) -> str:
    words = [found[0] for found in WORD.finditer(text)]
    return FINAL if words and words[-1].endswith("end") else PREVIEW


def moments(name: str, *which: str) -> tuple[str, ...]:
    return tuple(f"{name} {moment}" for moment in which)
