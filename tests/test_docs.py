"""The README keeps what it says: what it names is there, and its figures are those of the program.

Commands, settings and modules are compared where they are tested (tests/bot/test_commands.py,
tests/bot/test_settings.py, tests/test_house.py).
"""

import re
import subprocess
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapters.terminal_prompt import PROMPT
from bot import phrases
from bot.command_line import WITH_SETTINGS, WITHOUT_SETTINGS
from core.roles import ALLOWANCES, RESEARCHES
from core.types import Done
from core.weights import MINI

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CODE = [*re.findall(r"`([^`\n]+)`", README), *re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)]


class Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append(dict(attrs))


def test_it_begins_with_the_picture() -> None:
    """Right under the name, in its own size, and in words for who cannot see it."""
    name, picture, sentence = (it for it in README.splitlines()[:6] if it)
    assert name == "# Porchlight"
    assert sentence.startswith("**The family's AI assistant that is always on**")
    reader = Images()
    reader.feed(picture)
    (image,) = reader.found
    assert (ROOT / str(image["src"])).is_file()
    assert image["width"] == "390"
    assert len(str(image["alt"])) > 100


def test_something_works_before_it_gets_long() -> None:
    """Within a screen: no more than three commands, the sign of success, and the main trap."""
    beginning = README.partition("**Who can see what**")[0]
    commands = [
        line for block in re.findall(r"```sh\n(.*?)```", beginning, re.S) for line in block.splitlines()
    ]
    assert 1 <= len(commands) <= 3
    assert commands[0] == "make run"
    assert "it works when you see this" in beginning
    assert "**The main trap**" in beginning
    assert len(beginning.splitlines()) <= 45
    assert re.findall(r"^\*\*(W[^*]+)\*\*$", README, re.M) == [
        "Who can see what",
        "What it costs",
        "What it is not",
    ]


def test_the_sign_of_success_is_what_the_program_shows() -> None:
    """The prompt, and what stands under an answer of the model that is asked before anything is set up."""
    (sign,) = re.findall(r"it works when you see this.*?```text\n(.*?)\n```", README, re.S)
    question, *answer, blank, note = sign.splitlines()
    assert question.startswith(PROMPT)
    assert answer
    assert blank == ""
    assert note == phrases.of("en").under(Done(sign, model=MINI.name, small=True)).strip("*")


def test_who_may_ask_how_much_is_what_is_allowed() -> None:
    """Each role with its figures, in the order of the program."""
    section = README.partition("## Who may do what")[2].partition("\n## ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line
    ]
    told = {row[0]: tuple(row[1:3]) for row in rows[2:]}
    assert told == {
        role: (
            (f"{allowed.a_minute} a minute, {allowed.a_day} a day", f"{looked_up.a_day} a day")
            if allowed and (looked_up := RESEARCHES[role])
            else ("as many as needed", "as many as needed")
        )
        for role, allowed in ALLOWANCES.items()
    }


@pytest.mark.parametrize("way", ["In a container", "As a service"])
def test_running_it_takes_two_lines_each(way: str) -> None:
    """To set it up, to update it, to back it up and to be rid of it."""
    (block,) = re.findall(rf"^\*\*{way}\*\*.*?^```sh\n(.*?)^```", README, re.M | re.S)[:1]
    steps = [step.splitlines() for step in block.split("\n\n")]
    assert [head.split()[1].strip(",;") for head, *_ in steps] == ["set", "update", "backup", "uninstall"]
    assert all(head.startswith("# ") and len(lines) == 2 for head, *lines in steps)


def test_what_it_links_to_is_there() -> None:
    """Files of ours, and headings of its own."""
    targets = re.findall(r"\]\(([^)\s]+)\)", README)
    headings = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", README, re.M)
    }
    ours = [target for target in targets if "://" not in target]
    assert ours
    assert [it for it in ours if not ((ROOT / it).exists() or it.removeprefix("#") in headings)] == []


def test_it_names_every_word_of_the_command_line() -> None:
    """And none that there is not."""
    known = {word for word in (*WITH_SETTINGS, *WITHOUT_SETTINGS) if word}
    named = {word for it in CODE for word in re.findall(r"(?:porchlight|--rm bot) ([a-z]+)", it)}
    assert named <= known
    assert all(f"`{word}" in README or word in named for word in known)


@pytest.mark.parametrize("module", sorted(set(re.findall(r"python -m ([\w.]+)", README))))
def test_what_it_has_one_run_can_be_run(module: str) -> None:
    """`python -m …`: a module, or a package with a beginning."""
    found = find_spec(module)
    assert found is not None
    if found.submodule_search_locations:
        assert find_spec(f"{module}.__main__") is not None


def test_what_make_is_asked_for_is_there() -> None:
    """Every target that stands in code."""
    targets = {target for it in CODE for target in re.findall(r"\bmake ([\w./-]+)", it)}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "run" in targets
    assert {it for it in targets if not re.search(rf"^{re.escape(it)}:", makefile, re.M)} == set()


def test_the_top_is_as_small_as_it_was_agreed() -> None:
    """Every folder is in the tree under "The house"; beside them is only what tools and readers expect."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    there = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    folders = {name.partition("/")[0] for name in there if "/" in name}
    tree = README.partition("## The house")[2].partition("\n## ")[0]
    assert folders - {".ci"} == set(re.findall(r"^(\w+)/ ", tree, re.M))
    assert {name for name in there if "/" not in name} == {
        *("README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml"),
        *("Dockerfile", "compose.yaml", ".dockerignore", ".env.template", ".gitignore"),
    }
