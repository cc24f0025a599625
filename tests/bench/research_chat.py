"""How soon a person sees in the chat that something is being looked up.

The whole program runs as a family has it, on the stand-in for Telegram with its round trip (house.py), and
asks a SearXNG that takes its time. What counts is the sign that the question was understood. As soon as that
stands there the question is stopped, so no model is asked.
"""

from collections.abc import Iterable
from random import Random

from bot import phrases
from core.types import Status
from tests.bench.house import house
from tests.bench.telegram_house import OnTelegram
from tests.frozen.library import pages, questions
from tests.servers.web import Web

SEARCHING = phrases.of().progress(Status("searching"))


class LookingUp(OnTelegram):
    """With a web to search in."""

    def __init__(self, web: Web, random: Random) -> None:
        super().__init__(random)
        self._web = web

    def settings(self, people: Iterable[int]) -> dict[str, str]:
        return {**super().settings(people), "SEARXNG_URL": self._web.searxng_url}


async def first_seen(count: int, *, search_s: float, seed: int) -> list[float]:
    """In seconds, from a question to its being said that the web is searched, the shortest first; of so many
    people, each in a private chat. Raises `TimeoutError` if it is not said."""
    random = Random(seed)
    async with Web(pages().values(), search_s=search_s, random=random) as web:
        platform = LookingUp(web, random)
        async with house(platform, people=count, random=random) as at_home:
            await at_home.hears()
            asked = [random.choice(questions()).ask for _ in range(count)]
            return sorted([await _seen(platform, person, ask) for person, ask in enumerate(asked, 1)])


async def _seen(platform: OnTelegram, person: int, question: str) -> float:
    def said() -> list[str]:
        return [text for post in platform.answer(person, asked, None) for _, text in post.shown]

    asked_at = platform.clock()
    asked = platform.ask(person, person, f"/research {question}")
    await platform.until(lambda: SEARCHING in said())
    (post,) = platform.answer(person, asked, None)
    platform.ask(person, person, "/stop")
    await platform.until(lambda: said()[-1] != SEARCHING)
    return next(at for at, text in post.shown if text == SEARCHING) - asked_at
