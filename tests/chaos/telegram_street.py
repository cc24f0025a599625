"""Telegram as a `Street`: the program asks for news and confirms with the next question that it has them."""

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from types import TracebackType
from typing import Self

from tests.chaos.judge import Standing
from tests.chaos.street import (
    COMMITTED,
    DELETE,
    FINAL,
    HANDED,
    LATENCY_S,
    POST,
    PREVIEW,
    SEARCH,
    TYPING,
    How,
    Seen,
    edit_named,
    moments,
)
from tests.servers.loopback import HungUp
from tests.servers.telegram import Moment, TelegramServer
from tests.servers.telegram_calls import Call

HEARD_S = 0.05
NEWS = "getUpdates"
NAMES = {
    "sendMessage": POST,
    "deleteMessage": DELETE,
    "editMessageReplyMarkup": SEARCH,
    "sendChatAction": TYPING,
}


class TelegramStreet:
    token = "7700123:canary-token-of-the-chaos-run"
    gaps: tuple[How, ...] = ()
    points_of_any: tuple[str, ...] = (
        HANDED,
        COMMITTED,
        *moments(POST, "never arrives", "arrived", "applied", "replied"),
    )
    points: tuple[str, ...] = (
        *points_of_any,
        *moments(TYPING, "arrived"),
        *moments(PREVIEW, "arrived", "applied", "replied"),
        *moments(FINAL, "never arrives", "arrived", "applied", "replied"),
        *moments(SEARCH, "arrived"),
        *moments(DELETE, "arrived", "applied", "replied"),
    )
    patience_s = 1.6
    strays_per_1000_max = 1.0
    first_words_wait = True

    def __init__(self, seed: int) -> None:
        self._server = TelegramServer(self.token, latency_s=LATENCY_S, random=Random(f"{seed} faults"))
        self._server.heard_s = HEARD_S
        self._server.on_call = self._called
        self.sessions = Counter[str]()
        self._passed: Callable[[str], bool] = lambda point: False
        self._offset = 0
        self._violations_known = 0
        self._broken_by: list[Call] = []

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    def clock(self) -> float:
        return self._server.clock()

    # ── People ────────────────────────────────────────────────────────────────────────────────────

    def person(self, person: int, name: str) -> int:
        self._server.person(person, name)
        return self._server.private(person).id

    def say(self, chat: int, person: int, text: str) -> int:
        return self._server.say(chat, person, text)

    def edit(self, chat: int, post: int, text: str) -> None:
        self._server.edit(chat, post, text)

    def remove(self, chat: int, post: int) -> None:
        self._server.remove(chat, post)

    def standing(self, chat: int) -> list[Standing]:
        return [Standing(post.id, post.text, post.reply_to) for post in self._server.chats[chat].posts]

    # ── The program ───────────────────────────────────────────────────────────────────────────────

    def settings(self) -> dict[str, str]:
        admins = ",".join(f"telegram:{person}" for person in self._server.people)
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API_URL": self._server.url, "ADMIN_IDS": admins}

    def watch(self, passed: Callable[[str], bool]) -> None:
        self._passed = passed

    @property
    def violations(self) -> list[str]:
        return self._server.violations

    @property
    def seen(self) -> Sequence[Seen]:
        return [self._seen(call) for call in self._server.calls if call.chat_id is not None]

    @property
    def broken_by(self) -> Sequence[Seen]:
        return [self._seen(call) for call in self._broken_by if call.chat_id is not None]

    @property
    def heard(self) -> Sequence[float]:
        return [call.at for call in self._server.calls if call.method == NEWS]

    @property
    def posts(self) -> int:
        return sum(len(chat.history) for chat in self._server.chats.values())

    @property
    def calls(self) -> int:
        return len(self._server.calls)

    @property
    def floods(self) -> int:
        return self._server.floods

    def quiet_s(self) -> float:
        calls = self._server.calls
        quiet = (call.at for call in reversed(calls) if call.method != NEWS)
        return self.clock() - next(quiet, calls[0].at if calls else self.clock())

    # ── Trouble ───────────────────────────────────────────────────────────────────────────────────

    def fail(self, rates: dict[str, float]) -> None:
        self._server.rates = rates

    def forgive(self) -> None:
        self._server.forgive()

    def go_ahead(self, seconds: float) -> None:
        raise NotImplementedError

    @property
    def is_heard(self) -> bool:
        return False

    def cut(self, how: How) -> None:
        raise NotImplementedError

    def mend(self) -> None:
        raise NotImplementedError

    # ── What is seen of it ────────────────────────────────────────────────────────────────────────

    def _called(self, moment: Moment, call: Call) -> None:
        if len(self._server.violations) > self._violations_known:
            self._violations_known = len(self._server.violations)
            self._broken_by.append(call)
        if call.method == NEWS:
            self._asked_for_news(moment, call)
            return
        name = _name(call)
        if moment == "arrived" and self._passed(f"{name} never arrives"):
            raise HungUp
        if moment == "arrived" or call.applied:
            self._passed(f"{name} {moment}")

    def _asked_for_news(self, moment: Moment, call: Call) -> None:
        if moment == "replied" and call.applied and len(self._server.updates):
            self._passed(HANDED)
        elif moment == "arrived" and call.params.get("offset", 0) > self._offset:
            self._offset = call.params["offset"]
            self._passed(COMMITTED)

    def _seen(self, call: Call) -> Seen:
        assert call.chat_id is not None
        post = call.params.get("message_id")
        if call.method == "sendMessage" and call.applied:
            history = self._server.chats[call.chat_id].history
            post = next(made.id for made in history if made.at >= call.at)
        text = call.params.get("text", "")
        return Seen(call.at, _name(call), call.chat_id, post, text, call.status, call.applied)


def _name(call: Call) -> str:
    if call.method == "editMessageText":
        return edit_named(call.params["text"])
    return NAMES.get(call.method, call.method)
