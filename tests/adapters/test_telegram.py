"""The Telegram adapter against a strict stand-in of the Bot API: what it sends, and what failures become."""

import logging
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random

import pytest
from telegram.error import NetworkError

from adapters.telegram_calls import done
from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear
from core.types import Button, Chat, Messenger, Part, Person
from tests.adapters.telegram_stage import FAMILY, HOME, TOKEN, Hall
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_people import PICTURE

STOP = (Button("Stop", "/stop"),)


@pytest.fixture
async def server() -> AsyncGenerator[TelegramServer, None]:
    async with TelegramServer(TOKEN, random=Random(1), flood=False) as server:
        server.person(7, "Anna", language="de")
        server.private(7)
        server.group(-1001, "Family", [7, 8], forum=True)
        yield server
        assert server.violations == []


@pytest.fixture
async def hall(server: TelegramServer) -> AsyncGenerator[Hall, None]:
    hall = Hall(server)
    yield hall
    await hall.adapter.close()


async def post(hall: Hall, markdown: str, chat: Chat = HOME, reply_to: str | None = None) -> str:
    [part] = hall.adapter.render(markdown, True)
    return await hall.adapter.post(chat, part, reply_to=reply_to, key="1-0")


def test_it_is_a_messenger(hall: Hall) -> None:
    """It has everything that the program asks of a platform with many people."""
    messenger: Messenger = hall.adapter
    assert isinstance(messenger, Messenger)


# ── Posts ─────────────────────────────────────────────────────────────────────────────────────────


async def test_a_post_stands_formatted_as_a_reply(hall: Hall, server: TelegramServer) -> None:
    """A post has its formatting and stands as a reply to the question; links show no preview."""
    question = server.say(7, 7, "Why?")
    number = await post(hall, "**Because** of [this](https://a.example/x).", reply_to=str(question))
    [shown] = server.private(7).posts_to(question)
    assert str(shown.id) == number
    assert shown.text == "Because of this."
    assert [call.params["link_preview_options"]["is_disabled"] for call in server.calls] == [True]


async def test_what_is_gone_cannot_be_replied_to(hall: Hall, server: TelegramServer) -> None:
    """A post goes out without its reply where the question was deleted, or where it was a button."""
    question = server.say(7, 7, "Why?")
    server.remove(7, question)
    await post(hall, "Because.", reply_to=str(question))
    await post(hall, "Because.", reply_to="press-77")
    assert [one.reply_to for one in server.private(7).posts] == [None, None]


async def test_an_edit_changes_text_and_buttons(hall: Hall, server: TelegramServer) -> None:
    """An edit shows the new part, with the buttons that it has and no others."""
    number = await hall.adapter.post(HOME, Part("So"), reply_to=None, key="1-0")
    await hall.adapter.edit(HOME, number, Part("So far", buttons=STOP))
    [shown] = server.private(7).posts
    assert (shown.text, shown.buttons) == ("So far", [("Stop", "/stop")])
    await hall.adapter.edit(HOME, number, Part("So far and no further.", True))
    assert (shown.text, shown.buttons) == ("So far and no further.", [])
    assert server.calls[-1].params["link_preview_options"]["is_disabled"] is True


async def test_an_edit_that_changes_nothing_is_no_failure(hall: Hall) -> None:
    """The same edit twice is one."""
    number = await post(hall, "**Because**.")
    [part] = hall.adapter.render("**Because**.", True)
    await hall.adapter.edit(HOME, number, part)
    await hall.adapter.edit(HOME, number, part)


async def test_many_buttons_stand_in_rows(hall: Hall, server: TelegramServer) -> None:
    """More than three buttons go into the next row."""
    buttons = tuple(Button(f"Button {n}", f"/b {n}") for n in range(5))
    await hall.adapter.post(HOME, Part("Which?", buttons=buttons), reply_to=None, key="1-0")
    [shown] = server.private(7).posts
    assert shown.markup is not None
    assert [len(row) for row in shown.markup["inline_keyboard"]] == [3, 2]


async def test_an_answer_in_a_topic_stays_there(hall: Hall, server: TelegramServer) -> None:
    """What is posted, typed or shown in a topic goes to that topic."""
    topic = server.topic(-1001, "Holidays", by=7)
    chat = Chat("telegram", f"-1001:{topic}", "group")
    question = server.say(-1001, 7, "/ask", topic=topic)
    number = await post(hall, "Because.", chat, str(question))
    await hall.adapter.edit(chat, number, Part("Because of this."))
    await hall.adapter.typing(chat, "")
    await hall.adapter.picture(chat, PICTURE, "A picture")
    assert [(one.topic, one.text) for one in server.chats[-1001].posts] == [
        (topic, "Because of this."),
        (topic, "A picture"),
    ]
    assert [call.params["message_thread_id"] for call in server.calls if call.method == "sendChatAction"] == [
        topic
    ]


async def test_what_is_silent_arrives_without_a_sound(hall: Hall, server: TelegramServer) -> None:
    """A post and a picture; all others ring."""
    for silent in (False, True):
        await hall.adapter.post(HOME, Part("Hello", silent=silent), reply_to=None, key=f"{silent}")
        await hall.adapter.picture(HOME, PICTURE, "", silent=silent)
    sent = [call for call in server.calls if call.method in ("sendMessage", "sendPhoto")]
    assert [bool(call.params.get("disable_notification")) for call in sent] == [False, False, True, True]


@pytest.mark.parametrize(
    ("caption", "shown"),
    [("ä" * 1024, "ä" * 1024), ("💡" * 600, "💡" * 512), ("x" + "💡" * 600, "x" + "💡" * 511)],
    ids=["letters", "signs of two units", "one cut in two"],
)
async def test_a_caption_is_cut_only_where_it_would_be_refused(
    hall: Hall, server: TelegramServer, caption: str, shown: str
) -> None:
    """It is as long as Telegram allows, counted as Telegram counts."""
    await hall.adapter.picture(HOME, PICTURE, caption)
    [post] = server.private(7).posts
    assert post.text == shown


async def test_a_caption_shows_the_signs_of_a_post(hall: Hall, server: TelegramServer) -> None:
    """A list looks the same under a picture as above it; a picture may stand alone."""
    markdown = "- Alpha: asked 9\n- Beta: asked 2"
    await hall.adapter.post(HOME, hall.adapter.render(markdown, final=True)[0], reply_to=None, key="1-0")
    await hall.adapter.picture(HOME, PICTURE, markdown)
    await hall.adapter.picture(HOME, PICTURE, "")
    words, caption, alone = server.private(7).posts
    assert caption.text == words.text == "• Alpha: asked 9\n• Beta: asked 2"
    assert alone.text == ""


async def test_a_deleted_post_is_gone(hall: Hall, server: TelegramServer) -> None:
    """A post can be deleted, also twice; to an edit, what is not there is `Gone`."""
    number = await post(hall, "Because.")
    await hall.adapter.delete(HOME, number)
    assert server.private(7).posts == []
    with pytest.raises(Gone):
        await hall.adapter.edit(HOME, number, Part("Because."))
    await hall.adapter.delete(HOME, number)


@pytest.mark.parametrize("chat", [HOME, FAMILY], ids=["too old", "somebody else's"])
async def test_what_may_not_be_deleted_is_told(hall: Hall, server: TelegramServer, chat: Chat) -> None:
    """In a group what others said, where we are no administrator; anywhere what is older than two days."""
    said = server.say(int(chat.id), 7, "a secret", ago_s=3 * 86400 if chat is HOME else 0)
    with pytest.raises(NoRight):
        await hall.adapter.delete(chat, str(said))


async def test_a_post_is_pinned_without_a_sound(hall: Hall, server: TelegramServer) -> None:
    """Also twice; what is not there cannot be."""
    number = await post(hall, "All well.")
    for _ in range(2):
        await hall.adapter.pin(HOME, number)
    assert server.private(7).pinned == [int(number)]
    with pytest.raises(Gone):
        await hall.adapter.pin(HOME, "4711")
    pins = [call for call in server.calls if call.method == "pinChatMessage"]
    assert all(call.params["disable_notification"] for call in pins)


async def test_a_draft_keeps_its_number(hall: Hall, server: TelegramServer) -> None:
    """The same key is the same draft; a group has none."""
    for markdown in ("So", "So **far**"):
        [part] = hall.adapter.render(markdown, False)
        await hall.adapter.draft(HOME, part, key="5-0")
    first, second = server.private(7).drafts
    assert first.id == second.id != 0
    assert second.text == "So far"
    with pytest.raises(Gone):
        await hall.adapter.draft(FAMILY, Part("So"), key="5-0")


async def test_a_group_that_moved_is_followed(hall: Hall, server: TelegramServer) -> None:
    """A group that became a supergroup is posted to under its new id."""
    server.group(-55, "Old", [7])
    new = server.migrate(-55, -100555)
    await post(hall, "Because.", Chat("telegram", "-55", "group"))
    await post(hall, "And so on.", Chat("telegram", "-55", "group"))
    assert [one.text for one in new.posts] == ["Because.", "And so on."]
    assert [call.chat_id for call in server.calls] == [-55, -100555, -100555]


# ── Strays ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_stray_is_found(hall: Hall, server: TelegramServer) -> None:
    """Of all that stands between two posts, ours that are not known are found, with buttons or without."""
    question = server.say(7, 7, "Why?")
    known = await post(hall, "Another answer.")
    stray = await post(hall, "Because")
    server.say(7, 7, "Hello?")
    with_button = await hall.adapter.post(HOME, Part("Because", buttons=STOP), reply_to=None, key="1-0")
    deleted = await post(hall, "x")
    await hall.adapter.delete(HOME, deleted)
    newest = await post(hall, "Because of this.")
    found = await hall.adapter.strays(HOME, after=str(question), before=newest, known={known})
    assert sorted(found) == sorted([stray, with_button])


async def test_looking_for_strays_obeys_the_flood_wait(hall: Hall, server: TelegramServer) -> None:
    """When Telegram asks for a pause, the search waits as long, and misses nothing."""
    question = server.say(7, 7, "Why?")
    stray = await post(hall, "Because")
    newest = await post(hall, "Because of this.")
    server.fail("editMessageReplyMarkup", "429", retry_after=1)
    server.forgive()
    found = hall.adapter.strays(HOME, after=str(question), before=newest, known=())
    try:
        assert await found == [stray]
        assert hall.slept == [1.0]
    finally:
        server.violations.clear()  # the wait passed in no time, so it was not obeyed by the clock


async def test_strays_are_looked_for_near_by(hall: Hall, server: TelegramServer) -> None:
    """No more than a hundred ids are tried, the newest; and none at all without an end."""
    assert await hall.adapter.strays(HOME, after="1", before="100000", known=()) == []
    tried = [call.params["message_id"] for call in server.calls]
    assert tried == list(range(99999, 99899, -1))
    assert await hall.adapter.strays(HOME, after="1", before="press-3", known=()) == []


# ── People and groups ─────────────────────────────────────────────────────────────────────────────


async def test_menus_go_where_they_belong(hall: Hall, server: TelegramServer) -> None:
    """A menu is for one chat or for everybody, in one language or in any; none takes it back."""
    await hall.adapter.menu(None, [("help", "What I can do")], "")
    await hall.adapter.menu(HOME, [("help", "Was ich kann")], "de")
    assert server.menu(7, 7) == [("help", "Was ich kann")]
    await hall.adapter.menu(HOME, [], "de")
    assert server.menu(7, 7) == [("help", "What I can do")]


async def test_it_leaves_a_group_once(hall: Hall, server: TelegramServer) -> None:
    """A group is left; leaving what was left already is no failure."""
    await hall.adapter.leave(FAMILY)
    await hall.adapter.leave(FAMILY)
    assert server.left[0] == -1001


async def test_the_private_chat_is_the_persons_own(hall: Hall) -> None:
    """One writes to a person in the chat with their id."""
    assert await hall.adapter.direct(Person("telegram", "7")) == HOME


# ── Failures ──────────────────────────────────────────────────────────────────────────────────────

Action = Callable[[Hall, str], Awaitable[object]]

ACTIONS: dict[str, Action] = {
    "sendMessage": lambda hall, _: hall.adapter.post(HOME, Part("Because."), reply_to=None, key="1-0"),
    "editMessageText": lambda hall, post: hall.adapter.edit(HOME, post, Part("Because of this.")),
    "deleteMessage": lambda hall, post: hall.adapter.delete(HOME, post),
    "sendChatAction": lambda hall, _: hall.adapter.typing(HOME, ""),
    "sendPhoto": lambda hall, _: hall.adapter.picture(HOME, PICTURE, "A picture"),
    "sendMessageDraft": lambda hall, _: hall.adapter.draft(HOME, Part("Because."), key="1-0"),
    "leaveChat": lambda hall, _: hall.adapter.leave(FAMILY),
    "setMyCommands": lambda hall, _: hall.adapter.menu(None, [("help", "Help")], ""),
    "editMessageReplyMarkup": lambda hall, post: hall.adapter.strays(
        HOME, after="0", before=str(int(post) + 1), known=()
    ),
}
FAULTS: dict[str, type[PlatformError]] = {
    "429": FloodWait,
    "400": BadFormat,
    "403": Gone,
    "401": Unclear,
    "500": Unclear,
    "502": Unclear,
    "html": Unclear,
    "timeout": Unclear,
    "reset": Unclear,
    "lost": Unclear,
}


async def failure(call: Awaitable[object]) -> PlatformError | None:
    try:
        await call
    except PlatformError as error:
        return error
    return None


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("method", ACTIONS)
async def test_only_four_failures_leave(
    hall: Hall, server: TelegramServer, method: str, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each failure is what its catcher can act on, and says nothing of token, address or words."""
    caplog.set_level(logging.INFO)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.WARNING, logger=name)
    number = await post(hall, "So")
    searching = method == "editMessageReplyMarkup"  # which asks again where that does no harm
    server.fail(method, fault, times=6 if searching and FAULTS[fault] is Unclear else 1, retry_after=4)
    swallowed = (method, fault) in {
        ("leaveChat", "403"),
        ("editMessageReplyMarkup", "400"),
        ("editMessageReplyMarkup", "403"),
        ("editMessageReplyMarkup", "429"),
    }
    error = await failure(ACTIONS[method](hall, number))
    if swallowed:
        assert error is None
    else:
        assert type(error) is FAULTS[fault]
        told = "".join(traceback.format_exception(error)) + str(error) + caplog.text
        assert "canary" not in told
        assert "127.0.0.1" not in told
        assert "Because" not in str(error) + caplog.text
    if isinstance(error, FloodWait):
        assert error.seconds == 4
    if fault == "429":
        server.violations.clear()  # the search waits in a time that flies


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("Bad Request: message to edit not found", Gone),
        ("Bad Request: message can't be edited", Gone),
        ("Bad Request: MESSAGE_ID_INVALID", Gone),
        ("Bad Request: chat not found", Gone),
        ("Bad Request: not enough rights to send text messages to the chat", Gone),
        ("Bad Request: TOPIC_CLOSED", Gone),
        ("Bad Request: can't parse entities: Can't find end of the entity", BadFormat),
        ("Bad Request: ENTITY_BOUNDS_INVALID", BadFormat),
        ("Bad Request: BUTTON_DATA_INVALID", BadFormat),
        ("Bad Request: wrong HTTP URL specified", BadFormat),
        ("Bad Request: MESSAGE_TOO_LONG", BadFormat),
        ("Bad Request: something new", BadFormat),
    ],
)
async def test_a_refusal_is_read_by_its_words(
    hall: Hall, server: TelegramServer, said: str, error: type[PlatformError]
) -> None:
    """A 400 says whether the post is gone or what was sent is wrong."""
    number = await post(hall, "So")
    server.fail("editMessageText", "400", description=said)
    with pytest.raises(error):
        await hall.adapter.edit(HOME, number, Part("So far"))


async def test_a_refusal_does_not_quote(hall: Hall, server: TelegramServer) -> None:
    """Of what Telegram says only the reason is kept: what it quotes may be a person's words."""
    server.fail("sendMessage", "400", description='Bad Request: can\'t parse entities: tag "secret word"')
    with pytest.raises(BadFormat, match=r"^400 can't parse entities$"):
        await post(hall, "So")


async def test_words_that_were_refused_pass_as_plain_text(hall: Hall, server: TelegramServer) -> None:
    """After `BadFormat`, the part's text alone is what Telegram would have shown."""
    [part] = hall.adapter.render("**Because** of [this](https://a.example).", True)
    await hall.adapter.post(HOME, Part(part.text, part.final), reply_to=None, key="1-0")
    assert server.private(7).posts[0].text == "Because of this."


async def test_an_error_of_the_library_is_not_passed_on() -> None:
    """The library's own words, which may hold the address with the token, reach nobody."""

    async def call() -> None:
        raise NetworkError(f"httpx.UnsupportedProtocol: no scheme in api/bot{TOKEN}/sendMessage")

    error = await failure(done(call()))
    assert isinstance(error, Unclear)
    assert "canary" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("place", ["nowhere", "", "7:x", "1.5"])
async def test_there_is_no_such_chat(hall: Hall, server: TelegramServer, place: str) -> None:
    """What is no chat of Telegram's is `Gone`, and nothing is sent."""
    with pytest.raises(Gone):
        await post(hall, "So", Chat("telegram", place))
    with pytest.raises(Gone):
        await hall.adapter.edit(HOME, "no post", Part("So"))
    assert server.calls == []
