from collections.abc import Iterator

import pytest

from tests.adapters.window import Window


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """A window of 60 columns and 20 rows, of a kind that can do everything."""
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
    window = Window()
    yield window
    window.close()
