"""The commands, in one registry: what each is called, who may use it, and what it does.

A command gives back words to answer with, or a `Question` to put to a model. To add one: write the
function, name it in `COMMANDS`, and say in bot/phrases what it does; `/help`, the menus of the platforms and
the tests of who may do what read them from there. Those about people stand in
bot/people_commands.py, the admin's in bot/admin_commands.py and bot/node_commands.py.
"""

import difflib
import re
import unicodedata
from dataclasses import replace

from bot import admin_commands as admin
from bot import digest_commands
from bot import node_commands as nodes
from bot import people_commands as people
from bot.calls import Call, Command, Desktop, Question, Reply
from bot.phrases.english import English
from core.inbox import Item, Mode
from core.research_prompt import links_in
from core.roles import Role
from core.types import Button, Incoming, Messenger

ROW_DIGITS_MAX = 18

# ── For everybody ─────────────────────────────────────────────────────────────────────────────────


async def new(desktop: Desktop, call: Call) -> str | Question:
    await desktop.memory.start_anew(call.chat, call.person, call.item.id)
    return _question(call) if call.argument else call.say.FRESH_START


async def stop(desktop: Desktop, call: Call) -> str:
    stopped = desktop.stop(call.chat, call.person)
    if call.item.incoming.pressed is not None:
        return ""  # the answer itself shows that it has ended
    return call.say.STOPPED if stopped else call.say.NOTHING_TO_STOP


async def retry(desktop: Desktop, call: Call) -> str | Question:
    """The last question again; behind a button stands which one it was."""
    if (row := row_number(call.argument)) is not None:
        last = await desktop.memory.question(call.chat, call.person, row)
    else:
        last = await desktop.memory.last_question(call.chat, call.person)
    if last is None or last.question is None:
        return call.say.NOTHING_TO_RETRY
    was_about_a_link = parse(last.incoming.text) is None and bool(links_in(last.question)[0])
    mode = "chat" if was_about_a_link else last.mode  # then no more than the link is looked up again either
    return Question(last.question, last.private, mode, supersedes=last.id, reply_to=last.incoming.reply_to)


async def ask(desktop: Desktop, call: Call) -> str | Question:
    """Where commands are chosen from a list, a question is one of them."""
    return _question(call) if call.argument else call.say.ASK_SOMETHING


def _question(call: Call) -> str | Question:
    """What stands behind a command may itself begin with /private or /research, and is meant so."""
    called = parse(call.argument)
    match called:
        case "private", argument:
            return Question(argument, private=True) if argument else call.say.PRIVATE_BARE
        case "research", argument:
            return Question(argument, mode="research") if argument else call.say.RESEARCH_WHAT
    return Question(call.argument)


async def private(desktop: Desktop, call: Call) -> str | Question:
    return Question(call.argument, private=True) if call.argument else call.say.PRIVATE_BARE


# ── From the web ──────────────────────────────────────────────────────────────────────────────────


async def research(desktop: Desktop, call: Call) -> str | Question:
    if not call.argument:
        return call.say.RESEARCH_WHAT
    meant = _question(call)
    if isinstance(meant, str) or meant.private:
        return meant  # it stays in the house, whatever stands before it
    return replace(meant, mode="research")


async def lookup(desktop: Desktop, call: Call) -> str | Question:
    """Behind a button: the question of that row, from the web."""
    return await _again(desktop, call, "research")


async def deeper(desktop: Desktop, call: Call) -> str | Question:
    """Behind a button: the same with more searches and more pages."""
    return await _again(desktop, call, "deeper")


async def quotes(desktop: Desktop, call: Call) -> str:
    """Behind a button: the sentences that the answer to that row relied on."""
    row = row_number(call.argument)
    if row is None or not await desktop.memory.answered_there(call.chat, row):
        return call.say.NO_QUOTES
    return await desktop.web.quotes(row) or call.say.NO_QUOTES


async def forget(desktop: Desktop, call: Call) -> str:
    await desktop.web.forget(call.person)
    return call.say.FORGOTTEN


async def _again(desktop: Desktop, call: Call, mode: Mode) -> str | Question:
    row = row_number(call.argument)
    known = await desktop.memory.question(call.chat, call.person, row) if row is not None else None
    if known is None or known.question is None:
        return call.say.ONLY_WHO_ASKED if call.chat.kind == "group" else call.say.NOTHING_TO_RETRY
    if known.private:
        return call.say.PRIVATE_NOT_LOOKED_UP
    return Question(known.question, mode=mode, before=known.id, reply_to=known.incoming.reply_to)


# ── The registry ──────────────────────────────────────────────────────────────────────────────────


async def help_(desktop: Desktop, call: Call) -> str:
    lines = [
        call.say.help_line(it.name, bare=it.arguments_admin and call.role != "admin")
        for it in shown_to(call.role)
    ]
    return call.say.help_text(lines)


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("start", people.start, hidden=True),
        Command("help", help_),
        Command("ask", ask, in_turn=True, hidden=True),
        Command("new", new, in_turn=True),
        Command("stop", stop),
        Command("retry", retry, in_turn=True),
        Command("private", private, in_turn=True),
        Command("research", research, in_turn=True),
        Command("lookup", lookup, in_turn=True, hidden=True),
        Command("deeper", deeper, in_turn=True, hidden=True),
        Command("quotes", quotes, hidden=True),
        Command("forget", forget),
        Command("settings", people.settings, in_place=True),
        Command("link", people.link, changes=True),
        Command("models", nodes.models),
        Command("status", admin.show_status, in_place=True, arguments_admin=True),
        Command("chart", admin.chart, admin=True, hidden=True),
        Command("nodes", nodes.nodes, admin=True, changes=True, in_place=True),
        Command("choose", nodes.choose, admin=True, changes=True, in_place=True, hidden=True),
        Command("reset", nodes.reset, admin=True, changes=True),
        Command("strategy", nodes.strategy, admin=True, changes=True, in_place=True),
        Command("logs", admin.logs, admin=True),
        Command("usage", admin.show_usage, admin=True),
        Command("why", admin.why, admin=True),
        Command("pause", admin.pause, admin=True, changes=True),
        Command("resume", admin.resume, admin=True, changes=True),
        Command("backup", admin.backup, admin=True),
        Command("invite", people.invite, admin=True, changes=True, in_place=True),
        Command("people", people.people, admin=True),
        Command("role", people.role, admin=True, changes=True, in_place=True),
        Command("remove", people.remove, admin=True, changes=True, in_place=True),
        Command("groups", people.groups, admin=True),
        Command("digest", digest_commands.digest, admin=True, in_place=True),
        Command("less", digest_commands.less, admin=True, hidden=True),
        Command("allow", people.allow, admin=True, changes=True, in_place=True, hidden=True),
        Command("block", people.block, admin=True, changes=True, in_place=True, hidden=True),
        Command("unblock", people.unblock, admin=True, changes=True, in_place=True, hidden=True),
    )
}

_COMMAND = re.compile(r"/([a-z_]+)(?:@\w+)?[.,:;!?]*(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)
"""With the stop or comma that a phone's keyboard puts behind a word; a path like `/etc/hosts` is none."""

_PRIVATE = re.compile(r"[\W_]*[/\\∕⁄⧸╱][\W_\d]*private\b[^\w\s]*", re.IGNORECASE)
"""Whatever slips in between: a private question must not go outside for it."""
_UNSEEN = {"Cf", "Cc", "Cs"}
_BLANK = frozenset("\u2800\u3164\uffa0\u115f\u1160\u034f") | {chr(code) for code in range(0xFE00, 0xFE10)}
"""Letters and marks, as Unicode has it, that nobody sees."""


def parse(text: str) -> tuple[str, str] | None:
    """A command's name in lower case and its argument; None if the text is no command."""
    written = text.strip()
    bare = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", written)
        if letter.isspace() or (unicodedata.category(letter) not in _UNSEEN and letter not in _BLANK)
    ).strip()
    if private := _PRIVATE.match(bare):
        return "private", _behind(written, bare, private.end())
    match = _COMMAND.fullmatch(bare)
    return (match[1].lower(), _behind(written, bare, match.start(2)) if match[2] else "") if match else None


def _behind(written: str, bare: str, end: int) -> str:
    """What stands behind the command, as it was written: 10² is not 102."""
    rest = bare[end:]
    if rest and not rest[0].isspace() and not bare[:end][-1:].isspace():
        return rest.strip()  # nothing between them, as in "/private:why"
    words = len(bare[:end].split())
    return "".join(written.split(maxsplit=words)[words:]).strip()


def waits_its_turn(text: str) -> bool:
    """Questions, and the commands that belong between them, are taken one after the other; the other
    commands are answered at once, beside an answer that is still growing."""
    called = parse(text)
    command = COMMANDS.get(called[0]) if called else None
    return called is None or (command is not None and command.in_turn)


def pressed(incoming: Incoming) -> tuple[Command | None, int | None]:
    """Of a button that was pressed: its command, and the row it wants to be answered again."""
    called = parse(incoming.text) if incoming.pressed is not None else None
    if called is None:
        return None, None
    row = row_number(called[1]) if called[0] == "retry" else None
    return COMMANDS.get(called[0]), row


def row_number(text: str) -> int | None:
    """Of a row in the inbox; whatever else a forged button holds is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ROW_DIGITS_MAX else None


def shown_to(role: Role) -> list[Command]:
    """What the menus and `/help` offer."""
    return [it for it in COMMANDS.values() if (role == "admin" or not it.admin) and not it.hidden]


async def obey(
    desktop: Desktop, item: Item, role: Role, say: English, name: str, argument: str
) -> str | Reply | Question:
    """Run the command if there is one of this name and this person may use it here."""
    command = COMMANDS.get(name)
    if command is None and item.incoming.chat.kind == "group":
        return ""  # it is probably meant for another bot
    if command is None:
        close = difflib.get_close_matches(name, [command.name for command in shown_to(role)], n=1)
        return say.unknown_command(name, close[0] if close else None)
    if command.admin and role != "admin":
        return say.ADMIN_ONLY
    if (command.admin or command.changes) and item.incoming.chat.kind != "private":
        return say.PRIVATE_CHAT_ONLY
    adapter = desktop.adapters.get(item.incoming.chat.platform)
    if command.changes and adapter is not None and not adapter.resumes:
        return say.ONLY_IN_A_CHAT
    if command.changes and role == "admin" and not desktop.family.is_unlocked(item.incoming.person):
        if isinstance(adapter, Messenger) and adapter.has_form:
            return Reply(say.PASSWORD_FORM, (Button(say.PASSWORD_BUTTON, "/password"),))
        return say.PASSWORD_WANTED
    return await command.run(desktop, Call(item, role, argument, say))
