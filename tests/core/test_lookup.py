"""Looking up: what is searched for, which pages are opened, and when enough is read."""

from dataclasses import replace

import pytest

from core.lookup import ONE_ROUND
from core.research import Basis
from core.types import Text, Turn
from core.web import Found, Hit, Page
from tests.core.research_house import (
    EARLIER,
    OTHER,
    PAGES,
    QUESTION,
    THIRD,
    TOWER,
    House,
    Models,
    Search,
    Shelf,
    hit,
)

# ── Which pages, and how long ─────────────────────────────────────────────────────────────────────


async def test_no_page_is_read_twice_and_no_site_more_than_twice() -> None:
    """Of many results five are opened, of one site two."""
    urls = [
        *("https://a.example/1", "http://www.a.example/1/", "https://a.example/1?utm_source=x"),
        *("https://a.example/2", "https://a.example/3", "ftp://b.example/", "javascript:x"),
        *("https://b.example/", "https://c.example/", "https://d.example/", "https://e.example/"),
    ]
    house = House(search=Search(Found(tuple(Hit(url, "t", "s") for url in urls), "duckduckgo")))
    await house.answer()
    assert house.pages.read_urls == [urls[0], urls[3], *urls[7:10]]


async def test_three_pages_are_enough() -> None:
    """The others, which are slow, are not waited for."""
    slow = Page("https://slow.example/", "t", "…")
    found = Found((hit(slow), *map(hit, PAGES)), "duckduckgo")
    house = House(
        search=Search(found), pages=Shelf(slow=[slow.url]), depth=replace(ONE_ROUND, read_s_max=600.0)
    )
    house.depth = replace(house.depth, one_is_enough_after_s=600.0)
    assert len((await house.answer()).read) == 3


async def test_after_a_while_one_page_is_enough() -> None:
    """Where the others are slow."""
    depth = replace(ONE_ROUND, one_is_enough_after_s=0.0, read_s_max=600.0)
    house = House(pages=Shelf(slow=[OTHER.url, THIRD.url]), depth=depth)
    assert [source.page for source in (await house.answer()).read] == [TOWER]


async def test_reading_has_an_end() -> None:
    """Where no page comes at all, the search's own words are the sources."""
    depth = replace(ONE_ROUND, one_is_enough_after_s=0.0, read_s_max=0.01)
    house = House(pages=Shelf(slow=[page.url for page in PAGES]), depth=depth)
    assert (await house.answer()).basis.ground == "snippets"


# ── Follow-ups, links, deeper ─────────────────────────────────────────────────────────────────────


async def test_a_follow_up_is_searched_as_it_is_and_as_it_is_meant() -> None:
    """Both at once; the results of what is meant come first, and the model is told what is meant."""
    meant = "Who opened the Lumen Tower?"
    search = Search(Found((hit(OTHER),), "duckduckgo"), {meant: Found((hit(TOWER),), "duckduckgo")})
    house = House(Models([Text("Anna Becker opened it in 1931 [1].")], reworded=f'"{meant}"\n'), search)
    last = await house.answer("And who opened it?", earlier=EARLIER)
    assert sorted(search.queries) == sorted(["And who opened it?", meant])
    assert house.pages.read_urls == [TOWER.url, OTHER.url]
    assert house.models.prompt.endswith(f"Question: And who opened it?\n(That is: {meant})")
    assert "120 metres" not in house.models.prompt.split("Question:")[1]
    assert last.found


async def test_a_rewording_that_takes_too_long_is_not_waited_for() -> None:
    """Then the question before says what it is about."""
    house = House(depth=replace(ONE_ROUND, reword_s_max=0.0))
    await house.answer("And who opened it?", earlier=EARLIER)
    assert house.search.queries == ["And who opened it?", f"{QUESTION} And who opened it?"]


@pytest.mark.parametrize(
    ("question", "earlier"),
    [
        (QUESTION, EARLIER),
        ("And who opened it?", ()),
        ("Wie hoch war der Turm von Varnheim im Jahr 1950?", EARLIER),
    ],
)
async def test_a_question_that_stands_by_itself_is_not_reworded(
    question: str, earlier: tuple[Turn, ...]
) -> None:
    """No model is asked about it."""
    house = House()
    await house.answer(question, earlier=earlier)
    assert house.models.rewordings == []
    assert house.search.queries == [question]


async def test_a_link_in_the_question_is_opened_first() -> None:
    """It is the first source, and the words around it are searched."""
    house = House(pages=Shelf((*PAGES, Page("https://mine.example/a_(b)", "Mine", "The moon is near. " * 9))))
    last = await house.answer(f"{QUESTION} (see https://mine.example/a_(b))")
    assert house.pages.read_urls[0] == "https://mine.example/a_(b)"
    assert last.read[0].page.title == "Mine"
    assert house.search.queries == [f"{QUESTION} (see"]


async def test_a_link_alone_is_read_and_not_searched() -> None:
    """What is asked is what it says, in the person's language."""
    house = House()
    last = await house.answer(TOWER.url, language="de")
    assert house.search.queries == []
    assert last.basis == Basis("pages")
    assert "Answer in de." in house.models.prompt
    assert [source.page for source in last.cited] == [TOWER]


async def test_a_link_alone_that_cannot_be_opened_is_said() -> None:
    """No model guesses what may stand there."""
    house = House()
    last = await house.answer("https://gone.example/")
    assert not last.found
    assert last.basis.links_unread == ("https://gone.example/",)
    assert house.models.asked == []


async def test_links_are_left_alone_where_that_is_wanted() -> None:
    """Then the question is searched as it is."""
    house = House()
    await house.answer(f"what is {TOWER.url}", links=False)
    assert house.search.queries == [f"what is {TOWER.url}"]


async def test_digging_deeper_asks_more_and_reads_more() -> None:
    """More queries, thought out by a model, and more pages than one round reads."""
    many = [
        Page(f"https://s{n}.example/", "Tower", f"The Lumen Tower has {n} rooms, said Anna Becker.")
        for n in range(12)
    ]
    queries = ["1. lumen tower height", "- varnheim tower metres", "here they are:", "lumen measured"]
    found = {
        query: Found(tuple(map(hit, many[4 * n : 4 * n + 4])), "duckduckgo")
        for n, query in enumerate(["lumen tower height", "varnheim tower metres", "lumen measured"])
    }
    house = House(Models(reworded="\n".join(queries)), Search(by_query=found), Shelf((*many, *PAGES)))
    last = await house.answer(deeper=True)
    assert house.search.queries == [QUESTION, *found]
    assert len(house.pages.read_urls) == 10
    assert len(last.read) == 6
