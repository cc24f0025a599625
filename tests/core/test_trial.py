"""Trying a node out: by a real call, against a real server."""

import time

import httpx

from core.errors import RateLimited, Rejected, Unavailable
from core.providers import End, Health
from core.providers.openai import OpenAI
from core.trial import tried_out
from core.types import NodeSpec
from tests.fakes import Beat, Clock, Player, spec
from tests.servers.models import ModelServer


async def test_a_node_that_answers_is_well() -> None:
    """By the first sign of an answer, for which few tokens are asked; and it is known what it lists."""
    async with ModelServer("openai", pieces=["Hello", " there."]) as server, httpx.AsyncClient() as client:
        described = server.spec("Alpha")
        trial = await tried_out(OpenAI(described, client), described, time.monotonic)
        assert trial.error is None
        assert trial.first_s is not None
        assert described.model in trial.models
        (ask,) = server.asks
        assert ask.body["max_tokens"] <= 64


async def test_the_call_is_ended_with_the_first_sign() -> None:
    """What would follow is not waited for."""
    player = Player(["Hello", Unavailable("cut", "this is never read")])
    trial = await tried_out(player, spec("Alpha"), Clock())
    assert trial.error is None
    assert player.playing == 0


async def test_what_is_wrong_is_told() -> None:
    """As the error that a question would have met."""
    for error in (Rejected("401", "Renew it."), RateLimited("429"), Unavailable("refused", "x")):
        script: list[Beat] = [error]
        assert (await tried_out(Player(script), spec("Alpha"), Clock())).error is error


async def test_without_a_model_only_the_list_is_asked_for() -> None:
    """No question is put to anybody."""

    class Lists(Player):
        health = Health("well", models=("a", "b"))

        async def check(self) -> Health:
            return self.health

    player = Lists(["Hello", End()])
    described = NodeSpec("Alpha", "openai", "http://alpha.example", "")
    trial = await tried_out(player, described, Clock())
    assert trial.models == ("a", "b")
    assert trial.error is None
    player.health = Health("ill", "not installed", models=("a",), remedy="Install it.")
    assert (await tried_out(player, described, Clock())).error is None  # it says so of no model at all
    player.health = Health("ill", "HTTP 401")
    assert isinstance((await tried_out(player, described, Clock())).error, Unavailable)
    player.health = Health("ill", "HTTP 401", remedy="Renew it.")
    assert isinstance((await tried_out(player, described, Clock())).error, Rejected)
    assert player.asked == []
