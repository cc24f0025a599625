"""A bot as one writes it first with discord.py, to show what the bench finds wrong with it.

    python -m tests.bench.naive_discord

It does what discord.py's examples do: in `on_message` it reads the model's stream, and in that loop it
awaits `Message.edit`, as often as is kind to Discord. The library keeps the rate limits by sleeping inside
the call, and tries again inside it; whoever awaits it there reads nothing meanwhile. Like the program it
notes when it read each piece (watched.py).
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import discord
import httpx
from discord.http import Route
from dotenv import dotenv_values
from yarl import URL

from tests.bench.watched import note

PAUSE_S = 0.5
"""The program's own first one."""


class Naive(discord.Client):
    def __init__(self, settings: dict[str, str]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._settings = settings

    async def on_message(self, asked: discord.Message) -> None:
        if asked.author == self.user:
            return
        text, post, shown_at = "", None, 0.0
        read_at: list[float] = []
        async for piece in self._pieces(asked.content):
            read_at.append(time.monotonic())
            text += piece
            if post is None:
                post = await asked.reply(text, suppress_embeds=True)
                shown_at = time.monotonic()
            elif time.monotonic() >= shown_at + PAUSE_S:
                await post.edit(content=text)
                shown_at = time.monotonic()
        note(read_at)
        if post is not None:
            await post.edit(content=text)

    async def _pieces(self, question: str) -> AsyncIterator[str]:
        body = {
            "model": self._settings["OPENAI_1_MODEL"],
            "stream": True,
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": question}],
        }
        url = f"{self._settings['OPENAI_1_URL']}/chat/completions"
        headers = {"Authorization": f"Bearer {self._settings['OPENAI_1_KEY']}"}
        async with (
            httpx.AsyncClient(timeout=60) as client,
            client.stream("POST", url, json=body, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    for choice in json.loads(line.removeprefix("data: "))["choices"]:
                        if piece := choice["delta"].get("content"):
                            yield piece


async def main() -> None:
    settings = {name: value or "" for name, value in dotenv_values(".env").items()}
    Route.BASE = settings["DISCORD_API_URL"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(settings["DISCORD_GATEWAY_URL"])
    async with Naive(settings) as bot:
        await bot.start(settings["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
