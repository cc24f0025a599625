"""The one file that knows everybody: it builds the program from the settings, in order, and takes it
down again in reverse.

    settings ─► database ─► inbox, ledger ─► nodes ─► pool ─► assistant ─► desk ◄─► adapters

The same house serves the chat in the terminal and a single question (`porchlight ask`); only the
adapter differs. Tests build it the same way.
"""

import asyncio
import fcntl
import signal
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random

import httpx

from adapters.terminal import Once, Terminal, Words
from bot import commands, mini_model, phrases
from bot.assistant import Assistant
from bot.desk import Desk, Stops
from bot.mini_model import Tell
from bot.pace import Paces
from bot.phrases import operator
from bot.phrases.english import English
from bot.settings import Settings
from bot.values import is_in_house
from core import upkeep
from core.access import Access
from core.errors import AlreadyRunning, SettingsError, StorageError
from core.inbox import Inbox, Outcome
from core.ledger import Ledger
from core.node import Node
from core.node_store import NodeStore
from core.pool import Pool
from core.providers.kinds import KINDS
from core.storage import open_database
from core.strategies import STRATEGIES
from core.types import Accept, Adapter, NodeSpec, Person

KEEPALIVE_S = 60.0
"""So that the next question of a conversation need not shake hands again."""
EXIT_STOPPED = 130
EXIT_CODES: dict[Outcome | None, int] = {"whole": 0, "sentence": 1, "stopped": EXIT_STOPPED, None: 1}

LOCAL_PEOPLE = (Person("terminal", "local"), Person("ask", "local"))
"""Whoever sits at this machine has its files in hand anyway: nobody is more of an admin."""


@dataclass(frozen=True, slots=True)
class House:
    """The running program, without its adapters."""

    inbox: Inbox
    pool: Pool
    desk: Desk

    def accept_from(self, adapter: Adapter) -> Accept:
        return partial(self.desk.accept, adapter.platform)


@asynccontextmanager
async def opened(settings: Settings, adapters: Sequence[Adapter], tell: Tell) -> AsyncGenerator[House, None]:
    """The house, ready to accept. On the way out, running answers get a few seconds to end.

    `tell` hears what whoever runs it should know. Raises `StorageError` if the database cannot be opened.
    """
    clock, now = time.monotonic, time.time
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings.data_dir / "porchlight.db"))
        inbox, ledger, store = Inbox(database, now), Ledger(database), NodeStore(database, now)
        outside, in_house = [await stack.enter_async_context(client) for client in _clients()]
        nodes = [
            _node(spec, settings, in_house if spec.local or is_in_house(spec.url) else outside)
            for spec in mini_model.usable(settings.nodes, tell)
        ]
        for node in nodes:
            stack.push_async_callback(node.provider.close)
        chosen = await store.choice(commands.STRATEGY_CHOICE)
        pool = Pool(
            nodes,
            strategy=chosen if chosen in STRATEGIES else settings.selection_strategy,
            routes=settings.routes,
            retries_max=settings.max_retries,
            answer_s_max=settings.request_timeout,
            clock=clock,
            random=Random(),  # noqa: S311 # spreads load, guards nothing
        )
        await upkeep.restore(pool, store, clock, now)
        await inbox.prune()
        stops = Stops()
        desktop = commands.Desktop(pool, inbox, store, stops.stop, clock)
        admins = [*settings.admin_ids, *LOCAL_PEOPLE]
        access = Access(admins)

        def speaking(person: Person) -> English:
            return phrases.of(person.language, settings.language)

        assistant = Assistant(desktop, access, lambda: datetime.now(settings.timezone), speaking)
        for notice in settings.notices:
            tell(notice)
        fetched = await mini_model.fetched(pool, tell)
        async with asyncio.TaskGroup() as tasks:
            desk = Desk(
                inbox, ledger, assistant, stops, adapters, tasks, Paces(clock, asyncio.sleep), speaking
            )

            async def tell_admins(node: Node) -> None:
                for admin in admins:
                    text = speaking(admin).model_out(node.name, node.remedy)
                    await desk.announce(admin, f"{node.name} {now()}", text)

            kept = upkeep.keep(pool, store, clock, tell_admins)
            beside = [tasks.create_task(task) for task in (kept, *fetched)]
            try:
                yield House(inbox, pool, desk)
            finally:
                await desk.leave()
                for task in beside:
                    task.cancel()
        await upkeep.save(pool, store, clock)


# ── Two ways to live in it ────────────────────────────────────────────────────────────────────────


async def chat(settings: Settings, tell: Tell) -> int:
    """The chat in this terminal, until the person leaves; the exit code."""
    say = phrases.of(settings.language)
    terminal = Terminal(
        _words(say),
        commands=[(command.name, say.ABOUT[command.name]) for command in commands.shown_to("admin")],
        history=settings.data_dir / "typed",
    )
    with _only_one(settings.data_dir):
        async with opened(settings, [terminal], tell) as house:
            await house.desk.take_up()
            await _until_told(terminal.run(house.accept_from(terminal)))
    return 0


async def ask(settings: Settings, question: str, tell: Tell) -> int:
    """One question, answered on standard output; the exit code."""
    once = Once(question, _words(phrases.of(settings.language)))
    async with opened(settings, [once], tell) as house:
        await _until_told(once.run(house.accept_from(once)))
        await house.desk.leave()
        outcome = await house.inbox.outcome(once.chat)
    return EXIT_STOPPED if once.stopped else EXIT_CODES[outcome]


async def _until_told(run: Coroutine[None, None, None]) -> None:
    """Until it ends, or the system asks us to end (SIGTERM)."""
    task = asyncio.ensure_future(run)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


def _words(say: English) -> Words:
    return Words(say.GREETING, say.STOP_HINT, say.LEAVE_HINT, say.EARLIER, say.NOT_SAVED)


# ── Parts ─────────────────────────────────────────────────────────────────────────────────────────


def _clients() -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """One for what is outside, and one for what is inside the house, which knows of no proxy: what is
    private would go outside that way. Connections are not rationed, as the nodes have limits of their own.
    Raises `SettingsError` if the proxy named in the environment is none."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEEPALIVE_S)
    try:
        outside = httpx.AsyncClient(limits=limits)
    except (ImportError, ValueError) as error:
        raise SettingsError([operator.proxy_wrong(str(error))]) from error
    return outside, httpx.AsyncClient(limits=limits, trust_env=False)


def _node(spec: NodeSpec, settings: Settings, http: httpx.AsyncClient) -> Node:
    return Node(
        spec,
        KINDS[spec.kind](spec, http),
        failures_max=settings.breaker_failures,
        open_s=settings.breaker_open_seconds,
        cooldown_s=settings.cooldown_minutes * 60,
        random=Random().random,  # noqa: S311 # as above,
    )


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
