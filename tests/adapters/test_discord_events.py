"""What an event of Discord means to us."""

import json
from random import Random
from typing import Any

import pytest

from adapters.discord_events import Me, arrival, told_later
from core.types import Chat, Incoming, Poison, Removed

ME = Me(99, "What of it?")
ID = str(1_300_000_000_000_000_000)


def message(**changed: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "channel_id": "5",
        "type": 0,
        "content": "Why?",
        "author": {"id": "7", "username": "anna", "global_name": "Anna"},
        "mentions": [],
        "attachments": [],
        "timestamp": "2024-10-28T00:00:00+00:00",
        "edited_timestamp": None,
        **changed,
    }


def interaction(**changed: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "type": 2,
        "token": "secret",
        "channel_id": "5",
        "user": {"id": "7", "username": "anna"},
        "locale": "pt-BR",
        "data": {"type": 1, "name": "ask", "options": [{"name": "text", "type": 3, "value": "Why?"}]},
        **changed,
    }


def heard(**changed: Any) -> Incoming | None:
    found = arrival("MESSAGE_CREATE", message(**changed), ME)
    assert found is None or isinstance(found, Incoming)
    return found


def test_a_direct_message() -> None:
    """It has the person, the chat, its own id and the time that the id tells."""
    found = heard()
    assert found is not None
    assert (found.chat, found.post, found.text) == (Chat("discord", "5"), ID, "Why?")
    assert (found.person.id, found.person.name) == ("7", "Anna")
    assert 1_700_000_000 < found.said_at < 1_800_000_000


@pytest.mark.parametrize(
    "changed",
    [
        {"author": {"id": "8", "username": "x", "bot": True}},
        {"webhook_id": "8"},
        {"type": 7},
        {"content": ""},
        {"guild_id": "1"},
        {"guild_id": "1", "mention_everyone": True},
        {"guild_id": "1", "mentions": [{"id": "8"}]},
    ],
)
def test_what_is_not_for_us(changed: dict[str, Any]) -> None:
    """Bots, webhooks, what Discord says itself, and talk between others are nothing."""
    assert heard(**changed) is None


def test_a_mention_is_taken_out_and_others_are_named() -> None:
    """The words are left as they were meant."""
    mentions = [{"id": "99"}, {"id": "8", "username": "bo"}]
    found = heard(guild_id="1", content="<@99>, who is <@!8>?", mentions=mentions)
    assert found is not None
    assert (found.text, found.chat) == ("who is @bo?", Chat("discord", "1:5", "group"))


def test_a_reply_to_us_is_for_us() -> None:
    """Also without our name, where its words are told."""
    found = heard(
        guild_id="1",
        type=19,
        message_reference={"message_id": "4"},
        referenced_message={"id": "4", "author": {"id": "99"}},
    )
    assert found is not None
    assert found.reply_to == "4"


@pytest.mark.parametrize(
    ("content_type", "what"),
    [("image/png", "photo"), ("audio/ogg", "voice"), ("text/plain", "file"), (None, "file")],
)
def test_an_attachment(content_type: str | None, what: str) -> None:
    """What came along is told by its kind, also without words."""
    found = heard(content="", attachments=[{"id": "3", "content_type": content_type}])
    assert found is not None
    assert found.attachment == what


def test_only_a_person_edits() -> None:
    """A preview that Discord found for a link is no edit."""
    assert arrival("MESSAGE_UPDATE", message(), ME) is None
    found = arrival("MESSAGE_UPDATE", message(edited_timestamp="2024-10-28T00:00:01+00:00"), ME)
    assert isinstance(found, Incoming)
    assert found.edited


def test_a_deletion() -> None:
    """It names what was taken back."""
    found = arrival("MESSAGE_DELETE", {"id": ID, "channel_id": "5", "guild_id": "1"}, ME)
    assert found == Removed(Chat("discord", "1:5", "group"), ID)


def test_history_is_read_in_its_chat() -> None:
    """A message of the history does not say where it stands."""
    found = told_later(message(mentions=[{"id": "99"}]), Chat("discord", "1:5", "group"), ME, 0)
    assert isinstance(found, Incoming)
    assert found.chat.id == "1:5"


def test_a_command_reads_as_typed() -> None:
    """With its name, its argument, and the person's own language."""
    found = arrival("INTERACTION_CREATE", interaction(), ME)
    assert isinstance(found, Incoming)
    assert (found.text, found.post, found.person.language) == ("/ask Why?", f"interaction-{ID}", "pt-br")


def test_chats_of_others_are_not_ours() -> None:
    """A command given where we are not is nothing."""
    assert arrival("INTERACTION_CREATE", interaction(context=2), ME) is None


@pytest.mark.parametrize("seed", range(200))
def test_mutated_events_never_raise(seed: int) -> None:
    """Whatever arrives becomes an arrival that a disk can take, or nothing, and poison says no words."""
    random = Random(seed)
    junk: list[Any] = [
        None,
        True,
        -1,
        2**80,
        "",
        "\ud83d",
        "x" * 200_000,
        [],
        [None],
        {},
        {"id": "1"},
        1.5,
        "٣",
    ]
    for event, payload in (
        ("MESSAGE_CREATE", message(mentions=[{"id": "99"}], guild_id="1")),
        ("MESSAGE_UPDATE", message(edited_timestamp="2024-10-28T00:00:01+00:00")),
        ("MESSAGE_DELETE", {"id": ID, "channel_id": "5"}),
        ("INTERACTION_CREATE", interaction()),
        ("INTERACTION_CREATE", interaction(type=3, message={"id": "4"}, data={"custom_id": "/stop"})),
    ):
        for _ in range(20):
            mutated = json.loads(json.dumps(payload))
            place: Any = mutated
            while True:
                key = random.choice(list(place) if isinstance(place, dict) else list(range(len(place))))
                if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.7:
                    place = place[key]
                    continue
                place[key] = random.choice(junk)
                break
            found = arrival(event, mutated, ME)
            if isinstance(found, Incoming):
                (found.text + found.person.name + found.person.language).encode()
            if isinstance(found, Poison):
                assert "Why" not in found.why
                assert len(found.why) < 30
