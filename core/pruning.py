"""What is old and at its end is forgotten: once a day, while the program runs.

Words are kept for 90 days on which the program ran, and the newest of each chat longer. Days are counted and
not read off the calendar: neither a clock that is wrong by a year nor a year of being off makes anything old.
Only what `porchlight ask` was asked goes by the calendar: where nothing else runs no day is counted, and
nobody goes on with it.
"""

from collections.abc import Callable

from core.storage import Database

DAY_S = 24 * 3600.0
KEPT_DAYS = 90
KEPT_PER_CHAT = 200
ASK_S_MAX = DAY_S
"""No `porchlight ask` runs so long: one that is still open was killed."""


class Pruning:
    """`now` is the wall clock. Both methods raise `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._done_on: int | None = None

    async def do_what_is_due(self) -> None:
        """To be called every now and then; prunes once a day."""
        today = int(self._now() // DAY_S)
        if today != self._done_on:
            await self.prune()
            self._done_on = today

    async def prune(self, days: int = KEPT_DAYS, keep: int = KEPT_PER_CHAT) -> None:
        """Forget what is at its end and that old, with its posts, but not the newest `keep` of a chat.
        A `porchlight ask` that was killed is at its end too: nobody waits for it any more."""
        ran = await self._database.read(
            "SELECT DISTINCT hour / 24 AS day FROM running_hours ORDER BY day DESC LIMIT ?", (days + 1,)
        )
        old = self._now() - days * DAY_S
        await self._database.write(
            (
                "UPDATE inbox SET state = 'poison', note = 'killed' WHERE platform = 'ask'"
                " AND state IN ('accepted', 'answering', 'answered') AND accepted_at < ?",
                (self._now() - ASK_S_MAX,),
            ),
            (
                # Each `porchlight ask` is a chat of its own, so there the newest are not kept.
                "DELETE FROM inbox WHERE state IN ('closed', 'poison') AND platform = 'ask'"
                " AND accepted_at < ?",
                (old,),
            ),
            (
                "DELETE FROM inbox WHERE state IN ('closed', 'poison') AND accepted_at < ? AND id IN"
                " (SELECT id FROM (SELECT id, row_number() OVER"
                " (PARTITION BY platform, chat ORDER BY id DESC) AS place FROM inbox) WHERE place > ?)",
                (min(old, ran[-1]["day"] * DAY_S) if len(ran) > days else 0, keep),
            ),
        )
