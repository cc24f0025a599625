"""What was looked up on the web, on disk: searches and pages for a few hours, and what an answer relied on.

The cache (core/research_cache.py says for what and for how long) is bounded in size and in time. Quotes
belong to the row they were an answer to, and go with it.
"""

from collections.abc import Callable

from core.storage import Database
from core.types import Person
from core.words import storable

KEPT_CHARS_MAX = 10_000_000
"""Searches and pages together; a page has a few thousand."""


class WebStore:
    """`now` is the wall clock. Every method raises `StorageError`, and then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now

    # ── The cache ─────────────────────────────────────────────────────────────────────────────────

    async def get(self, kind: str, key: str) -> str | None:
        """What was put there, if it still lives. A clock that was set back lets nothing live longer."""
        row = await self._database.read_one(
            "SELECT value FROM web_cache WHERE kind = ? AND key_sha256 = ?"
            " AND lives_until > ? AND put_at <= ?",
            (kind, key, self._now(), self._now()),
        )
        return str(row["value"]) if row else None

    async def put(self, kind: str, key: str, value: str, lives_s: float) -> None:
        now = self._now()
        await self._database.write(
            (
                "INSERT OR REPLACE INTO web_cache (kind, key_sha256, value, size, put_at, lives_until)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (kind, key, storable(value), len(value), now, now + lives_s),
            ),
            ("DELETE FROM web_cache WHERE lives_until <= ?", (now,)),
            (
                "DELETE FROM web_cache WHERE rowid IN (SELECT rowid FROM"
                " (SELECT rowid, sum(size) OVER (ORDER BY put_at DESC, rowid DESC) AS chars FROM web_cache)"
                " WHERE chars > ?)",
                (KEPT_CHARS_MAX,),
            ),
        )

    async def forget(self, person: Person) -> None:
        """All that was looked up, and what this person's answers relied on."""
        await self._database.write(
            ("DELETE FROM web_cache", ()),
            (
                "DELETE FROM quotes WHERE incoming IN"
                " (SELECT id FROM inbox WHERE platform = ? AND person = ?)",
                (person.platform, person.id),
            ),
        )

    # ── Quotes ────────────────────────────────────────────────────────────────────────────────────

    async def keep_quotes(self, row: int, markdown: str) -> None:
        await self._database.write(
            ("INSERT OR REPLACE INTO quotes (incoming, markdown) VALUES (?, ?)", (row, storable(markdown)))
        )

    async def quotes(self, row: int) -> str | None:
        found = await self._database.read_one("SELECT markdown FROM quotes WHERE incoming = ?", (row,))
        return str(found["markdown"]) if found else None
