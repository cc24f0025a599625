"""What a step of the set-up works with: the person it asks, and the `.env` it fills in.

Every answer is on disk as soon as it is known to be right, so a set-up that is left, or killed, goes on where
it was. What else stands in the file is kept (bot/env_file.py).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import httpx

from bot import env_file, phrases
from bot.phrases import English, EnglishSetup, operator
from bot.settings import Settings
from bot.values import is_in_house
from core.errors import SettingsError
from core.lock import is_running

HEAD = (
    "# Porchlight's settings. Keep this file to yourself: it holds keys. All that can be set: .env.template\n"
)


class Form(Protocol):
    """The person. `ask` gives the answer without blanks around it, and raises EOFError or KeyboardInterrupt
    if they leave."""

    def tell(self, text: str) -> None: ...

    async def ask(self, question: str, *, secret: bool = False) -> str: ...


class Sheet:
    """`look` reads what is set by now. Methods that write raise `SettingsError`. `in_container`: something
    else than the person starts the program, and keeps it running."""

    def __init__(
        self, form: Form, file: Path, look: Callable[[], dict[str, str]], *, in_container: bool = False
    ) -> None:
        self._form = form
        self._file = file
        self._look = look
        self.in_container = in_container
        self.given = look()
        """All that is set, by name: `.env`, and the environment over it."""

    @property
    def say(self) -> EnglishSetup:
        return phrases.SETUP[self.house.language]

    @property
    def house(self) -> English:
        """What the program itself says, in the same language."""
        return phrases.of(self.given.get("LANGUAGE", ""))

    @property
    def program_runs(self) -> bool:
        folder = self.given.get("DATA_DIR", str(Settings.model_fields["data_dir"].default))
        return is_running(Path(folder).expanduser())

    def tell(self, text: str) -> None:
        self._form.tell(text)

    async def ask(self, question: str, default: str = "", *, secret: bool = False) -> str:
        """Enter gives the default."""
        shown = f"{question} [{default}]" if default else question
        return await self._form.ask(shown, secret=secret) or default

    async def agrees(self, question: str) -> bool:
        """To what is not done unless they say so."""
        return (await self._form.ask(question)).lower() in (*self.say.YES, *EnglishSetup.YES)

    async def declines(self, question: str) -> bool:
        """What is done unless they say no; a word that is neither yes nor no is asked again."""
        while answer := (await self._form.ask(question)).lower():
            if answer in (*self.say.NO, *EnglishSetup.NO):
                return True
            if answer in (*self.say.YES, *EnglishSetup.YES):
                break
        return False

    def put(self, **values: str) -> None:
        """Write it down."""
        try:
            env_file.save(self._file, env_file.changed(env_file.text_of(self._file) or HEAD, values))
        except OSError as error:
            raise SettingsError(
                [f".env: {self.say.not_written(error.strerror or type(error).__name__)}"]
            ) from None
        except ValueError as error:
            raise SettingsError([f".env: {self.say.not_written(str(error))}"]) from None
        self.given = self._look()
        if held := [name for name, value in values.items() if self.given.get(name, "") != value]:
            self.tell(self.say.set_elsewhere(", ".join(held)))

    def free_number(self, kind: str) -> int:
        """The first for which nothing is set yet: 2, if there is an OPENAI_1_URL."""
        return next(
            number
            for number in range(1, len(self.given) + 2)
            if not any(name.startswith(f"{kind}_{number}_") for name in self.given)
        )


def client(url: str = "") -> httpx.AsyncClient:
    """To ask what is there; what is in the house is reached without a proxy. Raises `SettingsError` if the
    proxy named in the environment is none."""
    try:
        return httpx.AsyncClient(trust_env=not is_in_house(url))
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        raise SettingsError([operator.proxy_wrong(str(error))]) from error
