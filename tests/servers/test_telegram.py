"""The stand-in speaks with python-telegram-bot as Telegram does, fails as scripted, and judges."""

import asyncio
import io
from collections.abc import AsyncIterator
from random import Random

import httpx
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.servers.conftest import TOKEN, Client, Clock
from tests.servers.telegram import TelegramServer

PNG = b"\x89PNG\r\n\x1a\n and more"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def bot_at(server: TelegramServer, token: str = TOKEN) -> Bot:
    return Bot(
        token,
        base_url=f"{server.url}/bot",
        base_file_url=f"{server.url}/file/bot",
        request=HTTPXRequest(read_timeout=0.1),
        get_updates_request=HTTPXRequest(),
    )


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    async with bot_at(server) as bot:
        yield bot


# ── As python-telegram-bot sees it ────────────────────────────────────────────────────────────────


async def test_a_conversation_with_a_real_client(server: TelegramServer, bot: Bot) -> None:
    """Updates are read, posts sent, edited and deleted, buttons pressed, pictures sent and fetched, by the
    library our adapter uses, and nothing it sends is a violation."""
    home = server.private(7)
    question = server.say(7, 7, "/start code", photo=False)
    [update] = await bot.get_updates(timeout=5, allowed_updates=["message", "callback_query"])
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.language_code == "de"
    assert update.message.parse_entities([MessageEntity.BOT_COMMAND]) == {
        update.message.entities[0]: "/start"
    }

    post = await bot.send_message(
        7,
        "hi there",
        entities=[MessageEntity("bold", 0, 2), MessageEntity("text_link", 3, 5, url="https://a.example/")],
        reply_parameters=ReplyParameters(question, allow_sending_without_reply=True),
        reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Stop", callback_data="/stop")]]),
        link_preview_options=NO_PREVIEW,
    )
    assert [entity.type for entity in post.entities] == ["bold", "text_link"]
    assert home.posts_to(question)[0].id == post.message_id

    server.press(7, post.message_id, "Stop", person=7)
    [pressed] = await bot.get_updates(offset=update.update_id + 1, timeout=5)
    assert pressed.callback_query is not None
    assert pressed.callback_query.data == "/stop"
    assert await pressed.callback_query.answer("Stopped")
    assert home.toasts == ["Stopped"]

    await post.edit_text("hi", link_preview_options=NO_PREVIEW)
    assert home.posts[0].text == "hi"
    assert home.posts[0].buttons == []
    assert await bot.send_chat_action(7, "typing")
    assert await bot.send_message_draft(7, 5, "growing")
    picture = await bot.send_photo(7, io.BytesIO(PNG), caption="look")
    file = await bot.get_file(picture.photo[0].file_id)
    assert bytes(await file.download_as_bytearray()) == PNG
    assert await post.delete()
    assert await bot.set_my_commands(
        [BotCommand("help", "What I can do")], BotCommandScopeChat(7), language_code="de"
    )
    assert (await bot.get_chat(7)).first_name == "Anna"
    assert (await bot.get_chat_member(7, bot.id)).status == "member"
    assert server.violations == []


@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")  # of the unit of `retry_after`
async def test_errors_come_out_as_the_library_names_them(
    server: TelegramServer, bot: Bot, api: Client
) -> None:
    """429, 400, 403, 409, 401, 404, 502 and a hang become the exceptions one has to expect."""
    home = server.private(7)
    faults: list[tuple[str, type[TelegramError]]] = [
        ("429", RetryAfter),
        ("400", BadRequest),
        ("403", Forbidden),
        ("401", InvalidToken),
        ("500", NetworkError),
        ("502", NetworkError),
        ("reset", NetworkError),
        ("timeout", TimedOut),
        ("html", TelegramError),
    ]
    for fault, error in faults:
        server.fail("sendMessage", fault, retry_after=9)
        with pytest.raises(error) as raised:
            await bot.send_message(7, "x")
        assert home.posts == []
        server.forgive()
        if isinstance(raised.value, RetryAfter):
            assert raised.value.retry_after == 9
    server.conflict = True
    with pytest.raises(Conflict):
        await bot.get_updates()
    for token in ("654321:other", "nonsense"):
        stranger = bot_at(server, token)
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.shutdown()
    assert [call.status for call in server.calls if call.method == "sendMessage"] == [
        *(429, 400, 403, 401, 500, 502),
        *(0, 0, 200),
    ]
    assert server.violations == []


# ── Failing ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["lost", "lost_hang"])
async def test_a_lost_reply_leaves_the_post(server: TelegramServer, bot: Bot, fault: str) -> None:
    """With a lost reply the client cannot know, but the post stands; an edit likewise."""
    home = server.private(7)
    server.fail("sendMessage", fault)
    with pytest.raises(NetworkError):
        await bot.send_message(7, "x")
    assert [post.text for post in home.posts] == ["x"]
    assert (server.calls[-1].applied, server.calls[-1].status) == (True, 0)
    server.fail("editMessageText", fault)
    with pytest.raises(NetworkError):
        await bot.edit_message_text("y", 7, home.posts[0].id, link_preview_options=NO_PREVIEW)
    assert [post.text for post in home.posts] == ["y"]


async def test_a_lost_poll_confirms_all_the_same(server: TelegramServer, api: Client) -> None:
    """A getUpdates whose reply is lost has forgotten what its offset confirmed."""
    server.private(7)
    server.say(7, 7, "a")
    server.say(7, 7, "b")
    first, _ = await api.poll()
    server.fail("getUpdates", "lost")
    with pytest.raises(httpx.TransportError):
        await api.poll(offset=first["update_id"] + 1)
    assert [update["message"]["text"] for update in await api.poll()] == ["b"]


async def test_faults_are_scripted_per_method_and_chat(server: TelegramServer, api: Client) -> None:
    """A fault hits its method, its chat and as many calls as it was given, in the words it was given."""
    for person in (7, 8):
        server.private(person)
    server.fail("sendMessage", "400", times=2, chat=8, description="Bad Request: not today")
    await api.send(7, "x")
    for _ in range(2):
        assert (await api("sendMessage", chat_id=8, text="x")).why == "Bad Request: not today"
    await api.send(8, "x")
    with pytest.raises(AssertionError):
        server.fail("sendLetter", "400")
    with pytest.raises(AssertionError):
        server.fail("sendMessage", "flood")


async def test_random_faults_are_as_many_as_asked_for_and_repeatable() -> None:
    """Rates are kept over many calls, and the same seed fails the same calls."""

    async def statuses() -> list[int]:
        async with (
            TelegramServer(TOKEN, flood=False, random=Random(5)) as server,
            httpx.AsyncClient() as http,
        ):
            server.private(7)
            server.rates = {"429": 0.05, "502": 0.02}
            url = f"{server.url}/bot{TOKEN}/sendMessage"
            return [(await http.post(url, json={"chat_id": 7, "text": "x"})).status_code for _ in range(600)]

    first = await statuses()
    assert first == await statuses()
    assert 15 <= first.count(429) <= 50
    assert 4 <= first.count(502) <= 25
    assert first.count(200) + first.count(429) + first.count(502) == 600


async def test_network_can_go_and_come_back(server: TelegramServer, api: Client) -> None:
    """While it does not listen, connections are refused; then everything is as it was."""
    home = server.private(7)
    post = await api.send(7, "x")
    await server.stop_listening()
    with pytest.raises(httpx.ConnectError):
        await api.send(7, "y")
    await server.listen()
    await api("deleteMessage", chat_id=7, message_id=post)
    assert home.deleted == [post]


async def test_the_round_trip_is_simulated() -> None:
    """Each call takes its round trip: what is sent shows half of it later."""
    async with TelegramServer(TOKEN, latency_s=0.2) as server, httpx.AsyncClient() as http:
        home = server.private(7)
        send = {"chat_id": 7, "text": "x"}
        call = asyncio.create_task(http.post(f"{server.url}/bot{TOKEN}/sendMessage", json=send))
        await server.until(lambda: home.posts)
        assert not call.done()
        assert home.posts[0].at - server.calls[0].at >= 0.1
        await call


async def test_a_call_that_came_in_takes_effect() -> None:
    """What was sent by a process that is killed at once stands in the chat all the same."""
    async with TelegramServer(TOKEN, latency_s=0.1) as server:
        home = server.private(7)
        async with httpx.AsyncClient() as http:
            send = {"chat_id": 7, "text": "x"}
            call = asyncio.create_task(http.post(f"{server.url}/bot{TOKEN}/sendMessage", json=send))
            await server.until(lambda: server.calls)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
        await server.until(lambda: home.posts, timeout_s=2)


# ── Judging ───────────────────────────────────────────────────────────────────────────────────────


async def test_calls_into_a_flood_wait_are_violations(
    server: TelegramServer, api: Client, clock: Clock
) -> None:
    """Until the stated time nothing may be sent into that chat, not even an action; other chats, deletes and
    toasts are free; a new process is forgiven."""
    home = server.private(7)
    server.private(8)
    post = await api.send(7, "x")
    server.fail("sendMessage", "429", retry_after=3)
    assert (await api("sendMessage", chat_id=7, text="y")).retry_after == 3
    await api.send(8, "x")
    await api("deleteMessage", chat_id=7, message_id=post)
    assert server.violations == []
    clock.now += 2.9
    await api("sendChatAction", chat_id=7, action="typing")
    assert server.violations == ["sendChatAction: into a chat that is in a flood wait"]
    server.forgive()
    await api.send(7, "y")
    assert len(server.violations) == 1
    server.fail("sendMessage", "429", retry_after=3)
    await api("sendMessage", chat_id=7, text="z")
    clock.now += 3
    await api.send(7, "z")
    assert [post.text for post in home.posts] == ["y", "z"]
    assert len(server.violations) == 1


async def test_the_flood_model_is_held_to_its_word_too(server: TelegramServer, api: Client) -> None:
    """After a 429 of the flood model a call during the wait is a violation as well."""
    server.private(7)
    for _ in range(5):
        await api.send(7, "x")
    assert (await api("sendMessage", chat_id=7, text="x")).status == 429
    assert server.violations == []
    assert (await api("sendMessage", chat_id=7, text="x")).retry_after == 6
    assert server.violations == ["sendMessage: into a chat that is in a flood wait"]


async def test_a_call_already_on_its_way_is_innocent() -> None:
    """Who sent before hearing of the wait cannot have known of it."""
    async with TelegramServer(TOKEN, latency_s=0.1) as server, httpx.AsyncClient() as http:
        server.private(7)
        server.fail("sendMessage", "429")
        send = {"chat_id": 7, "text": "x"}
        url = f"{server.url}/bot{TOKEN}/sendMessage"
        await asyncio.gather(http.post(url, json=send), http.post(url, json=send))
        assert server.violations == []
        await http.post(url, json=send)
        assert len(server.violations) == 1


async def test_parameters_come_in_every_form(server: TelegramServer) -> None:
    """JSON, a form, multipart and the query are understood alike, and a body that is none is a mistake."""
    home = server.private(7)
    url = f"{server.url}/bot{TOKEN}/sendMessage"
    form = {"chat_id": "7", "text": "form", "link_preview_options": '{"is_disabled": true}'}
    async with httpx.AsyncClient() as http:
        await http.post(
            url, json={"chat_id": 7, "text": "json", "link_preview_options": {"is_disabled": True}}
        )
        await http.post(url, data=form)
        await http.post(url, files={name: (None, value) for name, value in form.items()})
        await http.get(url, params={"chat_id": 7, "text": "query"})
        assert [post.text for post in home.posts] == ["json", "form", "form", "query"]
        assert server.violations == []
        for body in (b"{", b"[]"):
            headers = {"content-type": "application/json"}
            assert (await http.post(url, content=body, headers=headers)).status_code == 400
        for chat_id in ("seven", 7.0, True):
            assert (await http.post(url, json={"chat_id": chat_id, "text": "x"})).status_code == 400
        assert len(server.violations) == 5


async def test_the_token_is_nowhere(server: TelegramServer, api: Client) -> None:
    """What is kept of the calls holds the token nowhere."""
    server.private(7)
    await api.send(7, "x")
    await api("sendLetter")
    secret = TOKEN.partition(":")[2]
    assert secret not in repr((server.calls, server.violations, server.chats[7].history))
