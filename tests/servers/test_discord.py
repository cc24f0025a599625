"""The stand-in speaks with discord.py as Discord does, and finds nothing to object to in a good client."""

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import yarl

with warnings.catch_warnings():
    # discord.py imports a module of the standard library that is on its way out, for voice.
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

from tests.servers.discord import DiscordServer

TOKEN = "canary.token.discord"


class Bot(discord.Client):
    """As little as a bot can be: it keeps what it hears."""

    def __init__(self, intents: int = (1 << 0) | (1 << 9) | (1 << 12)) -> None:
        super().__init__(
            intents=discord.Intents._from_value(intents),
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=0.01,
        )
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.tree = app_commands.CommandTree(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the five seconds between two of them."""

    async def on_ready(self) -> None:
        self.heard.put_nowait("ready")

    async def on_resumed(self) -> None:
        self.heard.put_nowait("resumed")

    async def on_message(self, message: discord.Message) -> None:
        if message.author != self.user:
            self.heard.put_nowait(message)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        self.heard.put_nowait(interaction)

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            return await self.heard.get()


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with DiscordServer(TOKEN) as server:
        Route.BASE = server.api_url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)
        server.person(7, "Anna", locale="de")
        server.person(8, "Ben")
        yield server
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def bot(server: DiscordServer) -> AsyncIterator[Bot]:
    async with Bot() as bot:
        running = asyncio.create_task(bot.start(TOKEN))
        assert await bot.next() == "ready"
        yield bot
        await bot.close()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_conversation_with_a_real_client(server: DiscordServer, bot: Bot) -> None:
    """A question in a direct message is answered, the answer edited and deleted, and the history read, by
    the library our adapter uses, and nothing it sends is a violation."""
    home = server.dm(7)
    question = server.say(home.id, 7, "hello")
    heard = await bot.next()
    assert (heard.content, heard.author.id, heard.guild) == ("hello", 7, None)

    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Stop", custom_id="stop:1"))
    post = await heard.channel.send(
        "hi",
        nonce="n-1",
        reference=heard.to_reference(fail_if_not_exists=False),
        suppress_embeds=True,
        view=view,
    )
    assert home.posts_to(question)[0].id == post.id
    assert [button.label for button in home.posts[0].buttons] == ["Stop"]
    again = await heard.channel.send("hi", nonce="n-1", suppress_embeds=True)
    assert again.id == post.id
    async with heard.channel.typing():
        await heard.channel.get_partial_message(post.id).edit(content="hi there", view=None)
    assert [text for _, text in home.posts[0].shown] == ["hi", "hi there"]
    assert home.posts[0].buttons == []

    later = server.say(home.id, 7, "more")
    found = [message.id async for message in heard.channel.history(after=discord.Object(question))]
    assert found == [post.id, later]
    await post.delete()
    assert home.deleted == [post.id]
    assert server.violations == []


async def test_a_button_is_pressed(server: DiscordServer, bot: Bot) -> None:
    """A press reaches the client with what it belongs to, and its answer is seen by that person only."""
    home = server.dm(7)
    channel = await bot.fetch_channel(home.id)
    assert isinstance(channel, discord.DMChannel)
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Stop", custom_id="stop:1"))
    post = await channel.send("thinking", nonce="n", suppress_embeds=True, view=view)
    server.press(home.id, post.id, "Stop", person=7)
    pressed = await bot.next()
    assert pressed.data["custom_id"] == "stop:1"
    assert (pressed.user.id, pressed.message.id, pressed.locale) == (7, post.id, discord.Locale.german)
    await pressed.response.send_message("Stopped", ephemeral=True)
    assert (home.posts[-1].text, home.posts[-1].ephemeral_to) == ("Stopped", 7)
    assert [message.id async for message in channel.history()] == [post.id]
    assert server.violations == []


async def test_a_slash_command_is_deferred_and_answered(server: DiscordServer, bot: Bot) -> None:
    """Commands are registered and typed; the deferred answer fills in, and a second one follows."""
    general = server.channel(server.guild(1, "Family", members=[7, 8]), "general")

    @bot.tree.command(description="Ask")
    async def ask(interaction: discord.Interaction, question: str) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content=f"{question}!")
        await interaction.followup.send("and more", suppress_embeds=True)

    @bot.tree.context_menu(name="Ask about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(message.content, ephemeral=True)

    assert {command.name for command in await bot.tree.sync()} == {"ask", "Ask about this"}
    server.command(general.id, 8, "ask", {"question": "why"})
    await server.until(lambda: len(general.posts) == 2)
    assert [post.text for post in general.posts] == ["why!", "and more"]

    said = server.say(general.id, 7, "nobody but the menu reads this")
    server.message_command(general.id, 8, "Ask about this", said)
    await server.until(lambda: len(general.posts) == 3)
    assert general.posts[2].text == "nobody but the menu reads this"
    assert general.posts[2].ephemeral_to == 8
    assert server.violations == []


async def test_what_an_event_tells_of_the_bots_own_posts(server: DiscordServer, bot: Bot) -> None:
    """In which guild they stand, as of any other post, and what they answer."""
    general = server.channel(server.guild(1, "Family", members=[7, 8]), "general")
    told: list[tuple[str, str | None, int]] = []

    def on_told(event: str, data: dict[str, Any]) -> None:
        if event.startswith("MESSAGE_"):
            told.append((event, data.get("guild_id"), data["type"]))

    @bot.tree.context_menu(name="Ask about this")
    async def about(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message("This", suppress_embeds=True)

    await bot.tree.sync()
    server.gateway.on_told = on_told
    post = await bot.get_partial_messageable(general.id).send("hi", nonce="n-1", suppress_embeds=True)
    await post.edit(content="hi there", suppress=True)
    server.message_command(general.id, 8, "Ask about this", post.id)
    await server.until(lambda: len(general.posts) == 2)
    assert told == [("MESSAGE_CREATE", "1", 0), ("MESSAGE_UPDATE", "1", 0), ("MESSAGE_CREATE", "1", 23)]


async def test_a_form_is_filled_in(server: DiscordServer, bot: Bot) -> None:
    """A modal opens from a command, and what is written into it reaches the client."""
    home = server.dm(7)
    filled: list[str] = []

    class Password(discord.ui.Modal, title="Password"):
        word: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Word", custom_id="word")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            filled.append(self.word.value)
            await interaction.response.send_message("thanks", ephemeral=True)

    @bot.tree.command(description="Become admin")
    async def admin(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Password())

    await bot.tree.sync()
    asked = server.command(home.id, 7, "admin")
    await server.until(lambda: server.interactions[asked].modal)
    server.submit(asked, {"word": "lantern"})
    await server.until(lambda: home.posts)
    assert filled == ["lantern"]
    assert server.violations == []


async def test_a_drop_is_resumed(server: DiscordServer, bot: Bot) -> None:
    """What was said while the connection was broken is told again when the session goes on."""
    home = server.dm(7)
    server.drop(resume=True)
    server.say(home.id, 7, "are you there?")
    heard = {str(getattr(event, "content", event)) for event in (await bot.next(), await bot.next())}
    assert heard == {"are you there?", "resumed"}
    assert server.gateway.resumed == 1


async def test_a_lost_session_is_not_replayed(server: DiscordServer, bot: Bot) -> None:
    """A client whose session is gone identifies anew, and what it missed is only in the history."""
    home = server.dm(7)
    server.drop(resume=False)
    missed = server.say(home.id, 7, "are you there?")
    assert await bot.next() == "ready"
    assert bot.heard.empty()
    channel = await bot.fetch_channel(home.id)
    assert isinstance(channel, discord.DMChannel)
    assert [message.id async for message in channel.history()] == [missed]
    server.say(home.id, 7, "now?")
    assert (await bot.next()).content == "now?"


async def test_a_reconnect_is_followed(server: DiscordServer, bot: Bot) -> None:
    """Asked to reconnect, the client comes back into the same session."""
    server.gateway.reconnect()
    assert await bot.next() == "resumed"
    assert len(server.gateway.identified) == 1


async def test_a_privileged_intent_ends_the_client(server: DiscordServer) -> None:
    """Asking for what is not switched on closes with 4014, and is a violation."""
    async with Bot(intents=1 << 15) as bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await asyncio.wait_for(bot.start(TOKEN), 5)
    assert server.violations == ["IDENTIFY: the privileged intent MESSAGE_CONTENT"]
    server.privileged.add("MESSAGE_CONTENT")
    async with Bot(intents=1 << 15) as bot:
        running = asyncio.create_task(bot.start(TOKEN))
        assert await bot.next() == "ready"
        server.close_with(4004)
        with pytest.raises(discord.ConnectionClosed):
            await running


async def test_a_wrong_token_is_refused(server: DiscordServer) -> None:
    """The library names the refusal a failed login."""
    async with Bot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.start("another.token")


async def test_errors_come_out_as_the_library_names_them(server: DiscordServer, bot: Bot) -> None:
    """403, 404, a page with 429 and a broken connection become what one has to expect; a 429 of the API is
    waited out inside the library."""
    channel = await bot.fetch_channel(server.dm(7).id)
    assert isinstance(channel, discord.DMChannel)
    for fault, error in (
        ("403", discord.Forbidden),
        ("404", discord.NotFound),
        ("banned", discord.HTTPException),
    ):
        server.fail("create_message", fault)
        with pytest.raises(error):
            await channel.send("hi", nonce=fault, suppress_embeds=True)
    server.fail("create_message", "429", retry_after_s=0.01)
    await channel.send("hi", nonce="one", suppress_embeds=True)
    assert [call.status for call in server.calls if call.route == "create_message"][-2:] == [429, 200]
    server.fail("create_message", "lost", times=5)
    with pytest.raises((discord.HTTPException, OSError)):
        await channel.send("hi", nonce="two", suppress_embeds=True)
    assert [post.text for post in server.dm(7).posts] == ["hi", "hi"]
    assert server.violations == []
