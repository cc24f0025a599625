"""`porchlight setup` as a parent uses it: a child process at a pseudo-terminal, keys pressed one by one, from
nothing to the first answer in a chat, and again after being killed at every step."""

import re
import stat
from collections import Counter
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import setup
from bot.env_file import read
from bot.phrases import SETUP
from tests.home import Home
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

SAY = SETUP["en"]
TOKEN = "123456:canary-token-that-nobody-may-ever-see"
KEY = "canary-key-that-nobody-may-ever-see-0123"
WHOLE = "Forty metres."
QUESTIONS = (
    *(setup.CHOOSE_LANGUAGE, SAY.TIME_ZONE, SAY.KEY, SAY.TELEGRAM_KEY, SAY.TELEGRAM_NAME),
    *(SAY.DISCORD_KEY, SAY.DIGEST, SAY.NEXT, SAY.START),
)
ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\r")


class NewHome(Home):
    """An empty folder, and somebody who reads the screen and answers each question."""

    def __init__(self, folder: Path, telegram: TelegramServer, model: ModelServer) -> None:
        super().__init__(folder, telegram, model)
        self.telegram = telegram
        self.environ = {
            "TELEGRAM_API_URL": telegram.url,
            "OLLAMA_ENDPOINT": "http://127.0.0.1:9",
            "OLLAMA_ENABLED": "false",
            "EMBEDDED_MODEL": "off",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        self._paste = f"{model.url} {KEY}"
        self._read_until = 0
        """So much of the screen was read when the last question was answered."""

    @property
    def env(self) -> Path:
        return self.folder / ".env"

    @property
    def written(self) -> dict[str, str]:
        return read(self.env.read_text()) if self.env.exists() else {}

    def answer_to(self, question: str) -> str:
        """Enter, where that is an answer."""
        return {
            setup.CHOOSE_LANGUAGE: "en",
            SAY.TIME_ZONE: "Europe/Berlin",
            SAY.KEY: "" if "OPENAI_1_KEY" in self.written else self._paste,
            SAY.TELEGRAM_KEY: TOKEN,
        }.get(question, "")

    def screen(self, since: int = 0) -> str:
        return ESCAPES.sub(b"", self.said[since:]).decode("utf-8", "replace")

    async def question(self) -> str:
        """The next one on the screen."""
        found = ""

        def is_asked() -> str:
            nonlocal found
            last_line = self.screen(self._read_until).rpartition("\n")[2]
            asked = re.match(r"(.*?)(?: \[[^\]]*\])?: ?$", last_line)
            found = asked[1] if asked and asked[1] in QUESTIONS else ""
            return found

        await self.until(is_asked)
        return found

    def read_all(self) -> None:
        self._read_until = len(self.said)

    async def answer(self, question: str) -> None:
        typed_at = len(self.said)
        self.type(self.answer_to(question))
        await self.until(lambda: b"\n" in self.said[typed_at:])
        self._read_until = self.said.index(b"\n", typed_at) + 1


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[NewHome, None]:
    async with (
        TelegramServer(TOKEN) as telegram,
        ModelServer("openai", pieces=["Forty ", "metres."], key=KEY) as model,
    ):
        telegram.person(7, "Anna")
        telegram.private(7)
        made = NewHome(tmp_path, telegram, model)
        yield made
        assert telegram.violations == []
        for secret in (TOKEN, KEY):
            assert secret.encode() not in made.everything_written()
            assert secret not in made.screen()
        assert stat.S_IMODE(made.env.stat().st_mode) == 0o600


async def first_answer(home: NewHome) -> None:
    """Claim the bot with the link on the screen, and ask it something."""
    await home.until(lambda: "\n" in home.screen().partition("?start=")[2])
    code = home.screen().partition("?start=")[2].split()[0]
    home.telegram.say(7, 7, f"/start {code}")
    await home.until(lambda: bool(home.telegram.chats[7].posts))
    question = home.telegram.say(7, 7, "How deep?")
    await home.until(lambda: [post.text for post in home.telegram.chats[7].posts_to(question)] == [WHOLE])


async def test_from_nothing_to_the_first_answer(home: NewHome) -> None:
    """Nine answers, a link that makes one the admin, and a question in the chat."""
    asked: list[str] = []
    async with home.running("setup", terminal=True, **home.environ):
        while SAY.START not in asked:
            asked.append(await home.question())
            await home.answer(asked[-1])
        await first_answer(home)
    assert len(asked) == 9
    assert home.written["OPENAI_1_MODEL"] == "stand-in"


async def test_after_being_killed_at_every_step_it_goes_on_there(home: NewHome) -> None:
    """Whenever a question is shown for the first time, the power fails. What was answered, and found to be
    right, is not asked again; and in the end there is an answer in the chat."""
    shown: list[str] = []
    answered: Counter[str] = Counter()
    while SAY.START not in shown:
        async with home.running("setup", terminal=True, **home.environ) as program:
            while (question := await home.question()) in shown:
                await home.answer(question)
                answered[question] += 1
            program.kill()
            await program.wait()
        shown.append(question)
        home.read_all()
    assert set(shown) == set(QUESTIONS)
    assert all(
        answered[it] == 1 for it in (setup.CHOOSE_LANGUAGE, SAY.TIME_ZONE, SAY.TELEGRAM_KEY, SAY.DIGEST)
    )
    async with home.running("setup", terminal=True, **home.environ):
        while (question := await home.question()) != SAY.START:
            await home.answer(question)
        await home.answer(question)
        await first_answer(home)
