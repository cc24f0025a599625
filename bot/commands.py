"""The commands, in one registry: what each is called, who may use it, and what it does.

A command gives back either the words to answer with, or a `Question` to put to a model. To add one:
write the function and name it in `COMMANDS`; `/help`, the menus of the platforms and the tests of who
may do what read them from there.
"""

import difflib
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.phrases.english import English
from core.access import Role
from core.inbox import Inbox, Item
from core.node_store import NodeStore
from core.pool import Pool
from core.strategies import STRATEGIES
from core.types import Chat, Person

STRATEGY_CHOICE = "strategy"
"""The name under which `/strategy` keeps what was chosen."""


@dataclass(frozen=True, slots=True)
class Question:
    """Put this to a model. `supersedes` is the row whose answer it replaces."""

    text: str
    private: bool = False
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class Desktop:
    """What commands may reach."""

    pool: Pool
    inbox: Inbox
    store: NodeStore
    stop: Callable[[Chat, Person], bool]
    """End the answer that is growing for this person there; false if there is none."""
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command."""

    item: Item
    role: Role
    argument: str
    say: English
    """In the language of whoever called."""


@dataclass(frozen=True, slots=True)
class Command:
    """What it does and what may stand behind it is said in bot/call.say."""

    name: str
    run: Callable[[Desktop, Call], Awaitable[str | Question]]
    admin: bool = False
    in_turn: bool = False
    """It waits for the answers before it; the others are answered at once."""


# ── For everybody ─────────────────────────────────────────────────────────────────────────────────


async def new(desktop: Desktop, call: Call) -> str | Question:
    await desktop.inbox.start_anew(call.item.incoming.chat, call.item.incoming.person, call.item.id)
    return Question(call.argument) if call.argument else call.say.FRESH_START


async def stop(desktop: Desktop, call: Call) -> str:
    stopped = desktop.stop(call.item.incoming.chat, call.item.incoming.person)
    return call.say.STOPPED if stopped else call.say.NOTHING_TO_STOP


async def retry(desktop: Desktop, call: Call) -> str | Question:
    last = await desktop.inbox.last_question(call.item.incoming.chat, call.item.incoming.person)
    if last is None or last.question is None:
        return call.say.NOTHING_TO_RETRY
    return Question(last.question, last.private, supersedes=last.id)


async def private(desktop: Desktop, call: Call) -> str | Question:
    return Question(call.argument, private=True) if call.argument else call.say.PRIVATE_BARE


async def models(desktop: Desktop, call: Call) -> str:
    lines = [call.say.model_line(node, desktop.clock()) for node in desktop.pool.nodes]
    return call.say.models_text(lines) if lines else call.say.NO_MODELS


# ── For the admin ─────────────────────────────────────────────────────────────────────────────────


async def status(desktop: Desktop, call: Call) -> str:
    now = desktop.clock()
    nodes = desktop.pool.nodes
    lines = [call.say.node_line(node, now) for node in nodes]
    return "\n".join([call.say.verdict(nodes, now), "", *lines]).strip()


async def reset(desktop: Desktop, call: Call) -> str:
    names = desktop.pool.reset(call.argument or None)
    if not names:
        return call.say.reset_unknown(call.argument, [node.name for node in desktop.pool.nodes])
    return call.say.reset_done(names)


async def strategy(desktop: Desktop, call: Call) -> str:
    known = list(STRATEGIES)
    if not call.argument:
        return call.say.strategy_text(desktop.pool.strategy, known)
    name = call.argument.lower().replace("-", "_")
    if name not in STRATEGIES:
        return call.say.strategy_unknown(call.argument, known)
    await desktop.store.choose(STRATEGY_CHOICE, name)
    desktop.pool.strategy = name
    return call.say.strategy_set(name)


# ── The registry ──────────────────────────────────────────────────────────────────────────────────


async def help_(desktop: Desktop, call: Call) -> str:
    return call.say.help_text([command.name for command in shown_to(call.role)])


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("help", help_),
        Command("new", new, in_turn=True),
        Command("stop", stop),
        Command("retry", retry, in_turn=True),
        Command("private", private, in_turn=True),
        Command("models", models),
        Command("status", status, admin=True),
        Command("reset", reset, admin=True),
        Command("strategy", strategy, admin=True),
    )
}

_COMMAND = re.compile(r"/([a-z_]+)(?:@\w+)?[.,:;!?]*(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
"""With the stop or comma that a phone's keyboard puts behind a word; a path like `/etc/hosts` is none."""

_PRIVATE = re.compile(r"/+\s*private\b[^\w\s]*\s*(.*)", re.IGNORECASE | re.DOTALL)
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060-\u2064\ufeff]")


def parse(text: str) -> tuple[str, str] | None:
    """A command's name in lower case and its argument; None if the text is no command."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).strip()
    if private := _PRIVATE.fullmatch(text):  # a slip of the finger must not send it outside
        return "private", private[1].strip()
    match = _COMMAND.fullmatch(text)
    return (match[1].lower(), (match[2] or "").strip()) if match else None


def waits_its_turn(text: str) -> bool:
    """Questions, and the commands that belong between them, are taken one after the other; the other
    commands are answered at once, beside an answer that is still growing."""
    called = parse(text)
    command = COMMANDS.get(called[0]) if called else None
    return called is None or (command is not None and command.in_turn)


def shown_to(role: Role) -> list[Command]:
    return [command for command in COMMANDS.values() if role == "admin" or not command.admin]


async def obey(
    desktop: Desktop, item: Item, role: Role, say: English, name: str, argument: str
) -> str | Question:
    """Run the command if there is one of this name and this person may use it here."""
    command = COMMANDS.get(name)
    known = shown_to(role)
    if command is None:
        close = difflib.get_close_matches(name, [command.name for command in known], n=1)
        return say.unknown_command(name, close[0] if close else None)
    if command not in known:
        return say.ADMIN_ONLY
    if command.admin and item.incoming.chat.kind != "private":
        return say.PRIVATE_CHAT_ONLY
    return await command.run(desktop, Call(item, role, argument, say))
