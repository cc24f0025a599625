"""Each method does what Telegram's does, and refuses what Telegram refuses, in the same words."""

import json
from typing import Any

import httpx
import pytest

from tests.servers.conftest import TOKEN, Client, Clock
from tests.servers.telegram import TelegramServer

FAMILY = -1001
NO_PREVIEW = {"is_disabled": True}
PNG = b"\x89PNG\r\n\x1a\n and more"


def keys(**buttons: str) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": data} for label, data in buttons.items()]]}


# ── Sending ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_post_stands_in_the_chat(server: TelegramServer, api: Client, clock: Clock) -> None:
    """What is sent stands there with its text, entities, buttons and what it replies to."""
    home = server.private(7)
    question = server.say(7, 7, "hello")
    bold = {"type": "bold", "offset": 0, "length": 2}
    sent = await api(
        "sendMessage",
        chat_id=7,
        text="hi there ",
        entities=[bold],
        reply_parameters={"message_id": question},
        reply_markup=keys(Stop="/stop"),
        link_preview_options=NO_PREVIEW,
    )
    [post] = home.posts_to(question)
    assert (post.id, post.text, post.entities, post.at) == (question + 1, "hi there", [bold], clock.now)
    assert [(button.label, button.data) for button in post.buttons] == [("Stop", "/stop")]
    assert sent.result["reply_to_message"]["text"] == "hello"
    assert sent.result["from"]["is_bot"] is True
    assert server.violations == []


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "text must be non-empty"),
        ({"text": "x" * 4097}, "message is too long"),
        ({"text": "😀" * 2049}, "message is too long"),
        ({"text": "<b>x</b>", "parse_mode": "HTML"}, "can't parse entities"),
        (
            {"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 2}]},
            "entity beginning at UTF-16",
        ),
        ({"text": "x", "reply_markup": keys(Stop="")}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "reply_markup": keys(Stop="ü" * 33)}, "BUTTON_DATA_INVALID"),
        (
            {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "Stop"}]]}},
            "text buttons are unallowed",
        ),
        ({}, 'parameter "text" is required'),
    ],
)
async def test_a_mistake_is_refused_and_noted(
    server: TelegramServer, api: Client, params: dict[str, Any], why: str
) -> None:
    """What only a faulty program sends is a 400 in Telegram's words, a violation, and stands nowhere."""
    home = server.private(7)
    answer = await api("sendMessage", chat_id=7, **params)
    assert answer.status == 400
    assert answer.why.startswith(f"Bad Request: {why}")
    assert home.posts == []
    assert len(server.violations) == 1


async def test_the_longest_text_is_measured_after_trimming(server: TelegramServer, api: Client) -> None:
    """4096 UTF-16 units pass, blanks at the ends not counted; a button's data may have 64 bytes."""
    server.private(7)
    await api.send(7, "😀" * 2048 + "\n\n")
    await api.send(7, "x", reply_markup=keys(Stop="ü" * 32))
    assert server.violations == []


async def test_what_can_happen_to_a_correct_client_is_no_violation(
    server: TelegramServer, api: Client
) -> None:
    """Unknown and lost chats, a question that was deleted, a topic that is gone: refused, and not noted."""
    server.private(7)
    server.group(FAMILY, "Family", members=[7])
    unknown = await api("sendMessage", chat_id=99, text="x")
    assert unknown.why == "Bad Request: chat not found"
    gone = {"message_id": 55}
    assert (await api("sendMessage", chat_id=7, text="x", reply_parameters=gone)).why == (
        "Bad Request: message to be replied not found"
    )
    anyway = {**gone, "allow_sending_without_reply": True}
    assert (
        "reply_to_message"
        not in (await api("sendMessage", chat_id=7, text="x", reply_parameters=anyway)).result
    )
    topic = await api("sendMessage", chat_id=FAMILY, text="x", message_thread_id=3)
    assert topic.why == "Bad Request: message thread not found"
    server.kick(FAMILY, by=7)
    kicked = await api("sendMessage", chat_id=FAMILY, text="x")
    assert (kicked.status, kicked.why) == (403, "Forbidden: bot was kicked from the supergroup chat")
    server.block(7)
    blocked = await api("sendMessage", chat_id=7, text="x")
    assert (blocked.status, blocked.why) == (403, "Forbidden: bot was blocked by the user")
    server.unblock(7)
    await api.send(7, "x")
    assert server.violations == []


async def test_links_come_without_previews(server: TelegramServer, api: Client) -> None:
    """A send or an edit with a link whose preview is not switched off is a violation, but passes."""
    server.private(7)
    post = await api.send(7, "see https://a.example", link_preview_options=NO_PREVIEW)
    await api(
        "editMessageText", chat_id=7, message_id=post, text="example.com", link_preview_options=NO_PREVIEW
    )
    assert server.violations == []
    shown = {"is_disabled": False}
    await api("editMessageText", chat_id=7, message_id=post, text="example.org", link_preview_options=shown)
    await api.send(
        7, "here", entities=[{"type": "text_link", "offset": 0, "length": 4, "url": "https://a.example"}]
    )
    assert len(server.violations) == 2


async def test_a_bad_link_is_dropped_and_noted(server: TelegramServer, api: Client) -> None:
    """With a text_link whose address is none the text stands without the link, and it is a violation."""
    home = server.private(7)
    await api.send(7, "here", entities=[{"type": "text_link", "offset": 0, "length": 4, "url": "/docs"}])
    assert home.posts[0].entities == []
    assert len(server.violations) == 1


async def test_unknown_words_are_noted(server: TelegramServer, api: Client) -> None:
    """A method or a parameter that does not exist is a violation; the method is also a 404."""
    server.private(7)
    await api.send(7, "x", disable_web_page_preview=True)
    assert server.violations == ["sendMessage: unknown parameter disable_web_page_preview"]
    assert (await api("sendLetter", chat_id=7)).status == 404
    assert len(server.violations) == 2


async def test_ids_are_counted_as_on_telegram(server: TelegramServer, api: Client) -> None:
    """Private chats and basic groups share one counter; each supergroup has its own."""
    server.private(7)
    server.private(8)
    server.group(-5, "Basic", members=[7])
    server.group(FAMILY, "Family", members=[7])
    shared = [server.say(7, 7, "a"), await api.send(8, "b"), server.say(-5, 7, "c")]
    assert shared == [1, 2, 3]
    assert [server.say(FAMILY, 7, "a"), await api.send(FAMILY, "b")] == [1, 2]


async def test_topics(server: TelegramServer, api: Client) -> None:
    """A post goes into its topic, or into that of what it replies to; another one is a violation; General
    takes actions by its id, but no posts."""
    forum = server.group(FAMILY, "Family", members=[7], forum=True)
    school, sport = server.topic(FAMILY, "School", by=7), server.topic(FAMILY, "Sport", by=7)
    question = server.say(FAMILY, 7, "hello", topic=school)
    await api.send(FAMILY, "a", message_thread_id=school)
    await api.send(FAMILY, "b", reply_parameters={"message_id": question})
    assert [post.topic for post in forum.posts] == [school, school]
    assert server.violations == []
    await api.send(FAMILY, "c", message_thread_id=sport, reply_parameters={"message_id": question})
    assert len(server.violations) == 1
    assert (await api("sendMessage", chat_id=FAMILY, text="x", message_thread_id=1)).status == 400
    assert (await api("sendChatAction", chat_id=FAMILY, action="typing", message_thread_id=1)).status == 200


async def test_photos(server: TelegramServer, api: Client) -> None:
    """A picture is a PNG or a JPEG, its caption has 1024 units, and it is no text to be edited."""
    home = server.private(7)

    async def photo(content: bytes, caption: str) -> httpx.Response:
        async with httpx.AsyncClient() as http:
            data = {"chat_id": "7", "caption": caption}
            url = f"{server.url}/bot{TOKEN}/sendPhoto"
            return await http.post(url, data=data, files={"photo": ("a.png", content, "image/png")})

    assert (await photo(PNG, "x" * 1024)).status_code == 200
    assert (home.posts[0].text, home.posts[0].photo) == ("x" * 1024, PNG)
    async with httpx.AsyncClient() as http:
        data, files = {"chat_id": "7", "photo": "attach://picture"}, {"picture": ("a.jpg", b"\xff\xd8\xff")}
        await http.post(f"{server.url}/bot{TOKEN}/sendPhoto", data=data, files=files)
    assert home.posts[1].photo == b"\xff\xd8\xff"
    assert server.violations == []
    assert "caption is too long" in (await photo(PNG, "x" * 1025)).text
    assert "IMAGE_PROCESS_FAILED" in (await photo(b"GIF89a", "")).text
    assert "must be non-empty" in (await photo(b"", "")).text
    edited = await api("editMessageText", chat_id=7, message_id=home.posts[0].id, text="x")
    assert edited.why == "Bad Request: there is no text in the message to edit"


async def test_drafts(server: TelegramServer, api: Client) -> None:
    """Drafts are shown in private chats only, under an id that is not 0, and are no posts."""
    home = server.private(7)
    server.group(FAMILY, "Family", members=[7])
    assert (await api("sendMessageDraft", chat_id=7, draft_id=3, text="gro")).result is True
    assert (await api("sendMessageDraft", chat_id=7, draft_id=3, text="growing")).result is True
    assert [(draft.id, draft.text) for draft in home.drafts] == [(3, "gro"), (3, "growing")]
    assert home.posts == []
    assert server.violations == []
    for wrong in (
        {"chat_id": FAMILY, "draft_id": 1, "text": "x"},
        {"chat_id": 7, "draft_id": 0, "text": "x"},
        {"chat_id": 7, "draft_id": 1, "text": "x" * 4097},
    ):
        assert (await api("sendMessageDraft", **wrong)).status == 400
    assert len(server.violations) == 3


# ── Changing and deleting ─────────────────────────────────────────────────────────────────────────


async def test_every_text_shown_is_remembered(server: TelegramServer, api: Client, clock: Clock) -> None:
    """A post knows all it ever showed, and since when; also after it is deleted."""
    home = server.private(7)
    post = await api.send(7, "one")
    for text in ("one two", "one two three"):
        clock.now += 1
        await api("editMessageText", chat_id=7, message_id=post, text=text)
    clock.now += 1
    await api("deleteMessage", chat_id=7, message_id=post)
    assert home.posts == []
    assert home.deleted == [post]
    assert home.history[0].shown == [(1000, "one"), (1001, "one two"), (1002, "one two three")]
    assert home.history[0].deleted_at == 1003


async def test_an_edit_that_changes_nothing_is_refused(server: TelegramServer, api: Client) -> None:
    """The same text, entities and buttons again are a 400 but no violation; new buttons are a change; and
    an edit that names no buttons takes them away."""
    home = server.private(7)
    post = await api.send(7, "same", reply_markup=keys(Stop="/stop"))
    edit = {"chat_id": 7, "message_id": post, "text": "same "}
    again = await api("editMessageText", **edit, reply_markup=keys(Stop="/stop"))
    assert again.status == 400
    assert again.why == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly"
        " the same as a current content and reply markup of the message"
    )
    assert (await api("editMessageText", **edit, reply_markup=keys(Retry="/retry"))).status == 200
    assert (await api("editMessageText", **edit)).status == 200
    assert home.posts[0].buttons == []
    again = await api("editMessageReplyMarkup", chat_id=7, message_id=post, reply_markup=keys(Stop="/stop"))
    assert again.result["text"] == "same"
    assert server.violations == []


async def test_only_ones_own_posts_that_stand_can_be_edited(server: TelegramServer, api: Client) -> None:
    """What a person said, and what is gone, cannot be edited: this is how stray posts are found."""
    server.private(7)
    said, post = server.say(7, 7, "hello"), await api.send(7, "x")
    await api("deleteMessage", chat_id=7, message_id=post)

    async def refusal(message_id: int) -> str:
        return (await api("editMessageText", chat_id=7, message_id=message_id, text="y")).why

    assert await refusal(said) == "Bad Request: message can't be edited"
    assert await refusal(post) == "Bad Request: message to edit not found"
    assert await refusal(99) == "Bad Request: message to edit not found"
    assert server.violations == []


async def test_too_long_an_edit_has_its_own_words(server: TelegramServer, api: Client) -> None:
    """Telegram refuses a long edit with MESSAGE_TOO_LONG, and the post stays as it was."""
    home = server.private(7)
    post = await api.send(7, "x")
    answer = await api("editMessageText", chat_id=7, message_id=post, text="x" * 4097)
    assert answer.why == "Bad Request: MESSAGE_TOO_LONG"
    assert home.posts[0].text == "x"


async def test_who_may_delete_what(server: TelegramServer, api: Client, clock: Clock) -> None:
    """In private everything of the last 48 hours; in a group one's own, as administrator everybody's."""
    home, family = server.private(7), server.group(FAMILY, "Family", members=[7])
    password, remark = server.say(7, 7, "secret"), server.say(FAMILY, 7, "remark")
    old = server.say(7, 7, "old", ago_s=48 * 3600 + 1)

    async def why(chat_id: int, message_id: int) -> str:
        return (await api("deleteMessage", chat_id=chat_id, message_id=message_id)).why

    assert await why(7, password) == ""
    assert await why(7, password) == "Bad Request: message to delete not found"
    assert await why(7, old) == "Bad Request: message can't be deleted for everyone"
    assert await why(FAMILY, remark) == "Bad Request: message can't be deleted for everyone"
    server.promote(FAMILY, by=7)
    assert await why(FAMILY, remark) == ""
    assert (home.deleted, family.deleted) == ([password], [remark])
    assert server.violations == []


# ── Buttons, menus, the profile, chats ────────────────────────────────────────────────────────────


async def test_a_press_is_answered_once_and_soon(server: TelegramServer, api: Client, clock: Clock) -> None:
    """A toast is shown for a fresh press; a second or a late one is refused; what was never there cannot
    be pressed, what has just gone can."""
    home = server.private(7)
    post = await api.send(7, "x", reply_markup=keys(Stop="/stop"))
    press = server.press(7, post, "Stop", person=7)
    assert (await api("answerCallbackQuery", callback_query_id=press, text="Stopped")).status == 200
    assert home.toasts == ["Stopped"]
    late = server.press(7, post, "/stop", person=7)
    for query, after_s in ((press, 0), (late, 61)):
        clock.now += after_s
        answer = await api("answerCallbackQuery", callback_query_id=query)
        assert answer.why.startswith("Bad Request: query is too old")
    with pytest.raises(LookupError):
        server.press(7, post, "Retry", person=7)
    await api("editMessageText", chat_id=7, message_id=post, text="y")
    server.press(7, post, "/stop", person=7)
    assert server.violations == []


async def test_chats_and_their_members(server: TelegramServer, api: Client) -> None:
    """A group tells who is in it; the bot can leave, and is then out; it cannot leave a private chat."""
    server.private(7)
    server.group(FAMILY, "Family", members=[7])
    assert (await api("getChat", chat_id=FAMILY)).result["title"] == "Family"

    async def status(person: int) -> str:
        return str((await api("getChatMember", chat_id=FAMILY, user_id=person)).result["status"])

    assert [await status(person) for person in (7, 8, server.bot_id)] == ["creator", "left", "member"]
    assert (await api("leaveChat", chat_id=FAMILY)).result is True
    assert server.left == [FAMILY]
    assert (await api("leaveChat", chat_id=FAMILY)).status == 403
    assert (await api("leaveChat", chat_id=7)).status == 400


async def test_a_group_that_grew_tells_its_new_id(server: TelegramServer, api: Client) -> None:
    """Sending into a basic group that became a supergroup is refused with the id it has now."""
    server.group(-5, "Basic", members=[7])
    server.migrate(-5, FAMILY)
    async with httpx.AsyncClient() as http:
        send = {"chat_id": -5, "text": "x"}
        body = json.loads((await http.post(f"{server.url}/bot{TOKEN}/sendMessage", json=send)).text)
    assert body["parameters"] == {"migrate_to_chat_id": FAMILY}
    await api.send(FAMILY, "x")


async def test_pins(server: TelegramServer, api: Client) -> None:
    """A post is pinned once, and a notice says so; it can be unpinned again."""
    home = server.private(7)
    post = await api.send(7, "x")
    for _ in range(2):
        assert (await api("pinChatMessage", chat_id=7, message_id=post)).result is True
    assert home.pinned == [post]
    [update] = await api.poll()
    assert update["message"]["pinned_message"]["message_id"] == post
    assert (await api("unpinChatMessage", chat_id=7)).result is True
    assert (await api("unpinChatMessage", chat_id=7)).status == 400
