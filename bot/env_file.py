"""The text of `.env`, changed without loss: every line, comment and blank that is not meant stays as it is.

`changed` gives a setting another value where it stands, or adds a line for it at the end. A value is written
as python-dotenv, which reads the file (bot/env.py), gives it back: bare where that is safe, else in quotes.
What comes out is read once more before it is handed over, so a file with a quote that is never closed cannot
swallow a line of ours.

All are pure but for `text_of` and `save`, which puts the file in its place in one step, for its owner alone.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

BARE = re.compile(r"[A-Za-z0-9_./:@%+,=~-]*")
"""What means the same without quotes to every program that reads such a file."""
MARK = "\ufeff"
"""The byte order mark that some editors begin a file with."""

_LINE = re.compile(
    r"""(?x)
    (?P<name> \s* (?:export[^\S\r\n]+)? (?: '[^']+' | [^=\#\s]+ ) [^\S\r\n]* = [^\S\r\n]* )
    (?: (?: '(?:\\'|[^'])*' | "(?:\\"|[^"])*" ) (?P<after> (?:[^\S\r\n]*\#[^\r\n]*)? [^\S\r\n]* [\r\n]* )
      | [^\r\n]*? (?P<behind> (?:[^\S\r\n]+\#[^\r\n]*)? [^\S\r\n]* [\r\n]* ) )
    """
)
"""A setting with its name, its value, and what stands behind that."""


def read(text: str) -> dict[str, str]:
    """What is set, by name in capitals. Of two lines with one name, the last counts."""
    return {name: value for name, value, _ in _settings(_bindings(text.removeprefix(MARK)))}


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text with these values, by name in capitals; an empty one means: not set. Raises ValueError if that
    cannot be written there."""
    mark = MARK if text.startswith(MARK) else ""
    bindings = _bindings(text.removeprefix(MARK))
    parts = [binding.original.string for binding in bindings]
    stands = {name: at for name, _, at in _settings(bindings)}
    line_end = "\r\n" if "\r\n" in text else "\n"
    added = []
    for name, value in values.items():
        if name in stands:
            parts[stands[name]] = _with_value(parts[stands[name]], value)
        elif value:
            added.append(f"{name}={quoted(value)}{line_end}")
    whole = "".join(parts)
    if added and whole and not whole.endswith(("\n", "\r")):
        whole += line_end
    whole += "".join(added)
    wanted = {**read(text), **{name: value for name, value in values.items() if value or name in stands}}
    if read(whole) != wanted:
        raise ValueError("it holds a line that cannot be read, such as one with a quote that is not closed")
    return mark + whole


def quoted(value: str) -> str:
    """The value as it has to be written. Raises ValueError if no way of writing it is read back as it is."""
    if BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\")
    single, double = escaped.replace("'", "\\'"), escaped.replace('"', '\\"')
    for written in (f"'{value}'", f"'{single}'", f'"{double}"', value):
        if read(f"A={written}\nB='b'\nC=\"c\"\n") == {"A": value, "B": "b", "C": "c"}:
            return written
    raise ValueError("it holds signs that cannot stand in a .env file")


def text_of(path: Path) -> str:
    """With its line ends as they are; empty if there is no such file. Raises OSError."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""


def save(path: Path, text: str) -> None:
    """All of it or nothing, also in a power cut; readable by its owner only, who stays the same. Raises
    OSError."""
    target = path.resolve()  # of a link, what it leads to
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.")  # with 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            if os.geteuid() == 0 and target.exists():  # with sudo, say: the program could not read it
                os.fchown(file.fileno(), target.stat().st_uid, target.stat().st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(StringIO(text, newline="")))


def _settings(bindings: list[Binding]) -> Iterator[tuple[str, str, int]]:
    """Name, value, and the place among `bindings`, of every line that is a setting."""
    for at, binding in enumerate(bindings):
        if binding.key and binding.value is not None and not binding.error:
            yield binding.key.upper(), binding.value, at


def _with_value(line: str, value: str) -> str:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError("it holds a line that is written in a way of its own")
    behind = found["after"] if found["after"] is not None else found["behind"]
    return f"{found['name']}{quoted(value)}{behind}"
