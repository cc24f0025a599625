"""Discord as a `Street`: the program keeps a connection, in which there are gaps, and its time can fly.

Nobody tells a new session what it has missed. Once Discord is a few minutes older, it does not know a post
again by its nonce: then a program that posts again, posts twice.
"""

import time
from collections.abc import Sequence
from math import inf
from random import Random

from tests.chaos.judge import Standing
from tests.chaos.street import (
    DELETE,
    FINAL,
    LATENCY_S,
    POST,
    PREVIEW,
    TYPING,
    How,
    OnServer,
    Seen,
    edit_named,
    moments,
)
from tests.servers.discord import DiscordServer
from tests.servers.discord_calls import JSON, Call
from tests.servers.discord_gateway import RESUMABLE_S
from tests.servers.standing import Moment

TOLD, HISTORY = "a question told", "history read"
NAMES = {"create_message": POST, "delete_message": DELETE, "typing": TYPING, "history": HISTORY}
REFUSED_S = 24 * 3600.0


class Clock:
    """Real time, and what it was told to go ahead."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self._ahead_s

    def go_ahead(self, seconds: float) -> None:
        self._ahead_s += seconds


class DiscordStreet(OnServer[DiscordServer, Call]):
    token = "ODgwMDEyMw==.canary.token-of-the-chaos-run"
    gaps: tuple[How, ...] = ("resumed", "resumed later", "invalid", "refused")
    points_of_any: tuple[str, ...] = moments(POST, "never arrives", "arrived", "applied", "replied")
    points: tuple[str, ...] = (
        *points_of_any,
        TOLD,
        *moments(HISTORY, "arrived", "replied"),
        *moments(TYPING, "arrived"),
        *moments(PREVIEW, "arrived", "applied", "replied"),
        *moments(FINAL, "never arrives", "arrived", "applied", "replied"),
        *moments(DELETE, "arrived", "applied", "replied"),
    )
    patience_s = 2.4
    strays_per_1000_max = 0.0
    first_words_wait = False

    def __init__(self, seed: int) -> None:
        self._clock = Clock()
        random = Random(f"{seed} faults")
        super().__init__(DiscordServer(self.token, clock=self._clock, latency_s=LATENCY_S, random=random))
        self._server.on_call = self._called
        self._server.gateway.on_told = self._told
        self._heard: list[float] = []

    def clock(self) -> float:
        return self._clock()

    # ── People ────────────────────────────────────────────────────────────────────────────────────

    def person(self, person: int, name: str) -> int:
        self._server.person(person, name)
        return self._server.dm(person).id

    def standing(self, chat: int) -> list[Standing]:
        return [Standing(post.id, post.text, post.reply_to) for post in self._server.channels[chat].posts]

    # ── The program ───────────────────────────────────────────────────────────────────────────────

    def settings(self) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": self.token,
            "DISCORD_API_URL": self._server.api_url,
            "DISCORD_GATEWAY_URL": self._server.gateway_url,
            "ADMIN_IDS": ",".join(f"discord:{person}" for person in self._server.people),
        }

    @property
    def seen(self) -> Sequence[Seen]:
        return [self._seen(call) for call in self._server.calls if call.channel_id is not None]

    @property
    def broken_by(self) -> Sequence[Seen]:
        return [self._seen(call) for call in self._broken_by if call.channel_id is not None]

    @property
    def heard(self) -> Sequence[float]:
        return self._heard

    @property
    def posts(self) -> int:
        return sum(len(channel.history) for channel in self._server.channels.values())

    @property
    def floods(self) -> int:
        return sum(call.status == 429 for call in self._server.calls)

    def quiet_s(self) -> float:
        calls = self._server.calls
        quiet = (call.at for call in reversed(calls) if call.route != "history")
        return self.clock() - next(quiet, calls[0].at if calls else self.clock())

    # ── Trouble ───────────────────────────────────────────────────────────────────────────────────

    def go_ahead(self, seconds: float) -> None:
        self._clock.go_ahead(seconds)

    @property
    def is_heard(self) -> bool:
        return self._server.gateway.connected

    def cut(self, how: How) -> None:
        gateway = self._server.gateway
        match how:
            case "dead":
                pass
            case "refused":
                self._server.offline_s(REFUSED_S)
            case "invalid":
                self._server.keep_waiting()
                gateway.sessions.clear()
            case "resumed" | "resumed later":
                gateway.resumable_s = inf
                gateway.not_yet = int(how == "resumed later")
                self._server.keep_waiting()

    def mend(self) -> None:
        self._server.back_online()

    # ── What is seen of it ────────────────────────────────────────────────────────────────────────

    def _called(self, moment: Moment, call: Call) -> None:
        self._note_violations(call)
        self._pass(moment, _name(call), call, ConnectionResetError())

    def _told(self, event: str, data: JSON) -> None:
        if event in ("READY", "RESUMED"):
            self._heard.append(self.clock())
            self.sessions["begun" if event == "READY" else "resumed"] += 1
            self._server.gateway.resumable_s = RESUMABLE_S
        elif event == "MESSAGE_CREATE" and "bot" not in data["author"]:
            self._passed(TOLD)

    def _seen(self, call: Call) -> Seen:
        assert call.channel_id is not None
        post = int(call.ids["message"]) if "message" in call.ids else None
        if call.route == "create_message" and call.applied:
            nonce = str(call.params.get("nonce"))
            history = self._server.channels[call.channel_id].history
            post = next((made.id for made in reversed(history) if made.nonce == nonce), None)
        text = str(call.params.get("content", ""))
        return Seen(call.at, _name(call), call.channel_id, post, text, call.status, call.applied)


def _name(call: Call) -> str:
    if call.route == "edit_message":
        return edit_named(str(call.params.get("content", "")))
    return NAMES.get(call.route, call.route)
