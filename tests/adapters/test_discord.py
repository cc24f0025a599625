"""What people on Discord see of the adapter."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from adapters.discord import application_of
from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear
from core.types import Button, Chat, Part, Person
from tests.adapters.discord_stage import ANNA, TOKEN, Hall, running
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import SILENT, Channel, Post


@pytest.fixture
async def server() -> AsyncGenerator[DiscordServer, None]:
    async with DiscordServer(TOKEN) as server:
        server.person(ANNA, "Anna", locale="de")
        yield server


@pytest.fixture
async def hall(server: DiscordServer) -> AsyncGenerator[Hall, None]:
    async with running(Hall(server)) as hall:
        yield hall


@pytest.fixture
def home(server: DiscordServer) -> Channel:
    return server.dm(ANNA)


def chat(channel: Channel) -> Chat:
    if channel.guild is None:
        return Chat("discord", str(channel.id))
    return Chat("discord", f"{channel.guild}:{channel.id}", "group")


async def test_a_post_replies_pings_nobody_and_previews_nothing(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Whatever stands in it, at its creation and at each edit, nobody is pinged and no link is previewed."""
    server.say(home.id, ANNA, "Why?")
    question = await hall.said.get()
    wild = "@everyone <@7> @here https://a.example https://b.example"
    post = await hall.adapter.post(question.chat, Part(wild), reply_to=question.post, key="1-0")
    for n in range(3):
        await hall.adapter.edit(question.chat, post, Part(f"{wild} {n}"))
    [shown] = home.posts_to(int(question.post))
    assert (shown.text, shown.pings, shown.embeds_suppressed) == (f"{wild} 2", [], True)
    assert server.violations == []


async def test_the_same_key_is_the_same_post_with_the_newer_text(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """What is sent again under its key stands there once, and shows what was sent last."""
    first = await hall.adapter.post(chat(home), Part("Half"), reply_to=None, key="1-0")
    again = await hall.adapter.post(chat(home), Part("The whole."), reply_to=None, key="1-0")
    assert first == again
    assert [post.text for post in home.posts] == ["The whole."]


async def test_a_reply_that_is_lost_leaves_one_post(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """A post whose fate is unknown is `Unclear`, and sending it again does not double it."""
    server.fail("create_message", "lost")
    with pytest.raises(Unclear):
        await hall.adapter.post(chat(home), Part("Hello"), reply_to=None, key="1-0")
    await hall.adapter.post(chat(home), Part("Hello"), reply_to=None, key="1-0")
    assert [post.text for post in home.posts] == ["Hello"]


async def test_an_empty_bucket_is_a_flood_wait_and_no_call(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """The edit that Discord would refuse is not sent: its wait is told instead."""
    post = await hall.adapter.post(chat(home), Part("0"), reply_to=None, key="1-0")
    for n in range(1, 6):
        await hall.adapter.edit(chat(home), post, Part(str(n)))
    calls = len(server.calls)
    with pytest.raises(FloodWait) as wait:
        await hall.adapter.edit(chat(home), post, Part("6"))
    assert 0 < wait.value.seconds <= 5
    assert len(server.calls) == calls
    assert server.violations == []


async def test_what_was_taken_back_has_no_answer(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """An answer to a message that is gone is `Gone`, also if nobody told that it was deleted."""
    question = server.say(home.id, ANNA, "What is a cat?")
    server.remove(home.id, question)
    with pytest.raises(Gone):
        await hall.adapter.post(chat(home), Part("An animal."), reply_to=str(question), key="1-0")
    assert home.posts == []


async def test_all_calls_of_a_second_stay_below_the_limit(server: DiscordServer, hall: Hall) -> None:
    """Many chats at once are told to wait before Discord would have to say so."""
    homes = [server.dm(person) for person in range(100, 160)]
    posted = [hall.adapter.post(chat(home), Part("Hello"), reply_to=None, key="1-0") for home in homes]
    found = await asyncio.gather(*posted, return_exceptions=True)
    waits = [it.seconds for it in found if isinstance(it, FloodWait)]
    assert waits
    assert max(waits) <= 1
    assert server.violations == []


async def test_strays_are_not_looked_for_before_we_are_connected(
    server: DiscordServer, home: Channel
) -> None:
    """Nobody can say which posts are ours before Discord has told us who we are."""
    unconnected = Hall(server).adapter
    with pytest.raises(Unclear):
        await unconnected.strays(chat(home), after="1", before="9", known=())
    await unconnected.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("429", FloodWait),
        ("global", FloodWait),
        ("banned", FloodWait),
        ("500", Unclear),
        ("502", Unclear),
        ("timeout", Unclear),
        ("reset", Unclear),
        ("403", Gone),
        ("404", Gone),
        ("401", Unclear),
    ],
)
async def test_failures_are_translated(
    server: DiscordServer, hall: Hall, home: Channel, fault: str, error: type[PlatformError]
) -> None:
    """Each failure is one of the four, tried once, and its text holds neither token nor words."""
    server.fail("create_message", fault)
    with pytest.raises(error) as raised:
        await hall.adapter.post(chat(home), Part("secret words"), reply_to=None, key="1-0")
    assert TOKEN not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert sum(call.route == "create_message" for call in server.calls) == 1


async def test_what_discord_finds_fault_with_is_bad_format(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Too long a text is refused as such."""
    with pytest.raises(BadFormat):
        await hall.adapter.post(chat(home), Part("x" * 2001), reply_to=None, key="1-0")


async def test_a_deleted_post_is_posted_anew(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """An edit of what is gone is `Gone`, and its key then makes a new post."""
    post = await hall.adapter.post(chat(home), Part("Half"), reply_to=None, key="1-0")
    await hall.adapter.delete(chat(home), post)
    with pytest.raises(Gone):
        await hall.adapter.edit(chat(home), post, Part("The whole."))
    anew = await hall.adapter.post(chat(home), Part("The whole."), reply_to=None, key="1-0")
    assert anew != post
    assert [shown.text for shown in home.posts] == ["The whole."]
    await hall.adapter.delete(chat(home), post)


async def test_a_pressed_button_is_its_command(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """A press is handed in as the button's command, with the post it stands under, and comes to rest."""
    part = Part("Answer", buttons=(Button("Stop", "/stop"),))
    post = await hall.adapter.post(chat(home), part, reply_to=None, key="1-0")
    server.press(home.id, int(post), "Stop", person=ANNA)
    press = await hall.said.get()
    assert (press.text, press.pressed, press.chat) == ("/stop", post, chat(home))
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
    await hall.adapter.post(chat(home), Part("Because"), reply_to="interaction-99", key="1-0")
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


async def test_a_missing_right_is_told_once(server: DiscordServer, hall: Hall) -> None:
    """Where we may not write, the admins hear of it."""
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    room.forbidden.add("SEND_MESSAGES")
    for key in ("1-0", "2-0"):
        with pytest.raises(Gone):
            await hall.adapter.post(chat(room), Part("Hello"), reply_to=None, key=key)
    assert hall.troubles == ["access"]


async def test_the_direct_chat_is_made_once(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """The private chat with a person is asked for once, and then known."""
    for _ in range(3):
        assert await hall.adapter.direct(Person("discord", str(ANNA))) == chat(home)
    assert sum(call.route == "create_dm" for call in server.calls) == 1


async def test_a_picture_is_a_file(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """The picture stands there with its caption."""
    await hall.adapter.picture(chat(home), b"\x89PNG", "The day")
    [post] = home.posts
    assert (post.text, post.uploads[0].content) == ("The day", b"\x89PNG")
    assert server.violations == []


async def test_what_is_silent_arrives_without_a_sound(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """A post and a picture; all others ring. What is silent can be edited like any other."""
    for silent in (False, True):
        part = Part("Hello", silent=silent)
        number = await hall.adapter.post(chat(home), part, reply_to=None, key=f"{silent}")
        await hall.adapter.picture(chat(home), b"\x89PNG", "", silent=silent)
        await hall.adapter.edit(chat(home), number, replace(part, text="Hello again"))
    assert [bool(post.flags & SILENT) for post in home.posts] == [False, False, True, True]
    assert server.violations == []


async def test_leaving_is_leaving_the_server(server: DiscordServer, hall: Hall) -> None:
    """From whichever of its channels."""
    guild = server.guild(1, "Family", members=[ANNA])
    await hall.adapter.leave(chat(server.channel(guild, "general")))
    assert server.left == [guild.id]


async def test_the_form_for_the_password_is_no_message(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """A button opens it, and what is entered there comes in marked as secret and is answered in place."""
    part = Part("Press", buttons=(Button("Enter", "/password"),))
    post = await hall.adapter.post(chat(home), part, reply_to=None, key="1-0")
    pressed = server.press(home.id, int(post), "Enter", person=ANNA)
    await server.until(lambda: server.interactions[pressed].modal is not None)
    server.submit(pressed, {"entered": "open the porch"})
    entered = await hall.said.get()
    assert (entered.text, entered.secret, entered.person.id) == ("open the porch", True, str(ANNA))
    answer = await hall.adapter.post(entered.chat, Part("Thanks"), reply_to=entered.post, key="2-0")
    assert home.messages[int(answer)].text == "Thanks"
    assert [one.text for one in home.posts] == ["Press", "Thanks"]
    assert server.violations == []


async def test_a_post_that_was_sent_twice_is_found_in_the_history(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Ours, between the question and the answer, and nothing else: neither what is known nor what people
    say."""
    before = await hall.adapter.post(chat(home), Part("Earlier"), reply_to=None, key="0-0")
    question = server.say(home.id, ANNA, "Why?")
    stray = await hall.adapter.post(chat(home), Part("Because"), reply_to=str(question), key="1-0")
    server.say(home.id, ANNA, "Hm")
    known = await hall.adapter.post(chat(home), Part("Other"), reply_to=None, key="2-0")
    last = await hall.adapter.post(chat(home), Part("Because."), reply_to=str(question), key="1-0 again")
    found = await hall.adapter.strays(chat(home), after=str(question), before=last, known={known, last})
    assert found == [stray]
    everything = await hall.adapter.strays(chat(home), after="interaction-1", before=last, known=())
    assert everything == [before, stray, known]
    assert server.violations == []


async def test_commands_are_described_in_the_reader_s_language(server: DiscordServer, hall: Hall) -> None:
    """What Discord keeps of them is known as ours again."""
    await hall.adapter.menu(None, [], "")
    (ask,) = [one for one in server.commands if one["name"] == "ask"]
    assert ask["description_localizations"] == {"de": "Etwas fragen"}
    assert ask["options"][0]["description_localizations"] == {"de": "Die Frage"}


async def test_the_links_lead_to_us(server: DiscordServer, hall: Hall) -> None:
    """To our profile, where a code is written, and to a server of whoever opens it."""
    me = server.application_id
    assert hall.adapter.invite_link("c0de") == f"https://discord.com/users/{me}"
    assert str(hall.adapter.group_link()).startswith(f"https://discord.com/oauth2/authorize?client_id={me}&")


def test_a_token_tells_its_application() -> None:
    """And what is no token tells nothing."""
    assert application_of("MTAwMDAwMDAwMDAwMDAwMDAx.Gabcde.0123456789") == 100_000_000_000_000_001
    for token in ("", "canary", "MTAw", "!!!.a.b", "bm8gbnVtYmVy.a.b"):
        assert application_of(token) is None


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


async def test_a_post_is_pinned(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """In a direct chat, also twice; what is not there cannot be."""
    number = await hall.adapter.post(chat(home), Part("All well."), reply_to=None, key="1-0")
    for _ in range(2):
        await hall.adapter.pin(chat(home), number)
    assert home.pinned == [int(number)]
    with pytest.raises(Gone):
        await hall.adapter.pin(chat(home), "4711")


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


async def test_what_people_wrote_cannot_be_taken_away(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Whoever wanted it is told so, and it is no trouble with our rights."""
    said = server.say(home.id, ANNA, "secret")
    with pytest.raises(NoRight):
        await hall.adapter.delete(chat(home), str(said))
    assert hall.troubles == []
