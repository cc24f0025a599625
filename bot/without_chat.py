"""What an admin's commands say in a chat, said in a terminal: status, models, people, the log, copies.

The database is only read, beside the program that may be running, so what is told is as fresh as what that
has written: a node's state within a second. `backup` and `restore` write, in the way they say themselves.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from bot import health, log_tail, phrases
from bot.alerts import free_bytes
from bot.logs import Striker
from bot.nodes import maker_of, patterns_of, pool_of
from bot.pausing import Pausing
from bot.phrases import operator
from bot.phrases.english import English
from bot.settings import Settings
from bot.status import status_text
from bot.status_facts import Facts, node_facts, verdict_of
from core import copies, upkeep
from core.access import Access
from core.allowance import Allowances
from core.backup import Backups
from core.errors import StorageError
from core.history import History
from core.inbox import Inbox
from core.lock import is_running
from core.node_choices import NodeChoices, with_choices
from core.node_store import NodeStore
from core.people import People
from core.pool import Pool
from core.restore import put_back
from core.storage import Database, open_database, read_database
from core.troubles import Signs, troubles_of

LOG_CHARS_MAX = 100_000


def database_of(settings: Settings) -> Path:
    return settings.data_dir / "porchlight.db"


async def status(settings: Settings) -> tuple[str, bool]:
    """How everything is doing, and whether it is well. Raises `StorageError`, as all here."""
    life, is_alive = _life(settings)
    async with _looking(settings) as seen:
        now, local = time.monotonic(), datetime.now(settings.timezone)
        backups = Backups(seen.database, seen.store, time.time, time.monotonic, settings.timezone)
        backup, tried = await backups.latest(), await backups.tried()
        age_s = max(0.0, time.time() - backup.made_at) if backup else None
        days = await History(seen.database, time.time).days_run(backup.made_at if backup else None)
        nodes = tuple(node_facts(node, now, local) for node in seen.pool.nodes)
        pausing = Pausing(seen.store, time.time)
        await pausing.load()
        failed = bool(tried and tried.finding)
        signs = Signs(seen.pool.nodes, now, free_bytes(settings.data_dir), days, trial_failed=failed)
        troubles = troubles_of(signs)
        waiting, answering = await Inbox(seen.database, time.time).in_line()
        facts = Facts(
            verdict=verdict_of(troubles, nodes, (), paused=pausing.is_on) if is_alive else None,
            nodes=nodes,
            platforms=(),  # how they are doing, only the program itself knows
            waiting=waiting,
            answering=answering,
            database_bytes=seen.database.path.stat().st_size,
            backup_age_s=age_s,
            backup_at=datetime.fromtimestamp(backup.made_at, settings.timezone) if backup else None,
            version=version("porchlight"),
        )
    return f"{life}\n{status_text(facts, _say(settings), detailed=True)}", is_alive and not troubles


def _life(settings: Settings) -> tuple[str, bool]:
    """Whether the program runs, in words; and whether whoever writes in a chat is heard, if there is one."""
    heard_s = health.age_s(settings.data_dir, time.time())
    if not is_running(settings.data_dir):
        return (operator.NOT_SERVING, False) if _platforms(settings) else (operator.NOT_RUNNING, True)
    if _platforms(settings) and (heard_s is None or heard_s > health.GONE_S):
        return operator.hangs(heard_s), False
    return operator.runs(heard_s), True


def _platforms(settings: Settings) -> list[str]:
    tokens = {"telegram": settings.telegram_token, "discord": settings.discord_token}
    return [name for name, token in tokens.items() if token]


async def models(settings: Settings) -> str:
    say = _say(settings)
    async with _looking(settings) as seen:
        lines = [say.model_line(node_facts(node, time.monotonic())) for node in seen.pool.nodes]
    return "\n".join(lines) if lines else say.NO_MODELS


async def people(settings: Settings) -> str:
    async with read_database(database_of(settings)) as database:
        listed = People(database, time.time)
        await listed.load()
        members = Access(listed, settings.admin_ids).members()
        today = await Allowances(database, listed, lambda: datetime.now(settings.timezone)).today()
    say = _say(settings)
    lines = [say.member_line(member, today.get(member.id, 0)) for member in members]
    return "\n".join(lines) if lines else say.people_text([])


def logs(settings: Settings, count: int, level: str) -> str:
    """Raises OSError."""
    strike = Striker(settings.secrets())
    return "\n".join(log_tail.tail(settings.log_file, count, log_tail.LEVELS[level], strike, LOG_CHARS_MAX))


async def backup(settings: Settings) -> str:
    if not database_of(settings).exists():  # an empty copy would be the newest
        raise StorageError(operator.NOTHING_KEPT)
    async with open_database(database_of(settings)) as database:
        store = NodeStore(database, time.time)
        made = await Backups(database, store, time.time, time.monotonic, settings.timezone).make()
    return operator.copied(made.path.name, made.size_bytes)


def restore(settings: Settings, named: Path | None) -> str:
    """`named`: a file, or the name of one among the copies; None: the newest. Raises `AlreadyRunning`,
    too."""
    database = database_of(settings)
    if named is None:
        newest = copies.newest(copies.stored(database), time.time())
        if newest is None:
            raise StorageError(operator.NO_COPY)
        named = newest.path
    elif not named.exists():
        named = copies.folder_of(database) / named
    done = put_back(database, named, time.time)
    return operator.put_back(named.name, done.aside.name if done.aside else None, done.trial.damaged)


def _say(settings: Settings) -> English:
    return phrases.of(settings.language)


@dataclass(frozen=True, slots=True)
class _Seen:
    database: Database
    store: NodeStore
    pool: Pool


@asynccontextmanager
async def _looking(settings: Settings) -> AsyncGenerator[_Seen, None]:
    """The nodes as the program left them."""
    async with read_database(database_of(settings)) as database, maker_of(settings) as make:
        store, choices = NodeStore(database, time.time), NodeChoices(database)
        chosen = await choices.chosen()
        specs = with_choices(settings.nodes, await choices.added(), chosen, patterns_of(settings).spec_of)
        pool = pool_of(specs, make, settings, settings.selection_strategy, time.monotonic)
        await upkeep.restore(pool, store, time.monotonic, time.time)
        for node in pool.nodes:
            node.paused = node.name.casefold() in chosen and chosen[node.name.casefold()].paused
        yield _Seen(database, store, pool)
