"""Discord as a `Platform` for a house: its stand-in, with direct chats and the channels of one server."""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from tests.bench.house import ROUND_TRIP_S
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import PRIVATE, Channel, Guild, Post

TOKEN = "MTAwMDAwMDAwMDAwMDAwMDAx.made-up.token"
GUILD = 1
POSTING = {"create_message", "edit_message", "delete_message"}


class OnDiscord:
    def __init__(self, random: Random) -> None:
        self.server = DiscordServer(TOKEN, latency_s=ROUND_TRIP_S, random=random)
        self._guild: Guild
        self._hall: Channel

    @property
    def violations(self) -> Sequence[str]:
        return self.server.violations

    @property
    def calls(self) -> Sequence[tuple[int | None, int]]:
        return [
            (call.channel_id if call.route in POSTING else None, call.status) for call in self.server.calls
        ]

    def settle(self, people: Iterable[int]) -> None:
        """And all of them are in one server."""
        for person in people:
            self.server.dm(person)
        self._guild = self.server.guild(GUILD, "Family", list(people))
        self._hall = self.server.channel(self._guild, "general")

    def settings(self, people: Iterable[int]) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": self.server.api_url,
            "DISCORD_GATEWAY_URL": self.server.gateway_url,
            "ADMIN_IDS": ",".join(f"discord:{person}" for person in people),
        }

    def is_heard(self) -> bool:
        """It has greeted, and what it offers is known."""
        return bool(self._hall.posts and self.server.commands)

    def is_connected(self) -> bool:
        """All that a bot without commands and greetings shows of itself."""
        return self.server.gateway.connected

    def clock(self) -> float:
        return self.server.clock()

    async def until(self, happened: Callable[[], object], timeout_s: float = 10.0) -> None:
        await self.server.until(happened, timeout_s)

    def direct(self, person: int) -> int:
        return self.server.dm(person).id

    def channel(self, name: str) -> int:
        """A new one, in the server in which everybody is; its id."""
        return self.server.channel(self._guild, name).id

    def ask(self, chat: int, person: int, text: str) -> int:
        in_server = self.server.channels[chat].kind != PRIVATE
        return self.server.say(chat, person, text, mentions_bot=in_server)

    def answer(self, chat: int, post: int, end: int | None) -> Sequence[Post]:
        """The post that replies to the question, and what goes on from there: a post that replies to nothing
        belongs to the one before it. So answers that grow side by side have to be short."""
        found, asked = [], None
        for it in self.server.channels[chat].history:
            asked = it.reply_to or asked
            if asked == post:
                found.append(it)
        return found
