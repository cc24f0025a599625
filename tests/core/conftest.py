"""What many tests of the core stand on."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.inbox import Inbox
from core.memory import Memory
from core.search import Search
from core.storage import Database, open_database
from core.worker import Worker
from tests.core.ladder import PAGES, Maker, Pauses
from tests.core.workers import CHILD
from tests.fakes import Clock
from tests.servers.web import Web


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    return Inbox(database, clock)


@pytest.fixture
def memory(database: Database) -> Memory:
    return Memory(database)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker(CHILD)
    yield worker
    await worker.close()


# ── The search ladder ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web(PAGES) as web:
        yield web
    assert web.violations == []
    assert web.strangers == []


@pytest.fixture
async def searcher() -> AsyncIterator[Worker]:
    """Its child asks the engines."""
    worker = Worker((sys.executable, "-m", "core.workshop", "core.workshop_search"))
    yield worker
    await worker.close()


@pytest.fixture
async def client(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    way = httpx.AsyncHTTPTransport(proxy=web.proxy, verify=web.tls)
    async with httpx.AsyncClient(mounts={"https://": way}, trust_env=False) as client:
        yield client


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def search_with(web: Web, searcher: Worker, client: httpx.AsyncClient, clock: Clock, pauses: Pauses) -> Maker:
    def make(searxng_url: str | None = None) -> Search:
        return Search(
            searcher,
            client,
            searxng_url=searxng_url,
            clock=clock,
            sleep=pauses,
            proxy=web.proxy,
            verify=str(web.ca_file),
        )

    return make


@pytest.fixture
def search(search_with: Maker) -> Search:
    return search_with()
