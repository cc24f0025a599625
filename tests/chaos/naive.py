"""Two bots as they are often written, to show that the harness finds what is wrong with them.

    python -m tests.chaos.naive send-then-mark     posts the answer, then marks the question as done
    python -m tests.chaos.naive mark-then-send     marks it, then posts

Apart from that order they are careful: the question is on disk before the platform may forget it, failed
calls are repeated, flood waits are kept, and what is not marked is taken up after a restart. A kill between
the two steps still doubles the answer in the one, and loses it in the other. On Discord they read the
history of their chats again and again, so that no gap takes anything from them.
"""

import asyncio
import json
import secrets
import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import httpx
from dotenv import dotenv_values

PAUSE_S = 0.5
LOOK_S = 0.3


class News(NamedTuple):
    id: int
    """It grows from each to the next."""
    chat: int
    post: int
    text: str


class Line(Protocol):
    """To one platform."""

    post_max: int

    async def news(self, seen: Mapping[int | None, int]) -> list[News]:
        """What was said after that: what was seen last of all, under None, and what in each chat."""

    async def post(self, chat: int, text: str, reply_to: int | None) -> None: ...


class Telegram:
    post_max = 4000

    def __init__(self, settings: dict[str, str], client: httpx.AsyncClient) -> None:
        self._bot = f"{settings['TELEGRAM_API_URL']}/bot{settings['TELEGRAM_TOKEN']}"
        self._client = client

    async def news(self, seen: Mapping[int | None, int]) -> list[News]:
        found = []
        for update in await self._call("getUpdates", offset=seen.get(None, -1) + 1, timeout=50):
            message = update["message"]
            chat, post = message["chat"]["id"], message["message_id"]
            found.append(News(update["update_id"], chat, post, message["text"]))
        return found

    async def post(self, chat: int, text: str, reply_to: int | None) -> None:
        reply = {} if reply_to is None else {"reply_parameters": {"message_id": reply_to}}
        await self._call("sendMessage", chat_id=chat, text=text, **reply)

    async def _call(self, method: str, **parameters: Any) -> Any:
        while True:
            pause_s = PAUSE_S
            try:
                response = await self._client.post(f"{self._bot}/{method}", json=parameters)
                reply = response.json()
                if reply["ok"]:
                    return reply["result"]
                pause_s = reply.get("parameters", {}).get("retry_after", PAUSE_S)
            except (httpx.HTTPError, ValueError):
                pass
            await asyncio.sleep(pause_s)


class Discord:
    post_max = 1900

    def __init__(self, settings: dict[str, str], client: httpx.AsyncClient) -> None:
        self._url = settings["DISCORD_API_URL"]
        self._headers = {"Authorization": f"Bot {settings['DISCORD_TOKEN']}"}
        self._people = [admin.partition(":")[2] for admin in settings["ADMIN_IDS"].split(",")]
        self._known = Path("chats.json")
        self._chats: list[int] = json.loads(self._known.read_text()) if self._known.exists() else []
        self._client = client

    async def news(self, seen: Mapping[int | None, int]) -> list[News]:
        for person in self._people[len(self._chats) :]:
            chat = await self._call("POST", "/users/@me/channels", {"recipient_id": person})
            self._chats.append(int(chat["id"]))
            self._known.write_text(json.dumps(self._chats))
        await asyncio.sleep(LOOK_S)
        found = await asyncio.gather(*(self._read(chat, seen.get(chat, 0)) for chat in self._chats))
        return sorted(news for read in found for news in read)

    async def _read(self, chat: int, seen: int) -> list[News]:
        page = await self._call("GET", f"/channels/{chat}/messages?after={seen}&limit=100")
        told = [one for one in page if not one["author"].get("bot")]
        return [News(int(one["id"]), chat, int(one["id"]), one["content"]) for one in told]

    async def post(self, chat: int, text: str, reply_to: int | None) -> None:
        body: dict[str, Any] = {"content": text, "flags": 4, "allowed_mentions": {"parse": []}}
        body |= {"nonce": secrets.token_hex(12), "enforce_nonce": True}
        if reply_to is not None:
            body["message_reference"] = {"message_id": str(reply_to), "fail_if_not_exists": False}
        await self._call("POST", f"/channels/{chat}/messages", body)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        while True:
            pause_s = PAUSE_S
            try:
                url = self._url + path
                response = await self._client.request(method, url, json=body, headers=self._headers)
                reply = response.json()
                if response.is_success:
                    if response.headers.get("X-RateLimit-Remaining") == "0":
                        await asyncio.sleep(float(response.headers["X-RateLimit-Reset-After"]))
                    return reply
                pause_s = reply.get("retry_after", PAUSE_S)
            except (httpx.HTTPError, ValueError):
                pass
            await asyncio.sleep(pause_s)


class Naive:
    def __init__(self, order: str, settings: dict[str, str], line: Line, client: httpx.AsyncClient) -> None:
        self._marks_first = order == "mark-then-send"
        self._settings = settings
        self._line = line
        self._client = client
        self._database = sqlite3.connect("naive.db")
        self._database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS questions (id INTEGER PRIMARY KEY, chat, post, text, done DEFAULT 0);"
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for row in self._database.execute("SELECT id, chat, post, text FROM questions WHERE NOT done"):
                tasks.create_task(self._see_through(*row))
            while True:
                for row in await self._line.news(self._seen()):
                    with self._database:
                        sql = "INSERT INTO questions (id, chat, post, text) VALUES (?, ?, ?, ?)"
                        self._database.execute(sql, row)
                    tasks.create_task(self._see_through(*row))

    def _seen(self) -> dict[int | None, int]:
        rows = self._database.execute("SELECT chat, max(id) FROM questions GROUP BY chat").fetchall()
        return {**dict(rows), None: max((last for _, last in rows), default=-1)}

    async def _see_through(self, row: int, chat: int, post: int, text: str) -> None:
        words = await self._ask(text)
        if self._marks_first:
            self._mark(row)
        reply_to: int | None = post
        while words:
            cut = len(words)
            if cut > self._line.post_max:
                cut = words.rindex(" ", 0, self._line.post_max)
            await self._line.post(chat, words[:cut], reply_to)
            words, reply_to = words[cut:].strip(), None
        if not self._marks_first:
            self._mark(row)

    def _mark(self, row: int) -> None:
        with self._database:
            self._database.execute("UPDATE questions SET done = 1 WHERE id = ?", (row,))

    async def _ask(self, text: str) -> str:
        body = {
            "model": self._settings["OPENAI_1_MODEL"],
            "stream": True,
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": text}],
        }
        url = f"{self._settings['OPENAI_1_URL']}/chat/completions"
        headers = {"Authorization": f"Bearer {self._settings['OPENAI_1_KEY']}"}
        words = ""
        async with self._client.stream("POST", url, json=body, headers=headers) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    choices = json.loads(line.removeprefix("data: "))["choices"]
                    words += "".join(choice["delta"].get("content") or "" for choice in choices)
        return words


async def main() -> None:
    settings = {name: value or "" for name, value in dotenv_values(".env").items()}
    async with httpx.AsyncClient(timeout=60) as client:
        line = Discord(settings, client) if "DISCORD_TOKEN" in settings else Telegram(settings, client)
        await Naive(sys.argv[1], settings, line, client).run()


if __name__ == "__main__":
    asyncio.run(main())
