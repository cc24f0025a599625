"""How often somebody guessed wrong lately: what makes guessing slow, before and after a restart.

Only that a guess was made is kept, never the guess. A clock that is set back does not give more: what then
lies in the future counts as if it were just now, and ages from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.storage import Database
from core.types import Person

What = Literal["code", "password"]
KEPT_MAX = 1000
"""The oldest are forgotten first: whoever has hundreds of accounts does not get our disk as well."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Wrong tries within the time that was asked for."""

    own: int
    all: int


class WrongTries:
    """Of one kind, `what`, in the last `window_s` seconds. `now` is the wall clock. Both methods raise
    `StorageError`."""

    def __init__(self, database: Database, what: What, window_s: float, now: Callable[[], float]) -> None:
        self._database = database
        self._what = what
        self._window_s = window_s
        self._now = now

    async def count(self, person: Person) -> Counted:
        now = self._now()
        (row,) = await self._database.write(
            ("UPDATE wrong_tries SET tried_at = ? WHERE tried_at > ?", (now, now)),
            (
                "DELETE FROM wrong_tries WHERE what = ? AND tried_at <= ?",
                (self._what, now - self._window_s),
            ),
            (
                "SELECT count(*) AS every, count(*) FILTER (WHERE platform = ? AND person = ?) AS own"
                " FROM wrong_tries WHERE what = ?",
                (person.platform, person.id, self._what),
            ),
        )
        return Counted(row["own"], row["every"])

    async def add(self, person: Person) -> None:
        await self._database.write(
            (
                "INSERT INTO wrong_tries (what, platform, person, tried_at) VALUES (?, ?, ?, ?)",
                (self._what, person.platform, person.id, self._now()),
            ),
            (
                "DELETE FROM wrong_tries WHERE what = ? AND number NOT IN"
                " (SELECT number FROM wrong_tries WHERE what = ? ORDER BY number DESC LIMIT ?)",
                (self._what, self._what, KEPT_MAX),
            ),
        )
