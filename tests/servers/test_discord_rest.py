"""What the stand-in for Discord refuses over REST, and what it lets pass but holds against the client."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx
import pytest

from tests.servers.conftest import Clock
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel

TOKEN = "canary.token.discord"
NONE: dict[str, Any] = {"parse": []}


class Api:
    """Calls routes, and has no manners of its own."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._nonces = 0

    async def __call__(self, method: str, path: str, body: object = None, **query: Any) -> httpx.Response:
        return await self._http.request(method, path, json=body, params=query)

    async def code(self, method: str, path: str, body: object = None, **query: Any) -> tuple[int, int]:
        reply = await self(method, path, body, **query)
        return reply.status_code, reply.json()["code"]

    async def send(self, channel: Channel, content: str, **more: Any) -> httpx.Response:
        self._nonces += 1
        good = {"nonce": f"n{self._nonces}", "enforce_nonce": True, "flags": 4, "allowed_mentions": NONE}
        body = {"content": content, **good, **more}
        return await self("POST", f"/channels/{channel.id}/messages", body)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def server(clock: Clock) -> AsyncIterator[DiscordServer]:
    async with DiscordServer(TOKEN, clock=clock, random=Random(1)) as server:
        server.person(7, "Anna", locale="de")
        yield server


@pytest.fixture
async def api(server: DiscordServer) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bot {TOKEN}"}
    async with httpx.AsyncClient(base_url=server.api_url, headers=headers, timeout=5.0) as http:
        yield Api(http)


# ── Messages ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_nonce_makes_one_message(server: DiscordServer, api: Api, clock: Clock) -> None:
    """The same nonce within a few minutes is the same message; later it is another one."""
    home = server.dm(7)
    first = (await api.send(home, "one", nonce="same")).json()["id"]
    assert (await api.send(home, "two", nonce="same")).json()["id"] == first
    assert [post.text for post in home.posts] == ["one"]
    clock.now += 600
    assert (await api.send(home, "three", nonce="same")).json()["id"] != first
    assert server.violations == []


async def test_what_no_message_may_be(server: DiscordServer, api: Api, clock: Clock) -> None:
    """Too long, empty, or with buttons that are none: refused with the field's name, and a violation."""
    home = server.dm(7)
    button = {"type": 2, "style": 1, "label": "Stop", "custom_id": "s"}
    rows: list[list[Any]] = [
        [{"type": 1, "components": [button | {"custom_id": str(n)} for n in range(6)]}],
        [{"type": 1, "components": [button | {"custom_id": "x" * 101}]}],
        [{"type": 1, "components": [button, button]}],
        [{"type": 1, "components": [button]}] * 6,
    ]
    reply = await api.send(home, "x" * 2001)
    assert (reply.status_code, reply.json()["code"], [*reply.json()["errors"]]) == (400, 50035, ["content"])
    assert (await api.send(home, " \n ")).json()["code"] == 50006
    for components in rows:
        clock.now += 5
        assert (await api.send(home, "hi", components=components)).json()["code"] == 50035
    assert home.posts == []
    assert len(server.violations) == 6
    assert (await api.send(home, "x" * 2000)).status_code == 200


async def test_broken_promises_are_violations(server: DiscordServer, api: Api, clock: Clock) -> None:
    """A ping, a preview, a missing nonce or a field that does not exist pass, and are held against us."""
    home = server.dm(7)
    said = server.say(home.id, 7, "hello")
    await api.send(home, "@everyone", allowed_mentions=None)
    await api.send(home, "<@7>", allowed_mentions={"users": ["7"]})
    await api.send(
        home,
        "hi",
        allowed_mentions={"parse": [], "replied_user": True},
        message_reference={"message_id": said},
    )
    clock.now += 5
    await api.send(home, "https://a.example", flags=0)
    await api.send(home, "hi", nonce=None)
    await api.send(home, "hi", colour="red")
    assert [post.pings for post in home.posts][:3] == [["@everyone"], ["<@7>"], ["<@7>"]]
    assert server.violations == [
        "create_message: @everyone is pinged",
        "create_message: @7 is pinged",
        "create_message: @7 is pinged",
        "create_message: embeds are not suppressed",
        "create_message: without a nonce that is enforced",
        "create_message: unknown field colour",
    ]


async def test_an_edit_that_brings_back_embeds_or_pings(server: DiscordServer, api: Api) -> None:
    """Flags an edit does not name stay; those it names count, and so do the mentions it would let through."""
    home = server.dm(7)
    path = f"/channels/{home.id}/messages/{(await api.send(home, 'hi')).json()['id']}"
    await api("PATCH", path, {"content": "https://a.example @here", "allowed_mentions": NONE})
    assert server.violations == []
    await api("PATCH", path, {"content": "hi", "flags": 0, "allowed_mentions": NONE})
    await api("PATCH", path, {"content": "@here", "flags": 4})
    assert server.violations == ["edit_message: embeds are not suppressed", "edit_message: @here is pinged"]


async def test_what_is_gone_or_not_ones_own(server: DiscordServer, api: Api) -> None:
    """Unknown and foreign messages, missing rights and blocks have Discord's own codes."""
    home, general = server.dm(7), server.channel(server.guild(1, "Family", [7]), "general")
    said = server.say(home.id, 7, "hello")
    path = f"/channels/{home.id}/messages/{said}"
    assert await api.code("PATCH", path, {"content": "x"}) == (403, 50005)
    assert await api.code("DELETE", f"/channels/{home.id}/messages/5") == (404, 10008)
    assert await api.code("GET", "/channels/5") == (404, 10003)
    there = server.say(general.id, 7, "hello")
    assert await api.code("DELETE", f"/channels/{general.id}/messages/{there}") == (403, 50013)
    general.forbidden.add("SEND_MESSAGES")
    assert (await api.send(general, "hi")).json()["code"] == 50013
    general.forbidden.add("VIEW_CHANNEL")
    assert (await api.send(general, "hi")).json()["code"] == 50001
    home.blocked = True
    assert (await api.send(home, "hi")).json()["code"] == 50007
    assert server.violations == []


async def test_a_reply_to_what_is_gone(server: DiscordServer, api: Api) -> None:
    """It fails, unless the client said that it need not exist."""
    home = server.dm(7)
    said = server.say(home.id, 7, "hello")
    server.remove(home.id, said)
    gone = {"message_id": str(said)}
    assert (await api.send(home, "hi", message_reference=gone)).json()["code"] == 50035
    assert (
        await api.send(home, "hi", message_reference=gone | {"fail_if_not_exists": False})
    ).status_code == 200
    assert home.posts[0].reply_to is None


async def test_the_history_is_read_in_pages(server: DiscordServer, api: Api) -> None:
    """Newest first; after, before and around take their neighbours; at most a hundred at once."""
    home = server.dm(7)
    ids = [server.say(home.id, 7, str(n)) for n in range(6)]
    path = f"/channels/{home.id}/messages"

    async def page(**query: int) -> list[int]:
        return [ids.index(int(message["id"])) for message in (await api("GET", path, **query)).json()]

    assert await page(limit=2) == [5, 4]
    assert await page(limit=2, after=ids[1]) == [3, 2]
    assert await page(limit=2, before=ids[4]) == [3, 2]
    assert await page(limit=3, around=ids[2]) == [3, 2, 1]
    assert await api.code("GET", path, limit=101) == (400, 50035)


async def test_content_is_for_those_who_may_read_it(server: DiscordServer, api: Api) -> None:
    """In a guild, without the intent, only what mentions the bot or is its own has a text."""
    general = server.channel(server.guild(1, "Family", [7]), "general")
    server.say(general.id, 7, "among us")
    server.say(general.id, 7, "you there", mentions_bot=True)
    read = [m["content"] for m in (await api("GET", f"/channels/{general.id}/messages")).json()]
    assert read == [f"<@{server.bot_id}> you there", ""]


# ── Rate limits ───────────────────────────────────────────────────────────────────────────────────


async def test_a_sixth_post_is_too_soon(server: DiscordServer, api: Api, clock: Clock) -> None:
    """It gets a 429 as discord.py wants it, has no effect, and is a violation; after the wait it passes."""
    home = server.dm(7)
    for left in (4, 3, 2, 1, 0):
        assert (await api.send(home, "hi")).headers["X-RateLimit-Remaining"] == str(left)
    clock.now += 1
    reply = await api.send(home, "hi")
    assert reply.status_code == 429
    assert reply.headers["Content-Type"] == "application/json"
    assert "Via" in reply.headers
    assert reply.json() == {"message": "You are being rate limited.", "retry_after": 4.0, "global": False}
    assert len(home.posts) == 5
    assert server.violations == ["create_message: into a bucket that is exhausted"]
    server.forgive()
    await api.send(home, "hi")
    assert len(server.violations) == 1
    clock.now += 4
    assert (await api.send(home, "hi")).status_code == 200


# ── Interactions and commands ─────────────────────────────────────────────────────────────────────

ASK = {"name": "ask", "description": "Ask", "options": []}


async def _asked(server: DiscordServer, api: Api, channel: Channel) -> tuple[str, str]:
    """A typed command: the paths of its callback and of its answer."""
    await api("PUT", f"/applications/{server.application_id}/commands", [ASK])
    one = server.interactions[server.command(channel.id, 7, "ask")]
    return f"/interactions/{one.id}/{one.token}/callback", f"/webhooks/{server.application_id}/{one.token}"


async def test_an_interaction_waits_three_seconds(server: DiscordServer, api: Api, clock: Clock) -> None:
    """Later it is unknown, and a second answer is refused."""
    home = server.dm(7)
    callback, _ = await _asked(server, api, home)
    clock.now += 3.1
    assert await api.code("POST", callback, {"type": 5}) == (404, 10062)
    callback, _ = await _asked(server, api, home)
    assert (await api("POST", callback, {"type": 5})).status_code == 204
    assert await api.code("POST", callback, {"type": 5}) == (400, 40060)


async def test_a_token_lasts_a_quarter_of_an_hour(server: DiscordServer, api: Api, clock: Clock) -> None:
    """Until then the answer can be edited; before the callback there is none."""
    home = server.dm(7)
    callback, hook = await _asked(server, api, home)
    text = {"content": "done", "allowed_mentions": NONE}
    assert await api.code("PATCH", f"{hook}/messages/@original", text) == (404, 10015)
    await api("POST", callback, {"type": 5, "data": {"flags": 64}})
    clock.now += 15 * 60
    assert (await api("PATCH", f"{hook}/messages/@original", text)).status_code == 200
    assert (home.posts[0].text, home.posts[0].ephemeral_to) == ("done", 7)
    assert (await api("GET", f"/channels/{home.id}/messages")).json() == []
    clock.now += 1
    assert await api.code("PATCH", f"{hook}/messages/@original", text) == (401, 50027)


@pytest.mark.parametrize(
    "command",
    [
        {"name": "Ask", "description": "Ask"},
        {"name": "ask", "description": ""},
        {"name": "ask", "description": "x" * 101},
        {"name": "ask", "description": "Ask", "contexts": [9]},
        {"name": "ask", "description": "Ask", "colour": "red"},
        {"name": "ask", "description": "Ask", "description_localizations": {"de": ""}},
    ],
)
async def test_what_no_command_may_be(server: DiscordServer, api: Api, command: dict[str, Any]) -> None:
    """It is refused with the field's name, and nothing is registered."""
    path = f"/applications/{server.application_id}/commands"
    assert await api.code("PUT", path, [command]) == (400, 50035)
    assert server.commands == []
    assert len(server.violations) == 1


async def test_admin_commands_are_hidden_from_others(server: DiscordServer, api: Api) -> None:
    """With no default permission only the guild's owner sees it there."""
    general = server.channel(server.guild(1, "Family", [7, 8]), "general")
    hidden = {**ASK, "default_member_permissions": "0"}
    await api("PUT", f"/applications/{server.application_id}/commands", [hidden])
    assert (server.offered(general.id, 7), server.offered(general.id, 8)) == (["ask"], [])
    with pytest.raises(LookupError):
        server.command(general.id, 8, "ask")


async def test_a_guild_is_left(server: DiscordServer, api: Api) -> None:
    """From then on nothing there is the bot's any more."""
    general = server.channel(server.guild(1, "Family", [7]), "general")
    assert (await api("DELETE", "/users/@me/guilds/1")).status_code == 204
    assert (await api.send(general, "hi")).json()["code"] == 50001
    assert server.left == [1]


async def test_pins(server: DiscordServer, api: Api) -> None:
    """Anybody in a direct chat may pin what stands there; elsewhere it wants a right the bot has not."""
    home = server.dm(7)
    general = server.channel(server.guild(1, "Family", [7]), "general")
    post = (await api.send(home, "hi")).json()["id"]
    for _ in range(2):
        assert (await api("PUT", f"/channels/{home.id}/messages/pins/{post}")).status_code == 204
    assert home.pinned == [int(post)]
    assert (await api("GET", f"/channels/{home.id}/messages/{post}")).json()["pinned"] is True
    assert await api.code("PUT", f"/channels/{home.id}/messages/pins/4711") == (404, 10008)
    other = (await api.send(general, "hi")).json()["id"]
    assert await api.code("PUT", f"/channels/{general.id}/messages/pins/{other}") == (403, 50013)
