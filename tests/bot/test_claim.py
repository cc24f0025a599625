"""The picture of a link: shown where it can be read."""

import io
import sys

import pytest

from bot.claim import qr_text

LINK = "https://t.me/porchlight_bot?start=0123456789abcdef0123"


def rows(columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    return qr_text(LINK).splitlines()


def test_the_picture_fits_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """With less around it in a narrow one; a row that was broken could not be read, so then there is none."""
    assert max(map(len, rows(80, monkeypatch))) == 41
    assert max(map(len, rows(40, monkeypatch))) == 37
    assert rows(37, monkeypatch) == []


def test_where_the_letters_are_missing_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal without UTF-8."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert rows(80, monkeypatch) == []
