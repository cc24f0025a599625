"""How the adapter hears people on Discord, whatever happens to the connection, the disk and the events."""

import json

import pytest

from core.types import Chat, Incoming, Joined, Person, Poison, Removed
from tests.adapters.discord_stage import ANNA, Hall, running
from tests.servers.discord import DiscordServer
from tests.servers.discord_model import Channel


@pytest.fixture
def room(server: DiscordServer) -> Channel:
    return server.channel(server.guild(1, "Family", members=[ANNA]), "general")


async def test_edits_and_deletions_are_told(server: DiscordServer, home: Channel) -> None:
    """What a person changes or takes back is handed in as such, under the id it had."""
    async with running(Hall(server)) as hall:
        post = server.say(home.id, ANNA, "Why?")
        server.edit(home.id, post, "Why not?")
        server.remove(home.id, post)
        await server.until(lambda: len(hall.arrivals) == 3)
    first, second, third = hall.arrivals
    assert isinstance(first, Incoming)
    assert isinstance(second, Incoming)
    assert (second.text, second.edited, second.post) == ("Why not?", True, first.post)
    assert third == Removed(Chat("discord", str(home.id)), str(post))


async def test_in_a_server_only_what_is_for_us(server: DiscordServer, room: Channel) -> None:
    """A mention is for us, without our name in it, and talk between others is not."""
    async with running(Hall(server)) as hall:
        server.say(room.id, ANNA, "Lunch?")
        server.say(room.id, ANNA, f"<@{server.bot_id}>, what is the time?")
        question = await hall.said.get()
    assert hall.texts == ["what is the time?"]
    assert question.chat == Chat("discord", f"1:{room.id}", "group")


@pytest.mark.parametrize("resume", [True, False])
async def test_nothing_is_lost_in_a_gap(
    server: DiscordServer, home: Channel, room: Channel, resume: bool
) -> None:
    """What was said while the connection was gone comes in once or again, and never not at all."""
    async with running(Hall(server)) as hall:
        server.say(home.id, ANNA, "before")
        await server.until(lambda: "before" in hall.texts)
        server.drop(resume=resume)
        for n in range(3):
            server.say(home.id, ANNA, f"gap {n}")
        server.say(room.id, ANNA, f"<@{server.bot_id}> in the room")
        await server.until(lambda: {"gap 0", "gap 1", "gap 2", "in the room"} <= set(hall.texts))
        server.say(home.id, ANNA, "after")
        await server.until(lambda: "after" in hall.texts)
    assert server.violations == []


async def test_a_new_process_reads_what_it_missed(
    server: DiscordServer, home: Channel, room: Channel
) -> None:
    """From the stored cursor on, more than one page of it, in order, and nothing from before."""
    async with running(Hall(server)) as first:
        server.say(home.id, ANNA, "before")
        await server.until(lambda: "before" in first.texts and str(room.id) in (first.cursor or ""))
    for n in range(150):
        server.say(home.id, ANNA, f"missed {n}")
    server.say(room.id, ANNA, f"<@{server.bot_id}> in the room")
    async with running(Hall(server, cursor=first.cursor)) as second:
        await server.until(lambda: len(second.texts) >= 151)
    missed = [text for text in second.texts if text.startswith("missed")]
    assert missed == [f"missed {n}" for n in range(150)]
    assert sorted(set(second.texts) - set(missed)) == ["in the room"]


@pytest.mark.parametrize("resume", [True, False])
async def test_what_was_changed_in_a_gap_is_told(server: DiscordServer, home: Channel, resume: bool) -> None:
    """An edit of what was heard before comes in as such, and what was not changed does not come again."""
    async with running(Hall(server)) as hall:
        kept = server.say(home.id, ANNA, "kept")
        question = server.say(home.id, ANNA, "What is a cat?")
        await server.until(lambda: "What is a cat?" in hall.texts)
        server.drop(resume=resume)
        server.edit(home.id, question, "What is a dog?")
        server.say(home.id, ANNA, "after")
        await server.until(lambda: {"What is a dog?", "after"} <= set(hall.texts))
    told = [(it.post, it.text, it.edited) for it in hall.arrivals if isinstance(it, Incoming)]
    assert (str(question), "What is a dog?", True) in told
    assert [post for post, _, _ in told].count(str(kept)) == 1


async def test_a_change_that_was_heard_and_not_kept_is_told_again(
    server: DiscordServer, home: Channel
) -> None:
    """A new process finds it, though it has heard of the message itself."""
    async with running(Hall(server)) as first:
        question = server.say(home.id, ANNA, "What is a cat?")
        await server.until(lambda: "What is a cat?" in first.texts)
    server.edit(home.id, question, "What is a dog?")
    async with running(Hall(server, cursor=first.cursor)) as second:
        await server.until(lambda: "What is a dog?" in second.texts)


async def test_asking_for_a_direct_chat_skips_nothing(server: DiscordServer, home: Channel) -> None:
    """Where a chat was left is what the disk says, also if somebody asks for it before we listen."""
    async with running(Hall(server)) as first:
        server.say(home.id, ANNA, "before")
        await server.until(lambda: "before" in first.texts)
    server.say(home.id, ANNA, "missed")
    second = Hall(server, cursor=first.cursor)
    await second.adapter.direct(Person("discord", str(ANNA)))
    async with running(second):
        await server.until(lambda: "missed" in second.texts)


async def test_history_that_cannot_be_read_is_read_later(server: DiscordServer, home: Channel) -> None:
    """A server that fails delays what was missed, and a live event meanwhile skips nothing of it."""
    async with running(Hall(server)) as first:
        server.say(home.id, ANNA, "before")
        await server.until(lambda: "before" in first.texts)
    server.say(home.id, ANNA, "missed")
    server.fail("history", "500", times=5)
    async with running(Hall(server, cursor=first.cursor)) as second:
        server.say(home.id, ANNA, "live")
        await server.until(lambda: {"missed", "live"} <= set(second.texts))


async def test_a_full_disk_skips_nothing(server: DiscordServer, home: Channel) -> None:
    """What could not be kept is handed in again, in order, with growing pauses."""
    async with running(Hall(server)) as hall:
        hall.refusals = 3
        for n in range(3):
            server.say(home.id, ANNA, str(n))
        await server.until(lambda: len(hall.texts) == 3)
    assert hall.texts == ["0", "1", "2"]
    assert hall.slept[:3] == [1.0, 2.0, 4.0]


async def test_what_is_not_on_disk_is_not_acknowledged(server: DiscordServer, home: Channel) -> None:
    """Of a command that could not be kept Discord tells the person that it failed."""
    async with running(Hall(server)) as hall:
        await server.until(lambda: hall.adapter.heard_at is not None)
        await hall.adapter.menu(None, [], "")
        hall.refusals = 1
        server.command(home.id, ANNA, "ask", {"text": "Why?"})
        await server.until(lambda: hall.refusals == 0)
        server.command(home.id, ANNA, "ask", {"text": "Why?"})
        await server.until(lambda: any(call.route == "callback" for call in server.calls))
    assert sum(call.route == "callback" for call in server.calls) == 1
    assert hall.texts == ["/ask Why?"]


async def test_a_malformed_event_stops_nothing(server: DiscordServer, home: Channel) -> None:
    """It is handed in as poison, over the same connection, and what comes after it is heard."""
    async with running(Hall(server)) as hall:
        logins = len(server.calls)
        for payload in ({}, {"id": 5, "channel_id": None}, {"id": "5", "channel_id": "6", "author": []}):
            server.tell("MESSAGE_CREATE", payload)
        server.tell("GUILD_CREATE", {"channels": 3})
        server.tell("INTERACTION_CREATE", {"type": 2})
        server.say(home.id, ANNA, "Why?")
        await hall.said.get()
    assert sum(isinstance(arrival, Poison) for arrival in hall.arrivals) >= 3
    assert not any(call.route == "me" for call in server.calls[logins:])


async def test_a_refused_first_connection_is_tried_again(server: DiscordServer, home: Channel) -> None:
    """Whatever fails at the start, it begins anew after a pause."""
    server.fail("me", "502", times=2)
    server.fail("gateway", "reset", times=2)
    async with running(Hall(server)) as hall:
        await server.until(lambda: server.gateway.connected)
        server.say(home.id, ANNA, "Why?")
        await hall.said.get()
    assert hall.slept[:3] == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("code", "trouble"), [(4014, "intents"), (4004, "token")])
async def test_a_final_close_is_told_once(
    server: DiscordServer, home: Channel, code: int, trouble: str
) -> None:
    """It is told what only a person can mend, once, and connecting goes on with long pauses."""
    async with running(Hall(server)) as hall:
        server.close_with(code)
        await server.until(lambda: hall.troubles)
        await server.until(lambda: server.gateway.connected)
        server.say(home.id, ANNA, "Why?")
        await hall.said.get()
    assert hall.troubles == [trouble]
    assert 90.0 in hall.slept


async def test_a_refused_token_is_told(server: DiscordServer) -> None:
    """A 401 at the login means the token."""
    server.fail("me", "401", times=3)
    async with running(Hall(server)) as hall:
        await server.until(lambda: server.gateway.connected)
    assert hall.troubles == ["token"]


async def test_no_privileged_intent_is_asked_for(server: DiscordServer) -> None:
    """Neither members, nor presences, nor the words of others."""
    async with running(Hall(server)):
        pass
    assert not server.privileged


async def test_a_server_that_is_new_is_told_once(server: DiscordServer) -> None:
    """With whose it is, as nobody tells who put us there; a later run knows it already."""
    server.channel(server.guild(1, "Family", members=[ANNA]), "general")
    async with running(Hall(server)) as hall:
        await server.until(lambda: bool(hall.arrivals))
        cursor = hall.cursor
    (joined,) = hall.arrivals
    assert isinstance(joined, Joined)
    assert (joined.chat.whole_id, joined.person.id, joined.title) == ("1", str(ANNA), "Family")
    assert not joined.by_them
    home = server.dm(ANNA)
    async with running(Hall(server, cursor=cursor)) as later:
        server.say(home.id, ANNA, "Hello")
        await later.said.get()
    assert later.texts == ["Hello"]
    assert len(later.arrivals) == 1


async def test_a_chat_that_nobody_knew_is_read_from_a_day_ago(server: DiscordServer) -> None:
    """What a listed person wrote there while we were away comes in when we look for them; so does what was
    said in a channel that was made meanwhile."""
    guild = server.guild(1, "Family", members=[ANNA])
    server.channel(guild, "general")
    async with running(Hall(server)) as hall:
        await server.until(lambda: bool(hall.arrivals))
        cursor = hall.cursor
    home, room = server.dm(ANNA), server.channel(guild, "lakes")
    server.say(home.id, ANNA, "in private")
    server.say(room.id, ANNA, "in public", mentions_bot=True)
    async with running(Hall(server, cursor=cursor)) as later:
        await later.adapter.direct(Person("discord", str(ANNA)))
        await server.until(lambda: len(later.texts) == 2)
    assert set(later.texts) == {"in private", "in public"}


async def test_many_deleted_at_once_are_each_taken_back(server: DiscordServer, home: Channel) -> None:
    """As a moderator does it."""
    async with running(Hall(server)) as hall:
        ids = [server.say(home.id, ANNA, f"Question {number}") for number in range(3)]
        await server.until(lambda: len(hall.arrivals) == 3)
        told = {"ids": [str(number) for number in ids], "channel_id": str(home.id)}
        server.tell("MESSAGE_DELETE_BULK", told, home)
        await server.until(lambda: len(hall.arrivals) == 6)
    chat = Chat("discord", str(home.id))
    assert hall.arrivals[3:] == [Removed(chat, str(number)) for number in ids]


async def test_a_gap_while_a_history_is_read_is_another_one(server: DiscordServer, home: Channel) -> None:
    """What is said in it is read afterwards."""
    async with running(Hall(server)) as hall:
        server.say(home.id, ANNA, "before")
        await hall.said.get()
        server.drop(resume=False)
        server.say(home.id, ANNA, "in the first gap")
        hall.refusals = 1
        await server.until(lambda: not hall.refusals)
        server.drop(resume=False)
        server.say(home.id, ANNA, "in the second gap")
        await server.until(lambda: len(set(hall.texts)) == 3)
    assert set(hall.texts) == {"before", "in the first gap", "in the second gap"}


async def test_the_mark_follows_what_is_said(server: DiscordServer, home: Channel) -> None:
    """Also in the place whose history was read last: the next run goes on from there."""
    async with running(Hall(server)) as hall:
        await hall.adapter.direct(Person("discord", str(ANNA)))

        def mark() -> str:
            return str(json.loads(hall.cursor or "{}").get(str(home.id)))

        first = server.say(home.id, ANNA, "one")
        await server.until(lambda: mark() == str(first))
        server.drop(resume=False)  # now the history is read, and nothing new is in it
        await server.until(lambda: [call.route for call in server.calls].count("history") == 2)
        await server.until(lambda: server.gateway.connected)
        second = server.say(home.id, ANNA, "two")
        await server.until(lambda: mark() == str(second))
        third = server.say(home.id, ANNA, "three")
        await server.until(lambda: mark() == str(third))
