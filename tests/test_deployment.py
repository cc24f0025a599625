"""What the container and the service are made of, read as their tools read it.

No image is built here. What these tests keep is what can be known without: the files say what the README
promises of them, and name nothing that is not there; and what a container gives is enough for the program.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import health, watchdog
from bot.desk import LEAVING_S_MAX
from bot.service import STOP_S_MAX, WATCHDOG_S, unit
from tests.home import Home
from tests.servers.models import ModelServer
from tests.servers.telegram import TelegramServer

ROOT = Path(__file__).parents[1]
PINNED = re.compile(r"[\w./-]+:(?!latest$)[\w.-]*\d[\w.-]*")
"""An image by a tag that holds a version."""


# ── Dockerfile ────────────────────────────────────────────────────────────────────────────────────


def instructions() -> list[tuple[str, str]]:
    """Each with its arguments, lines that go on put together."""
    lines = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    whole = re.sub(r"\\\n\s*", "", lines).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in whole if line.strip()]


def stages() -> list[list[tuple[str, str]]]:
    parted: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            parted.append([])
        parted[-1].append((name, rest))
    return parted


def test_it_is_built_in_one_stage_and_run_from_another() -> None:
    """Both on the same pinned base, with nothing but the finished program carried over."""
    build, run = stages()
    bases = [stage[0][1].split()[0] for stage in (build, run)]
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0])
    assert [rest for name, rest in run if name == "COPY"] == ["--from=build /app /app"]
    assert not any("pip" in rest for name, rest in run if name == "RUN")


def test_it_knows_only_words_that_docker_knows() -> None:
    """And each of those that may stand once stands once."""
    known = {
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "VOLUME",
        "ENV",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
    }
    names = [name for name, _ in instructions()]
    assert set(names) <= known
    assert all(names.count(name) == 1 for name in ("USER", "HEALTHCHECK", "ENTRYPOINT", "STOPSIGNAL"))


def test_what_is_copied_exists_and_is_all_that_the_package_needs() -> None:
    """Every package of pyproject.toml, the files it names, and none that .dockerignore keeps out."""
    copied = [word for name, rest in stages()[0] if name == "COPY" for word in rest.split()[:-1]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert set(copied) == {*packages, "pyproject.toml", project["project"]["readme"], "LICENSE"}
    assert all((ROOT / name).exists() for name in copied)
    assert all(enters(name) for name in copied)


def test_it_runs_as_nobody_in_particular() -> None:
    """A number, which no account outside has, and the folder it writes to is its own."""
    _, run = stages()
    said = dict(run)
    assert said["USER"] == "10001:10001"
    order = [name for name, _ in run]
    assert order.index("RUN") < order.index("USER") < order.index("VOLUME")
    assert "--owner 10001 --group 10001 --mode 0700 /data" in said["RUN"]
    assert "DATA_DIR=/data" in said["ENV"]


def installs() -> list[str]:
    return [rest for name, rest in stages()[0] if name == "RUN"]


def test_an_update_fetches_only_what_is_new() -> None:
    """The libraries are a layer of their own, made of pyproject.toml alone; no cache is left in any."""
    build = stages()[0]
    before = build[: build.index(("RUN", installs()[-1]))]
    assert [rest for name, rest in before if name == "COPY"][:1] == ["pyproject.toml ./"]
    names = [name for name, _ in build]
    assert names.index("RUN") < names.index("COPY", names.index("COPY") + 1)
    assert installs()[-1] == "/app/bin/pip install --no-deps ."
    assert "PIP_NO_CACHE_DIR=1" in dict(build)["ENV"]


def test_the_image_gets_what_pyproject_names(tmp_path: Path) -> None:
    """Its own line of Python makes the lists that pip is given; where there is no engine for this machine,
    the image is built without."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    lists, engine, _ = installs()
    (line,) = re.findall(r"python -c '(.*?)'", lists)
    subprocess.run([sys.executable, "-c", line], cwd=tmp_path, check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (tmp_path / "needs.txt").read_text().splitlines() == project["dependencies"]
    assert (tmp_path / "engine.txt").read_text().splitlines() == project["optional-dependencies"]["embedded"]
    assert "--only-binary :all: -r engine.txt || echo" in engine


def test_what_lies_in_the_volume_is_no_part_of_the_program(tmp_path: Path) -> None:
    """The health check begins in a folder that can be written to; a file of our name there is not run."""
    environ = dict(pair.split("=", 1) for pair in dict(stages()[1])["ENV"].split())
    (tmp_path / "bot.py").write_text("raise SystemExit('taken from the volume')")
    health.beat(tmp_path)
    check = [sys.executable, *json.loads(dict(stages()[1])["HEALTHCHECK"].partition("CMD ")[2])[1:-1], "."]
    told = environ | {"PYTHONPATH": str(ROOT)}
    checked = subprocess.run(check, cwd=tmp_path, env=told, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def enters(name: str) -> bool:
    """Whether .dockerignore lets it into the build, by its last rule that fits."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    inside = True
    for rule in rules:
        if any(fnmatch(name, pattern) for pattern in (rule.lstrip("!"), f"{rule.lstrip('!')}/*")):
            inside = rule.startswith("!")
    return inside


def test_neither_secrets_nor_conversations_enter_an_image() -> None:
    """Everything is kept out that is not named."""
    assert not any(
        enters(name) for name in (".env", "data/porchlight.db", "providers.json", ".git/config", "x")
    )


# ── compose.yaml ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return loaded


def seconds(said: str) -> int:
    return int(said[:-1]) * {"s": 1, "m": 60}[said[-1]]


def test_the_bot_is_locked_in(compose: dict[str, Any]) -> None:
    """Nobody's rights, nothing to write to but its volume and a small folder in memory, no way in."""
    bot = compose["services"]["bot"]
    assert bot["user"] == dict(stages()[1])["USER"]
    assert bot["read_only"] is True
    assert bot["cap_drop"] == ["ALL"]
    assert bot["security_opt"] == ["no-new-privileges:true"]
    assert bot["volumes"] == ["data:/data"]
    assert [where.partition(":")[0] for where in bot["tmpfs"]] == ["/tmp"]
    for service in compose["services"].values():
        assert not {"ports", "privileged", "network_mode", "devices", "cap_add", "pid"} & set(service)
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_it_is_begun_again_and_says_so_to_the_watchdog(compose: dict[str, Any]) -> None:
    """`restart` and RESTARTED_BY belong together; the folders are those of the volume whatever .env says."""
    bot = compose["services"]["bot"]
    assert bot["restart"] == "unless-stopped"
    assert bot["environment"] == {
        "DATA_DIR": "/data",
        "LOG_FILE": "/data/system.log",
        "RESTARTED_BY": "compose",
    }


def test_it_can_be_set_up_before_there_is_anything(compose: dict[str, Any]) -> None:
    """A .env beside compose.yaml is read and need not be there; set-up's own is in the volume, where the
    program begins."""
    assert compose["services"]["bot"]["env_file"] == [{"path": ".env", "required": False}]
    assert dict(stages()[1])["WORKDIR"] in [
        it.partition(":")[2] for it in compose["services"]["bot"]["volumes"]
    ]


def test_nothing_of_ours_is_looked_for_elsewhere(compose: dict[str, Any]) -> None:
    """What is built here has no name of its own: a registry might know it. Volumes outlive a moved folder."""
    assert "image" not in compose["services"]["bot"]
    assert compose["name"] == "porchlight"


def test_neither_memory_nor_logs_grow_for_ever(compose: dict[str, Any]) -> None:
    """The bot has a limit of memory and of processes, and each service's log is cut."""
    bot = compose["services"]["bot"]
    assert (bot["mem_limit"], bot["pids_limit"]) == ("1g", 256)
    assert all(
        it["logging"]["options"].keys() == {"max-size", "max-file"} for it in compose["services"].values()
    )


def test_running_answers_have_time_to_end(compose: dict[str, Any]) -> None:
    """Under compose and under systemd."""
    assert seconds(compose["services"]["bot"]["stop_grace_period"]) > LEAVING_S_MAX + 5
    assert STOP_S_MAX > LEAVING_S_MAX + 5


def test_the_health_check_is_that_of_the_image_and_reads_the_heartbeat(compose: dict[str, Any]) -> None:
    """The same call in both; a beat may be late before anything is said."""
    check = compose["services"]["bot"]["healthcheck"]
    in_image = dict(stages()[1])["HEALTHCHECK"]
    assert json.loads(in_image.partition("CMD ")[2]) == check["test"][1:]
    assert check["test"][2:] == ["-m", "bot.health", "/data"]
    assert check["test"][0] == "CMD"
    assert health.AGE_S_MAX > 2 * watchdog.BEAT_S


def test_the_local_model_is_there_for_whoever_wants_it(compose: dict[str, Any]) -> None:
    """In a profile of its own, with a pinned image; nothing waits for it."""
    ollama = compose["services"]["ollama"]
    assert ollama["profiles"] == ["local"]
    assert PINNED.fullmatch(ollama["image"])
    assert "depends_on" not in compose["services"]["bot"]
    assert set(compose["volumes"]) == {"data", "models"}


# ── The program in there ──────────────────────────────────────────────────────────────────────────


async def test_it_writes_to_its_volume_alone(tmp_path: Path) -> None:
    """Neither beside the program, nor at home, nor where temporary files are, whatever it does: an answer, a
    backup, a chart. So all the rest may be read-only."""
    volume, home, temporary, app = (tmp_path / name for name in ("data", "home", "tmp", "app"))
    for place in (volume, home, temporary):
        place.mkdir()
    for package in ("adapters", "bot", "core", "migrations"):
        shutil.copytree(ROOT / package, app / package, ignore=shutil.ignore_patterns("__pycache__"))
    shipped = all_in(app)
    token = "123456:made-up-token"
    async with TelegramServer(token) as telegram, ModelServer() as model:
        telegram.person(7, "Anna")
        chat = telegram.private(7)
        inside = Home(volume, telegram, model, TELEGRAM_TOKEN=token, TELEGRAM_API_URL=telegram.url)
        inside.settings(ADMIN_IDS="telegram:7")
        environ = dict(pair.split("=", 1) for pair in dict(stages()[1])["ENV"].split())
        del environ["PATH"]
        environ |= {"DATA_DIR": str(volume), "PYTHONPATH": str(app)}
        environ |= {"HOME": str(home), "TMPDIR": str(temporary)}
        async with inside.running(terminal=False, **environ):
            telegram.say(7, 7, "What is the capital of France?")
            await inside.until(lambda: any("Paris" in post.text for post in chat.posts))
            telegram.say(7, 7, "/backup")
            await inside.until(lambda: any("backup was made" in post.text for post in chat.posts))
            telegram.say(7, 7, "/chart")
            await inside.until(lambda: any(post.photo for post in chat.posts))
    assert (all_in(home), all_in(temporary), all_in(app)) == ([], [], shipped)
    assert (volume / "porchlight.db").exists()


def all_in(folder: Path) -> list[Path]:
    """But for what Python compiles, which an image holds already."""
    return sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)


def test_without_a_platform_it_says_so(tmp_path: Path) -> None:
    """Who begins it again and again learns that the settings are wrong, and who reads its log, what to do."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "RESTARTED_BY": "compose"}
    ran = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env=environ | {"EMBEDDED_MODEL": "off"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "TELEGRAM_TOKEN" in ran.stderr
    assert "porchlight setup" in ran.stderr


# ── The systemd unit ──────────────────────────────────────────────────────────────────────────────


def options(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#")


def test_the_service_is_watched_and_begun_again() -> None:
    """The program's own watchdog comes first, as it tells why; wrong settings are not tried for ever."""
    said = options(unit(("/app/bin/porchlight",), Path("/srv/porch")))
    assert (said["Type"], said["NotifyAccess"], said["Restart"]) == ("notify", "main", "always")
    assert int(said["WatchdogSec"]) == WATCHDOG_S > watchdog.HANGS_S_MAX + watchdog.LAST_WORDS_S
    assert said["RestartPreventExitStatus"] == "2"
    assert said["NoNewPrivileges"] == "yes"


def test_paths_are_written_as_systemd_reads_them() -> None:
    """Spaces, percent signs, quotes and dollars of a folder's name mean themselves."""
    said = options(unit(('/srv/my $100 "porch"/run', "-m", "bot"), Path("/srv/50 % light")))
    assert said["ExecStart"] == '"/srv/my $$100 \\"porch\\"/run" "-m" "bot"'
    assert said["WorkingDirectory"] == "/srv/50 %% light"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """Not a word from its own checker."""
    (tmp_path / "porchlight.service").write_text(unit(("/bin/true", "a b"), tmp_path))
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "porchlight.service")],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in checked.stderr.splitlines() if "porchlight" in line]
    assert (checked.returncode, ours) == (0, [])
