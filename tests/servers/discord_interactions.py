"""The answers to interactions: within three seconds, and by their token for a quarter of an hour.

https://docs.discord.com/developers/interactions/receiving-and-responding. The first answer goes to the
interaction's callback; afterwards `@original` means the post it made, and more posts are follow-ups. A
modal answers with a form instead of a post.
"""

from tests.servers.discord_calls import JSON, Call, Refused, check_length, invalid, typed, unknown
from tests.servers.discord_messages import pings_of
from tests.servers.discord_model import (
    EPHEMERAL,
    LOADING,
    SILENT,
    SUPPRESS_EMBEDS,
    Channel,
    Interaction,
    Post,
    World,
)
from tests.servers.discord_rest import WRITING, change, judge, new_post, publish, retract, route

ANSWER_S = 3.0
TOKEN_S = 15 * 60.0
COMMAND, COMPONENT, SUBMIT = 2, 3, 5
MESSAGE, LATER, LATER_UPDATE, UPDATE, MODAL = 4, 5, 6, 7, 9
"""What a callback can be."""
HOOK = ("application", "token")


@route(
    "POST",
    "/interactions/{interaction}/{token}/callback",
    "type:int! data:object",
    major=("interaction",),
    query="with_response",
    authorized=False,
)
def callback(world: World, call: Call) -> JSON | None:
    interaction = world.interactions.get(call.id("interaction"))
    now = world.clock()
    if interaction is None or interaction.token != call.ids["token"]:
        raise unknown(10062)
    if interaction.acknowledged_at is not None:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if now - interaction.at > ANSWER_S:
        raise unknown(10062)
    kind, channel = call.params["type"], world.channels[interaction.channel]
    call.params = call.params.get("data") or {}
    match kind:
        case 4:
            _answer(world, call, channel, interaction)
        case 5:
            _think(world, call, channel, interaction)
        case 6 | 7 if interaction.message in channel.messages:
            post = channel.messages[interaction.message]
            interaction.response = post.id
            if kind == UPDATE:
                _known(world, call, WRITING)
                change(world, call, channel, post, SUPPRESS_EMBEDS | EPHEMERAL)
        case 9 if interaction.kind != SUBMIT:
            interaction.modal = _form(call.params)
        case _:
            raise invalid("type", "BASE_TYPE_CHOICES", "this interaction cannot be answered so")
    interaction.acknowledged_at = now
    return _outcome(world, channel, interaction, kind) if "with_response" in call.query else None


def _outcome(world: World, channel: Channel, interaction: Interaction, kind: int) -> JSON:
    told: JSON = {"id": str(interaction.id), "type": interaction.kind}
    resource: JSON = {"type": kind}
    if interaction.response in channel.messages:
        told |= {
            "response_message_id": str(interaction.response),
            "response_message_loading": interaction.deferred,
            "response_message_ephemeral": interaction.ephemeral,
        }
        resource["message"] = world.told(channel, channel.messages[interaction.response])
    return {"interaction": told, "resource": resource}


def _answer(world: World, call: Call, channel: Channel, interaction: Interaction) -> Post:
    _known(world, call, WRITING)
    post = new_post(world, call, SUPPRESS_EMBEDS | SILENT | EPHEMERAL)
    _belongs(post, interaction)
    judge(world, call, post, pings_of(post.text, call.params.get("allowed_mentions")))
    publish(world, channel, post)
    if interaction.response is None:
        interaction.response, interaction.ephemeral = post.id, post.ephemeral_to is not None
    return post


def _think(world: World, call: Call, channel: Channel, interaction: Interaction) -> None:
    """A post that says only that the answer will come; it is shown in no `history` until it has a text."""
    params, strange = typed(call.params, "flags:int tts:bool")
    if strange or int(params.get("flags", 0)) & ~EPHEMERAL:
        raise invalid("data", "BASE_TYPE_CHOICES", "a deferred answer knows only the ephemeral flag")
    post = Post(world.new_id(), world.bot_id, "", world.clock(), flags=LOADING | int(params.get("flags", 0)))
    _belongs(post, interaction)
    channel.add(post, own=True)
    if post.ephemeral_to is None:
        world.tell("MESSAGE_CREATE", world.told_place(channel, post.sender), channel, post)
    interaction.response, interaction.deferred = post.id, True
    interaction.ephemeral = post.ephemeral_to is not None


def _belongs(post: Post, interaction: Interaction) -> None:
    post.interaction = interaction.id
    if post.flags & EPHEMERAL:
        post.ephemeral_to = interaction.person
    if interaction.kind != COMMAND:
        post.reply_to = interaction.message


def _known(world: World, call: Call, described: str) -> None:
    call.params, strange = typed(call.params, described, "data.")
    for name in strange:
        world.violation(call.route, f"unknown field data.{name}")


def _form(data: JSON) -> JSON:
    """https://docs.discord.com/developers/components/reference: rows or labels with one text field each."""
    form, strange = typed(data, "custom_id:str! title:str! components:list!")
    if strange:
        raise invalid(f"data.{strange[0]}", "UNKNOWN_FIELD", "no form has it")
    check_length("data.custom_id", form["custom_id"], 1, 100)
    check_length("data.title", form["title"], 1, 45)
    if not 1 <= len(form["components"]) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for number, field in enumerate(text_fields(form)):
        where = f"data.components.{number}."
        known = "type:int! id:int custom_id:str! style:int! label:str placeholder:str value:str"
        _, strange = typed(field, known + " required:bool min_length:int max_length:int", where)
        if field["type"] != 4 or strange:
            raise invalid(where + "type", "UNION_TYPE_CHOICES", "only text fields are spoken here")
        check_length(where + "custom_id", field["custom_id"], 1, 100)
    return form


def text_fields(form: JSON) -> list[JSON]:
    return [row["component"] if row.get("type") == 18 else row["components"][0] for row in form["components"]]


# ── By the token ──────────────────────────────────────────────────────────────────────────────────


@route(
    "POST",
    "/webhooks/{application}/{token}",
    WRITING,
    major=HOOK,
    query="wait thread_id with_components",
    authorized=False,
)
def follow_up(world: World, call: Call) -> JSON:
    interaction, channel = _by_token(world, call)
    if interaction.deferred and interaction.response in channel.messages:
        # The first one is what the deferred answer was waiting for.
        return _fill(world, call, channel, interaction, channel.messages[interaction.response])
    return world.told(channel, _answer(world, call, channel, interaction))


@route("GET", "/webhooks/{application}/{token}/messages/{message}", major=HOOK, authorized=False)
def response(world: World, call: Call) -> JSON:
    _, channel, post = _response(world, call)
    return world.told(channel, post)


@route(
    "PATCH",
    "/webhooks/{application}/{token}/messages/{message}",
    WRITING,
    major=HOOK,
    query="thread_id with_components",
    authorized=False,
)
def edit_response(world: World, call: Call) -> JSON:
    interaction, channel, post = _response(world, call)
    return _fill(world, call, channel, interaction, post)


@route("DELETE", "/webhooks/{application}/{token}/messages/{message}", major=HOOK, authorized=False)
def delete_response(world: World, call: Call) -> None:
    _, channel, post = _response(world, call)
    retract(world, channel, post)


def _fill(world: World, call: Call, channel: Channel, interaction: Interaction, post: Post) -> JSON:
    change(world, call, channel, post, SUPPRESS_EMBEDS | EPHEMERAL)
    if post.id == interaction.response:
        interaction.deferred = False
    return world.told(channel, post)


def _by_token(world: World, call: Call) -> tuple[Interaction, Channel]:
    found = [one for one in world.interactions.values() if one.token == call.ids["token"]]
    if call.id("application") != world.application_id or not found:
        raise unknown(10015)
    if world.clock() - found[0].at > TOKEN_S:
        raise Refused(401, 50027, "Invalid Webhook Token")
    if found[0].acknowledged_at is None:
        raise unknown(10015)
    return found[0], world.channels[found[0].channel]


def _response(world: World, call: Call) -> tuple[Interaction, Channel, Post]:
    interaction, channel = _by_token(world, call)
    wanted = call.ids["message"]
    message_id = interaction.response if wanted == "@original" else call.id("message")
    post = None if message_id is None else channel.messages.get(message_id)
    if post is None or (post.interaction != interaction.id and post.id != interaction.response):
        raise unknown(10008)
    return interaction, channel, post
