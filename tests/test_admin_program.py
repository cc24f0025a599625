"""An admin runs the whole program from each of the ways in: every admin's command, through one day, after a
restart, and with a password; a child process, the strict stand-ins, real sockets, a stand-in for each model.
"""

import re
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import phrases
from bot.commands import COMMANDS
from core.strategies import STRATEGIES
from tests.home import Home
from tests.servers.models import ModelServer
from tests.ways import (
    ANNA,
    WAYS,
    ChatWay,
    DiscordWay,
    Step,
    TelegramWay,
    TerminalWay,
    Way,
    discord_stand_in,
    named,
    plain,
    telegram_stand_in,
    way_in,
)

KEY = "canary-key-that-nobody-may-ever-see-0123"
PASSWORD = "open the porch"
WHOLE = "Forty metres."
PASTE = "(the address and the key of another model)"
NEWCOMER = "(the number of who was let in)"
SAY = phrases.of()


@pytest.fixture
async def model() -> AsyncGenerator[ModelServer, None]:
    async with ModelServer("openai", pieces=["Forty ", "metres."]) as made:
        yield made
        assert made.violations == []


@pytest.fixture
async def another() -> AsyncGenerator[ModelServer, None]:
    """The one that is added in the chat."""
    async with ModelServer("openai", pieces=["Forty ", "metres."], key=KEY, model="big-one") as made:
        yield made
        assert made.violations == []


@pytest.fixture(params=WAYS)
async def way(
    request: pytest.FixtureRequest, tmp_path: Path, model: ModelServer
) -> AsyncGenerator[Way, None]:
    async with way_in(request.param, tmp_path, model) as made:
        yield made


# ── A day ─────────────────────────────────────────────────────────────────────────────────────────


def spread_by(strategy: str) -> str:
    """How `/strategy` begins."""
    return SAY.strategy_text(strategy, list(STRATEGIES)).partition("\n")[0]


def shows_the_pause_at_the_top(way: ChatWay) -> bool:
    """In the post that an earlier run has pinned."""
    (post,) = way.pinned()
    return plain(SAY.ALL_PAUSED) in plain(way.chat.messages[post].text)


def took_it_away(way: ChatWay) -> bool:
    """In a direct chat on Discord only those who wrote something can delete it."""
    if isinstance(way, DiscordWay):
        return SAY.DELETE_IT_YOURSELF in way.shown()
    return way.took_away()


STATUS = (
    Step("How deep?", [WHOLE]),
    Step("/status", [SAY.ALL_WELL, "🟢 OpenAI-1: active · 1 asked, 100% answered", "Nobody is waiting"]),
    Step("And how wide?", [WHOLE]),
    Step("/status", ["2 asked, 100% answered"], button=SAY.REFRESH_BUTTON, in_place=True),
    Step("/status details", ["tokens read", "Porchlight "], button=SAY.DETAILS_BUTTON, in_place=True),
    Step("/status pin", [SAY.ALL_WELL], typed=[SAY.PIN_NOT_HERE], then=ChatWay.is_pinned),
    Step("/status pin", [SAY.ALL_WELL], typed=[SAY.PIN_NOT_HERE], then=ChatWay.is_pinned),
    Step("/status unpin", [SAY.UNPINNED], typed=[SAY.NOTHING_PINNED], then=lambda way: not way.pinned()),
    Step("/status", [SAY.ALL_WELL]),
    Step("/reset", [SAY.reset_done(["OpenAI-1"])], button=SAY.RESET_BUTTON),
    Step("/reset OpenAI-1", [SAY.reset_done(["OpenAI-1"])]),
    Step("/reset Nobody", [SAY.reset_unknown("Nobody", ["OpenAI-1"])]),
    Step("/strategy", [spread_by("round_robin")], button=SAY.STRATEGY_BUTTON, in_place=True),
    Step("/strategy random", [SAY.strategy_set("random")], button="random", in_place=True),
    Step("/strategy", [spread_by("random")]),
    Step("/strategy clever", ["There is no strategy clever."]),
)
NODES = (
    Step("/nodes", ["🟢 OpenAI-1: active"]),
    Step("/nodes add", [SAY.ADD_HOW.partition("\n")[0]], button=SAY.ADD_BUTTON, in_place=True),
    Step(PASTE, ["🟢 Server answers", "big-one"], then=took_it_away),
    Step("/nodes", ["🟢 OpenAI-1: active", "🟢 Server: active"]),
    Step("/nodes show Server", ["🟢 Server: active", "big-one"], button="Server", in_place=True),
    Step("/nodes test Server", ["🟢 Server answers"], button=SAY.TEST_BUTTON, in_place=True),
    Step("/models", ["OpenAI-1: stand-in (cloud)", "Server: big-one (cloud)"]),
    Step("/choose Server", ["Server is asked for big-one."], button="Server", in_place=True),
    Step("/choose Server big-one", [SAY.model_set("Server", "big-one")], button="big-one", in_place=True),
    Step("/nodes pause OpenAI-1", [SAY.node_paused("OpenAI-1")]),
    Step("Why is the lake deep?", [WHOLE]),
    Step("/why", ["🟢 Server answered (big-one)"]),
    Step("/nodes resume OpenAI-1", [SAY.node_goes_on("OpenAI-1")], button=SAY.GO_ON_BUTTON, in_place=True),
    Step("/nodes pause Server", [SAY.node_paused("Server")]),
)
LOOKING = (
    Step("/logs 20 info", ["| INFO |"]),
    Step("/logs 5 warning", [SAY.NO_LOGS]),
    Step("/logs everything", [SAY.LOGS_HOW]),
    Step("/usage", ["3 today"]),
    Step("/backup", ["🟢 A backup was made: "]),
    Step("/status", ["last backup"]),
    Step(
        "/chart",
        ["OpenAI-1: asked "],
        button=SAY.CHART_BUTTON,
        typed=[SAY.CHART["title"], "OpenAI-1: asked "],
        then=lambda way: way.pictures() == 1,
    ),
    Step(
        "/digest",
        [SAY.DIGEST_WELL, ": 3"],
        typed=[SAY.DIGEST_WELL, ": 3", SAY.CHART["title"]],
        then=lambda way: way.pictures() == 2,
    ),
    Step("/less", [SAY.DIGEST_CHOSEN["weekly"]], button=SAY.LESS_BUTTON, typed=[SAY.NO_DIGEST_HERE]),
    Step(
        "/digest off",
        [SAY.DIGEST_CHOSEN["off"]],
        button=SAY.OFTEN["off"],
        typed=[SAY.NO_DIGEST_HERE],
        in_place=True,
    ),
    Step("/digest daily", [SAY.DIGEST_CHOSEN["daily"]], typed=[SAY.NO_DIGEST_HERE]),
)
PEOPLE = (
    Step("/groups", [SAY.groups_text([])]),
    Step("/invite", [SAY.INVITE_WHOM]),
    Step("/invite child Mia", ["An invitation for Mia (child)."]),
    Step("/allow telegram:98 guest", ["may talk with me now, as guest."]),
    Step("/people", ["without a name: guest"]),
    Step(f"/role {NEWCOMER} teen", ["is teen now."]),
    Step(f"/remove {NEWCOMER}", ["They can no longer talk with me then."]),
    Step(f"/remove {NEWCOMER} yes", ["is removed."], button=SAY.REMOVE_YES, in_place=True),
    Step("/block telegram:98", [SAY.BLOCKED]),
    Step("/people", ["(telegram 98)"]),
    Step("/unblock telegram:98", [SAY.UNBLOCKED], button=SAY.unblock_button("98"), in_place=True),
)
PAUSE = (
    Step("/status pin", [SAY.ALL_WELL], typed=[SAY.PIN_NOT_HERE], then=ChatWay.is_pinned),
    Step("/pause", [SAY.PAUSED]),
    Step("Does this wait?", [SAY.PAUSED_FOR_NOW]),
)
AFTER_A_RESTART = (
    Step("/status", [SAY.ALL_PAUSED, "1 waiting"], then=shows_the_pause_at_the_top),
    Step("/nodes", ["🟢 OpenAI-1: active", "⚪ Server: paused"]),
    Step("/strategy", [spread_by("random")]),
    Step("/resume", [SAY.RESUMED, WHOLE]),
    Step("/resume", [SAY.NOT_PAUSED]),
    Step("/why", ["🟢 OpenAI-1 answered"]),
    Step("/nodes remove OpenAI-1", [SAY.node_in_settings("OpenAI-1")]),
    Step("/nodes remove Server", [SAY.node_remove_sure("Server")]),
    Step("/nodes remove Server yes", [SAY.node_removed("Server")], button=SAY.REMOVE_NODE_YES, in_place=True),
)
DAY = (*STATUS, *NODES, *LOOKING, *PEOPLE, *PAUSE)


def test_the_day_holds_every_command_of_an_admin() -> None:
    """So that none is ever added and tried out nowhere; those that show an admin more than others, too."""
    wanted = {it.name for it in COMMANDS.values() if it.admin} | {"status", "models"}
    assert wanted <= {step.command for step in (*DAY, *AFTER_A_RESTART)}


def filled_in(step: Step, known: Mapping[str, str]) -> Step:
    """With what is known only while it runs."""
    text = step.text
    for placeholder, value in known.items():
        text = text.replace(placeholder, value)
    return replace(step, text=text)


async def test_a_day_of_an_admin(way: Way, model: ModelServer, another: ModelServer) -> None:
    """Every command is obeyed on each platform, by its name and by its buttons, and what was changed is still
    so after a restart. The key that was pasted is in no log, and not among what was typed."""
    known = {PASTE: f"{another.url} {KEY}"}
    async with way.running():
        for step in DAY:
            await way(filled_in(step, known))
            if found := re.search(r"#(\d+) without a name: guest", way.shown()):
                known[NEWCOMER] = found[1]
        assert len(model.asks) == 2
    async with way.running():
        await way(*AFTER_A_RESTART)
    assert [ask.question for ask in model.asks][-1] == "Does this wait?"
    data = way.home.folder / "data"
    for name in ("system.log", "typed"):
        assert KEY not in ((data / name).read_text() if (data / name).exists() else "")
    with closing(sqlite3.connect(data / "porchlight.db")) as database:
        assert database.execute("SELECT name FROM added_nodes").fetchall() == []


# ── With a password ───────────────────────────────────────────────────────────────────────────────

CHANGING = [step for step in DAY if step.command and COMMANDS[step.command].changes]
ASKS = ["This changes something"]
"""In whichever way."""


@pytest.mark.parametrize("way", [it for it in WAYS if it != "terminal"], indirect=True)
async def test_with_a_password_every_change_asks_for_it(way: ChatWay) -> None:
    """And does nothing before it is given: into a form where there is one, else as a message that is taken
    away where that may be. What asked for it is done then; the next run asks again."""
    way.home.settings(ADMIN_PASSWORD=PASSWORD)
    async with way.running():
        await way(*(Step(step.text, ASKS) for step in CHANGING))
        await way(Step("/status", [SAY.ALL_WELL]), Step("/people", ["#1 Anna: admin"]))
        await way(Step("/reset", ASKS, button=SAY.RESET_BUTTON))
        if isinstance(way, DiscordWay) and not way.by_words:
            await way.enter(PASSWORD, SAY.reset_done(["OpenAI-1"]))
        else:
            await way(Step(PASSWORD, [SAY.reset_done(["OpenAI-1"])], then=took_it_away))
        await way(Step("/strategy", [spread_by("round_robin")]), Step("/pause", [SAY.PAUSED]))
    async with way.running():
        await way(Step("/resume", ASKS), Step("/status", [SAY.ALL_PAUSED]))
    assert PASSWORD.encode() not in way.home.everything_written()


async def test_whoever_sits_at_the_machine_is_asked_for_no_password(
    tmp_path: Path, model: ModelServer
) -> None:
    """They could read it there."""
    async with way_in("terminal", tmp_path, model) as way:
        way.home.settings(ADMIN_PASSWORD=PASSWORD)
        async with way.running():
            await way(Step("/strategy random", [SAY.strategy_set("random")]))


# ── Everywhere at once ────────────────────────────────────────────────────────────────────────────


async def test_what_one_admin_does_holds_for_all(tmp_path: Path, model: ModelServer) -> None:
    """Paused at the terminal, questions wait on each platform, over a restart, too; gone on with on Discord,
    each is answered where it was asked; what is chosen on Telegram is so everywhere."""
    async with telegram_stand_in() as telegram, discord_stand_in() as discord:
        admins = f"telegram:{ANNA},discord:{ANNA}"
        home = Home(tmp_path, discord, model, ADMIN_IDS=admins, **named(telegram), **named(discord))
        home.settings()
        on_telegram = TelegramWay(home, telegram, telegram.private(ANNA))
        on_discord = DiscordWay(home, discord, discord.dm(ANNA))
        at_home = TerminalWay(home)
        waits = Step("How deep?", [SAY.PAUSED_FOR_NOW])
        async with at_home.running():
            await on_discord.ready()
            await at_home(Step("/pause", [SAY.PAUSED]), waits)
            await on_telegram(waits)
            await on_discord(waits, Step("/status", ["3 waiting"]))
        assert model.asks == []
        async with at_home.running():
            await on_discord.ready()
            await on_discord(Step("/resume", [SAY.RESUMED, WHOLE]))
            await on_telegram.sees(WHOLE)
            await at_home.sees(WHOLE)
            await on_telegram(Step("/strategy random", [SAY.strategy_set("random")]))
            await at_home(Step("/strategy", [spread_by("random")]))
        assert len(model.asks) == 3
