"""What each update means: to whom it speaks, where it was said, and what it says."""

import copy
import json
from random import Random
from typing import Any

import pytest

from adapters.telegram_updates import Me, arrival, update_id
from core.types import Arrival, Chat, Incoming, Joined, Moved, Person, Poison

ME = Me(99, "porchlight_bot")
NOW = 2_000_000_000.0
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "last_name": "Berg", "language_code": "de"}
BOT = {"id": 99, "is_bot": True, "first_name": "Porchlight", "username": "porchlight_bot"}
HOME = {"id": 7, "type": "private", "first_name": "Anna"}
FAMILY = {"id": -1001, "type": "supergroup", "title": "Family"}

Raw = dict[str, Any]


def read(update: object) -> Arrival | None:
    return arrival(update, ME, NOW)


def written(
    text: object = "hello", chat: object = HOME, kind: str = "message", sender: object = ANNA, **more: Any
) -> Raw:
    message = {"message_id": 5, "date": 1_800_000_000, "chat": chat, "from": sender, **more}
    return {"update_id": 1, kind: message if text is None else {**message, "text": text}}


def incoming(update: Raw) -> Incoming:
    found = read(update)
    assert isinstance(found, Incoming)
    return found


# ── Where and who ─────────────────────────────────────────────────────────────────────────────────


def test_what_is_written_in_private_is_for_us() -> None:
    """Everything in a private chat comes in, with who said it, when, and in which language."""
    assert read(written()) == Incoming(
        chat=Chat("telegram", "7"),
        person=Person("telegram", "7", "Anna Berg", "de"),
        post="5",
        text="hello",
        said_at=1_800_000_000.0,
    )


def test_an_edited_question_keeps_its_id() -> None:
    """What was changed comes in again under the same id, and says so."""
    edited = incoming(written("better", kind="edited_message", edit_date=1_800_000_009))
    assert (edited.post, edited.text, edited.edited) == ("5", "better", True)


def test_a_reply_names_what_it_replies_to() -> None:
    """The post replied to is told."""
    replied = {"message_id": 3, "date": 1, "chat": HOME, "from": BOT, "text": "an answer"}
    assert incoming(written(reply_to_message=replied)).reply_to == "3"


def test_a_topic_is_part_of_the_chat() -> None:
    """In a topic the chat's id holds the topic; in the general one it does not."""
    topic = incoming(written("/ask", FAMILY, message_thread_id=12, is_topic_message=True))
    assert topic.chat == Chat("telegram", "-1001:12", "group")
    assert incoming(written("/ask", FAMILY)).chat == Chat("telegram", "-1001", "group")
    replies = incoming(written("/ask", FAMILY, message_thread_id=4))  # a thread of replies is no topic
    assert replies.chat == Chat("telegram", "-1001", "group")


def test_the_first_post_of_a_topic_is_not_replied_to() -> None:
    """Telegram tells everything in a topic as a reply to what opened it: that is none."""
    opened = {"message_id": 12, "date": 1, "chat": FAMILY, "from": BOT, "forum_topic_created": {"name": "x"}}
    more: Raw = {"message_thread_id": 12, "is_topic_message": True, "reply_to_message": opened}
    assert read(written("hello", FAMILY, **more)) is None
    assert incoming(written("/ask", FAMILY, **more)).reply_to is None


@pytest.mark.parametrize(
    "update",
    [
        written(sender=None),
        written(sender=BOT),
        written("/ask", FAMILY, sender={"id": 1087968824, "is_bot": False, "first_name": "Group"}),
        written("/ask", FAMILY, sender_chat=FAMILY),
        written("/ask", FAMILY, is_automatic_forward=True),
        written("/ask", {"id": -1002, "type": "channel", "title": "News"}),
        written("/ask", kind="channel_post"),
        written(None, FAMILY, new_chat_members=[ANNA]),
        written(None, left_chat_member=ANNA),
        {"update_id": 1},
        {"update_id": 1, "poll": {}},
    ],
)
def test_nobody_is_answered(update: Raw) -> None:
    """Channels, anonymous admins, bots, linked channels, the nameless and mere events mean nothing."""
    assert read(update) is None


def test_a_group_that_gets_another_id_is_told_as_that() -> None:
    """It becomes a supergroup, and is the same to us; nobody can say so in a private chat."""
    assert read(written(None, FAMILY, migrate_to_chat_id=-1009)) == Moved(
        Chat("telegram", str(FAMILY["id"]), "group"), Chat("telegram", "-1009", "group")
    )
    assert read(written(None, migrate_to_chat_id=-1009)) is None


# ── In a group ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("/ask why", "/ask why"),
        ("/ask@porchlight_bot why", "/ask why"),
        ("/ask@Porchlight_Bot", "/ask"),
    ],
)
def test_commands_are_for_us(said: str, heard: str) -> None:
    """A command in a group is for us if it names nobody, or us; then the name is left out."""
    assert incoming(written(said, FAMILY)).text == heard
    assert incoming(written(said)).text == heard


@pytest.mark.parametrize(
    "said", ["/ask@other_bot why", "hello", "@other_bot hello", "see /ask", "/", "// no", "/a-b"]
)
def test_what_others_say_to_each_other_is_not(said: str) -> None:
    """What is said in a group to somebody else, or to nobody, does not come in."""
    mention = [{"type": "mention", "offset": 0, "length": 10}]
    assert read(written(said, FAMILY, entities=mention)) is None


def test_a_reply_to_us_is_for_us() -> None:
    """In a group a reply to a post of ours is for us; one to somebody else's is not."""
    ours = {"message_id": 3, "date": 1, "chat": FAMILY, "from": BOT, "text": "an answer"}
    theirs = {**ours, "from": ANNA}
    assert incoming(written("and why?", FAMILY, reply_to_message=ours)).reply_to == "3"
    assert read(written("and why?", FAMILY, reply_to_message=theirs)) is None


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("@porchlight_bot why?", "why?"),
        ("@Porchlight_Bot, why?", "why?"),
        ("😀 @porchlight_bot why?", "😀 why?"),
        ("why, @porchlight_bot?", "why, ?"),
        ("why? @porchlight_bot", "why?"),
        ("@porchlight_bot", ""),
    ],
)
def test_a_mention_is_for_us_and_taken_out(said: str, heard: str) -> None:
    """Our name makes it ours wherever it stands, counted in UTF-16, and is not part of the question."""
    before = said.lower().partition("@porchlight_bot")[0]
    mention = {"type": "mention", "offset": len(before.encode("utf-16-le")) // 2, "length": 15}
    assert incoming(written(said, FAMILY, entities=[mention])).text == heard


def test_a_mention_by_id_is_for_us() -> None:
    """So does a mention without a name."""
    mention = {"type": "text_mention", "offset": 0, "length": 3, "user": BOT}
    assert incoming(written("Bot why?", FAMILY, entities=[mention])).text == "why?"
    assert read(written("Bot why?", FAMILY, entities=[{**mention, "user": ANNA}])) is None


# ── What comes along ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("photo", "photo"),
        ("voice", "voice"),
        ("audio", "voice"),
        ("video", "video"),
        ("video_note", "video"),
        ("document", "file"),
        ("sticker", "sticker"),
        ("location", "other"),
        ("contact", "other"),
        ("dice", "other"),
    ],
)
def test_an_attachment_is_told_and_its_caption_is_the_text(field: str, what: str) -> None:
    """Whatever comes along is named, with the words under it."""
    attached: Raw = {field: {"file_id": "x"}}
    found = incoming(written(None, **attached, caption="what is this?"))
    assert (found.attachment, found.text) == (what, "what is this?")
    assert incoming(written(None, **attached)).text == ""


def test_an_album_without_words_is_one_thing() -> None:
    """However many pictures are in it; the one with the caption is what is asked."""
    album: Raw = {"photo": [{"file_id": "x"}], "media_group_id": "77"}
    assert {incoming(written(None, **album)).post for _ in range(5)} == {"album-77"}
    assert incoming(written(None, **album, caption="what is this?")).post != "album-77"


def test_forwarded_words_are_words() -> None:
    """What somebody forwards comes in from them as a quotation, and never as a command."""
    forwarded = written("/people\nnow", forward_origin={"type": "user", "sender_user": BOT, "date": 1})
    found = incoming(forwarded)
    assert (found.person.id, found.text) == ("7", "> /people\n> now")


# ── Buttons and groups ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("date", [1_800_000_000, 0])
@pytest.mark.parametrize("data", ["/stop 5", "stop 5"])
def test_a_press_is_the_command(date: int, data: str) -> None:
    """A pressed button is its command, now, with an id of its own; also under a post long gone."""
    post = {"message_id": 3, "date": date, "chat": HOME}
    pressed = incoming(
        {"update_id": 1, "callback_query": {"id": "123", "from": ANNA, "message": post, "data": data}}
    )
    assert (pressed.post, pressed.text, pressed.pressed, pressed.said_at) == (
        "press-123",
        "/stop 5",
        "3",
        NOW,
    )


def member(before: str, after: str, chat: Raw = FAMILY, **more: Any) -> Raw:
    change = {"chat": chat, "from": ANNA, "date": 1, "old_chat_member": {"status": before, "user": BOT}}
    return {
        "update_id": 1,
        "my_chat_member": {**change, "new_chat_member": {"status": after, "user": BOT, **more}},
    }


def test_being_put_into_a_group_is_told() -> None:
    """Who put us into which group; nothing else that is done to us is told."""
    joined = Joined(Chat("telegram", "-1001", "group"), Person("telegram", "7", "Anna Berg", "de"), "Family")
    assert read(member("left", "member")) == joined
    assert read(member("kicked", "administrator")) == joined
    assert read(member("left", "restricted", is_member=True)) == joined
    assert read(member("member", "administrator")) is None
    assert read(member("member", "left")) is None
    assert read(member("left", "restricted", is_member=False)) is None
    assert read(member("kicked", "member", HOME)) is None


# ── Malformed ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "update",
    [
        written(message_id=None),
        written(message_id="5"),
        written(message_id=-5),
        written(message_id=10**400),
        written(message_id=True),
        written(date=float("nan")),
        written(chat={"id": 7}),
        written(chat={"id": "7", "type": "private"}),
        written(chat=None),
        written(sender=7),
        written(sender={"id": 0, "is_bot": False}),
        written(7),
        written("x" * 200_000),
        written("@porchlight_bot", FAMILY, entities=[7]),
        written("@porchlight_bot", FAMILY, entities=[{"type": "mention", "offset": -1, "length": 2}]),
        written(reply_to_message=[]),
        {"update_id": 1, "message": []},
        {
            "update_id": 1,
            "callback_query": {"id": "a b", "from": ANNA, "data": "x", "message": {"chat": HOME}},
        },
        {"update_id": 1, "my_chat_member": {"chat": FAMILY, "from": ANNA}},
    ],
)
def test_what_cannot_be_understood_is_poison(update: Raw) -> None:
    """It is told under the update's number, with a code and nobody's words."""
    found = read(update)
    assert isinstance(found, Poison)
    assert found.post == "update-1"
    assert found.why.replace("_", "").replace(".", "").isalpha()
    assert len(found.why) < 30


@pytest.mark.parametrize(
    "update", [None, 7, "x", [], {}, {"update_id": "1", "message": 1}, {"update_id": 2**70}]
)
def test_an_update_without_a_number_is_no_accident(update: object) -> None:
    """Even what has no usable number is read without an exception."""
    assert update_id(update) is None
    assert read(update) is None or isinstance(read(update), Poison)


def test_half_a_character_is_replaced() -> None:
    """Half a surrogate pair, which no disk takes, does not come in."""
    assert incoming(written("a\ud83d")).text == "a\ufffd"


def deep(levels: int) -> Raw:
    found: Raw = {}
    for _ in range(levels):
        found = {"reply_to_message": found}
    return found


STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        2**31,
        2**63,
        10**400,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "\ud83d",
        "\x00",
        "7" * 5000,
    ),
    *([], [[]], {}, {"id": 7}, [None], deep(200)),
)


def mutated(random: Random, value: Any) -> Any:
    """The same, but somewhere in it something is missing, doubled, or of another kind."""
    if random.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return copy.copy(random.choice(STRANGE))
    if isinstance(value, list):
        at = random.randrange(len(value))
        return [*value[:at], mutated(random, value[at]), *value[at:]]
    key = random.choice(list(value))
    if random.random() < 0.2:
        return {name: kept for name, kept in value.items() if name != key}
    return {**value, key: mutated(random, value[key])}


def test_no_mutated_update_raises() -> None:
    """2,000 updates with something wrong in them are an arrival or nothing; what comes in can be kept."""
    ours = {"message_id": 3, "date": 1, "chat": FAMILY, "from": BOT, "text": "an answer"}
    mention = {"type": "mention", "offset": 0, "length": 15}
    post = {"message_id": 3, "date": 0, "chat": HOME}
    sane = (
        written(),
        written("@porchlight_bot hello", FAMILY, entities=[mention], reply_to_message=ours),
        written(
            None, FAMILY, photo=[{"file_id": "x"}], caption="/ask", message_thread_id=3, is_topic_message=True
        ),
        {"update_id": 1, "callback_query": {"id": "1", "from": ANNA, "message": post, "data": "/stop"}},
        member("left", "member"),
    )
    random = Random(1)
    found = []
    for number in range(2000):
        update = random.choice(sane)
        for _ in range(random.randint(1, 3)):
            update = mutated(random, update)
        found.append(read(update))
        match found[-1]:
            case Incoming(chat=chat, person=person, text=text):
                json.dumps([chat.id, person.id, person.name, text], ensure_ascii=False).encode()
            case Poison(post=post_id, why=why):
                assert post_id.startswith("update-"), number
                assert len(why) < 30
    assert {type(one) for one in found} == {Incoming, Joined, Poison, type(None)}
