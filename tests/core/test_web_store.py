"""What was looked up, on disk: for as long as it lives, and not more than there is room for."""

from pathlib import Path

from core.inbox import Inbox
from core.storage import open_database
from core.types import Chat, Incoming, Person
from core.web_store import KEPT_CHARS_MAX, WebStore
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
    """As many as there is room for."""
    clock = Clock()
    async with open_database(tmp_path / "test.db") as database:
        store = WebStore(database, clock)
        for number in range(3):
            clock.advance(1)
            await store.put("page", f"{number}", "x" * (KEPT_CHARS_MAX // 2), 60.0)
        kept = [await store.get("page", str(number)) for number in range(3)]
        assert [value is not None for value in kept] == [False, True, True]


async def test_to_forget_is_to_forget_all_of_it(tmp_path: Path) -> None:
    """And what one's own answers relied on; what others' did stays."""
    clock = Clock()
    anna, ben = Person("stage", "1"), Person("stage", "2")
    async with open_database(tmp_path / "test.db") as database:
        inbox, store = Inbox(database, clock), WebStore(database, clock)
        await inbox.accept(
            "stage",
            [Incoming(Chat("stage", "x"), person, f"q{person.id}", "Why?", 0.0) for person in (anna, ben)],
            None,
        )
        for row in (1, 2):
            await store.keep_quotes(row, "> It is so.")
        await store.put("page", KEY, "text", 60.0)
        await store.forget(anna)
        assert await store.get("page", KEY) is None
        assert (await store.quotes(1), await store.quotes(2)) == (None, "> It is so.")
