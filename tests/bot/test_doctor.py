"""The doctor finds each planted fault by its code, says what to do, and finds nothing where all is well."""

import shutil
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import doctor, doctor_house, doctor_outside, findings, settings, time_zone
from bot.findings import Finding, exit_code
from core.lock import only_one
from core.storage import open_database
from core.troubles import DAY_S
from core.types import NodeSpec
from core.weights import MINI
from tests.frozen.library import pages
from tests.servers.dialects import ACCOUNT_ID
from tests.servers.discord import DiscordServer
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer
from tests.servers.web import Web

TELEGRAM = "123456:canary-token-that-nobody-may-ever-see"
DISCORD = "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.token-that-nobody-may-ever-see"
KEY = "canary-key-that-nobody-may-ever-see"
FREE = 50 * 2**30


class Patient:
    """A whole set-up with its surroundings, which can be made ill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.now: Callable[[], float] = time.time
        self.free_bytes: int | None = FREE
        self.values: dict[str, str] = {}

    async def begin(self, stack: AsyncExitStack) -> None:
        self.telegram = await stack.enter_async_context(TelegramServer(TELEGRAM))
        self.telegram.person(4711, "Katja")
        self.telegram.private(4711)
        self.said = self.telegram.say(4711, 4711, "canary words for the bot")
        self.discord = await stack.enter_async_context(DiscordServer(DISCORD))
        self.openai = await stack.enter_async_context(ModelServer("openai", key=KEY))
        self.cloudflare = await stack.enter_async_context(ModelServer("cloudflare", key=KEY))
        self.ollama = await stack.enter_async_context(ModelServer("ollama"))
        self.web = await stack.enter_async_context(Web(pages().values()))
        self.values = {
            "TELEGRAM_TOKEN": TELEGRAM,
            "TELEGRAM_API_URL": self.telegram.url,
            "DISCORD_TOKEN": DISCORD,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "ADMIN_IDS": "telegram:4711",
            "DATA_DIR": str(self.data),
            "TIMEZONE": "Europe/Berlin",
            "CLOUDFLARE_ACCOUNT_1_ID": ACCOUNT_ID,
            "CLOUDFLARE_ACCOUNT_1_TOKEN": KEY,
            "CLOUDFLARE_ACCOUNT_1_NAME": "Katja's account",
            "CLOUDFLARE_MODEL": "stand-in",
            "CLOUDFLARE_API_URL": self.cloudflare.url,
            "OPENAI_1_URL": self.openai.url,
            "OPENAI_1_KEY": KEY,
            "OPENAI_1_MODEL": "stand-in",
            "OLLAMA_ENDPOINT": self.ollama.url,
            "OLLAMA_MODEL": "stand-in",
            "SEARXNG_URL": self.web.searxng_url,
        }
        async with open_database(self.database):
            pass
        (self.data / "system.log").touch(0o600)

    @property
    def database(self) -> Path:
        return self.data / "porchlight.db"

    @property
    def env(self) -> Path:
        return self.folder / ".env"

    async def examined(self, **changes: str) -> dict[str, Finding]:
        if not self.env.exists():
            self.env.touch(0o600)
        values = {**self.values, **changes}
        self.env.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        found = await doctor.examine(
            self.env,
            lambda: settings.load(self.env, {}),
            now=self.now,
            free_bytes=lambda folder: self.free_bytes,
        )
        report = findings.as_json(found, "1") + "".join(map(findings.line, found))
        for secret in (TELEGRAM, DISCORD, KEY, ACCOUNT_ID, "Katja", "4711", "canary", str(self.folder)):
            assert secret not in report
        assert all(finding.says.endswith(".") for finding in found)
        assert all(finding.remedy for finding in found if finding.state in ("broken", "warning"))
        return {finding.code: finding for finding in found}


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncGenerator[Patient, None]:
    async with AsyncExitStack() as stack:
        made = Patient(tmp_path)
        await made.begin(stack)
        yield made


def ill(found: dict[str, Finding]) -> dict[str, str]:
    return {code: it.state for code, it in found.items() if it.state in ("broken", "warning")}


# ── Well ──────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_is_found_where_all_is_well(patient: Patient) -> None:
    """Two platforms, three models, a search: every check is made, each says that it is well, no server is
    asked anything improper, and the exit code is 0."""
    found = await patient.examined()
    assert ill(found) == {}
    assert {it.state for it in found.values()} == {"well"}
    assert exit_code(list(found.values())) == 0
    assert {"telegram.token", "discord.gateway", "node.1", "node.3", "search", "clock"} <= set(found)
    assert "right" in found["clock"].says
    assert patient.telegram.violations == []
    assert len(patient.telegram.updates) == 1  # what was said meanwhile still waits for the program
    assert patient.discord.violations == []
    assert patient.web.violations == []
    assert patient.openai.violations == patient.cloudflare.violations == patient.ollama.violations == []


async def test_nothing_is_found_before_the_first_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No `.env`, no folder, no token: that is how everybody begins."""
    monkeypatch.chdir(tmp_path)
    found = await doctor.examine(
        Path(".env"), lambda: settings.load(Path(".env"), {}), now=time.time, free_bytes=lambda folder: FREE
    )
    states = {it.code: it.state for it in found if it.code != "time_zone"}
    assert states.pop("clock") == "skipped"  # there is nobody yet who could be asked for the time
    assert set(states.values()) == {"well"}
    assert "made at the first start" in next(it for it in found if it.code == "folder").says


async def test_nothing_is_found_while_it_runs(patient: Patient) -> None:
    """With its lock held and its heart beating; nobody's poll is disturbed."""
    with only_one(patient.data):
        (patient.data / "heartbeat").touch()
        found = await patient.examined()
    assert ill(found) == {}
    assert found["running"].says == "Porchlight is running."
    assert not any(call.method == "getUpdates" for call in patient.telegram.calls)


# ── The planted faults ────────────────────────────────────────────────────────────────────────────


def open_to_others(patient: Patient) -> dict[str, str]:
    patient.env.touch(0o644)
    return {}


def wrong_setting(patient: Patient) -> dict[str, str]:
    return {"TIMEZONE": "Katja's home"}


def file_for_a_folder(patient: Patient) -> dict[str, str]:
    (patient.folder / "file").touch()
    return {"DATA_DIR": str(patient.folder / "file"), "LOG_FILE": str(patient.data / "system.log")}


def disk_full(patient: Patient) -> dict[str, str]:
    patient.free_bytes = 2**20
    return {}


def log_is_a_folder(patient: Patient) -> dict[str, str]:
    (patient.folder / "log").mkdir()
    return {"LOG_FILE": str(patient.folder / "log")}


def damaged_database(patient: Patient) -> dict[str, str]:
    content = bytearray(patient.database.read_bytes())
    content[5000:9000] = b"\xa5" * 4000
    patient.database.write_bytes(content)
    return {}


def newer_database(patient: Patient) -> dict[str, str]:
    with closing(sqlite3.connect(patient.database)) as database:
        database.execute("PRAGMA user_version = 900")
    return {}


def open_database_file(patient: Patient) -> dict[str, str]:
    patient.database.chmod(0o644)
    return {}


def old_copy(patient: Patient) -> dict[str, str]:
    folder = patient.data / "backups"
    folder.mkdir()
    shutil.copy(patient.database, folder / "porchlight-20200101-000000-v1-0123456789abcdef.db")
    return {}


def nobody_in_charge(patient: Patient) -> dict[str, str]:
    return {"ADMIN_IDS": ""}


def clock_ahead(patient: Patient) -> dict[str, str]:
    patient.now = lambda: time.time() + 3600
    return {}


def key_refused(patient: Patient) -> dict[str, str]:
    return {"OPENAI_1_KEY": "another-canary-key-of-nobody"}


def model_unknown(patient: Patient) -> dict[str, str]:
    return {"OPENAI_1_MODEL": "no-such-model"}


def used_up(patient: Patient) -> dict[str, str]:
    patient.cloudflare.failing = "used_up"
    return {}


def model_breaks(patient: Patient) -> dict[str, str]:
    patient.cloudflare.failing = "server_error"
    return {}


def ollama_away(patient: Patient) -> dict[str, str]:
    return {"OLLAMA_ENDPOINT": "http://127.0.0.1:9"}


def not_pulled(patient: Patient) -> dict[str, str]:
    return {"OLLAMA_MODEL": "never-pulled"}


def telegram_token(patient: Patient) -> dict[str, str]:
    return {"TELEGRAM_TOKEN": "123456:another-canary-token-of-nobody"}


def webhook(patient: Patient) -> dict[str, str]:
    patient.telegram.webhook = "https://elsewhere.example/hook"
    return {}


def another_copy(patient: Patient) -> dict[str, str]:
    patient.telegram.conflict = True
    return {}


def discord_token(patient: Patient) -> dict[str, str]:
    return {"DISCORD_TOKEN": "MTAwMDAwMDAwMDAwMDAwMDAx.Canary.another-token-of-nobody"}


def gateway_away(patient: Patient) -> dict[str, str]:
    patient.discord.fail("gateway", "502")
    return {}


def discord_breaks(patient: Patient) -> dict[str, str]:
    patient.discord.fail("application", "502")
    return {}


def search_away(patient: Patient) -> dict[str, str]:
    return {"SEARXNG_URL": "http://127.0.0.1:9"}


def search_without_json(patient: Patient) -> dict[str, str]:
    patient.web.fail("searxng", "403")
    return {}


FAULTS: dict[Callable[[Patient], dict[str, str]], tuple[str, str, str]] = {
    open_to_others: ("env_file", "warning", "chmod 600 .env"),
    wrong_setting: ("settings", "broken", "TIMEZONE"),
    file_for_a_folder: ("folder", "broken", "DATA_DIR"),
    disk_full: ("disk", "broken", "room"),
    log_is_a_folder: ("log", "warning", "LOG_FILE"),
    damaged_database: ("database", "broken", "Move the file away"),
    newer_database: ("database", "broken", "Update the program"),
    open_database_file: ("database.private", "warning", "chmod 600 porchlight.db"),
    old_copy: ("backups", "warning", "porchlight backup"),
    nobody_in_charge: ("admin", "warning", "open the link"),
    clock_ahead: ("clock", "broken", "60 minutes ahead"),
    key_refused: ("node.2", "broken", "key"),
    model_unknown: ("node.2", "broken", "model"),
    used_up: ("node.1", "warning", "used up"),
    model_breaks: ("node.1", "broken", "no answer"),
    ollama_away: ("node.3", "broken", "Start Ollama"),
    not_pulled: ("node.3", "broken", "ollama pull"),
    telegram_token: ("telegram.token", "broken", "@BotFather"),
    webhook: ("telegram.webhook", "broken", "another program"),
    another_copy: ("telegram.reader", "broken", "same TELEGRAM_TOKEN"),
    discord_token: ("discord.token", "broken", "Reset Token"),
    discord_breaks: ("discord.token", "broken", "cannot be reached"),
    gateway_away: ("discord.gateway", "broken", "websockets"),
    search_away: ("search", "broken", "SEARXNG_URL"),
    search_without_json: ("search", "broken", "formats"),
}


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
async def test_each_planted_fault_is_found_and_no_other(
    patient: Patient, plant: Callable[[Patient], dict[str, str]]
) -> None:
    """By its code, with a sentence or a remedy that helps; whatever depends on it is skipped and says so; the
    exit code is 2 if something is broken, else 1."""
    code, state, helps = FAULTS[plant]
    found = await patient.examined(**plant(patient))
    assert ill(found) == {code: state}
    assert helps in f"{found[code].says} {found[code].remedy}"
    assert exit_code(list(found.values())) == (2 if state == "broken" else 1)
    for it in found.values():
        waits = any(found[need].state in ("broken", "skipped") for need in it.needs)
        assert (it.state == "skipped") == waits
        assert it.state != "skipped" or it.says.startswith("Not looked at, because of ")


async def test_a_database_that_is_busy_is_not_broken(patient: Patient) -> None:
    """Whoever keeps it to itself lets it go again."""
    with closing(sqlite3.connect(patient.database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        found = doctor_house._database(patient.database, wait_s=0.0)
    assert (found.state, found.remedy) == ("warning", "Try again in a minute.")


async def test_a_program_without_a_heartbeat_is_noticed(patient: Patient) -> None:
    """It holds its lock and does nothing."""
    with only_one(patient.data):
        assert ill(await patient.examined()) == {"running": "warning"}


# ── What no stand-in shows ────────────────────────────────────────────────────────────────────────


def test_a_bot_in_private_mode_is_noticed_where_it_is_in_a_group() -> None:
    """Elsewhere that mode does no harm."""
    assert doctor_outside.told_in_groups(False, 1).state == "warning"
    assert doctor_outside.told_in_groups(False, 0).state == "well"
    assert doctor_outside.told_in_groups(True, 1).state == "well"


def test_an_application_that_is_told_elsewhere_is_noticed() -> None:
    """And one that no link can add to a server."""
    result = doctor_outside.application_result
    assert "Interactions Endpoint URL" in result(told_elsewhere=True, needs_code=False).remedy
    assert "Code Grant" in result(told_elsewhere=False, needs_code=True).remedy
    assert result(told_elsewhere=False, needs_code=False).state == "well"


def test_the_built_in_model_is_missed_only_where_it_is_the_only_one(tmp_path: Path) -> None:
    """On a machine for which there is no engine. With one, a file that is not whole is noticed always."""
    file = tmp_path / MINI.file_name
    spec = NodeSpec("Mini", "embedded", "", "x", options={"weights": str(file)})
    assert doctor_outside.mini(spec, alone=True, engine=False).state == "broken"
    assert doctor_outside.mini(spec, alone=False, engine=False).state == "well"
    assert doctor_outside.mini(spec, alone=True, engine=True).state == "well"  # it is fetched at the start
    file.write_bytes(b"GGUF")
    assert "not whole" in doctor_outside.mini(spec, alone=False, engine=True).says
    own = NodeSpec("Own", "embedded", "", "x", options={"weights": str(tmp_path / "own.gguf")})
    assert "not whole" in doctor_outside.mini(own, alone=False, engine=True).says


def test_the_age_of_the_newest_copy_is_told_in_words(tmp_path: Path) -> None:
    """A copy of this morning is not 0.0 days old."""
    copy = tmp_path / "backups" / "porchlight-20260311-060000-v1-0123456789abcdef.db"
    copy.parent.mkdir()
    copy.touch()
    made_at = datetime(2026, 3, 11, 6, tzinfo=UTC).timestamp()
    for days, age in ((0.1, "less than a day"), (1.5, "a day"), (2.4, "2 days")):
        found = doctor_house._backups(tmp_path / "porchlight.db", made_at + days * DAY_S)
        assert found.says == f"The newest copy of the database is {age} old."


def test_a_machine_that_knows_no_time_zone_is_noticed(tmp_path: Path) -> None:
    """A link that leads into the data on time zones says which one it is; without one it is UTC."""
    zone = tmp_path / "zoneinfo" / "Asia" / "Ho_Chi_Minh"
    zone.parent.mkdir(parents=True)
    zone.touch()
    (tmp_path / "localtime").symlink_to(zone)
    assert time_zone.of_machine(tmp_path / "localtime") == "Asia/Ho_Chi_Minh"
    assert time_zone.of_machine(tmp_path / "missing") == "UTC"
    assert doctor_house._zone(False, "Etc/UTC").state == "warning"
    assert doctor_house._zone(True, "Etc/UTC").state == "well"
    assert doctor_house._zone(False, "Asia/Ho_Chi_Minh").state == "well"


async def test_where_a_server_stands_is_not_told() -> None:
    """Not by what is said of its certificate either; the names of programs stay."""
    spec = NodeSpec("x", "ollama", "https://ollama:11434", "x")
    loaded = settings.load(None, {}).model_copy(update={"nodes": (spec,)})
    strike = doctor._strike(loaded)
    assert strike("certificate is not valid for 'ollama'") == "certificate is not valid for [server]"
    assert strike("ollama pull x") == "ollama pull x"
