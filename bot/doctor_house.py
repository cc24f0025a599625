"""The doctor's checks of this machine: the program, its settings, its folder, its database, its people.

Each check is a function that looks and gives a `Result`. They read; to see whether the folder can be written
they make a file in it that has no name.
"""

import os
import sqlite3
import sys
import tempfile
import time
from asyncio import to_thread
from collections.abc import Callable
from contextlib import closing
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot import health, time_zone
from bot.env import unnumbered
from bot.findings import Check, Result, broken, warning, well
from bot.settings import NAMES, Settings
from core import copies
from core.backup import Backups
from core.chats import Chats
from core.errors import SettingsError, StorageError
from core.lock import is_running
from core.node_store import NodeStore
from core.people import People
from core.storage import BUSY_S_MAX, CHECKED_BYTES_MAX, MIGRATIONS, SQLITE_MIN, newest_version, read_database
from core.troubles import BACKUP_AGE_S_MAX, DAY_S, FREE_BYTES_MIN

PYTHON_MIN = (3, 11)
OTHERS = 0o077
"""The rights of anybody but the owner."""
AGAIN = "porchlight backup makes another one, which the program tries; porchlight logs tells what was wrong."


def first(env_file: Path, loaded: Settings | SettingsError) -> list[Check]:
    """What is looked at before anything else."""

    async def program() -> Result:
        return _program()

    async def env() -> Result:
        return _env(env_file)

    async def settings() -> Result:
        return _settings(loaded)

    return [Check("program", program), Check("env_file", env), Check("settings", settings)]


def of_house(
    settings: Settings, now: Callable[[], float], free_bytes: Callable[[Path], int | None]
) -> list[Check]:
    folder, database = settings.data_dir, settings.data_dir / "porchlight.db"

    async def running() -> Result:
        return _running(settings, now())

    async def space() -> Result:
        return _space(free_bytes(folder if folder.exists() else folder.absolute().parent))

    async def zone() -> Result:
        return _zone(settings.timezone is not None, time_zone.of_machine())

    async def backups() -> Result:
        found = _backups(database, now())
        if found.state == "well" and await _trial_failed(database, now):
            return warning("The newest copy of the database did not pass its weekly trial.", AGAIN)
        return found

    return [
        Check("folder", partial(to_thread, _folder, folder), ("settings",)),
        Check("disk", space, ("folder",)),
        Check("log", partial(to_thread, _log, settings), ("settings",)),
        Check("database", partial(to_thread, _database, database), ("folder",)),
        Check("database.private", partial(to_thread, _private, database), ("database",)),
        Check("backups", backups, ("database",)),
        Check("running", running, ("folder",)),
        Check("time_zone", zone, ("settings",)),
        Check("admin", partial(_admin, settings, database, now), ("database",)),
    ]


# ── The program and its settings ──────────────────────────────────────────────────────────────────


def _program() -> Result:
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON_MIN:
        return broken(f"This is Python {python}.", "Install Python 3.11 or newer.")
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        return broken(f"This Python comes with SQLite {sqlite3.sqlite_version}.", "Take a newer Python.")
    try:
        return well(f"Porchlight {version('porchlight')} on Python {python}.")
    except PackageNotFoundError:
        return warning("Porchlight runs without being installed.", "Install it: make run")


def _env(path: Path) -> Result:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return well("There is no .env; all that is set comes from the environment.")
    except OSError as error:
        return broken(f"Your .env cannot be looked at ({error.strerror}).", "Make it readable for this user.")
    if mode & OTHERS:
        return warning("Your .env, with its keys, is open to others on this machine.", "chmod 600 .env")
    return well("Your .env is there, and yours alone.")


def _settings(loaded: Settings | SettingsError) -> Result:
    if isinstance(loaded, SettingsError):
        count = len(loaded.mistakes)
        return broken(
            f"{count} {'setting is' if count == 1 else 'settings are'} wrong: {_names(loaded.mistakes)}.",
            "Start porchlight: it says what is wrong with each. Mend them in .env.",
        )
    if loaded.notices:
        return warning(
            f"There is a remark on {_names(loaded.notices)}.", "Start porchlight: it says the remarks first."
        )
    return well("The settings are in order.")


def _names(lines: list[str] | tuple[str, ...]) -> str:
    """Of the settings they begin with: what else stands there may be private."""
    names = {name.strip() for line in lines for name in line.partition(":")[0].split(",")}
    known = sorted(name for name in names if unnumbered(name) in NAMES)
    if len(known) < len(names):
        known.append("a line of .env or of the file of nodes")
    return ", ".join(known)


# ── The folder and what is in it ──────────────────────────────────────────────────────────────────


def _folder(folder: Path) -> Result:
    remedy = "Make it writable for this user, or name another one in DATA_DIR."
    try:
        if not folder.exists():
            there = next(parent for parent in folder.absolute().parents if parent.exists())
            if not os.access(there, os.W_OK):
                return broken("The data folder cannot be made where DATA_DIR says.", remedy)
            return well("The data folder is made at the first start.")
        if not folder.is_dir():
            return broken("What DATA_DIR names is no folder.", "Name a folder in DATA_DIR.")
        with tempfile.TemporaryFile(dir=folder):
            owner = folder.stat().st_uid
    except OSError as error:
        return broken(f"The data folder cannot be written ({error.strerror}).", remedy)
    if owner != os.geteuid():
        return warning(
            "The data folder belongs to another user.", "Run Porchlight as the user it belongs to."
        )
    return well("The data folder can be written.")


def _space(free_bytes: int | None) -> Result:
    if free_bytes is None:
        return well("The disk does not say how full it is.")
    said, remedy = f"{free_bytes / 2**20:,.0f} MB of the disk are free.", "Free some room."
    if free_bytes < copies.ROOM_LEFT_BYTES_MIN:
        return broken(said, remedy)
    return warning(said, remedy) if free_bytes < FREE_BYTES_MIN else well(said)


def _log(settings: Settings) -> Result:
    file = settings.log_file
    try:
        if file.exists():
            os.close(os.open(file, os.O_WRONLY | os.O_APPEND))
        else:
            there = next(parent for parent in file.absolute().parents if parent.exists())
            if not there.is_dir() or not os.access(there, os.W_OK):
                raise PermissionError(0, "not writable")
    except OSError as error:
        return warning(
            f"The log cannot be written ({error.strerror}).",
            "Make what LOG_FILE names writable for this user, or leave LOG_FILE empty.",
        )
    return well("The log can be written.")


def _database(path: Path, wait_s: float = BUSY_S_MAX) -> Result:
    if not path.exists():
        return well("There is no database yet; the first start makes it.")
    newest = newest_version(MIGRATIONS)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", wait_s, uri=True)) as reading:
            (found,) = reading.execute("PRAGMA user_version").fetchone()
            check = "integrity" if path.stat().st_size <= CHECKED_BYTES_MAX else "quick"
            (finding,) = reading.execute(f"PRAGMA {check}_check(1)").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        name = getattr(error, "sqlite_errorname", "SQLITE_NOTADB")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return warning("Another program keeps the database to itself.", "Try again in a minute.")
        if name not in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            return broken(f"The database cannot be opened ({name}).", "Make it readable for this user.")
        finding = ""
    if finding != "ok":
        return broken("The database is damaged.", _put_back(path))
    if found > newest:
        return broken(
            f"The database was written by a newer Porchlight (version {found}, known is {newest}).",
            "Update the program.",
        )
    if found < newest:
        return well(f"The database is whole; the next start brings it from version {found} to {newest}.")
    return well(f"The database is whole (version {found}).")


def _put_back(database: Path) -> str:
    if copies.stored(database):
        return "End the program; porchlight restore puts the newest copy in its place."
    return "There is no copy of it. Move the file away, and the program begins anew."


def _private(path: Path) -> Result:
    if path.exists() and path.stat().st_mode & OTHERS:
        return warning(
            "The database is open to others on this machine.", f"In the data folder: chmod 600 {path.name}"
        )
    return well("The database is for its owner alone.")


def _backups(database: Path, now: float) -> Result:
    newest = copies.newest(copies.stored(database), now)
    if newest is None:
        return well("There is no copy of the database yet; one is made every day.")
    days = (now - newest.made_at) / DAY_S
    if now - newest.made_at > BACKUP_AGE_S_MAX:
        return warning(f"The newest copy of the database is {days:.0f} days old.", "porchlight backup")
    age = "less than a day" if days < 1 else "a day" if days < 2 else f"{days:.0f} days"
    return well(f"The newest copy of the database is {age} old.")


async def _trial_failed(database: Path, now: Callable[[], float]) -> bool:
    try:
        async with read_database(database) as reading:
            tried = await Backups(reading, NodeStore(reading, now), now, time.monotonic, None).tried()
    except StorageError:  # there is none yet, it is busy, or not brought up to date
        return False
    return tried is not None and bool(tried.finding)


# ── What goes on ──────────────────────────────────────────────────────────────────────────────────


def _running(settings: Settings, now: float) -> Result:
    if not is_running(settings.data_dir):
        return well("Porchlight is not running just now.")
    age_s = health.age_s(settings.data_dir, now)
    served = settings.telegram_token or settings.discord_token
    if served and (age_s is None or age_s > health.GONE_S):
        return warning(
            "Porchlight runs, but shows no sign of life.",
            "If it was not started just now: end it, and start it again.",
        )
    return well("Porchlight is running.")


def _zone(is_set: bool, machine: str) -> Result:
    if not is_set and time_zone.is_nowhere(machine):
        return warning(
            "No time zone is set, so the digest and the days begin by UTC.",
            "Set TIMEZONE, like Europe/Berlin.",
        )
    return well("The time zone is known.")


async def _admin(settings: Settings, database: Path, now: Callable[[], float]) -> Result:
    if not (settings.telegram_token or settings.discord_token):
        return well("There is only the terminal, where nobody needs to be let in.")
    admins = len(settings.admin_ids)
    if not admins and _is_made(database):
        try:
            async with read_database(database) as reading:
                people = People(reading, now)
                await people.load()
        except StorageError:  # busy, or not brought up to date
            return well("Who runs the bot is seen after the next start.")
        admins = sum(member.role == "admin" for member in people.all())
    if not admins:
        return warning("Nobody runs this bot yet.", "Start porchlight, and open the link it shows.")
    return well("There is an admin.")


def _is_made(database: Path) -> bool:
    return database.exists()


async def groups_on(settings: Settings, platform: str, now: Callable[[], float]) -> int:
    """In how many groups there it talks."""
    try:
        async with read_database(settings.data_dir / "porchlight.db") as reading:
            chats = Chats(reading, People(reading, now), now)
            await chats.load()
    except StorageError:
        return 0
    return sum(group.platform == platform for group in chats.groups())
