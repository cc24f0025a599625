"""Research: what was really read is cited, what is missing is said, and nothing is left behind."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from core.errors import NoAnswer
from core.research import Basis, Researched
from core.types import Done, Restart, SoFar, Status, Text, Turn
from core.web import Found
from tests.core.research_house import (
    ANSWER,
    EARLIER,
    OTHER,
    PAGES,
    QUESTION,
    TOWER,
    TOWER_LINK,
    WORDS,
    House,
    Memory,
    Models,
    Search,
    Shelf,
    hit,
)

# ── One round ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_is_searched_read_written_and_cited() -> None:
    """The steps are told, the text grows, and the last event has everything."""
    steps = await House().steps()
    assert steps[:3] == [
        Status("searching"),
        Status("reading", count=3, sites=("kickers.example", "other.example", "third.example")),
        Status("writing"),
    ]
    assert any(isinstance(step, SoFar) for step in steps)
    last = steps[-1]
    assert isinstance(last, Researched)
    assert last.markdown == (
        f"The Lumen Tower in Varnheim is 120 metres high {TOWER_LINK}.\n\n"
        "> [1] [The Lumen Tower – kickers.example](https://kickers.example/tower) · 2026-03-01"
    )
    assert last.basis == Basis("pages", "duckduckgo")
    assert [source.number for source in last.cited] == [1]
    assert len(last.read) == 3
    assert [quote.text for quote in last.quotes] == ["The Lumen Tower in Varnheim is 120 metres high."]
    assert last.done == Done(ANSWER, "Alpha", "alpha-model")


async def test_what_a_page_makes_the_model_write_is_harmless_in_every_state() -> None:
    """A link that comes in pieces is in no state of the text."""
    pieces = [
        "120 metres high [1]. See ht",
        "tps://ev",
        "il.example/?q=1 or [this](",
        "http://evil.example) ",
        "@all",
    ]
    steps = await House(Models([Text(piece) for piece in pieces])).steps()
    for step in steps:
        if isinstance(step, SoFar | Researched):
            text = step.text if isinstance(step, SoFar) else step.markdown
            assert "evil" not in text
            assert "@all" not in text


async def test_a_dead_node_starts_the_text_anew() -> None:
    """After a restart nothing of the first node's text is left."""
    steps = await House(Models((Text("It is 99 metres"), Restart("Beta"), Text(ANSWER)))).steps()
    assert Restart("Beta") in steps
    after = steps[steps.index(Restart("Beta")) :]
    assert [step.text for step in after if isinstance(step, SoFar)]
    assert not any("99" in step.text for step in after if isinstance(step, SoFar))


async def test_no_model_is_no_answer() -> None:
    """What the pool raises passes."""
    with pytest.raises(NoAnswer):
        await House(Models([NoAnswer("exhausted")])).answer()


async def test_unopened_pages_leave_the_words_of_the_search() -> None:
    """They are marked as such, in the first line and in the footnote."""
    last = await House(pages=Shelf(())).answer()
    assert last.basis.ground == "snippets"
    assert last.markdown.startswith("NOTICE snippets\n\n")
    assert last.markdown.endswith("· snippet")
    assert all(source.snippet_only for source in last.read)


async def test_only_opened_pages_are_numbered() -> None:
    """Where one page was opened, the others' snippets are no sources."""
    last = await House(pages=Shelf((TOWER,))).answer()
    assert [source.page for source in last.read] == [TOWER]


async def test_nothing_found_is_answered_from_what_the_model_knows() -> None:
    """The first line says so, in every state; no link leaves."""
    house = House(Models([Text("Perhaps 120 [1], see https://evil.example/x.")]), Search(Found((), None)))
    steps = await house.steps()
    last = steps[-1]
    assert isinstance(last, Researched)
    assert last.markdown == "NOTICE own_knowledge\n\nPerhaps 120 , see …."
    assert all(step.text.startswith("NOTICE own_knowledge") for step in steps if isinstance(step, SoFar))
    assert last.cited == ()
    assert "<source-" not in house.models.prompt


async def test_another_rung_than_the_preferred_one_is_said() -> None:
    """The basis says who answered the search."""
    search = Search(Found((hit(TOWER),), "mojeek", preferred=False))
    last = await House(search=search).answer()
    assert last.basis == Basis("pages", "mojeek", preferred=False)
    assert last.markdown.startswith("NOTICE pages\n\n")


@pytest.mark.parametrize(
    "reply",
    ["NOT_FOUND", "**NOT_FOUND**", "NOT\\_FOUND", "The pages are nice.", "Peter Parker is 99 years old [1]."],
)
async def test_what_is_not_in_the_pages_is_said_honestly(reply: str) -> None:
    """NOT_FOUND, or no citation that holds: nothing found in these pages, and which they were."""
    steps = await House(Models([Text(reply)])).steps()
    last = steps[-1]
    assert isinstance(last, Researched)
    assert not last.found
    assert last.markdown.startswith("NOTHING pages\n\n> [1] [The Lumen Tower")
    assert last.markdown.count("\n> ") == 3
    assert not any("NOT" in step.text for step in steps if isinstance(step, SoFar))


async def test_the_verdict_beside_an_answer_is_dropped() -> None:
    """A model that answers, and writes NOT_FOUND as well, has answered."""
    last = await House(Models([Text(f"{ANSWER}\n\nNOT_FOUND")])).answer()
    assert last.found
    assert "NOT_FOUND" not in last.markdown


async def test_a_private_question_is_never_searched() -> None:
    """It stays in the house: no search, no page, and the model is asked privately."""
    house = House(Models([Text("I think so.")]))
    last = await house.answer(private=True, deeper=True)
    assert house.search.queries == []
    assert house.pages.read_urls == []
    assert house.models.asked[-1].private
    assert last.markdown == "NOTICE private\n\nI think so."


async def test_a_minor_is_served_by_nodes_for_minors_alone() -> None:
    """Every call to a model says so."""
    house = House(Models(reworded="How high is the tower of Varnheim?"))
    await house.answer("And how high is it?", earlier=(Turn("user", "Varnheim?"),), minor=True)
    assert all(ask.minor for ask in (*house.models.asked, *house.models.rewordings))
    assert house.models.rewordings
    assert set(house.search.strictly) == {True}


async def test_nothing_that_an_adult_looked_up_comes_to_a_minor() -> None:
    """For the same question everything is searched strictly and opened anew; and so it is the other way."""
    for first in (False, True):
        house = House(cache=Memory())
        for _ in range(2):
            await house.answer(minor=first)
        assert (house.search.strictly, len(house.pages.read_urls)) == ([first], 3)
        await house.answer(minor=not first)
        assert house.search.strictly == [first, not first]
        assert len(house.pages.read_urls) == 6


async def test_a_page_of_this_morning_does_not_say_what_is_now() -> None:
    """One that was read for another question, and is kept for a day, is read again."""
    house = House(cache=Memory())
    await house.answer()
    await house.answer("How high is the Lumen Tower today?")
    assert len(house.pages.read_urls) == 6


async def test_asked_again_it_is_searched_for_again() -> None:
    """The pages are those that were read a little while ago; and what is found now is what is kept."""
    house = House(cache=Memory())
    await house.answer()
    house.search.found = Found((hit(OTHER),), "brave")
    assert [source.page for source in (await house.answer(anew=True)).read] == [OTHER]
    assert [source.page for source in (await house.answer()).read] == [OTHER]
    assert len(house.search.queries) == 2
    assert len(house.pages.read_urls) == 3


async def test_asked_again_in_vain_what_was_found_before_is_still_there() -> None:
    """An engine that is silent now takes nothing away."""
    house = House(cache=Memory())
    first = await house.answer()
    house.search.found = Found((), None)
    assert replace(await house.answer(anew=True), done=None) == replace(first, done=None)


# ── Stopping ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("heard", [1, 2, 3, 4])
async def test_closing_after_any_step_leaves_nothing_running(heard: int) -> None:
    """Whoever has heard enough closes the stream, and that is the end of it."""
    house = House(Models([Text("It is "), asyncio.Event()]))
    async with aclosing(house.research().answer(QUESTION, WORDS)) as steps:
        for _ in range(heard):
            await anext(steps)
    assert (house.models.open, house.pages.open) == (0, 0)
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize(
    "house",
    [
        House(search=Search(None)),
        House(pages=Shelf(slow=[page.url for page in PAGES])),
        House(Models([asyncio.Event()])),
    ],
    ids=["searching", "reading", "writing"],
)
async def test_cancelling_while_it_waits_leaves_nothing_running(house: House) -> None:
    """Searching, reading or writing: what was begun is ended."""
    task = asyncio.create_task(house.answer("And who opened it?", earlier=EARLIER))
    for _ in range(30):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (house.models.open, house.pages.open) == (0, 0)
    assert len(asyncio.all_tasks()) == 1
