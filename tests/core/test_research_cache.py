"""What was looked up a little while ago is not looked up again, and its loss costs no answer."""

import json
from dataclasses import replace

from core.web import Found
from tests.core.research_house import FullDisk, House, Memory, Search


async def test_what_was_looked_up_is_not_looked_up_again() -> None:
    """A second time neither the search nor a page is asked; keys are hashes; both live for their time."""
    memory = Memory()
    house = House(cache=memory)
    first = await house.answer()
    assert replace(await house.answer("  how HIGH is the Lumen Tower?"), done=None) == replace(
        first, done=None
    )
    assert len(house.search.queries) == 1
    assert len(house.pages.read_urls) == 3
    assert all(len(key) == 64 for _, key in memory.kept)
    lives = {kind: lives_s for (kind, _), (_, lives_s) in memory.kept.items()}
    assert lives == {"search": 6 * 3600.0, "page": 24 * 3600.0}


async def test_what_is_about_today_is_kept_shortly() -> None:
    """Fifteen minutes, and the pages that were read for it no longer."""
    memory = Memory()
    await House(cache=memory).answer("Weather in Varnheim today?")
    assert [lives for _, lives in memory.kept.values()] == [900.0] * 4


async def test_a_search_that_found_nothing_is_not_kept() -> None:
    """Next time it may."""
    memory = Memory()
    await House(search=Search(Found((), None)), cache=memory).answer()
    assert memory.kept == {}


async def test_a_cache_that_fails_or_holds_nonsense_is_done_without() -> None:
    """The answer comes all the same."""
    assert (await House(cache=FullDisk()).answer()).found
    memory = Memory()
    house = House(cache=memory)
    await house.answer()
    for nonsense in ("{", "[]", json.dumps({"hits": 1}), json.dumps({"url": 1})):
        memory.kept = dict.fromkeys(memory.kept, (nonsense, 1.0))
        assert (await house.answer()).found
