"""The admin's second factor: a password besides the account, for what changes something.

Whoever gives it right may go on for a while; that is known in memory only, so a restart asks again. Wrong
tries are counted in the database, so a restart does not give more of them. The password itself is
nowhere but in the settings: here is its hash, and hashes are compared in constant time.
"""

import asyncio
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from typing import Literal

from core.people import Account, account_of
from core.storage import Database
from core.tries import WrongTries
from core.types import Person

UNLOCKED_S = 15 * 60.0
WRONG_WINDOW_S = 15 * 60.0
WRONG_MAX = 5

Unlocking = Literal["unlocked", "wrong", "too_often"]
"""`too_often`: after so many wrong ones nothing is tried for a while, not even the right one."""


class SecondFactor:
    """`password` is None where none is set: then nobody is asked. `clock` is monotonic, `now` the wall
    clock."""

    def __init__(
        self,
        database: Database,
        password: str | None,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._sha256 = _sha256(password) if password else None
        self._clock = clock
        self._tries = WrongTries(database, "password", WRONG_WINDOW_S, now)
        self._until: dict[Account, float] = {}
        self._trying = asyncio.Lock()  # so that many tries at once are no more than many in a row

    def is_unlocked(self, person: Person) -> bool:
        return self._sha256 is None or self._clock() < self._until.get(account_of(person), 0.0)

    def is_password(self, text: str) -> bool:
        """So that it is never taken for a question; this is no try."""
        return self._sha256 is not None and hmac.compare_digest(_sha256(text), self._sha256)

    async def unlock(self, person: Person, password: str) -> Unlocking:
        """Raises `StorageError`, and then nothing was tried."""
        if self._sha256 is None:
            return "unlocked"
        async with self._trying:
            if (await self._tries.count(person)).own >= WRONG_MAX:
                return "too_often"
            if not hmac.compare_digest(_sha256(password), self._sha256):
                await self._tries.add(person)
                return "wrong"
            self._until[account_of(person)] = self._clock() + UNLOCKED_S
            return "unlocked"


def _sha256(password: str) -> bytes:
    """Of what was meant: keyboards write the same letter in different ways, and add a space."""
    meant = unicodedata.normalize("NFC", password.strip())
    return hashlib.sha256(meant.encode("utf-8", "replace")).digest()
