"""Somebody who is set up: a folder with a `.env`, what is around it, and a person who answers."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bot import settings, setup
from bot.env_file import read
from bot.phrases import SETUP

ENGLISH = SETUP["en"]
NOWHERE = "http://127.0.0.1:9"
TELEGRAM = "123456:canary-token-that-nobody-may-ever-see"
DISCORD = "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.token-that-nobody-may-ever-see"
KEY = "canary-key-that-nobody-may-ever-see-0123"
QUICKLY = {
    setup.CHOOSE_LANGUAGE: "",
    ENGLISH.TIME_ZONE: "Europe/Berlin",
    ENGLISH.KEY: "",
    ENGLISH.TELEGRAM_KEY: "",
    ENGLISH.DISCORD_KEY: "",
    ENGLISH.DIGEST: "",
    ENGLISH.NEXT: "",
    ENGLISH.START: "n",
}
"""Whoever only presses Enter."""


class Parent:
    """Answers by what is asked, in order where it is asked more than once; leaves where nothing is left to
    say."""

    def __init__(self, answers: Mapping[str, str | Sequence[str]]) -> None:
        self._answers = {
            question: [answer] if isinstance(answer, str) else list(answer)
            for question, answer in answers.items()
        }
        self.read = ""
        self.asked: list[str] = []

    def tell(self, text: str) -> None:
        self.read += f"{text}\n"

    async def ask(self, question: str, *, secret: bool = False) -> str:
        bare = question.strip().partition(" [")[0]
        self.asked.append(bare)
        self.read += f"{question}: \n"
        left = self._answers[bare]
        if not left:
            raise EOFError
        return left.pop(0).strip()


class Place:
    """A folder with a `.env`, and the addresses of the stand-ins as its surroundings."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.file = folder / ".env"
        self.in_container = False
        self.environ = {
            "DATA_DIR": str(folder / "data"),
            "OLLAMA_ENDPOINT": NOWHERE,
            "TELEGRAM_API_URL": NOWHERE,
            "DISCORD_API_URL": NOWHERE,
            "CLOUDFLARE_API_URL": NOWHERE,
            **environ,
        }

    async def set_up(self, **answers: str | Sequence[str]) -> Parent:
        """`answers` by the name that the question has in bot/phrases; Enter to all others."""
        named = {getattr(ENGLISH, name): answer for name, answer in answers.items()}
        parent = Parent({**QUICKLY, **named})
        look = partial(settings.given, self.file, self.environ)
        self.starts = await setup.run(parent, self.file, look, in_container=self.in_container)
        return parent

    @property
    def written(self) -> dict[str, str]:
        return read(self.file.read_text()) if self.file.exists() else {}

    def load(self) -> settings.Settings:
        return settings.load(self.file, self.environ)
