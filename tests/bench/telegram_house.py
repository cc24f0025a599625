"""Telegram as a `Platform` for a house: its stand-in, and the private chats and groups in it."""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from tests.bench.house import ROUND_TRIP_S
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_chats import Post

TOKEN = "123456:made-up-token"
HEARD_S = 0.05
"""The program is another process: a flood wait takes a moment to reach it."""
FIRST_GROUP = -1001
POSTING = {"sendMessage", "editMessageText", "editMessageReplyMarkup", "deleteMessage"}


class OnTelegram:
    def __init__(self, random: Random) -> None:
        self.server = TelegramServer(TOKEN, latency_s=ROUND_TRIP_S, random=random)
        self.server.heard_s = HEARD_S

    @property
    def violations(self) -> Sequence[str]:
        return self.server.violations

    @property
    def calls(self) -> Sequence[tuple[int | None, int]]:
        return [(call.chat_id if call.method in POSTING else None, call.status) for call in self.server.calls]

    def settle(self, people: Iterable[int]) -> None:
        for person in people:
            self.server.private(person)

    def settings(self, people: Iterable[int]) -> dict[str, str]:
        return {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.server.url,
            "ADMIN_IDS": ",".join(f"telegram:{person}" for person in people),
        }

    def is_heard(self) -> bool:
        return any(call.method == "getUpdates" for call in self.server.calls)

    def clock(self) -> float:
        return self.server.clock()

    async def until(self, happened: Callable[[], object], timeout_s: float = 10.0) -> None:
        await self.server.until(happened, timeout_s)

    async def group(self, number: int, person: int) -> int:
        """A new group, to which this person adds the bot; its id."""
        chat = FIRST_GROUP - number
        log = self.server.group(chat, "Family", members=[person], joined=False)
        self.server.join(chat, by=person)
        await self.server.until(lambda: log.posts)
        return chat

    def ask(self, chat: int, person: int, text: str) -> int:
        mention = "" if self.server.chats[chat].kind == "private" else f"@{self.server.bot_username} "
        return self.server.say(chat, person, f"{mention}{text}")

    def answer(self, chat: int, post: int, end: int | None) -> Sequence[Post]:
        """What stands between this question and the next."""
        posts = self.server.chats[chat].history
        return [it for it in posts if it.id > post and (end is None or it.id < end)]
