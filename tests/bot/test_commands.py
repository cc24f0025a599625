"""The commands: who may use which, and what they do."""

import re
from pathlib import Path

import pytest

from bot.commands import COMMANDS, obey, parse, shown_to, waits_its_turn
from core.access import Role
from core.errors import Rejected
from core.inbox import Item
from core.providers import End
from core.types import Chat, Incoming, Person
from tests.bot.scenes import PARENT, SAY, scene
from tests.fakes import Beat, Player, node

PLAIN: list[Beat] = ["An answer.", End()]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("/new", ("new", "")),
        ("/NEW", ("new", "")),
        ("  /private  what is\nthis? ", ("private", "what is\nthis?")),
        ("/reset@porchlight_bot Alpha", ("reset", "Alpha")),
        ("/status.", ("status", "")),
        ("/private how much is 10²?", ("private", "how much is 10²?")),
        ("/new ½ of 5³", ("new", "½ of 5³")),
        ("\u2068/private my rash", ("private", "my rash")),
        ("/\u00adprivate my rash", ("private", "my rash")),
        ("pri\ufe0fvate is a word", None),
        ("/pri\u200bvate my rash", ("private", "my rash")),
        ("\u2800/private my rash", ("private", "my rash")),
        ("'/private my rash", ("private", "my rash")),
        ("> /private my rash", ("private", "my rash")),
        ("\\/private my rash", ("private", "my rash")),
        ("\u2215private my rash", ("private", "my rash")),
        ("/1private my rash", ("private", "my rash")),
        ("/private \U0001f468\u200d\U0001f467 दिल", ("private", "\U0001f468\u200d\U0001f467 दिल")),
        ("/usr/bin is what?", None),
        ("what is /new?", None),
        ("/private: my rash", ("private", "my rash")),
        ("/private, my rash", ("private", "my rash")),
        ("//private my rash", ("private", "my rash")),
        ("/ private my rash", ("private", "my rash")),
        ("\u200b/private my rash", ("private", "my rash")),
        ("\uff0fprivate my rash", ("private", "my rash")),
        ("/", None),
        ("/ new", None),
        ("1/2", None),
    ],
)
def test_a_command_is_told_from_a_question(text: str, parsed: tuple[str, str] | None) -> None:
    """A slash, letters, and then nothing or a space."""
    assert parse(text) == parsed


def test_questions_and_what_belongs_between_them_wait_their_turn() -> None:
    """`/stop` does not, and neither does a command nobody knows."""
    for text in ("Why?", "/private Why?", "/retry", "/new"):
        assert waits_its_turn(text)
    for text in ("/stop", "/status", "/why", "/help", "/nonsense"):
        assert not waits_its_turn(text)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("role", ["admin", "adult", "teen", "child", "guest"])
@pytest.mark.parametrize("kind", ["private", "group"])
async def test_who_may_use_what_where(tmp_path: Path, name: str, role: Role, kind: str) -> None:
    """Admin commands work for the admin, and they and those that change something in a private chat; the
    others for everybody, everywhere."""
    incoming = Incoming(Chat("stage", "x", kind), PARENT, "q1", f"/{name}", 1.0)  # type: ignore[arg-type]
    item = Item(1, incoming, "accepted", 0, None, False, None, "", None, "", False)
    async with scene(tmp_path) as house:
        said = await obey(house.desktop, item, role, SAY, name, "")
        command = COMMANDS[name]
        in_private = command.admin or command.changes
        allowed = (role == "admin" or not command.admin) and (kind == "private" or not in_private)
        if command.admin and role != "admin":
            assert said == SAY.ADMIN_ONLY
        elif in_private and kind == "group":
            assert said == SAY.PRIVATE_CHAT_ONLY
        assert (said not in (SAY.ADMIN_ONLY, SAY.PRIVATE_CHAT_ONLY)) == allowed


async def test_help_lists_what_this_person_may_use(tmp_path: Path) -> None:
    """And nothing else."""
    async with scene(tmp_path) as house:
        shown = await house.hear("/help")
        assert all((f"/{name}" in shown) is not command.hidden for name, command in COMMANDS.items())
    assert {command.name for command in shown_to("child")} == {
        name for name, command in COMMANDS.items() if not command.admin and not command.hidden
    }


async def test_help_offers_a_child_nothing_it_may_not_do(tmp_path: Path) -> None:
    """Neither a command nor what may stand behind one."""
    kid, chat = Person("stage", "9", "Mia"), Chat("stage", "9")
    async with scene(tmp_path) as house:
        assert "- /status [pin, unpin]:" in await house.hear("/help")
        await house.desktop.family.access.let_in(kid, "child")
        shown = await house.hear("/help", person=kid, chat=chat)
    assert "- /status:" in shown
    assert "- /new [question]:" in shown
    assert "pin" not in shown


async def test_an_unknown_command_gets_a_helpful_line(tmp_path: Path) -> None:
    """With the nearest one there is."""
    async with scene(tmp_path) as house:
        assert "Did you mean /status?" in await house.hear("/statsu")
        assert "/help" in await house.hear("/xyzzy")


async def test_reset_brings_a_node_back_and_says_which(tmp_path: Path) -> None:
    """By name in any case, or all of them; a wrong name gets the right ones."""
    player = Player([Rejected("401", "…")], PLAIN)
    async with scene(tmp_path, node("Alpha", player)) as house:
        await house.hear("Why?")
        assert "There are: Alpha" in await house.hear("/reset Beta")
        assert "Alpha" in await house.hear("/reset alpha")
        assert await house.hear("Why?") == "An answer."


async def test_strategy_shows_changes_and_outlives_the_program(tmp_path: Path) -> None:
    """What was chosen is on disk; a wrong name changes nothing."""
    async with scene(tmp_path) as house:
        assert "**round_robin**" in await house.hear("/strategy")
        assert "There is no strategy quick" in await house.hear("/strategy quick")
        assert house.pool.strategy == "round_robin"
        for typed in ("Least-Used", "least used"):
            assert SAY.strategy_set("least_used") == await house.hear(f"/strategy {typed}")
        assert house.pool.strategy == "least_used"
        assert await house.desktop.store.choice("strategy") == "least_used"


async def test_models_tells_who_answers_and_where(tmp_path: Path) -> None:
    """A parent sees what is in the house."""
    nodes = [node("Alpha", Player(PLAIN)), node("Home", Player(PLAIN), local=True)]
    async with scene(tmp_path, *nodes) as house:
        shown = await house.hear("/models")
        assert "Alpha: alpha-model (cloud)" in shown
        assert "Home: home-model (in the house)" in shown


def test_the_readme_names_every_command() -> None:
    """Those that are in no menu are for links and buttons."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    named = set(
        re.findall(r"`/([a-z]+)[^`]*`(?=[^|\n]*\|)", readme.partition("## Using it")[2].partition("\n## ")[0])
    )
    assert named == {name for name, command in COMMANDS.items() if not command.hidden}
