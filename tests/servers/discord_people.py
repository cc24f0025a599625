"""What people do on Discord, as far as the bot hears of it: they write, edit, press, and type commands.

Each act changes the channel and makes the event a real gateway would send to who is connected; who is not
finds it in the history, or never. An interaction is open until it is answered, see discord_interactions.py.
"""

from typing import Any

from tests.servers.discord_calls import JSON, Upload
from tests.servers.discord_commands import MESSAGE_MENU, SLASH, SUBCOMMAND
from tests.servers.discord_interactions import COMMAND, COMPONENT, SUBMIT, text_fields
from tests.servers.discord_messages import MENTION
from tests.servers.discord_model import (
    ADMINISTRATOR,
    GIVEN,
    PRIVATE,
    TEXT,
    THREAD,
    Channel,
    Guild,
    Interaction,
    Post,
    World,
)


class People(World):
    # ── Who there is, and where ───────────────────────────────────────────────────────────────────

    def person(self, person_id: int, name: str, *, locale: str = "en-US") -> None:
        self.people[person_id] = {"name": name, "locale": locale}

    def dm(self, person_id: int) -> Channel:
        """The person's own channel with the bot."""
        if person_id not in self.people:
            self.person(person_id, f"Person{person_id}")
        for channel in self.channels.values():
            if channel.kind == PRIVATE and channel.members == [person_id]:
                return channel
        return self._open(Channel(self.new_id(), PRIVATE, "", None, [person_id]))

    def guild(self, guild_id: int, name: str, members: list[int]) -> Guild:
        """The first member is its owner."""
        for member in members:
            if member not in self.people:
                self.person(member, f"Person{member}")
        guild = self.guilds[guild_id] = Guild(guild_id, name, list(members))
        if guild_id in self.left:
            self.left.remove(guild_id)
        self.tell("GUILD_CREATE", self.told_guild(guild))
        return guild

    def channel(self, guild: Guild, name: str) -> Channel:
        channel = self._open(Channel(self.new_id(), TEXT, name, guild.id, guild.members))
        self.tell("CHANNEL_CREATE", self.told_channel(channel))
        return channel

    def thread(self, parent: Channel, name: str) -> Channel:
        thread = Channel(self.new_id(), THREAD, name, parent.guild, parent.members)
        thread.parent, thread.forbidden = parent.id, parent.forbidden
        self.tell("THREAD_CREATE", self.told_channel(self._open(thread)))
        return thread

    def kick(self, guild: Guild) -> None:
        """The bot is removed from a guild."""
        self.left.append(guild.id)
        self.tell("GUILD_DELETE", {"id": str(guild.id)})
        self.changed()

    def _open(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    # ── Saying something ──────────────────────────────────────────────────────────────────────────

    def say(
        self,
        channel_id: int,
        person: int,
        text: str = "",
        *,
        reply_to: int | None = None,
        attachments: tuple[Upload, ...] = (),
        mentions_bot: bool = False,
        pings: bool = True,
    ) -> int:
        """Returns the message's id. A reply mentions whom it replies to, unless that is switched off."""
        channel = self.channels[channel_id]
        bot = f"<@{self.bot_id}>"
        if mentions_bot and bot not in text:
            text = f"{bot} {text}"
        post = Post(self.new_id(), person, text, self.clock(), reply_to=reply_to, uploads=list(attachments))
        post.mentions = self._mentioned(text)
        if pings and reply_to in channel.messages:
            post.mentions.append(channel.messages[reply_to].sender)
        channel.add(post)
        self._tell("MESSAGE_CREATE", channel, post)
        return post.id

    def edit(self, channel_id: int, message_id: int, text: str) -> None:
        channel = self.channels[channel_id]
        post = channel.messages[message_id]
        assert post.sender != self.bot_id, "a person edits only what is their own"
        post.text, post.edited_at = text, self.clock()
        post.mentions = sorted({*post.mentions, *self._mentioned(text)})
        self._tell("MESSAGE_UPDATE", channel, post)

    def remove(self, channel_id: int, message_id: int) -> None:
        channel = self.channels[channel_id]
        channel.remove(message_id, self.clock())
        deleted = {"id": str(message_id), "channel_id": str(channel_id)}
        if channel.guild is not None:
            deleted["guild_id"] = str(channel.guild)
        self.tell("MESSAGE_DELETE", deleted, channel)
        self.changed()

    def _mentioned(self, text: str) -> list[int]:
        known = {*self.people, self.bot_id}
        return [int(found[1]) for found in MENTION.finditer(text) if found[1] and int(found[1]) in known]

    def _tell(self, event: str, channel: Channel, post: Post) -> None:
        if channel.guild not in self.left and "VIEW_CHANNEL" not in channel.forbidden:
            self.tell(event, self.told_place(channel, post.sender), channel, post)
        self.changed()

    # ── Interactions: all of these return the interaction's id ────────────────────────────────────

    def press(self, channel_id: int, message_id: int, button: str, *, person: int) -> int:
        """Press a button by its label or its custom id, also one that has just gone."""
        channel = self.channels[channel_id]
        post = channel.messages[message_id]
        data = dict(post.buttons).get(button, button)
        if data not in post.pressable:
            raise LookupError(f"no button {button!r}; there are {[label for label, _ in post.buttons]}")
        told = {"message": self.told(channel, post)}
        data_told = {"component_type": 2, "custom_id": data, "id": 1}
        return self._interact(COMPONENT, channel, person, data_told, told, message=post.id)

    def command(self, channel_id: int, person: int, name: str, options: dict[str, Any] | None = None) -> int:
        """Type a slash command; a subcommand is named after a space ("admin nodes")."""
        first, _, second = name.partition(" ")
        command = self._command(SLASH, first, channel_id, person)
        known = command["options"]
        if second:
            [known] = [option.get("options") or [] for option in known if option["name"] == second]
        typed = [_option(known, key, value) for key, value in (options or {}).items()]
        missing = {option["name"] for option in known if option.get("required")} - set(options or {})
        if missing:
            raise LookupError(f"/{name} needs {sorted(missing)}")
        if second:
            typed = [{"name": second, "type": SUBCOMMAND, "options": typed}]
        data = {"id": command["id"], "name": first, "type": SLASH, "options": typed}
        return self._interact(COMMAND, self.channels[channel_id], person, data)

    def message_command(self, channel_id: int, person: int, name: str, message_id: int) -> int:
        """Choose a command from the menu of a message."""
        command = self._command(MESSAGE_MENU, name, channel_id, person)
        channel = self.channels[channel_id]
        chosen = self.told(channel, channel.messages[message_id])
        data = {"id": command["id"], "name": name, "type": MESSAGE_MENU, "target_id": str(message_id)}
        data["resolved"] = {"messages": {str(message_id): chosen}}
        return self._interact(COMMAND, channel, person, data)

    def submit(self, interaction_id: int, values: dict[str, str]) -> int:
        """Fill in the form the bot opened in answer to this interaction: field (by custom id) → text."""
        opened = self.interactions[interaction_id]
        if opened.modal is None:
            raise LookupError("no form was opened")
        wanted = {field["custom_id"]: field for field in text_fields(opened.modal)}
        if strange := values.keys() - wanted.keys():
            raise LookupError(f"no field {sorted(strange)}; there are {sorted(wanted)}")
        filled = []
        for row in opened.modal["components"]:
            [field] = text_fields({"components": [row]})
            value = values.get(field["custom_id"], "")
            told = {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": value}
            holder = {"component": told} if row["type"] == 18 else {"components": [told]}
            filled.append({"type": row["type"], "id": 1, **holder})
        data = {"custom_id": opened.modal["custom_id"], "components": filled}
        channel, more = self.channels[opened.channel], {}
        if opened.message in channel.messages:
            more = {"message": self.told(channel, channel.messages[opened.message])}
        return self._interact(SUBMIT, channel, opened.person, data, more, message=opened.message)

    def offered(self, channel_id: int, person: int) -> list[str]:
        """The commands a person sees here, as they would type them."""
        channel = self.channels[channel_id]
        return [command["name"] for command in self.commands if self._sees(command, channel, person)]

    def _sees(self, command: JSON, channel: Channel, person: int) -> bool:
        contexts = command.get("contexts")
        context = 1 if channel.kind == PRIVATE else 0
        if contexts is not None and context not in contexts:
            return False
        if channel.guild is None or command["default_member_permissions"] is None:
            return True
        needed = int(command["default_member_permissions"])
        # "0" hides it from all but administrators.
        return bool(needed & GIVEN == needed and needed) or person == self.guilds[channel.guild].members[0]

    def _command(self, kind: int, name: str, channel_id: int, person: int) -> JSON:
        for command in self.commands:
            if (command["type"], command["name"]) == (kind, name):
                if self._sees(command, self.channels[channel_id], person):
                    return command
                raise LookupError(f"{name!r} is hidden from {person} here")
        raise LookupError(f"no command {name!r}; there are {[command['name'] for command in self.commands]}")

    def _interact(
        self,
        kind: int,
        channel: Channel,
        person: int,
        data: JSON,
        more: JSON | None = None,
        *,
        message: int | None = None,
    ) -> int:
        token = f"{self.random.getrandbits(256):064x}"
        interaction = Interaction(self.new_id(), kind, token, self.clock(), channel.id, person, message)
        interaction.from_menu = data.get("type") == MESSAGE_MENU
        self.interactions[interaction.id] = interaction
        told: JSON = {
            **(more or {}),
            "id": str(interaction.id),
            "application_id": str(self.application_id),
            "type": kind,
            "data": data,
            "channel_id": str(channel.id),
            "channel": self.told_channel(channel),
            "token": token,
            "version": 1,
            "locale": self.people[person]["locale"],
            "app_permissions": str(GIVEN),
            "entitlements": [],
            "authorizing_integration_owners": {},
            "context": 1 if channel.kind == PRIVATE else 0,
            "attachment_size_limit": 10 * 2**20,
        }
        if channel.guild is None:
            told["user"] = self.told_user(person)
        else:
            guild = self.guilds[channel.guild]
            rights = GIVEN | (ADMINISTRATOR if person == guild.members[0] else 0)
            member = {**self.told_member(guild, person), "user": self.told_user(person)}
            told |= {"guild_id": str(guild.id), "guild_locale": "en-US"}
            told["guild"] = {"id": str(guild.id), "locale": "en-US", "features": []}
            told["member"] = {**member, "permissions": str(rights)}
        self.tell("INTERACTION_CREATE", told)
        self.changed()
        return interaction.id


def _option(known: list[JSON], name: str, value: Any) -> JSON:
    for option in known:
        if option["name"] == name:
            return {"name": name, "type": option["type"], "value": value}
    raise LookupError(f"no option {name!r}; there are {[option['name'] for option in known]}")
