"""The rules of the house, kept by reading the source: who may know whom, and what may be said where."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "core", "adapters", "migrations")
LINES_MAX = 400

PLATFORM_LIBRARIES = {"telegram", "discord", "prompt_toolkit"}
LOGGING_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
PEOPLES_WORDS = {
    "text",
    "question",
    "answer",
    "piece",
    "markdown",
    "caption",
    "prompt",
    "turn",
    "turns",
    "body",
}

SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), name_of(path))


def imports(path: Path) -> Iterator[str]:
    """The dotted names a file imports, wherever in it; of `from a import b`, both `a` and `a.b`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            if node.level:
                base = path.relative_to(ROOT).parts[: -node.level]
                package = ".".join((*base, package)).rstrip(".")
            yield package
            yield from (f"{package}.{alias.name}" for alias in node.names)


def imported_by(path: Path, forbidden: set[str]) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] in forbidden}


def in_package(package: str) -> list[Path]:
    return [path for path in SOURCES if name_of(path).startswith(f"{package}/")]


# ── Layers ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", in_package("core"), ids=name_of)
def test_core_knows_neither_bot_nor_platform(path: Path) -> None:
    """core imports no bot, no adapters and no chat platform."""
    assert imported_by(path, {"bot", "adapters", "tests", *PLATFORM_LIBRARIES}) == set()


@pytest.mark.parametrize("path", in_package("adapters"), ids=name_of)
def test_adapter_knows_core_and_itself(path: Path) -> None:
    """An adapter imports no bot and no other adapter; `x.py` may import its own `x_text.py`."""
    platform = path.stem.partition("_")[0]
    own = re.compile(rf"adapters(\.{platform}(_\w+)?(\..*)?)?")
    assert {
        name for name in imported_by(path, {"bot", "tests", "adapters"}) if not own.fullmatch(name)
    } == set()


@pytest.mark.parametrize("path", in_package("bot"), ids=name_of)
def test_bot_knows_no_platform_library(path: Path) -> None:
    """bot speaks to a chat platform through its adapter only."""
    assert imported_by(path, {"tests", *PLATFORM_LIBRARIES}) == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_environment_is_read_in_one_place(path: Path) -> None:
    """Only bot/settings.py reads the environment; everything else is given its values. (A child process
    inherits it without being handed it, and `os.putenv` reads nothing.)"""
    readers = {"environ", "environb", "getenv", "getenvb"}
    found = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)} & readers
    found |= {name.split(".")[-1] for name in imports(path) if name.startswith("os.")} & readers
    assert found == set() or name_of(path) == "bot/settings.py"


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_stay_readable(path: Path) -> None:
    """No file is longer than an evening's patience, and each says at its head what it is for."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= LINES_MAX
    assert not text.strip() or ast.get_docstring(ast.parse(text)) or path.name == "__init__.py"


def modules_in_readme() -> set[str]:
    """The modules named in the trees of README.md, the fenced blocks under "The house".

    A folder is a word that ends with / at the head of a line; it holds the files named behind it and on
    the lines below that are indented further.
    """
    readme = (ROOT / "README.md").read_text("utf-8")
    section = re.search(r"^## The house\n(.*?)(?=^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    modules = set()
    for block in re.findall(r"^```\w*\n(.*?)^```", section[1] if section else "", re.DOTALL | re.MULTILINE):
        folders: list[tuple[int, str]] = []
        for line in re.sub(r"[│├└─]", " ", block).splitlines():
            indent = len(line) - len(line.lstrip())
            folders = [(depth, folder) for depth, folder in folders if depth < indent]
            if head := re.match(r"\s*([\w/]+)/(?=\s|$)", line):
                folders.append((indent, f"{folders[-1][1] if folders else ''}{head[1]}/"))
            folder = folders[-1][1] if folders else ""
            modules |= {folder + file for file in re.findall(r"(?<![\w/.])\w+\.py\b", line)}
    return modules


def test_readme_names_every_module() -> None:
    """The tree in the README has every module of bot, core and adapters, and no other."""
    there = {name_of(path) for path in SOURCES if path.name != "__init__.py"}
    assert modules_in_readme() == there


def tracked_texts() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (raw := path.read_bytes()):
            yield name, raw.decode("utf-8")


def test_no_machine_shows_in_the_source() -> None:
    """No file names a folder of the machine it was written on, or the package index it was built from."""
    folders = re.compile(r"(?<![\w.:/~])/(?:work|root|opt|home|Users|tmp)/\w")
    hosts = re.compile(r"\bpypi\.\w+|\bregistry\.\w+\.\w+")
    found = {
        (name, hit[0])
        for name, text in tracked_texts()
        if not name.startswith("tests/data/")  # recorded replies of real servers
        for pattern in (folders, hosts)
        for hit in pattern.finditer(text)
    }
    assert found == set()


# ── The log ───────────────────────────────────────────────────────────────────────────────────────


def logging_calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            owner_name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if node.func.attr in LOGGING_METHODS and owner_name.strip("_") in ("log", "logger", "logging"):
                yield node


def words_in(call: ast.Call) -> Iterator[str]:
    """The names a call's arguments are made of; but how long a text is may be told."""
    rest: list[ast.AST] = [*call.args, *(keyword.value for keyword in call.keywords)]
    while rest:
        node = rest.pop()
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
            continue
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        rest += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_words_of_people_in_the_log(path: Path) -> None:
    """No logging call is given anything that holds what people, or models, wrote."""
    found = {
        f"line {call.lineno}: {word}"
        for call in logging_calls(path)
        for word in words_in(call)
        if word in PEOPLES_WORDS
    }
    assert found == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_log_is_set_up_in_one_place(path: Path) -> None:
    """Only bot/logs.py adds a handler, so every handler strikes out secrets."""
    made = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    made |= {name.split(".")[-1] for name in imports(path)}
    found = {
        name
        for name in made
        if name in ("basicConfig", "addHandler") or name.endswith(("FileHandler", "StreamHandler"))
    }
    assert found == set() or name_of(path) == "bot/logs.py"
