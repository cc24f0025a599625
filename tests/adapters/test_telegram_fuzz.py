"""Whatever a model writes reaches the chat: two thousand answers, through the adapter, to the stand-in."""

from contextlib import AsyncExitStack
from random import Random

import pytest

from tests.adapters.markdowns import answer, garbage
from tests.adapters.telegram_stage import HOME, TOKEN, Hall
from tests.servers.telegram import TelegramServer

ANSWERS, AT_ONCE = 2000, 500


def seen(text: str) -> str:
    """What can be seen of it: Telegram makes other space of tabs, and takes control letters away."""
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())


@pytest.mark.parametrize("first", range(0, ANSWERS, AT_ONCE))
async def test_fuzzed_answers_are_all_delivered(first: int) -> None:
    """Each part of each answer is taken as it is, at the first call, with its formatting."""
    async with TelegramServer(TOKEN, flood=False) as server, AsyncExitStack() as stack:
        server.person(7, "Anna")
        server.private(7)
        hall = Hall(server)
        stack.push_async_callback(hall.adapter.close)
        for seed in range(first, first + AT_ONCE):
            random = Random(seed)
            markdown = answer(random) if random.random() < 0.7 else garbage(random)
            for number, part in enumerate(hall.adapter.render(markdown, final=True)):
                post = await hall.adapter.post(HOME, part, reply_to=None, key=f"{seed}-{number}")
                shown = server.chats[7].posts[-1]
                assert (str(shown.id), seen(shown.text)) == (post, seen(part.text))
        assert all(call.status == 200 for call in server.calls)
        assert server.violations == []
