"""A window for the terminal, and Discord's stand-in with Anna on it; Telegram's tests make their own."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.adapters.discord_stage import ANNA, TOKEN, Hall, running
from tests.adapters.window import Window
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """A window of 60 columns and 20 rows, of a kind that can do everything."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    window = Window()
    yield window
    window.close()


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer(TOKEN) as server:
        server.person(ANNA, "Anna", locale="de")
        yield server


@pytest.fixture
async def hall(server: DiscordServer) -> AsyncIterator[Hall]:
    async with running(Hall(server)) as hall:
        yield hall


@pytest.fixture
def home(server: DiscordServer) -> Channel:
    return server.dm(ANNA)
