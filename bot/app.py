"""The one file that knows everybody: it builds the program from the settings, in order, and takes it
down again in reverse.

    settings ─► database ─► inbox, ledger ─► nodes ─► pool ─► assistant ─► desk ◄─► adapters

The same house serves the chats of a family, the chat in the terminal and a single question (`porchlight
ask`); only the adapters differ.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib.metadata import version
from itertools import chain, repeat
from pathlib import Path

from adapters.terminal import Once
from bot import admin_commands, charts, claim, logs, menus, mini_model, node_commands, phrases, platforms
from bot.alerts import Alerts, free_bytes
from bot.assistant import Assistant
from bot.calls import Desktop
from bot.desk import Desk
from bot.digest import Digest
from bot.family import family_of
from bot.gate import Gate
from bot.logs import Striker
from bot.mini_model import Tell
from bot.node_keeper import NodeKeeper
from bot.nodes import maker_of, patterns_of, pool_of
from bot.operating import Operating
from bot.pace import Paces
from bot.pausing import Pausing
from bot.phrases import operator
from bot.phrases.english import English
from bot.pinned import Pins
from bot.researching import researching_of
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.status_facts import platform_facts
from bot.stops import Stops
from bot.watchdog import Supervisor, Watchdog
from core import upkeep
from core.backup import Backups
from core.digests import Digests
from core.errors import AlreadyRunning, StorageError
from core.history import History
from core.inbox import Inbox, Outcome
from core.ledger import Ledger
from core.lock import only_one
from core.memory import Memory
from core.node_choices import NodeChoices, with_choices
from core.node_store import NodeStore
from core.notices import Notice
from core.pool import Pool
from core.pruning import Pruning
from core.storage import Statement, open_database
from core.strategies import STRATEGIES
from core.trail import Trails
from core.troubles import LASTING, Signs, Told
from core.types import Accept, Adapter, Messenger, Person
from core.web_store import WebStore

log = logging.getLogger(__name__)

PLATFORM_PAUSES_S = (5.0, 15.0, 45.0, 90.0)
EXIT_STOPPED = 130
EXIT_UNHEARD = 4
"""No platform was heard for too long: whoever started us begins us again."""
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
    today = partial(datetime.now, settings.timezone)
    cache = settings.data_dir / "cache"

    def local(at: float) -> datetime:
        return datetime.fromtimestamp(at, settings.timezone)

    async with AsyncExitStack() as stack:
        # What is on disk.
        database = await stack.enter_async_context(open_database(settings.data_dir / "porchlight.db"))
        inbox, ledger, memory = Inbox(database, now), Ledger(database), Memory(database)
        store, choices = NodeStore(database, now), NodeChoices(database)
        history, web = History(database, now), WebStore(database, now)
        backups = Backups(database, store, now, clock, settings.timezone)

        # The nodes.
        make, patterns = await stack.enter_async_context(maker_of(settings)), patterns_of(settings)
        wanted = with_choices(settings.nodes, await choices.added(), await choices.chosen(), patterns.spec_of)
        chosen = await store.choice(node_commands.STRATEGY_CHOICE)
        strategy = chosen if chosen in STRATEGIES else settings.selection_strategy
        pool = pool_of(mini_model.usable(wanted, tell), make, settings, strategy, clock)
        await upkeep.restore(pool, store, clock, now)

        # The people, and how they are told something.
        family = await family_of(
            database,
            admins=settings.admin_ids,
            house=HOUSE,
            password=settings.admin_password.get_secret_value() if settings.admin_password else None,
            clock=clock,
            now=now,
            local_now=today,
        )

        def speaking(person: Person) -> English:
            return phrases.of(family.language_of(person), settings.language)

        def told() -> tuple[Person, ...]:
            return (*family.access.admins(), *HOUSE)

        async def announce(notices: Sequence[Notice], also: Sequence[Statement]) -> bool:
            return await desk.announce(notices, also)

        # The platforms.
        ailments: dict[str, tuple[str, float]] = {}

        async def trouble(kind: str) -> None:
            ailments[kind.partition(" ")[0]] = kind, clock()
            tell(operator.TROUBLES[kind])
            if kind.endswith(LASTING):
                scheduler.wake("alerts")  # which tell it, and its end
            else:
                key = f"{kind} {now()}"
                await announce([Notice(it, None, key, speaking(it).TROUBLES[kind]) for it in told()], ())

        for notice in settings.notices:
            tell(notice)
        adapters = {adapter.platform: adapter for adapter in on(inbox, trouble)}
        stays = any(adapter.resumes for adapter in adapters.values())
        fetched = await mini_model.fetched(pool, tell, stays=stays)
        messengers = [adapter for adapter in adapters.values() if isinstance(adapter, Messenger)]
        for messenger in messengers:
            stack.push_async_callback(messenger.close)
        paces = Paces(clock, asyncio.sleep)

        # What admins see and do.
        strike, pausing = Striker(settings.secrets()), Pausing(store, now)
        await pausing.load()

        def keep_out(secret: str) -> None:
            strike.add(secret)
            logs.keep_out(secret)

        async def signs() -> Signs:
            latest, tried = await backups.latest(), await backups.tried()
            met = {it.platform: platform_facts(it, clock(), ailments) for it in messengers}
            return Signs(
                pool.nodes,
                clock(),
                free_bytes(settings.data_dir),
                await history.days_run(latest.made_at if latest else None),
                trial_failed=bool(tried and tried.finding),
                complaints=[it.ailment for it in met.values() if it and it.ailment.endswith(LASTING)],
                platforms={name: it is not None and it.health == "well" for name, it in met.items()},
                paused=pausing.is_on,
            )

        async def drawn(span: charts.Span, say: English, with_picture: bool) -> charts.Drawn:
            chart = await charts.chart(history, span, say, now=now(), local=local)
            return chart, await charts.picture(chart, cache) if with_picture else None

        digest = Digest(
            *(history, Digests(database), family.access, signs, announce, speaking),
            knocked=family.knocks.knocked,
            at=settings.digest_time,
            now=now,
            local=local,
            clock=clock,
            cache=cache,
        )
        operating = Operating(
            database=database,
            keeper=NodeKeeper(pool, choices, make, patterns, settings.nodes, keep_out, clock),
            pausing=pausing,
            pins=Pins(database, ledger, adapters, paces, clock),
            trails=Trails(database),
            backups=backups,
            look_at=signs,
            draw=drawn,
            log_file=settings.log_file,
            strike=strike,
            today=today,
            version=version("porchlight"),
            ailments=ailments,
        )
        await operating.keeper.load()

        async def bring_pins_up_to_date() -> None:
            await operating.pins.keep_up(lambda it: admin_commands.pinned_status(desktop, it, speaking(it)))

        # Who answers.
        stops = Stops()
        desktop = Desktop(
            *(pool, inbox, memory, store, family, stops.stop, adapters, clock, web, digest, operating)
        )
        researching = await stack.enter_async_context(researching_of(settings, pool, web, today, clock))
        assistant = Assistant(desktop, today, speaking, researching)

        # The desk, and what runs beside it.
        house_says = phrases.of(settings.language)
        async with asyncio.TaskGroup() as tasks:
            desk = Desk(
                *(inbox, ledger, assistant, stops, list(adapters.values()), tasks),
                paces=paces,
                gate=Gate(family, speaking, operating.keeper),
                speaking=speaking,
                drafts_in=family.chats.drafts,
                now=now,
                pausing=pausing,
                shown=lambda row: scheduler.wake("pinned") if operating.pins.awaits(row) else None,
            )
            alerts = Alerts(
                *(Told(database), signs, announce, told, speaking, tell, house_says),
                clock=clock,
                now=now,
            )
            jobs = {"alerts": alerts.look, "pruning": Pruning(database, now).do_what_is_due}
            if stays:
                jobs |= {"history": history.beat, "digest": digest.send, "pinned": bring_pins_up_to_date}
                jobs |= {"backups": backups.do_what_is_due}
            scheduler = Scheduler(jobs)
            kept = upkeep.keep(pool, store, clock, partial(scheduler.wake, "alerts"))
            offered = menus.keep(messengers, family, speaking, house_says)
            setup_words = phrases.SETUP[house_says.language]
            claimed = claim.until_claimed(messengers, family.invites, setup_words, tell)
            beside = [tasks.create_task(task) for task in (kept, scheduler.run(), offered, claimed, *fetched)]
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


async def serve(
    settings: Settings, tell: Tell, on: Platforms | None = None, supervisor: Supervisor | None = None
) -> int:
    """The chats named in the settings, or `on` these platforms, until the system asks us to end; the exit
    code. If a person looks on, there is the chat in this terminal too, and leaving it ends the program.
    `supervisor` is who started us, if it was none of these."""
    with _only_one(settings.data_dir):
        async with opened(settings, on or partial(platforms.named_in, settings), tell) as house:
            await house.desk.take_up()
            messengers = [adapter for adapter in house.adapters if isinstance(adapter, Messenger)]
            watchdog = Watchdog(settings.data_dir, messengers, supervisor or Supervisor(), time.monotonic)
            with watchdog.on_duty():
                await _until_told(_all(house, watchdog))
    return EXIT_UNHEARD if watchdog.gave_up else 0


async def _all(house: House, watchdog: Watchdog) -> None:
    """Every platform, each for itself, until the terminal is left, nobody is heard, or we are cancelled."""
    async with asyncio.TaskGroup() as tasks:
        running = [
            tasks.create_task(_steadily(adapter, house.accept_from(adapter))) for adapter in house.adapters
        ]
        running.append(tasks.create_task(watchdog.keep()))
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
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(data_dir))
        except AlreadyRunning:
            raise AlreadyRunning(operator.ALREADY_RUNNING) from None
        except OSError as error:
            raise StorageError(operator.folder_not_writable(data_dir, error.strerror)) from error
        yield
