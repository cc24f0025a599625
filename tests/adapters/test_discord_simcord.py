"""What simcord, another Discord than our own stand-in, hears of the adapter and tells it: do both agree?

See simcord_town.py for what stands between them, and for what simcord has no opinion about.
"""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import discord
import pytest
import simcord
from aiohttp import web
from simcord.http.router import dispatch

from bot import commands, phrases
from bot.platforms import CHOSEN_TOO
from core.errors import Gone
from core.inbox import Inbox
from core.storage import open_database
from core.types import Button, Part, Removed
from tests.adapters.simcord_town import Bridge, Town
from tests.fakes import Clock

SAY = phrases.of()
SUPPRESSED, EPHEMERAL = 4, 64
STOP = Button("Stop", "/stop 7")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncGenerator[Town, None]:
    env = simcord.Env(discord.Client(intents=discord.Intents(guilds=True)))
    bridge = Bridge(env)
    server = web.Server(bridge.serve, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    await env.start()
    try:
        async with open_database(tmp_path / "porchlight.db") as database:
            yield Town(env, bridge, port, Inbox(database, Clock()))
    finally:
        await env.shutdown()
        listening.close()
        await server.shutdown(0.1)
    assert bridge.unknown == []


# ── What people do ────────────────────────────────────────────────────────────────────────────────


async def test_a_direct_message(town: Town) -> None:
    """It is read with its words, its author and its chat, and so is the picture that comes along."""
    async with town.running():
        sent = await town.user.send_dm("Why?")
        said = await town.said()
        attached = town.backend.store_attachments(town.user.dm_channel.id, [("cat.png", PNG)])
        await town.user.send_dm("", attachments=attached)
        picture = await town.said()
    assert (said.chat, said.post, said.text, said.reply_to) == (town.dm, str(sent.id), "Why?", None)
    assert (said.person.id, said.person.name) == (str(town.user.id), "Anna")
    assert said.said_at == sent.created_at.timestamp()
    assert (picture.text, picture.attachment) == ("", "photo")


async def test_in_a_server_only_what_is_said_to_us(town: Town) -> None:
    """Mentions and replies are heard, also in a thread; of the rest Discord does not even tell the words."""
    thread = town.thread("plans")
    async with town.running() as adapter:
        ours = await adapter.post(town.chat, Part("Hello", True), reply_to=None, key="1-0")
        await town.anna.send(town.room, "between ourselves")
        await town.anna.send(town.room, f"{town.me} who is {town.ben.mention}?")
        mention = await town.said()
        replied = await town.anna.send(town.room, "and you?", reply_to=town.message(town.chat, ours))
        reply = await town.said()
        await town.ben.send(thread, f"{town.me} in here")
        threaded = await town.said()
    assert (mention.text, mention.chat, mention.person.name) == ("who is @ben?", town.chat, "Annie")
    assert (reply.text, reply.post, reply.reply_to) == ("and you?", str(replied.id), ours)
    assert (threaded.text, threaded.chat.id) == ("in here", f"{town.guild.id}:{thread.id}")
    assert not any("between ourselves" in frame for frame in town.bridge.told)


async def test_a_question_is_changed_and_taken_back(town: Town) -> None:
    """Both are heard of the post in which it was asked."""
    async with town.running():
        sent = await town.anna.send(town.room, f"{town.me} Who?")
        await town.anna.edit(sent, f"{town.me} Why?")
        asked, changed = await town.said(), await town.said()
        await town.anna.delete(sent)
        await town.bridge.until(lambda: Removed(town.chat, asked.post) in town.arrivals)
    assert (asked.text, asked.edited) == ("Who?", False)
    assert (changed.text, changed.edited, changed.post) == ("Why?", True, asked.post)


async def test_what_was_said_while_we_were_away(town: Town) -> None:
    """A new process finds it in the history, in private and in a server, and once."""
    async with town.running():
        await town.user.send_dm("one")
        await town.anna.send(town.room, f"{town.me} two")
        assert {(await town.said()).text, (await town.said()).text} == {"one", "two"}
    await town.user.send_dm("three")
    await town.anna.send(town.room, "between ourselves")
    await town.anna.send(town.room, f"{town.me} four")
    async with town.running():
        assert {(await town.said()).text, (await town.said()).text} == {"three", "four"}
        await town.user.send_dm("five")
        assert (await town.said()).text == "five"


# ── What we post ──────────────────────────────────────────────────────────────────────────────────


async def test_nobody_is_pinged_and_nothing_previewed(town: Town) -> None:
    """Whatever a model writes, at the first post and at each edit; posted plainly, it would ping them all."""
    role = town.guild.create_role("cooks", mentionable=True)
    words = f"@everyone @here {town.ben.mention} {role.mention} https://a.example https://b.example"
    async with town.running() as adapter:
        asked = await town.anna.send(town.room, f"{town.me} who?")
        post = await adapter.post(town.chat, Part(words), reply_to=str(asked.id), key="1-0")
        shown = town.shown(town.chat, post)
        for text in (words, f"{words} {town.anna.mention}"):
            await adapter.edit(town.chat, post, Part(text, True))
            pings = (shown.ping_user_ids, shown.ping_role_ids, shown.mention_everyone)
            assert (shown.content, shown.flags & SUPPRESSED, *pings) == (text, SUPPRESSED, [], [], False)
    assert shown.reference is not None
    assert shown.reference["message_id"] == str(asked.id)
    plain = dispatch(town.backend, "POST", f"/channels/{town.room.id}/messages", json={"content": words})
    pinged = town.shown(town.chat, plain["id"])
    assert (pinged.ping_user_ids, pinged.ping_role_ids) == ([town.ben.id], [role.id])
    assert pinged.mention_everyone


async def test_a_post_is_deleted(town: Town) -> None:
    """Once, and twice is no harm; to change it is not possible any more."""
    async with town.running() as adapter:
        asked = await town.user.send_dm("Why?")
        post = await adapter.post(town.dm, Part("So.", True), reply_to=str(asked.id), key="1-0")
        assert [it.content for it in town.user.dm_channel.history()] == ["Why?", "So."]
        await adapter.delete(town.dm, post)
        await adapter.delete(town.dm, post)
        with pytest.raises(Gone):
            await adapter.edit(town.dm, post, Part("So?", True))
    assert [it.content for it in town.user.dm_channel.history()] == ["Why?"]


async def test_a_picture(town: Town) -> None:
    """It stands there as a file with its caption."""
    async with town.running() as adapter:
        shown = town.shown(town.chat, await adapter.picture(town.chat, PNG, "A code"))
    assert (shown.content, [it["filename"] for it in shown.attachments]) == ("A code", ["picture.png"])


# ── Commands, buttons and forms ───────────────────────────────────────────────────────────────────


async def test_commands_are_offered_to_whom_they_are_meant_for(town: Town) -> None:
    """All to who runs the server, and in private; to others all but those of admins. Told only once."""
    async with town.running():
        members, owners = town.anna.available_commands(town.room), town.olga.available_commands(town.room)
        private = town.user.available_commands()
    async with town.running():
        pass
    offered = {it for it in commands.COMMANDS.values() if not it.hidden or it.name in CHOSEN_TOO}
    assert set(owners) == set(private) == {it.name for it in offered}
    assert set(members) == {it.name for it in offered if not it.admin}
    assert [it.method for it in town.backend.http_requests if it.path.endswith("/commands")] == [
        *("GET", "PUT", "GET")
    ]


async def test_a_slash_command_for_everybody(town: Town) -> None:
    """It is acknowledged, and its answer takes the place of that and is a post like any other."""
    words = f"Because @everyone {town.ben.mention}"
    async with town.running() as adapter:
        called = await town.anna.slash(town.room, "ask", text="Why?")
        said = await town.said()
        await town.bridge.until(lambda: called.acknowledged)
        assert (said.text, said.chat, said.pressed, said.person.language) == (
            "/ask Why?",
            town.chat,
            None,
            "en-us",
        )
        post = await adapter.post(town.chat, Part("Be"), reply_to=said.post, key="1-0")
        await adapter.edit(town.chat, post, Part(words, buttons=(STOP,)))
        more = await adapter.post(town.chat, Part("of that", True), reply_to=None, key="1-1")
        strays = await adapter.strays(town.chat, after="0", before=str(2**62), known=[])
    assert called.response is not None
    assert (called.response.id, called.response.content, called.ephemeral) == (int(post), words, False)
    assert called.response.flags.value == SUPPRESSED, "neither thinking nor for one person"
    assert called.followups == []
    assert [it.content for it in town.room.history()] == [words, "of that"]
    assert strays == [post, more]
    shown = town.shown(town.chat, post)
    assert (shown.ping_user_ids, shown.mention_everyone) == ([], False)


async def test_a_slash_command_for_one(town: Town) -> None:
    """All parts of the answer, and each change of them, are for the eyes of the one who asked."""
    async with town.running() as adapter:
        called = await town.anna.slash(town.room, "help")
        said = await town.said()
        first = await adapter.post(town.chat, Part("This", True), reply_to=said.post, key="1-0")
        more = await adapter.post(town.chat, Part("and"), reply_to=None, key="1-1")
        await adapter.edit(town.chat, more, Part("and that", True, buttons=(STOP,)))
        assert [it.content for it in town.room.history(viewer=town.anna)] == ["This", "and that"]
        assert town.room.history(viewer=town.ben) == []
        assert all(town.shown(town.chat, post).flags == SUPPRESSED | EPHEMERAL for post in (first, more))
        await adapter.delete(town.chat, more)
    assert called.ephemeral
    assert called.followups == []


async def test_ask_about_this(town: Town) -> None:
    """The menu of a message puts its words, told to us for once, behind the question."""
    async with town.running() as adapter:
        theirs = await town.ben.send(town.room, f"E = mc²\nsays {town.olga.mention}")
        called = await town.anna.context_menu(town.room, SAY.ABOUT_THIS, theirs)
        said = await town.said()
        await adapter.post(town.chat, Part("Energy", True), reply_to=said.post, key="1-0")
    assert said.text == f"{SAY.ABOUT_THIS_QUESTION}\n\n> E = mc²\n> says @olga"
    assert called.response is not None
    assert (called.response.content, called.ephemeral) == ("Energy", False)


@pytest.mark.parametrize("private", [True, False], ids=["private", "server"])
async def test_a_button_is_pressed(town: Town, private: bool) -> None:
    """It says what stands behind it, under which post, and the post stays as it is."""
    chat, presser = (town.dm, town.user) if private else (town.chat, town.anna)
    async with town.running() as adapter:
        post = await adapter.post(
            chat, Part("Hm", buttons=(STOP, Button("Again", "/retry 7"))), reply_to=None, key="1-0"
        )
        pressed = await presser.click(town.message(chat, post), label="Stop")
        said = await town.said()
        await town.bridge.until(lambda: pressed.acknowledged)
        assert pressed.response is not None
        assert (pressed.response.id, pressed.response.content) == (int(post), "Hm"), "nothing new is said"
        await adapter.edit(chat, post, Part("Hm.", True))
        with pytest.raises(simcord.SetupError):
            await presser.click(town.message(chat, post), label="Stop")
    assert (said.chat, said.text, said.pressed, said.person.id) == (chat, "/stop 7", post, str(presser.id))
    assert town.shown(chat, post).content == "Hm."


@pytest.mark.parametrize("private", [True, False], ids=["private", "server"])
async def test_the_form_for_the_password(town: Town, private: bool) -> None:
    """It opens at once, what is entered is a secret, and in a server only who entered it sees the answer."""
    chat, presser = (town.dm, town.user) if private else (town.chat, town.anna)
    async with town.running() as adapter:
        button = Button(SAY.PASSWORD_BUTTON, "/password")
        post = await adapter.post(chat, Part("Hello", True, buttons=(button,)), reply_to=None, key="1-0")
        opened = await presser.click(town.message(chat, post), custom_id="/password")
        await town.bridge.until(lambda: opened.modal)
        [field] = opened.modal["components"] if opened.modal else []
        submitted = await presser.submit_modal(opened, {field["component"]["custom_id"]: "open sesame"})
        said = await town.said()
        await adapter.post(chat, Part("Welcome", True), reply_to=said.post, key="2-0")
    assert (said.text, said.secret, said.chat, said.pressed) == ("open sesame", True, chat, None)
    assert submitted.response is not None
    assert (submitted.response.content, submitted.ephemeral) == ("Welcome", not private)
