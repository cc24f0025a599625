"""Slash commands, buttons and forms on Discord: acknowledged, and answered where the person looks."""

import pytest

from core.errors import Gone
from core.types import Button, Part
from tests.adapters.discord_stage import ANNA, Hall, chat_of, running
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel, Post


async def test_a_pressed_button_is_its_command(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """A press is handed in as the button's command, with the post it stands under, and comes to rest."""
    part = Part("Answer", buttons=(Button("Stop", "/stop"),))
    post = await hall.adapter.post(chat_of(home), part, reply_to=None, key="1-0")
    server.press(home.id, int(post), "Stop", person=ANNA)
    press = await hall.said.get()
    assert (press.text, press.pressed, press.chat) == ("/stop", post, chat_of(home))
    await server.until(lambda: any(call.route == "callback" and call.status == 204 for call in server.calls))
    assert server.violations == []


async def test_a_slash_command_is_answered_in_its_own_post(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """It is acknowledged, handed in as if it had been typed, and its answer fills the acknowledgement."""
    await hall.adapter.menu(None, [], "")
    server.command(home.id, ANNA, "ask", {"text": "Why is snow white?"})
    question = await hall.said.get()
    assert (question.text, question.person.language) == ("/ask Why is snow white?", "de")
    post = await hall.adapter.post(question.chat, Part("Because"), reply_to=question.post, key="1-0")
    again = await hall.adapter.post(question.chat, Part("Because"), reply_to=question.post, key="1-0")
    await hall.adapter.edit(question.chat, post, Part("Because it is."))
    assert post == again
    assert [shown.text for shown in home.posts] == ["Because it is."]
    assert server.violations == []


async def test_an_answer_for_one_stays_with_that_one(server: DiscordServer, hall: Hall) -> None:
    """In a server the answer to such a command is seen by the one who asked, with all of its parts."""
    await hall.adapter.menu(None, [], "")
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    server.command(room.id, ANNA, "help")
    question = await hall.said.get()
    first = await hall.adapter.post(question.chat, Part("One"), reply_to=question.post, key="1-0")
    await hall.adapter.post(question.chat, Part("Two"), reply_to=None, key="1-1")
    await hall.adapter.edit(question.chat, first, Part("One."))
    assert [(post.text, post.ephemeral_to) for post in room.posts] == [("One.", ANNA), ("Two", ANNA)]
    assert server.violations == []


async def test_after_a_restart_a_command_is_answered_in_the_channel(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """An interaction of an earlier run has no token any more: its answer is a post like any other."""
    await hall.adapter.post(chat_of(home), Part("Because"), reply_to="interaction-99", key="1-0")
    assert [post.text for post in home.posts] == ["Because"]


async def test_ask_about_this_quotes_the_message(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """The entry in a message's menu asks about the words of that message."""
    await hall.adapter.menu(None, [], "")
    said = server.say(home.id, ANNA, "Lakes freeze from above.")
    await hall.said.get()
    server.message_command(home.id, ANNA, "Ask about this", said)
    asked = await hall.said.get()
    assert asked.text == "What does this mean?\n\n> Lakes freeze from above."


async def test_commands_are_registered_once(server: DiscordServer, hall: Hall) -> None:
    """They are told only where they are others than Discord knows."""
    for _ in range(2):
        await hall.adapter.menu(None, [], "")
    async with running(Hall(server)) as second:
        await server.until(lambda: second.adapter.heard_at is not None)
        await second.adapter.menu(None, [], "")
    assert [call.method for call in server.calls if "commands" in call.path] == ["GET", "PUT", "GET"]
    assert server.violations == []


async def test_commands_are_described_in_the_reader_s_language(server: DiscordServer, hall: Hall) -> None:
    """What Discord keeps of them is known as ours again."""
    await hall.adapter.menu(None, [], "")
    (ask,) = [one for one in server.commands if one["name"] == "ask"]
    assert ask["description_localizations"] == {"de": "Etwas fragen"}
    assert ask["options"][0]["description_localizations"] == {"de": "Die Frage"}


async def test_the_form_for_the_password_is_no_message(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """A button opens it, and what is entered there comes in marked as secret and is answered in place."""
    part = Part("Press", buttons=(Button("Enter", "/password"),))
    post = await hall.adapter.post(chat_of(home), part, reply_to=None, key="1-0")
    pressed = server.press(home.id, int(post), "Enter", person=ANNA)
    await server.until(lambda: server.interactions[pressed].modal is not None)
    server.submit(pressed, {"entered": "open the porch"})
    entered = await hall.said.get()
    assert (entered.text, entered.secret, entered.person.id) == ("open the porch", True, str(ANNA))
    answer = await hall.adapter.post(entered.chat, Part("Thanks"), reply_to=entered.post, key="2-0")
    assert home.messages[int(answer)].text == "Thanks"
    assert [one.text for one in home.posts] == ["Press", "Thanks"]
    assert server.violations == []


async def test_an_answer_after_a_restart_leaves_nothing_thinking(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """What says that an answer is on its way goes, as the answer stands elsewhere."""
    await hall.adapter.menu(None, [], "")
    asked = server.command(home.id, ANNA, "ask", {"text": "Why?"})
    question = await hall.said.get()
    await server.until(lambda: server.interactions[asked].response is not None)
    async with running(Hall(server)) as later:
        await later.adapter.post(question.chat, Part("Because"), reply_to=question.post, key="1-0")
    assert [post.text for post in standing(home)] == ["Because"]
    assert server.violations == []


def standing(room: Channel) -> list[Post]:
    return [post for post in room.messages.values() if post.sender not in (ANNA,)]


async def test_what_only_one_may_see_is_never_said_in_the_open(server: DiscordServer, hall: Hall) -> None:
    """Not when the acknowledgement is refused, nor when its time is over: then it is gone."""
    await hall.adapter.menu(None, [], "")
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    server.fail("callback", "404")
    server.command(room.id, ANNA, "help")
    question = await hall.said.get()
    with pytest.raises(Gone):
        await hall.adapter.post(question.chat, Part("Words"), reply_to=question.post, key="1-0")
    assert room.posts == []


async def test_an_acknowledgement_nobody_heard_of_is_tried(server: DiscordServer, hall: Hall) -> None:
    """If it has happened after all, the answer stands where it should."""
    await hall.adapter.menu(None, [], "")
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    server.fail("callback", "lost")
    server.command(room.id, ANNA, "help")
    question = await hall.said.get()
    await hall.adapter.post(question.chat, Part("Words"), reply_to=question.post, key="1-0")
    assert [(post.text, post.ephemeral_to) for post in room.posts] == [("Words", ANNA)]


async def test_a_token_that_is_over_is_gone(server: DiscordServer, hall: Hall) -> None:
    """And not a token of ours that Discord refuses, which would be tried for ever."""
    await hall.adapter.menu(None, [], "")
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    asked = server.command(room.id, ANNA, "help")
    question = await hall.said.get()
    post = await hall.adapter.post(question.chat, Part("Words"), reply_to=question.post, key="1-0")
    server.interactions[asked].at -= 16 * 60
    with pytest.raises(Gone):
        await hall.adapter.edit(question.chat, post, Part("Other words"))
    assert hall.troubles == []


async def test_a_press_reaches_what_only_one_sees_again(server: DiscordServer, hall: Hall) -> None:
    """By a token of its own, long after that of the command is over."""
    await hall.adapter.menu(None, [], "")
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    asked = server.command(room.id, ANNA, "help")
    question = await hall.said.get()
    part = Part("Words", buttons=(Button("More", "/help"),))
    post = await hall.adapter.post(question.chat, part, reply_to=question.post, key="1-0")
    server.interactions[asked].at -= 16 * 60
    server.press(room.id, int(post), "More", person=ANNA)
    await hall.said.get()
    await server.until(
        lambda: sum(call.route == "callback" and call.status == 204 for call in server.calls) == 2
    )
    await hall.adapter.edit(question.chat, post, Part("Other words"))
    assert [shown.text for shown in room.posts] == ["Other words"]
