"""Two bots as they are often written, to show that the harness finds what is wrong with them.

    python -m tests.chaos.naive send-then-mark     posts the answer, then marks the question as done
    python -m tests.chaos.naive mark-then-send     marks it, then posts

Apart from that order they are careful: the question is on disk before the platform may forget it, failed
calls are repeated, flood waits are kept, and what is not marked is taken up after a restart. A kill between
the two steps still doubles the answer in the one, and loses it in the other.
"""

import asyncio
import json
import sqlite3
import sys
from typing import Any

import httpx
from dotenv import dotenv_values

POST_MAX = 4000
PAUSE_S = 0.5


class Naive:
    def __init__(self, order: str, settings: dict[str, str], client: httpx.AsyncClient) -> None:
        self._marks_first = order == "mark-then-send"
        self._settings = settings
        self._bot = f"{settings['TELEGRAM_API_URL']}/bot{settings['TELEGRAM_TOKEN']}"
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
                for update in await self._call("getUpdates", offset=self._offset(), timeout=50):
                    message = update["message"]
                    row = (update["update_id"], message["chat"]["id"], message["message_id"], message["text"])
                    with self._database:
                        sql = "INSERT INTO questions (id, chat, post, text) VALUES (?, ?, ?, ?)"
                        self._database.execute(sql, row)
                    tasks.create_task(self._see_through(*row))

    def _offset(self) -> int:
        found = self._database.execute("SELECT ifnull(max(id) + 1, 0) FROM questions").fetchone()
        return int(found[0])

    async def _see_through(self, row: int, chat: int, post: int, text: str) -> None:
        words = await self._ask(text)
        if self._marks_first:
            self._mark(row)
        reply: dict[str, Any] = {"reply_parameters": {"message_id": post}}
        while words:
            cut = len(words) if len(words) <= POST_MAX else words.rindex(" ", 0, POST_MAX)
            await self._call("sendMessage", chat_id=chat, text=words[:cut], **reply)
            words, reply = words[cut:].strip(), {}
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


async def main() -> None:
    settings = {name: value or "" for name, value in dotenv_values(".env").items()}
    async with httpx.AsyncClient(timeout=60) as client:
        await Naive(sys.argv[1], settings, client).run()


if __name__ == "__main__":
    asyncio.run(main())
