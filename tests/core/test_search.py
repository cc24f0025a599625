"""The search ladder, against stand-ins of the engines: who fails is passed by, and left out for a while."""

import asyncio
import logging
import os
import signal
from typing import Any

import httpx
import psutil
import pytest

from core.search import Search
from core.web import Found
from core.worker import Worker
from tests.core.ladder import DDGS, LADDER, PAGES, QUESTION, Maker, Pauses, asked, only
from tests.fakes import Clock
from tests.servers.web import Web
from tests.servers.web_engines import EngineName

# ── The ladder ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["202", "403", "429", "captcha", "empty", "redesigned", "reset"])
async def test_refusing_engines_are_passed_by(web: Web, search: Search, pauses: Pauses, fault: Any) -> None:
    """An engine that refuses in whichever way is followed by the next without a pause."""
    only(web, "startpage", fault=fault)
    found = await search.find(QUESTION)
    assert (found.rung, found.preferred, len(found.hits)) == ("startpage", False, 8)
    assert web.searches("duckduckgo") == web.searches("brave") == web.searches("startpage") == [QUESTION]
    assert web.searches("mojeek") == []


async def test_silent_engine_is_hedged(web: Web, search: Search, pauses: Pauses) -> None:
    """An engine that says nothing for a second has the next one asked beside it, which may win."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    assert web.searches("brave") == []
    pauses.over()
    found = await finding
    assert (found.rung, found.preferred, len(found.hits)) == ("brave", False, 8)
    assert pauses.asked_s[0] == 1.0


async def test_slow_first_rung_may_still_win(web: Web, search: Search, pauses: Pauses) -> None:
    """The rung asked first still counts while the others run."""
    web.search_s = 0.3
    only(web, "duckduckgo", fault="slow")
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    pauses.over()
    assert (await finding).rung == "duckduckgo"


async def test_nobody_answers(web: Web, search: Search) -> None:
    """If nobody finds anything there are no hits and no rung, and everybody was asked."""
    only(web)
    assert await search.find(QUESTION) == Found((), None, preferred=False)
    assert {engine for engine in LADDER if web.searches(engine)} == set(LADDER)


async def test_no_network(web: Web, searcher: Worker, clock: Clock, pauses: Pauses) -> None:
    """Without a network nothing is raised."""
    async with httpx.AsyncClient(proxy="http://127.0.0.1:9", trust_env=False) as client:
        search = Search(
            searcher,
            client,
            searxng_url="http://127.0.0.1:9",
            clock=clock,
            sleep=pauses,
            proxy="http://127.0.0.1:9",
        )
        assert await search.find(QUESTION) == Found((), None, preferred=False)


async def test_few_hits_are_kept_and_more_are_sought(web: Web, search: Search) -> None:
    """A rung with fewer hits than an answer cites is followed by the next; both count, each page once."""
    web.failing = {"duckduckgo": "empty", "brave": "empty", "startpage": "empty"}
    web.show([PAGES[0], PAGES[-2]])
    found = await search.find(QUESTION)
    assert found.rung == "mojeek"
    assert sorted(hit.url for hit in found.hits) == sorted([PAGES[0].url, PAGES[-2].url])
    assert web.searches("wikipedia") == [QUESTION]


async def test_dead_child_costs_its_rungs_only(
    web: Web, search: Search, searcher: Worker, pauses: Pauses
) -> None:
    """When the child is killed in the middle of a search, the ladder goes on and the next search works."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    (child,) = psutil.Process().children()
    os.kill(child.pid, signal.SIGKILL)
    assert (await finding).rung == "brave"


async def test_child_that_cannot_start_leaves_wikipedia(
    web: Web, client: httpx.AsyncClient, clock: Clock
) -> None:
    """Without a child Wikipedia still answers."""
    worker = Worker(("/no/such/program",))
    search = Search(worker, client, searxng_url=None, clock=clock, sleep=Pauses())
    assert (await search.find(QUESTION)).rung == "wikipedia"
    await worker.close()


async def test_stopping(web: Web, search: Search) -> None:
    """A search that is stopped leaves no task behind."""
    web.failing = {"duckduckgo": "slow"}
    finding = asyncio.create_task(search.find(QUESTION))
    await asked(web, "duckduckgo")
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    assert not [task for task in asyncio.all_tasks() if "Search." in repr(task) or "Pauses." in repr(task)]
    web.heal()
    assert (await search.find(QUESTION)).rung == "duckduckgo"


async def test_log_holds_no_question(web: Web, search_with: Maker, caplog: pytest.LogCaptureFixture) -> None:
    """Who failed, and how, is in the log; what was asked is not."""
    only(web, fault="reset")
    web.failing["searxng"] = "429"
    with caplog.at_level(logging.INFO, "core"):
        await search_with(web.searxng_url).find(f"{QUESTION} canary")
    assert "Search by searxng failed: HTTP 429" in caplog.messages
    assert len(caplog.messages) == 6
    assert "canary" not in caplog.text


# ── The breakers ──────────────────────────────────────────────────────────────────────────────────


async def times(search: Search, number: int) -> Found:
    for _ in range(number):
        found = await search.find(QUESTION)
    return found


async def test_refused_rung_is_left_out_for_a_while(web: Web, search: Search, clock: Clock) -> None:
    """A rung that found nothing four times where another did is not asked for a minute, then once."""
    web.failing = {"duckduckgo": "429"}
    found = await times(search, 5)
    assert len(web.searches("duckduckgo")) == 4
    assert (found.rung, found.preferred) == ("brave", False)
    clock.now += 61
    await times(search, 2)
    assert len(web.searches("duckduckgo")) == 5
    web.heal()
    clock.now += 121
    assert (await times(search, 2)).preferred


async def test_error_weighs_more_than_emptiness(web: Web, search: Search) -> None:
    """Two errors do what four empty answers do."""
    web.failing = {"duckduckgo": "reset"}
    await times(search, 3)
    assert len(web.searches("duckduckgo")) == 2


async def test_overtaken_rung_is_left_out(web: Web, search: Search, pauses: Pauses) -> None:
    """A rung that keeps silent until another answers is charged for it."""
    web.failing = {"duckduckgo": "slow"}
    for number in range(1, 5):
        finding = asyncio.create_task(search.find(QUESTION))
        await asked(web, "duckduckgo", times=number)
        pauses.over()
        await finding
    await search.find(QUESTION)
    assert len(web.searches("duckduckgo")) == 4


async def test_nobody_is_charged_if_nobody_finds_anything(web: Web, search: Search) -> None:
    """A question without an answer, or a house without a network, closes no rung."""
    only(web, fault="reset")
    await times(search, 5)
    assert len(web.searches("duckduckgo")) == 5


async def test_one_good_answer_forgives(web: Web, search: Search) -> None:
    """Only failures in a row count."""
    web.fail("duckduckgo", "429", times=3)
    await times(search, 4)
    web.fail("duckduckgo", "429", times=3)
    await times(search, 4)
    assert len(web.searches("duckduckgo")) == 8


async def test_probe_that_was_not_needed_is_given_back(web: Web, search: Search, clock: Clock) -> None:
    """A rung that was due again, and not asked because another answered, is asked the next time."""
    only(web, "wikipedia")
    await times(search, 4)
    clock.now += 61
    web.heal()
    assert (await search.find(QUESTION)).rung == "duckduckgo"
    only(web, "brave")
    assert (await search.find(QUESTION)).rung == "brave"


async def test_somebody_is_always_asked(web: Web, search: Search) -> None:
    """However the rungs fail, whoever found something last is asked, and later the others again."""
    for engine in LADDER:
        only(web, engine, fault="reset")
        await times(search, 3)
    asked_before = len(web.visits)
    web.heal()
    assert (await search.find(QUESTION)).rung is not None
    assert len(web.visits) > asked_before


# ── For minors ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("engine", ["brave", "startpage", "mojeek"])
async def test_minors_search_strictly(web: Web, search: Search, engine: EngineName) -> None:
    """Each engine that has a strictest filter is asked with it, and finds what is fit for everybody."""
    only(web, engine)
    found = await search.find(QUESTION, strict=True)
    assert found.rung == engine
    assert web.filters(engine) == ["strict"]


async def test_minors_search_strictly_at_home_too(web: Web, search_with: Maker) -> None:
    """A SearXNG is told to be strict, and adults' searches are as moderate as they were."""
    search = search_with(web.searxng_url)
    assert (await search.find(QUESTION, strict=True)).rung == "searxng"
    await search.find(QUESTION)
    assert web.filters("searxng") == ["strict", "moderate"]


async def test_engine_without_a_filter_is_not_for_minors(web: Web, search: Search) -> None:
    """DuckDuckGo, which cannot be told to be strict, is never asked for a minor, even if all others fail; and
    then Brave is their usual engine, of which nothing has to be said."""
    found = await search.find(QUESTION, strict=True)
    assert (found.rung, found.preferred) == ("brave", True)
    only(web, "duckduckgo")
    assert await search.find(QUESTION, strict=True) == Found((), None, preferred=False)
    assert web.searches("duckduckgo") == []
    assert set(LADDER) - {visit.engine for visit in web.visits} == {"duckduckgo"}


@pytest.mark.parametrize("engine", DDGS)
async def test_adults_search_as_engines_usually_do(web: Web, search: Search, engine: EngineName) -> None:
    """Whatever a minor asked before: what is strict is so for one search."""
    await search.find(QUESTION, strict=True)
    only(web, engine)
    await search.find(QUESTION)
    assert web.filters(engine)[-1] == ("off" if engine == "mojeek" else "moderate")


async def test_what_adults_find_closes_no_rung_for_minors(web: Web, search: Search) -> None:
    """Where only DuckDuckGo finds anything for adults for a while, the others are still asked for a minor."""
    only(web, "duckduckgo", fault="reset")
    web.show(PAGES[:1])
    for _ in range(2):
        assert (await search.find(QUESTION)).rung == "duckduckgo"
    web.heal()
    web.show(PAGES)
    assert (await search.find(QUESTION, strict=True)).rung == "brave"
