"""Research in the whole program: a child process that searches a stand-in of the web, told on Telegram."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import psutil
import pytest

from tests.frozen.library import pages
from tests.home import Home
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer
from tests.servers.web import Web

TOKEN = "123456:canary-token-that-nobody-may-ever-see"
ANNA = 7
QUESTION = "What time does Brackwater Lido close on Sundays?"
ANSWER = "On Sundays Brackwater Lido closes at 16:50 [1]."


class ResearchHome(Home):
    """Its pages are nowhere: only the search answers, and what it says of them is all that can be read."""

    def __init__(self, folder: Path, telegram: TelegramServer, model: ModelServer, web: Web) -> None:
        super().__init__(
            *(folder, telegram, model),
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API_URL=telegram.url,
            ADMIN_IDS=f"telegram:{ANNA}",
            SEARXNG_URL=web.searxng_url,
        )
        self.telegram = telegram
        self.model = model
        self.web = web

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.telegram.chats[ANNA].posts]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[ResearchHome, None]:
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=[ANSWER[:20], ANSWER[20:]]) as model,
        Web(pages().values()) as web,
    ):
        telegram.person(ANNA, "Anna")
        telegram.private(ANNA)
        made = ResearchHome(tmp_path, telegram, model, web)
        made.settings()
        yield made
        assert telegram.violations == []
        assert web.violations == []


async def children_of(pid: int) -> list[psutil.Process]:
    """As soon as there are any; nobody tells of a process that begins."""
    program = psutil.Process(pid)
    async with asyncio.timeout(20):
        while not (found := program.children(recursive=True)):  # noqa: ASYNC110 # nothing tells
            await asyncio.sleep(0.01)
    return found


async def test_a_question_is_looked_up(home: ResearchHome) -> None:
    """One post: how far it is, then the answer with its source and an honest first line, as no page could
    be opened; the quotes at a press, also after a restart."""
    async with home.running():
        home.telegram.say(ANNA, ANNA, f"/research {QUESTION}")
        await home.until(lambda: home.texts and "16:50" in home.texts[0])
        (post,) = home.telegram.chats[ANNA].posts
        await home.until(lambda: [it.label for it in post.buttons] == ["Show quotes", "Dig deeper", "Retry"])
        assert home.texts[0].startswith("I could not open the pages")
        assert "[2] Opening times at Brackwater Lido – brackwaterlido.example · not opened" in home.texts[0]
    prompt = home.model.asks[0].body["messages"][-1]["content"]
    assert prompt.rstrip().endswith(f"Question: {QUESTION}")
    async with home.running():
        home.telegram.press(ANNA, post.id, "Show quotes", person=ANNA)
        await home.until(lambda: len(home.texts) == 2 and "closes at 16:50" in home.texts[1])


async def test_a_program_that_is_killed_leaves_no_worker_and_answers_later(home: ResearchHome) -> None:
    """The child ends with it, and the next run looks the question up again."""
    home.web.failing["searxng"] = "slow"  # then it asks the others, through the worker
    async with home.running() as program:
        home.telegram.say(ANNA, ANNA, f"/research {QUESTION}")
        workers = await children_of(program.pid)
        program.kill()
        await program.wait()
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, 10)
    assert alive == []
    home.web.heal()
    async with home.running():
        await home.until(lambda: home.texts and "16:50" in home.texts[-1])
    assert len(home.texts) == 1


async def test_the_program_itself_loads_nothing_that_reads_pages(home: ResearchHome) -> None:
    """Neither before anything was looked up nor afterwards: what may crash or hang is in the child alone."""
    async with home.running() as program:
        home.telegram.say(ANNA, ANNA, f"/research {QUESTION}")
        await home.until(lambda: home.texts and "16:50" in home.texts[0])
        loaded = {Path(it.path).name for it in psutil.Process(program.pid).memory_maps()}
    assert not {name for name in loaded if "lxml" in name or "etree" in name or "primp" in name}
