"""The one file that knows everybody: it builds the program from the settings, in order, and takes it
down again in reverse.

    settings ─► database ─► inbox, ledger ─► nodes ─► pool ─► assistant ─► desk ◄─► adapters

The same house serves the chats of a family, the chat in the terminal and a single question (`porchlight
ask`); only the adapters differ.
"""

import asyncio
import fcntl
import logging
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, repeat
from pathlib import Path

from adapters.terminal import Once
from bot import claim, commands, menus, mini_model, phrases, platforms
from bot.assistant import Assistant
from bot.calls import Desktop
from bot.desk import Desk, Stops
from bot.family import family_of
from bot.gate import Gate
from bot.mini_model import Tell
from bot.nodes import pool_of
from bot.pace import Paces
from bot.phrases import operator
from bot.phrases.english import English
from bot.researching import researching_of
from bot.settings import Settings
from core import upkeep
from core.errors import AlreadyRunning, StorageError
from core.inbox import Inbox, Outcome
from core.ledger import Ledger
from core.memory import Memory
from core.node import Node
from core.node_store import NodeStore
from core.pool import Pool
from core.storage import open_database
from core.strategies import STRATEGIES
from core.types import Accept, Adapter, Messenger, Person
from core.web_store import WebStore

log = logging.getLogger(__name__)

PLATFORM_PAUSES_S = (5.0, 15.0, 45.0, 90.0)
EXIT_STOPPED = 130
EXIT_CODES: dict[Outcome | None, int] = {"whole": 0, "sentence": 1, "stopped": EXIT_STOPPED, None: 1}

HOUSE = (Person("terminal", "local"), Person("ask", "local"))
"""Whoever sits at this machine has its files in hand anyway: nobody is more of an admin."""


@dataclass(frozen=True, slots=True)
class House:
    """The running program."""

    inbox: Inbox
    pool: Pool
    desk: Desk
    adapters: Sequence[Adapter]

    def accept_from(self, adapter: Adapter) -> Accept:
        return partial(self.desk.accept, adapter.platform)


Platforms = Callable[[Inbox, Callable[[str], Awaitable[None]]], Sequence[Adapter]]
"""The adapters, made from the inbox and from what they tell when only a person can mend it."""


@asynccontextmanager
async def opened(settings: Settings, on: Platforms, tell: Tell) -> AsyncGenerator[House, None]:
    """The house, ready to accept. On the way out, running answers get a few seconds to end.

    `tell` hears what whoever runs it should know. Raises `StorageError` if the database cannot be opened.
    """
    clock, now = time.monotonic, time.time
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.data_dir / "porchlight.db"))
        inbox, ledger, store = Inbox(database, now), Ledger(database), NodeStore(database, now)
        memory = Memory(database)
        chosen = await store.choice(commands.STRATEGY_CHOICE)
        strategy = chosen if chosen in STRATEGIES else settings.selection_strategy
        specs = mini_model.usable(settings.nodes, tell)
        pool = await stack.enter_async_context(pool_of(specs, settings, strategy, clock))
        await upkeep.restore(pool, store, clock, now)
        await inbox.prune()
        family = await family_of(
            database,
            admins=settings.admin_ids,
            house=HOUSE,
            password=settings.admin_password.get_secret_value() if settings.admin_password else None,
            clock=clock,
            now=now,
            local_now=lambda: datetime.now(settings.timezone),
        )

        def speaking(person: Person) -> English:
            return phrases.of(family.language_of(person), settings.language)

        async def tell_admins(key: str, words: Callable[[English], str]) -> bool:
            admins = (*family.access.admins(), *HOUSE)
            return any([await desk.announce(admin, key, words(speaking(admin))) for admin in admins])

        async def trouble(kind: str) -> None:
            tell(operator.TROUBLES[kind])
            await tell_admins(f"{kind} {now()}", lambda say: say.TROUBLES[kind])

        async def model_out(node: Node) -> bool:
            refusals = sum(
                node.counters.failures.values()
            )  # the same again after a crash, another the next time
            seen = await tell_admins(
                f"{node.name} {refusals}", lambda say: say.model_out(node.name, node.remedy)
            )
            if not seen:
                tell(phrases.of(settings.language).model_out(node.name, node.remedy))
            return seen

        for notice in settings.notices:
            tell(notice)
        adapters = {adapter.platform: adapter for adapter in on(inbox, trouble)}
        stays = any(adapter.resumes for adapter in adapters.values())
        fetched = await mini_model.fetched(pool, tell, stays=stays)
        messengers = [adapter for adapter in adapters.values() if isinstance(adapter, Messenger)]
        for messenger in messengers:
            stack.push_async_callback(messenger.close)
        stops = Stops()
        web = WebStore(database, now)
        desktop = Desktop(pool, inbox, memory, store, family, stops.stop, adapters, clock, web)
        today = partial(datetime.now, settings.timezone)
        researching = await stack.enter_async_context(researching_of(settings, pool, web, today, clock))
        assistant = Assistant(desktop, today, speaking, researching)
        async with asyncio.TaskGroup() as tasks:
            desk = Desk(
                *(inbox, ledger, assistant, stops, list(adapters.values()), tasks),
                paces=Paces(clock, asyncio.sleep),
                gate=Gate(family, speaking),
                speaking=speaking,
                drafts_in=family.chats.drafts,
                now=now,
            )
            kept = upkeep.keep(pool, store, clock, model_out)
            offered = menus.keep(messengers, family, speaking, phrases.of(settings.language))
            claimed = claim.until_claimed(messengers, family.invites, tell)
            beside = [tasks.create_task(task) for task in (kept, offered, claimed, *fetched)]
            try:
                yield House(inbox, pool, desk, list(adapters.values()))
            finally:
                await desk.leave()
                for task in beside:
                    task.cancel()
        await upkeep.save(pool, store, clock)


# ── Ways to live in it ──────────────────────────────────────────────────────────────────────────


async def chat(settings: Settings, tell: Tell) -> int:
    """The chat in this terminal, until the person leaves; the exit code."""
    terminal = platforms.terminal(settings)
    with _only_one(settings.data_dir):
        async with opened(settings, lambda inbox, trouble: [terminal], tell) as house:
            await house.desk.take_up()
            await _until_told(terminal.run(house.accept_from(terminal)))
    return 0


async def serve(settings: Settings, tell: Tell, on: Platforms | None = None) -> int:
    """The chats named in the settings, or `on` these platforms, until the system asks us to end; the exit
    code. If a person looks on, there is the chat in this terminal too, and leaving it ends the program."""
    with _only_one(settings.data_dir):
        async with opened(settings, on or partial(platforms.named_in, settings), tell) as house:
            await house.desk.take_up()
            await _until_told(_all(house))
    return 0


async def _all(house: House) -> None:
    """Every platform, each for itself, until the terminal is left or we are cancelled."""
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_steadily(adapter, house.accept_from(adapter))) for adapter in house.adapters
        ]
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()


async def _steadily(adapter: Adapter, accept: Accept) -> None:
    """However often it breaks: what one platform does never ends another."""
    for pause_s in chain(PLATFORM_PAUSES_S, repeat(PLATFORM_PAUSES_S[-1])):
        try:
            await adapter.run(accept)
        except Exception:
            log.exception("The platform %s broke, it begins anew in %.0f s", adapter.platform, pause_s)
            await asyncio.sleep(pause_s)
        else:
            return


async def ask(settings: Settings, question: str, tell: Tell) -> int:
    """One question, answered on standard output; the exit code."""
    once = Once(question, platforms.words(settings), out=sys.stdout)
    async with opened(settings, lambda inbox, trouble: [once], tell) as house:
        await _until_told(once.run(house.accept_from(once)))
        await house.desk.leave()
        outcome = await house.inbox.outcome(once.chat)
    if once.lost:
        tell(operator.NOT_WRITTEN)
        return 1
    return EXIT_STOPPED if once.stopped else EXIT_CODES[outcome]


async def _until_told(run: Coroutine[None, None, None]) -> None:
    """Until it ends, or the system asks us to end (SIGTERM)."""
    task = asyncio.ensure_future(run)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await asyncio.wait({task})
    finally:
        task.cancel()  # Ctrl-C cancels whoever waits here
    if not task.cancelled():
        task.result()


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Two programs on one inbox would answer everything twice. Raises `AlreadyRunning`, or
    `StorageError` if the folder cannot be used."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "running.lock").open("a")
    except OSError as error:
        raise StorageError(operator.folder_not_writable(data_dir, error.strerror)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(operator.ALREADY_RUNNING) from None
        yield
