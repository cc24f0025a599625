"""Telegram as a `Street`: the program asks for news and confirms with the next question that it has them."""

from collections.abc import Sequence
from random import Random

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
    OnServer,
    Seen,
    edit_named,
    moments,
)
from tests.servers.loopback import HungUp
from tests.servers.standing import Moment
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_calls import Call

HEARD_S = 0.05
NEWS = "getUpdates"
NAMES = {
    "sendMessage": POST,
    "deleteMessage": DELETE,
    "editMessageReplyMarkup": SEARCH,
    "sendChatAction": TYPING,
}


class TelegramStreet(OnServer[TelegramServer, Call]):
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
        super().__init__(TelegramServer(self.token, latency_s=LATENCY_S, random=Random(f"{seed} faults")))
        self._server.heard_s = HEARD_S
        self._server.on_call = self._called
        self._offset = 0

    def clock(self) -> float:
        return self._server.clock()

    # ── People ────────────────────────────────────────────────────────────────────────────────────

    def person(self, person: int, name: str) -> int:
        self._server.person(person, name)
        return self._server.private(person).id

    def standing(self, chat: int) -> list[Standing]:
        return [Standing(post.id, post.text, post.reply_to) for post in self._server.chats[chat].posts]

    # ── The program ───────────────────────────────────────────────────────────────────────────────

    def settings(self) -> dict[str, str]:
        admins = ",".join(f"telegram:{person}" for person in self._server.people)
        return {"TELEGRAM_TOKEN": self.token, "TELEGRAM_API_URL": self._server.url, "ADMIN_IDS": admins}

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
    def floods(self) -> int:
        return self._server.floods

    def quiet_s(self) -> float:
        calls = self._server.calls
        quiet = (call.at for call in reversed(calls) if call.method != NEWS)
        return self.clock() - next(quiet, calls[0].at if calls else self.clock())

    # ── Trouble ───────────────────────────────────────────────────────────────────────────────────

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
        self._note_violations(call)
        if call.method == NEWS:
            self._asked_for_news(moment, call)
            return
        self._pass(moment, _name(call), call, HungUp())

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
