"""The admin's commands about how everything is doing: the status and its chart, the log, who used how much,
which way an answer came; and those that hold everything for a while, or make a backup. Those about the
models stand in bot/node_commands.py.
"""

import asyncio
from dataclasses import replace

from bot import charts, log_tail, node_commands, status
from bot.calls import Call, Desktop, Reply
from bot.phrases.english import English
from bot.pinned import Shown
from bot.status_facts import Facts
from core import usage
from core.errors import StorageError
from core.people import Member
from core.roles import MINORS
from core.trail import NOBODY_ASKED, Trail
from core.types import ANSWERED, Button, Messenger, Person

LOGS_SHOWN, LOGS_SHOWN_MAX, LOGS_DIGITS_MAX = 20, 999, 3
"""No post holds more than a few dozen."""
LEVEL = "info"


# ── How everything is doing ───────────────────────────────────────────────────────────────────────


async def show_status(desktop: Desktop, call: Call) -> str | Reply:
    """`/status [details]`, `/status pin`, `/status unpin`; for all but an admin in private one line."""
    if call.role != "admin" or call.chat.kind != "private":
        signs = await desktop.operating.look_at()
        return status.member_text(signs, call.say, minor=call.role in MINORS)
    facts = await _facts(desktop)
    match call.argument.lower():
        case "pin":
            return await _pin(desktop, call)
        case "unpin":
            gone = await desktop.operating.pins.let_go(call.chat)
            return call.say.UNPINNED if gone else call.say.NOTHING_PINNED
        case asked:
            detailed = asked == "details"
            text = status.status_text(facts, call.say, detailed=detailed)
            return Reply(text, _status_buttons(call.say, detailed=detailed))


async def pinned_status(desktop: Desktop, person: Person, say: English) -> Shown | None:
    """What the pinned post of this person shows; None: they are no admin any more."""
    if desktop.family.access.role_of(person) != "admin":
        return None
    return await _steady_status(desktop, say)


async def _steady_status(desktop: Desktop, say: English) -> Shown:
    text = status.status_text(await _facts(desktop), say, steady=True)
    return text, (Button(say.REFRESH_BUTTON, "/status pin"),)


async def _pin(desktop: Desktop, call: Call) -> str | Reply:
    if not isinstance(desktop.adapters.get(call.chat.platform), Messenger):
        return call.say.PIN_NOT_HERE
    text, buttons = await _steady_status(desktop, call.say)
    await desktop.operating.pins.keep(call.chat, call.person, call.item.id, text)
    return Reply(text, buttons)


async def _facts(desktop: Desktop) -> Facts:
    return await status.facts(
        desktop.pool, desktop.adapters, desktop.inbox, desktop.operating, desktop.clock()
    )


def _status_buttons(say: English, *, detailed: bool) -> tuple[Button, ...]:
    refresh = Button(say.REFRESH_BUTTON, "/status details" if detailed else "/status")
    back, details = Button(say.BACK_BUTTON, "/status"), Button(say.DETAILS_BUTTON, "/status details")
    return (
        *(refresh, Button(say.CHART_BUTTON, "/chart"), back if detailed else details),
        *(Button(say.RESET_BUTTON, "/reset"), Button(say.STRATEGY_BUTTON, "/strategy")),
    )


async def chart(desktop: Desktop, call: Call) -> Reply:
    """Behind the button: the last day, or week, as a picture where one can be seen."""
    adapter = desktop.adapters.get(call.chat.platform)
    shows_pictures = adapter is not None and adapter.limits.pictures
    span: charts.Span = "week" if call.argument.lower() == "week" else "day"
    drawn, png = await desktop.operating.draw(span, call.say, shows_pictures)
    week, day = Button(call.say.WEEK_BUTTON, "/chart week"), Button(call.say.DAY_BUTTON, "/chart")
    buttons = (week if span == "day" else day,)
    if png is None:
        return Reply(charts.table(drawn, call.say), buttons)
    return Reply(f"**{drawn.title}**", buttons, png, drawn.caption)


# ── What happened ─────────────────────────────────────────────────────────────────────────────────


async def logs(desktop: Desktop, call: Call) -> str:
    """`/logs [n] [level]`, in any order."""
    count, level = LOGS_SHOWN, LEVEL
    for word in call.argument.lower().split():
        if word.isascii() and word.isdecimal() and word.strip("0"):
            count = int(word) if len(word) <= LOGS_DIGITS_MAX else LOGS_SHOWN_MAX
        elif word in log_tail.LEVELS:
            level = word
        else:
            return call.say.LOGS_HOW
    operating = desktop.operating
    try:
        lines = await asyncio.to_thread(
            log_tail.tail, operating.log_file, count, log_tail.LEVELS[level], operating.strike
        )
    except OSError:
        return call.say.NO_LOGS
    return "\n".join(["```", *lines, "```"]) if lines else call.say.NO_LOGS


async def show_usage(desktop: Desktop, call: Call) -> str:
    """`/usage`: counts, and no words."""
    members = desktop.family.access.members()
    found = await usage.used(desktop.operating.database, members, desktop.operating.today())
    lines = [
        call.say.usage_line(_name(it.member, call.say), it.today, it.week, it.month, it.from_the_web)
        for it in found
    ]
    return call.say.usage_text(lines)


def _name(member: Member | None, say: English) -> str:
    return (member.name or f"#{member.id}") if member else say.USAGE_OTHERS


async def why(desktop: Desktop, call: Call) -> str:
    """`/why`, as a reply to an answer or to a question, or about the last one."""
    trail = await desktop.operating.trails.of(call.chat, call.person, call.item.incoming.reply_to)
    return _why_text(trail, call.say) if trail else call.say.WHY_NOTHING


def _why_text(trail: Trail, say: English) -> str:
    """The one who answered first; then what failed before, in order."""
    answered = [say.why_answered(it) for it in trail.steps if it.ended == ANSWERED]
    failed = [say.why_failed(it) for it in trail.steps if it.ended != ANSWERED]
    if not answered and trail.outcome == "stopped":
        answered = [say.WHY_STOPPED]
    elif not answered and trail.outcome == "sentence":
        answered = [say.WHY_NOBODY]
    elif not answered and trail.answered_by == NOBODY_ASKED:
        answered = [say.WHY_NOTHING_FOUND]
    return "\n".join([*answered, *failed]) if trail.steps or answered else say.WHY_FORGOTTEN


# ── Everything ────────────────────────────────────────────────────────────────────────────────────


async def pause(desktop: Desktop, call: Call) -> str | Reply:
    """`/pause`; with a model behind it, as `/nodes pause`."""
    if call.argument:
        return await node_commands.nodes(desktop, replace(call, argument=f"pause {call.argument}"))
    await desktop.operating.pausing.pause()
    return call.say.PAUSED


async def resume(desktop: Desktop, call: Call) -> str | Reply:
    """`/resume`, likewise."""
    if call.argument:
        return await node_commands.nodes(desktop, replace(call, argument=f"resume {call.argument}"))
    return call.say.RESUMED if await desktop.operating.pausing.resume() else call.say.NOT_PAUSED


async def backup(desktop: Desktop, call: Call) -> str:
    try:
        made = await desktop.operating.backups.make()
    except StorageError as error:
        return call.say.backup_failed(str(error))
    return call.say.backup_made(made.path.name, made.size_bytes)
