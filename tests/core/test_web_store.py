"""What was looked up, on disk: for as long as it lives, and not more than there is room for."""

from pathlib import Path

from core.storage import open_database
from core.web_store import KEPT_MAX, WebStore
from tests.fakes import Clock

KEY = "a" * 64


async def test_it_lives_as_long_as_it_was_told(tmp_path: Path) -> None:
    """To the second, also in the next run; and a page is no search."""
    clock = Clock()
    async with open_database(tmp_path / "test.db") as database:
        await WebStore(database, clock).put("search", KEY, "found \ud83d", 60.0)
    async with open_database(tmp_path / "test.db") as database:
        store = WebStore(database, clock)
        assert await store.get("page", KEY) is None
        clock.advance(59)
        assert await store.get("search", KEY) == "found \ufffd"
        clock.advance(1)
        assert await store.get("search", KEY) is None


async def test_a_clock_set_back_lets_nothing_live_longer(tmp_path: Path) -> None:
    """What seems to come from the future is not used."""
    clock = Clock()
    async with open_database(tmp_path / "test.db") as database:
        store = WebStore(database, clock)
        await store.put("page", KEY, "text", 60.0)
        clock.advance(-1)
        assert await store.get("page", KEY) is None


async def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    """As many as there is room for; and what is put again is the newest."""
    clock = Clock()
    async with open_database(tmp_path / "test.db") as database:
        store = WebStore(database, clock)
        many = [
            ("INSERT INTO web_cache VALUES ('page', ?, '', ?, 1e12)", (str(n), n)) for n in range(KEPT_MAX)
        ]
        await database.write(*many)
        clock.advance(KEPT_MAX)
        await store.put("page", KEY, "text", 60.0)
        assert await store.get("page", "0") is None
        assert await store.get("page", "1") == ""
        assert await store.get("page", KEY) == "text"
