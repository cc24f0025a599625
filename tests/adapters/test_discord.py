"""What people on Discord see of the adapter's posts."""

import asyncio
from dataclasses import replace

import pytest

from core.errors import BadFormat, FloodWait, Gone, NoRight, PlatformError, Unclear
from core.types import Part, Person
from tests.adapters.discord_stage import ANNA, TOKEN, Hall, chat_of
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import SILENT, Channel


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
    first = await hall.adapter.post(chat_of(home), Part("Half"), reply_to=None, key="1-0")
    again = await hall.adapter.post(chat_of(home), Part("The whole."), reply_to=None, key="1-0")
    assert first == again
    assert [post.text for post in home.posts] == ["The whole."]


async def test_a_reply_that_is_lost_leaves_one_post(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """A post whose fate is unknown is `Unclear`, and sending it again does not double it."""
    server.fail("create_message", "lost")
    with pytest.raises(Unclear):
        await hall.adapter.post(chat_of(home), Part("Hello"), reply_to=None, key="1-0")
    await hall.adapter.post(chat_of(home), Part("Hello"), reply_to=None, key="1-0")
    assert [post.text for post in home.posts] == ["Hello"]


async def test_an_empty_bucket_is_a_flood_wait_and_no_call(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """The edit that Discord would refuse is not sent: its wait is told instead."""
    post = await hall.adapter.post(chat_of(home), Part("0"), reply_to=None, key="1-0")
    for n in range(1, 6):
        await hall.adapter.edit(chat_of(home), post, Part(str(n)))
    calls = len(server.calls)
    with pytest.raises(FloodWait) as wait:
        await hall.adapter.edit(chat_of(home), post, Part("6"))
    assert 0 < wait.value.seconds <= 5
    assert len(server.calls) == calls
    assert server.violations == []


async def test_what_was_taken_back_has_no_answer(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """An answer to a message that is gone is `Gone`, also if nobody told that it was deleted."""
    question = server.say(home.id, ANNA, "What is a cat?")
    server.remove(home.id, question)
    with pytest.raises(Gone):
        await hall.adapter.post(chat_of(home), Part("An animal."), reply_to=str(question), key="1-0")
    assert home.posts == []


async def test_all_calls_of_a_second_stay_below_the_limit(server: DiscordServer, hall: Hall) -> None:
    """Many chats at once are told to wait before Discord would have to say so."""
    homes = [server.dm(person) for person in range(100, 160)]
    posted = [hall.adapter.post(chat_of(home), Part("Hello"), reply_to=None, key="1-0") for home in homes]
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
        await unconnected.strays(chat_of(home), after="1", before="9", known=())
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
        await hall.adapter.post(chat_of(home), Part("secret words"), reply_to=None, key="1-0")
    assert TOKEN not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert sum(call.route == "create_message" for call in server.calls) == 1


async def test_what_discord_finds_fault_with_is_bad_format(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Too long a text is refused as such."""
    with pytest.raises(BadFormat):
        await hall.adapter.post(chat_of(home), Part("x" * 2001), reply_to=None, key="1-0")


async def test_a_deleted_post_is_posted_anew(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """An edit of what is gone is `Gone`, and its key then makes a new post."""
    post = await hall.adapter.post(chat_of(home), Part("Half"), reply_to=None, key="1-0")
    await hall.adapter.delete(chat_of(home), post)
    with pytest.raises(Gone):
        await hall.adapter.edit(chat_of(home), post, Part("The whole."))
    anew = await hall.adapter.post(chat_of(home), Part("The whole."), reply_to=None, key="1-0")
    assert anew != post
    assert [shown.text for shown in home.posts] == ["The whole."]
    await hall.adapter.delete(chat_of(home), post)


async def test_a_missing_right_is_told_once(server: DiscordServer, hall: Hall) -> None:
    """Where we may not write, the admins hear of it."""
    room = server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    room.forbidden.add("SEND_MESSAGES")
    for key in ("1-0", "2-0"):
        with pytest.raises(Gone):
            await hall.adapter.post(chat_of(room), Part("Hello"), reply_to=None, key=key)
    assert hall.troubles == ["access"]


async def test_the_direct_chat_is_made_once(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """The private chat with a person is asked for once, and then known."""
    for _ in range(3):
        assert await hall.adapter.direct(Person("discord", str(ANNA))) == chat_of(home)
    assert sum(call.route == "create_dm" for call in server.calls) == 1


async def test_a_picture_is_a_file(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """The picture stands there with its caption."""
    await hall.adapter.picture(chat_of(home), b"\x89PNG", "The day")
    [post] = home.posts
    assert (post.text, post.uploads[0].content) == ("The day", b"\x89PNG")
    assert server.violations == []


async def test_what_is_silent_arrives_without_a_sound(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """A post and a picture; all others ring. What is silent can be edited like any other."""
    for silent in (False, True):
        part = Part("Hello", silent=silent)
        number = await hall.adapter.post(chat_of(home), part, reply_to=None, key=f"{silent}")
        await hall.adapter.picture(chat_of(home), b"\x89PNG", "", silent=silent)
        await hall.adapter.edit(chat_of(home), number, replace(part, text="Hello again"))
    assert [bool(post.flags & SILENT) for post in home.posts] == [False, False, True, True]
    assert server.violations == []


async def test_leaving_is_leaving_the_server(server: DiscordServer, hall: Hall) -> None:
    """From whichever of its channels."""
    guild = server.guild(1, "Family", members=[ANNA])
    await hall.adapter.leave(chat_of(server.channel(guild, "general")))
    assert server.left == [guild.id]


async def test_a_post_that_was_sent_twice_is_found_in_the_history(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Ours, between the question and the answer, and nothing else: neither what is known nor what people
    say."""
    before = await hall.adapter.post(chat_of(home), Part("Earlier"), reply_to=None, key="0-0")
    question = server.say(home.id, ANNA, "Why?")
    stray = await hall.adapter.post(chat_of(home), Part("Because"), reply_to=str(question), key="1-0")
    server.say(home.id, ANNA, "Hm")
    known = await hall.adapter.post(chat_of(home), Part("Other"), reply_to=None, key="2-0")
    last = await hall.adapter.post(chat_of(home), Part("Because."), reply_to=str(question), key="1-0 again")
    found = await hall.adapter.strays(chat_of(home), after=str(question), before=last, known={known, last})
    assert found == [stray]
    everything = await hall.adapter.strays(chat_of(home), after="interaction-1", before=last, known=())
    assert everything == [before, stray, known]
    assert server.violations == []


async def test_the_links_lead_to_us(server: DiscordServer, hall: Hall) -> None:
    """To our profile, where a code is written, and to a server of whoever opens it."""
    me = server.application_id
    assert hall.adapter.invite_link("c0de") == f"https://discord.com/users/{me}"
    assert str(hall.adapter.group_link()).startswith(f"https://discord.com/oauth2/authorize?client_id={me}&")


async def test_a_post_is_pinned(server: DiscordServer, hall: Hall, home: Channel) -> None:
    """In a direct chat, also twice; what is not there cannot be."""
    number = await hall.adapter.post(chat_of(home), Part("All well."), reply_to=None, key="1-0")
    for _ in range(2):
        await hall.adapter.pin(chat_of(home), number)
    assert home.pinned == [int(number)]
    with pytest.raises(Gone):
        await hall.adapter.pin(chat_of(home), "4711")


async def test_what_people_wrote_cannot_be_taken_away(
    server: DiscordServer, hall: Hall, home: Channel
) -> None:
    """Whoever wanted it is told so, and it is no trouble with our rights."""
    said = server.say(home.id, ANNA, "secret")
    with pytest.raises(NoRight):
        await hall.adapter.delete(chat_of(home), str(said))
    assert hall.troubles == []
