"""What the tests of the settings share: a folder with a `.env` in it, and what is made of that."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.settings import Settings, load
from core.errors import SettingsError
from core.types import NodeSpec

Loader = Callable[..., Settings]

SERVER = {"name": "N", "kind": "openai", "url": "http://h.example", "model": "m"}
"""An entry of PROVIDERS_FILE with what it needs and no more."""


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loader:
    """The settings of a `.env` with this text, in an empty folder; keywords are the environment."""
    monkeypatch.chdir(tmp_path)

    def of(text: str | bytes = "", **environ: str) -> Settings:
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / ".env").write_bytes(raw)
        return load(Path(".env"), environ)

    return of


def mistakes_of(settings_of: Loader, text: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        settings_of(text, **environ)
    return raised.value.mistakes


def node(settings: Settings, name: str) -> NodeSpec:
    (found,) = (node for node in settings.nodes if node.name == name)
    return found


def providers(*entries: object) -> str:
    """A PROVIDERS_FILE with these entries, and the line of `.env` that names it."""
    Path("p.json").write_text(json.dumps({"providers": entries}), "utf-8")
    return "PROVIDERS_FILE=p.json\n"
