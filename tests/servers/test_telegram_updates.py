"""Updates wait, are confirmed and forgotten as on Telegram, and only one may ask at a time."""

import asyncio

import pytest

from tests.servers.conftest import Answer, Client
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_updates import TIMEOUT_MAX_S

FAMILY = -1001


def texts(updates: list[dict[str, dict[str, str]]]) -> list[str]:
    return [update["message"]["text"] for update in updates]


@pytest.fixture
async def said(server: TelegramServer) -> list[str]:
    """Five updates that wait."""
    server.private(7)
    words = ["a", "b", "c", "d", "e"]
    for word in words:
        server.say(7, 7, word)
    return words


async def polling(server: TelegramServer, api: Client, polls: int = 1) -> asyncio.Task[Answer]:
    """A long poll that has reached the server."""
    task = asyncio.create_task(api("getUpdates", timeout=TIMEOUT_MAX_S))
    await server.until(lambda: len(server.calls) == polls)
    return task


async def test_updates_wait_until_they_are_confirmed(
    server: TelegramServer, api: Client, said: list[str]
) -> None:
    """Without an offset the same updates come again; below an offset they are gone for good."""
    first = await api.poll()
    assert texts(first) == said
    assert await api.poll() == first
    ids = [update["update_id"] for update in first]
    assert ids == list(range(ids[0], ids[0] + 5))
    assert texts(await api.poll(offset=ids[2])) == ["c", "d", "e"]
    assert texts(await api.poll(offset=ids[0])) == ["c", "d", "e"]
    assert await api.poll(offset=ids[-1] + 1) == []
    assert await api.poll() == []


async def test_limit(server: TelegramServer, api: Client, said: list[str]) -> None:
    """No more than the limit come, which is 100 at most, and none of the rest is lost."""
    assert texts(await api.poll(limit=2)) == ["a", "b"]
    for _ in range(100):
        server.say(7, 7, "x")
    assert len(await api.poll()) == 100
    assert len(await api.poll(limit=1000)) == 100


async def test_negative_offset(server: TelegramServer, api: Client, said: list[str]) -> None:
    """A negative offset counts from the end, and forgets all that is before."""
    assert texts(await api.poll(offset=-9)) == said
    assert texts(await api.poll(offset=-2)) == ["d", "e"]
    assert texts(await api.poll()) == ["d", "e"]


async def test_a_long_poll_ends_with_the_first_update(server: TelegramServer, api: Client) -> None:
    """A poll waits until somebody writes."""
    server.private(7)
    poll = await polling(server, api)
    assert not poll.done()
    server.say(7, 7, "hello")
    assert texts((await poll).result) == ["hello"]


async def test_a_second_poll_ends_the_first(server: TelegramServer, api: Client) -> None:
    """Of two that poll at once the older gets the 409, and the younger the update."""
    server.private(7)
    older = await polling(server, api)
    younger = await polling(server, api, polls=2)
    answer = await older
    assert answer.status == 409
    assert answer.why.startswith("Conflict: terminated by other getUpdates request")
    server.say(7, 7, "hello")
    assert texts((await younger).result) == ["hello"]


async def test_a_client_that_left_leaves_its_updates(server: TelegramServer, api: Client) -> None:
    """A poll that was given up confirms nothing and does not stand in the way of the next."""
    server.private(7)
    poll = await polling(server, api)
    poll.cancel()
    await asyncio.gather(poll, return_exceptions=True)
    server.say(7, 7, "hello")
    assert texts(await api.poll()) == ["hello"]
    assert [(call.status, call.applied) for call in server.calls] == [(0, False), (200, True)]


async def test_another_copy_and_a_webhook_are_conflicts(server: TelegramServer, api: Client) -> None:
    """While another copy runs, or a webhook is set, every poll is a 409."""
    server.conflict = True
    assert (await api("getUpdates")).status == 409
    server.conflict = False
    server.webhook = "https://bot.example/hook"
    assert "webhook is active" in (await api("getUpdates")).why
    assert (await api("getWebhookInfo")).result["url"] == "https://bot.example/hook"
    assert (await api("deleteWebhook")).status == 200
    assert await api.poll() == []
    assert server.violations == []


async def test_throwing_updates_away_is_a_violation(
    server: TelegramServer, api: Client, said: list[str]
) -> None:
    """drop_pending_updates loses what people wrote, and is noted; so is deleting a webhook that is none."""
    assert (await api("deleteWebhook")).status == 200
    assert len(server.violations) == 1
    server.webhook = "https://bot.example/hook"
    assert (await api("deleteWebhook", drop_pending_updates=True)).status == 200
    assert len(server.violations) == 2
    assert await api.poll() == []


async def test_only_what_is_asked_for_is_delivered(server: TelegramServer, api: Client) -> None:
    """Reactions come only to who asked for them, from then on; what was asked for is remembered."""
    server.private(7)
    question = server.say(7, 7, "hello")
    server.react(7, question, "👍", person=7)
    assert [set(update) - {"update_id"} for update in await api.poll()] == [{"message"}]
    await api.poll(allowed_updates=["message_reaction"])
    server.say(7, 7, "unheard")
    server.react(7, question, "👎", person=7)
    await api.poll()
    server.react(7, question, "❤", person=7)
    assert [set(update) - {"update_id"} for update in (await api.poll())[1:]] == [{"message_reaction"}] * 2
    await api.poll(allowed_updates=[])
    server.say(7, 7, "heard")
    assert texts((await api.poll())[-1:]) == ["heard"]


async def test_what_people_do_is_told(server: TelegramServer, api: Client) -> None:
    """Edits, presses, joins and removals come as the updates Telegram makes of them."""
    server.private(7)
    server.group(FAMILY, "Family", members=[7, 8], joined=False)
    server.say(FAMILY, 7, "the bot is not here yet")
    server.join(FAMILY, by=7)
    question = server.say(FAMILY, 8, "/ask@porchlight_bot hi", reply_to=None)
    server.edit(FAMILY, question, "hello @porchlight_bot")
    post = await api.send(
        FAMILY, "x", reply_markup={"inline_keyboard": [[{"text": "A", "callback_data": "/a"}]]}
    )
    server.press(FAMILY, post, "A", person=8)
    server.say(FAMILY, 8, "thanks", reply_to=post)
    server.say(FAMILY, 7, "as the group", sender_chat=FAMILY)
    server.kick(FAMILY, by=7)
    server.say(FAMILY, 7, "unheard")
    joined, notice, asked, edited, pressed, reply, anonymous, kicked = await api.poll()
    assert [joined["my_chat_member"][f"{when}_chat_member"]["status"] for when in ("old", "new")] == [
        "left",
        "member",
    ]
    assert notice["message"]["new_chat_members"][0]["id"] == server.bot_id
    assert asked["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 19}]
    assert asked["message"]["from"]["first_name"] == "Ben"
    assert asked["message"]["chat"] == {"id": FAMILY, "type": "supergroup", "title": "Family"}
    assert edited["edited_message"]["message_id"] == question
    assert edited["edited_message"]["edit_date"]
    assert pressed["callback_query"]["data"] == "/a"
    assert pressed["callback_query"]["message"]["reply_markup"]
    assert reply["message"]["reply_to_message"]["from"]["is_bot"] is True
    assert anonymous["message"]["from"]["username"] == "GroupAnonymousBot"
    assert anonymous["message"]["sender_chat"]["id"] == FAMILY
    assert kicked["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_attachments_channels_and_topics(server: TelegramServer, api: Client) -> None:
    """A photo has a caption and no text; a channel post has no sender; a topic's messages name the topic,
    and tell the notice that opened it as what they reply to."""
    server.private(7)
    server.channel(-1009, "News")
    server.group(FAMILY, "Family", members=[7], forum=True)
    server.say(7, 7, "look", photo=b"picture")
    server.say(-1009, 7, "news")
    topic = server.topic(FAMILY, "School", by=7)
    server.say(FAMILY, 7, "hello", topic=topic)
    photo, news, _, hello = await api.poll()
    assert photo["message"]["caption"] == "look"
    assert "text" not in photo["message"]
    assert server.files[photo["message"]["photo"][0]["file_id"]] == b"picture"
    assert "from" not in news["channel_post"]
    assert hello["message"]["message_thread_id"] == topic
    assert hello["message"]["is_topic_message"] is True
    assert hello["message"]["reply_to_message"]["forum_topic_created"]["name"] == "School"


async def test_any_update_can_be_put_in(server: TelegramServer, api: Client) -> None:
    """A malformed update is delivered as it is, in its turn, and what comes after it has the next id."""
    server.private(7)
    server.raw({"message": {"text": 5}})
    server.raw({"update_id": "seven"})
    server.say(7, 7, "hello")
    first, odd, hello = await api.poll()
    assert first["message"] == {"text": 5}
    assert odd == {"update_id": "seven"}
    assert hello["update_id"] == first["update_id"] + 2
