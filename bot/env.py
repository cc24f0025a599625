"""What is set, by name: the text of `.env`, and the environment over it.

python-dotenv reads the text, so that quotes, comments, `export`, and the line ends and byte order marks of
other systems mean what they mean elsewhere; but nothing is filled in, `$` is a letter like any other. A line
that cannot be read is told by its number, never by its words: they may be half a secret.

What a value means, and whether it is right, is decided in `bot/settings.py`.
"""

import re
from collections.abc import Collection, Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from bot.values import LANGUAGE, Findings, is_placeholder, nearest

FILE_BYTES_MAX = 1_000_000
HAS_EXAMPLE = re.compile(r".*_(ID|TOKEN|KEY|PASSWORD)")
OUR_PREFIXES = ("TELEGRAM_", "DISCORD_", "CLOUDFLARE_", "OPENAI_", "OLLAMA_")
LIKENESS = 0.8
"""How like a setting an unknown name must be to be taken for a slip of the finger: 0 … 1."""


def unnumbered(name: str) -> str:
    """OPENAI_n_URL for OPENAI_3_URL: the form in which `known` lists the names of our settings."""
    return re.sub(r"_\d+_", "_n_", name)


def read(path: Path, found: Findings) -> dict[str, str]:
    """What is written, by name in capitals; nothing if there is no such file."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX).decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except OSError as error:
        found.mistake(str(path), f"it cannot be read ({error.strerror}); mend that, or remove it")
        return {}
    except UnicodeDecodeError:
        found.mistake(str(path), "it is not text in UTF-8; save it again as UTF-8")
        return {}
    written = {}
    for binding in parse_stream(StringIO(text)):
        if binding.error or (binding.key and binding.value is None):
            lines_before = binding.original.string[: -len(binding.original.string.lstrip())].count("\n")
            line = binding.original.line + lines_before
            found.mistake(f"{path}, line {line}", "it is not NAME=value; mend it, or remove it")
        elif binding.key:
            written[binding.key.upper()] = (binding.value or "").strip()
    return written


def merged(
    written: Mapping[str, str], environ: Mapping[str, str], known: Collection[str], found: Findings
) -> dict[str, str]:
    """All that is set, the environment over `.env`. Empty means: not set. So does a template's example."""
    outside = {name.upper(): _unquoted(value) for name, value in environ.items()}
    # Desktop systems set LANGUAGE for every program, in forms of their own: there `.env` knows better.
    if written.get("LANGUAGE") or not LANGUAGE.fullmatch(outside.get("LANGUAGE", "")):
        outside.pop("LANGUAGE", None)
    given = {name: value for part in (written, outside) for name, value in part.items() if value}
    examples = [
        name
        for name, value in given.items()
        if HAS_EXAMPLE.fullmatch(name) and unnumbered(name) in known and is_placeholder(value)
    ]
    if examples:
        found.notice(", ".join(examples), "still the template's example text, and so left out")
    return {name: value for name, value in given.items() if name not in examples}


def _unquoted(value: str) -> str:
    """Docker's `--env-file` hands over quotes as part of the value."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def say_unknown(
    written: Mapping[str, str], known: Collection[str], used: Collection[str], found: Findings
) -> None:
    """Tell of names in `.env` that were probably meant to be ours. Others may stand there for other programs.

    A name whose value is among `used` serves a purpose, under the name somebody gave it.
    """
    for name, value in written.items():
        if unnumbered(name) in known or value in used:
            continue
        if near := nearest(unnumbered(name), known, LIKENESS):
            number = re.search(r"_\d+_", name)
            near = near.replace("_n_", number[0] if number else "_1_")
            found.notice(name, f"it is not a setting; did you mean {near}?")
        elif name.startswith(OUR_PREFIXES):
            found.notice(name, "it is not a setting and is not read; remove it")
