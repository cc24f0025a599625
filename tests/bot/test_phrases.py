"""What is said to people: every language says all of it, and names the same names, numbers and links."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import isfunction
from typing import Any, get_args

import pytest

from adapters import discord_gateway, telegram_poll
from bot import phrases
from bot.commands import COMMANDS, parse
from bot.phrases import operator
from bot.phrases.english import English
from bot.platforms import CHOSEN_TOO
from bot.status_facts import SIGNS, PlatformFacts, node_facts
from core.access import Change
from core.errors import Fault, NoAnswer, NoAnswerReason, NodeError, RateLimited, Rejected, Unavailable
from core.node import Node, State
from core.people import Member
from core.research import Basis, Ground
from core.roles import ROLES
from core.troubles import Kind, Trouble
from core.types import Attachment, Done, Person, Status, Tried
from tests.fakes import Player, node

ENGLISH = phrases.LANGUAGES["en"]
OTHERS = [say for say in phrases.LANGUAGES.values() if say is not ENGLISH]
everywhere = pytest.mark.parametrize("say", phrases.LANGUAGES.values(), ids=phrases.LANGUAGES)
translated = pytest.mark.parametrize("say", OTHERS, ids=[say.language for say in OTHERS])

NEUTRAL = {
    "SYSTEM": "a model reads it, and nobody else",
    "broken_off": "what the model wrote, or STOPPED",
    "with_note": "puts two texts below each other",
    "usage": "takes its words from ARGUMENTS",
    "failure": "takes its words from FAILURES",
    "sites": "names of hosts",
}
"""What no translation has to say anew, and why."""

LOANWORDS = {"vi": {"admin", "teen"}}
"""Words that are the same as in English, because that is what people say."""

TYPED = {"[pin, unpin]", "[add]"}
"""Words that are written behind a command as they are, in any language."""

ABOUT_MAX = 45
"""Letters that fit one line of a phone's menu, about."""
LABEL_MAX = 64
NOW = 1000.0


@dataclass(frozen=True)
class Sample:
    """One call of a method, and what has to stand in the sentence in any language."""

    method: str
    args: tuple[object, ...] = ()
    holds: tuple[str, ...] = ()
    options: Mapping[str, object] | None = None

    def of(self, say: English) -> str:
        method: Any = getattr(say, self.method)
        said = method(*self.args, **(self.options or {}))
        assert isinstance(said, str)
        return said

    def __str__(self) -> str:
        return f"{self.method}{self.args}"


def _well() -> Node:
    well = node("Alpha", Player(), local=True)
    well.counters.requests, well.counters.successes = 40, 38
    well.counters.failures.update({"stalled": 2, "made_up": 1})
    well.counters.first_token_s = 1.25
    well.counters.prompt_tokens, well.counters.answer_tokens = 1_234_567, 23_456
    well.last_error = "500"
    return well


def _out() -> Node:
    out = node("Beta", Player())
    lease = out.lease(NOW)
    assert lease is not None
    out.failed(lease, Rejected("401", "Put a new key into .env."), NOW)
    return out


def _limited() -> Node:
    limited = node("Gamma", Player())
    lease = limited.lease(NOW)
    assert lease is not None
    limited.failed(lease, RateLimited("429", 1200), NOW)
    return limited


WELL, OUT, LIMITED = _well(), _out(), _limited()
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 12, tzinfo=UTC)
MIA = Member(7, "Mia", "child", "", 0.0, None, (("telegram", "1"), ("terminal", "2")))
NAMELESS = Member(8, "", None, "", 0.0, None, (("telegram", "3"),))
LINK = "https://t.me/porchlight_bot?start=c0de"
PROFILE = "https://discord.com/users/42"

SAMPLES = [
    *(Sample("note", (Status(what, "Alpha", 3),)) for what in ("thinking", "retrying")),
    Sample("note", (Status("asking", "Alpha"),), ("Alpha",)),
    Sample("note", (Status("queued", "Alpha", 3),), ("Alpha", "3")),
    Sample("under", (Done("x", model="Tiny-1", small=True),), ("Tiny-1",)),
    Sample("under", (Done("x", cut=True),)),
    Sample("under", (Done("x"),), options={"late": True, "attachment": True}),
    *(Sample("no_answer", (NoAnswer(why),), options={"private": False}) for why in get_args(NoAnswerReason)),
    Sample("no_answer", (NoAnswer("exhausted", ready_in_s=420.0),), ("7",), {"private": False}),
    Sample("unknown_command", ("helb", "help"), ("/helb", "/help")),
    Sample("unknown_command", ("xyz", None), ("/xyz",)),
    Sample("help_text", (["new", "status"],), ("/new", "/status")),
    Sample("resting", (1, 3), ("🟢", "1", "3")),
    Sample("platform_quiet", ("Telegram",), ("Telegram",)),
    Sample("node_line", (node_facts(WELL, NOW),), ("🟢", "Alpha", "40", "93")),
    Sample(
        "node_line",
        (node_facts(WELL, NOW),),
        ("🟢", "Alpha", "2×", "1× made_up", "500", "alpha-model"),
        {"detailed": True},
    ),
    Sample("node_line", (node_facts(LIMITED, NOW),), ("🟡", "Gamma", "20", "1×")),
    Sample("node_line", (node_facts(LIMITED, NOW, NOON),), ("🟡", "12:20"), {"steady": True}),
    Sample("node_line", (node_facts(OUT, NOW),), ("🔴", "Beta", "6", "**Put a new key into .env.**")),
    Sample("model_line", (node_facts(WELL, NOW),), ("🟢", "Alpha", "alpha-model")),
    Sample("model_line", (node_facts(OUT, NOW),), ("🔴", "Beta", "beta-model")),
    Sample("platform_line", (PlatformFacts("Telegram", "unreached"),), ("🔴", "Telegram")),
    Sample("platform_line", (PlatformFacts("Telegram", "well", 7.0),), ("🟢", "Telegram", "7")),
    Sample("platform_line", (PlatformFacts("Telegram", "quiet", 600.0),), ("🟠", "Telegram", "10")),
    *(
        Sample("platform_line", (PlatformFacts("Telegram", health, 600.0),), ("Telegram",), {"steady": True})
        for health in ("well", "quiet")
    ),
    Sample("queue_line", (0, 0)),
    Sample("queue_line", (3, 2), ("3", "2")),
    Sample("database_line", (12_000_000, None), ("12", "MB")),
    Sample("database_line", (12_000_000, 600.0), ("12", "MB", "10")),
    Sample("database_line", (12_000_000, NOON), ("12", "MB", "2026-03-11 12:00")),
    Sample("size", (12_340_000,), ("12", "MB")),
    Sample("choose_model", ("Groq", "", ["a", "b"], 0), ("Groq", "- a\n- b")),
    Sample("choose_model", ("Groq", "old", ["a"], 7), ("Groq", "**old**", "- a", "7", "/choose Groq")),
    Sample("no_model_like", ("Groq", "xyz"), ("Groq", "xyz", "/choose Groq")),
    Sample("lists_no_models", ("Groq",), ("/choose Groq",)),
    Sample("model_set", ("Groq", "new"), ("Groq", "**new**")),
    Sample("model_fixed", ("Mini",), ("Mini", "EMBEDDED_MODEL")),
    Sample("unfinished_line", ("Groq",), ("Groq",)),
    Sample("node_added", ("Groq", "new", 1.25), ("Groq", "**new**", "1")),
    Sample("node_added", ("Groq", "new", None), ("Groq", "**new**")),
    Sample("node_answers", ("Groq", 1.25), ("Groq", "1")),
    Sample("node_answers", ("Groq", None), ("Groq",)),
    Sample("node_silent", ("Groq", "cut", "Call them."), ("Groq", "cut", "Call them.")),
    Sample("key_refused", ("Groq", "Renew it."), ("Groq", "Renew it.")),
    Sample("node_paused", ("Groq",), ("Groq",)),
    Sample("node_goes_on", ("Groq",), ("Groq",)),
    Sample("node_remove_sure", ("Groq",), ("Groq",)),
    Sample("node_removed", ("Groq",), ("Groq",)),
    Sample("node_in_settings", ("Groq",), ("Groq", ".env")),
    Sample("usage_line", ("Mia", 3, 15, 40, 0), ("Mia", "3", "15", "40")),
    Sample("usage_line", ("Mia", 3, 15, 40, 9), ("Mia", "3", "15", "40", "9")),
    Sample("usage_text", ([],), ("30",)),
    Sample("usage_text", (["- Mia", "- Tom"],), ("- Mia\n- Tom",)),
    Sample("backup_made", ("x.db", 12_000_000), ("x.db", "12")),
    Sample("backup_failed", ("The disk is full.",), ("The disk is full.",)),
    Sample("why_answered", (Tried("Alpha", "m-1", "answered", 3.25, 1.5),), ("Alpha", "m-1", "1", "3")),
    Sample("why_answered", (Tried("Alpha", "m-1", "answered", 3.25),), ("Alpha", "m-1", "3")),
    Sample("why_failed", (Tried("Beta", "m-2", "stalled", 20.0),), ("Beta", "20")),
    Sample("times", (Tried("Alpha", "m-1", "answered", 3.25, 1.5),), ("1", "3")),
    Sample("models_text", (["- Alpha", "- Beta"],), ("- Alpha\n- Beta",)),
    Sample("strategy_text", ("random", ["random", "fastest"]), ("random", "/strategy fastest")),
    Sample("strategy_set", ("random",), ("random",)),
    Sample("strategy_unknown", ("magic", ["random", "fastest"]), ("magic", "random, fastest")),
    Sample("reset_done", (["Alpha", "Beta"],), ("Alpha, Beta",)),
    Sample("reset_unknown", ("Gamma", ["Alpha", "Beta"]), ("Gamma", "Alpha, Beta")),
    Sample("reset_unknown", ("", [])),
    *(Sample("duration", (seconds,), (shown,)) for seconds, shown in ((0, "1"), (45.2, "45"), (600, "10"))),
    Sample("duration", (7200.0,), ("2",)),
    Sample("duration", (3 * 86400.0,), ("3",)),
    Sample("model_out", ("Alpha", "Pay the bill."), ("Alpha", "Pay the bill.")),
    *(Sample("trouble", (Trouble(kind, "Alpha", "Pay the bill."),)) for kind in get_args(Kind)),
    Sample("trouble", (Trouble("node", "Alpha", "Pay the bill."),), ("Alpha", "Pay the bill.")),
    Sample("trouble", (Trouble("backup", days=4),), ("4", "/backup")),
    Sample("trouble", (Trouble("disk", free_bytes=300_000_000),), ("300 MB",)),
    *(Sample("trouble_over", (Trouble(kind, "Alpha"),), ("🟢",)) for kind in get_args(Kind)),
    Sample("trouble_over", (Trouble("node", "Alpha"),), ("Alpha",)),
    Sample("digest_look_at", (3,), ("3",)),
    Sample("digest_off", (5,), ("5", "24")),
    Sample("digest_unanswered", (3, 40, 1), ("3", "40", "1")),
    Sample("digest_weak", ("Alpha", 0.5, "x", None), ("Alpha", "50", "x")),
    Sample("digest_weak", ("Alpha", 0.5, "x", 0.9), ("Alpha", "50", "x", "90")),
    Sample("digest_slow", ("Alpha", 10.0, 2.0), ("Alpha", "10", "2")),
    Sample("digest_questions", (0, 0), ("24",)),
    Sample("digest_questions", (40, 38), ("40", "38")),
    Sample("digest_nodes", ({"Alpha": 40, "Beta": 2},), ("Alpha (40), Beta (2)",)),
    Sample("chart_note", (9, 7, 0, 0), ("9", "7")),
    Sample("chart_note", (9, 7, 2, 1), ("9", "7", "2", "1")),
    Sample("chart_off", (5,), ("5",)),
    *(Sample("welcome", ("Mia", role), ("Mia",)) for role in ROLES),
    Sample("welcome", ("", "guest")),
    Sample("no_such_role", ("boss",), ("boss",)),
    *(Sample("invitation", (role, "Mia", {"Telegram": LINK}, "c0de"), ("Mia", LINK)) for role in ROLES),
    Sample("invitation", ("guest", "", {}, "c0de"), ("c0de",)),
    Sample("way_in", ("Telegram", LINK, "c0de"), ("Telegram", LINK)),
    Sample("way_in", ("Discord", PROFILE, "c0de"), ("Discord", PROFILE, "`c0de`")),
    Sample("link_code", ("c0de",), ("`/link c0de`",)),
    Sample("linked_elsewhere", ("discord", "Mia"), ("discord", "Mia")),
    Sample("linked_elsewhere", ("discord", ""), ("discord",)),
    Sample("linked_by", ("Anna", "discord", "Mia"), ("Anna", "discord", "Mia")),
    Sample("linked_by", ("", "discord", ""), ("discord",)),
    Sample("came_in", ("Mia", "child"), ("Mia",)),
    Sample("came_in", ("", "child")),
    Sample("stranger_card", (Person("telegram", "4711", "Eve"), 12), ("Eve", "telegram", "4711", "12")),
    Sample("stranger_card", (Person("telegram", "4711"), 0), ("4711",)),
    Sample("let_in", ("Mia", "adult"), ("Mia",)),
    Sample("let_in", ("", "adult")),
    Sample("group_card", ("Chess", "Eve"), ("Chess", "Eve")),
    Sample("group_card", ("", "")),
    Sample("group_asks", ("Chess",), ("Chess",)),
    Sample("group_asks", ("",)),
    Sample("progress", (Status("searching"),), ("🔎",)),
    Sample(
        "progress",
        (Status("reading", count=8, sites=("a.example", "b.example")),),
        ("🔎", "8", "`a.example`, `b.example`"),
    ),
    Sample("progress", (Status("writing"),), ("✍️",)),
    Sample("progress", (Status("waiting", place=2),), ("2",)),
    Sample("progress", (Status("waiting"),), ("⏳",)),
    *(Sample("research_notice", (Basis(ground, "mojeek", False),)) for ground in get_args(Ground)),
    Sample("research_notice", (Basis("pages", "wikipedia", False),), ("Wikipedia",)),
    Sample("research_notice", (Basis("pages", "mojeek", True, ("https://x.example",)),)),
    Sample("nothing_found", (Basis("pages", "mojeek"),)),
    Sample("nothing_found", (Basis("pages", None, True, ("https://x.example",)),)),
    Sample("groups_text", ([],)),
    Sample("groups_text", (["Chess", "Home"],), ("- Chess\n- Home",)),
    Sample("member_line", (MIA, 5), ("#7", "Mia", "telegram, terminal", "5")),
    Sample("member_line", (NAMELESS, 0), ("#8", "–", "telegram")),
    Sample("people_text", ([],)),
    Sample("people_text", (["- #7 Mia", "- #8 Tom"],), ("- #7 Mia\n- #8 Tom",)),
    Sample("who", ("Mia",), ("Mia",)),
    Sample("who", ("",)),
    Sample("role_for", ("Mia",), ("Mia",)),
    *(Sample("role_set", ("Mia", role), ("Mia",)) for role in ROLES),
    Sample("remove_sure", ("Mia",), ("Mia",)),
    Sample("removed", ("Mia",), ("Mia",)),
    *(Sample("change", (what, "Mia")) for what in get_args(Change)),
    *(Sample("change", (what, "Mia"), ("Mia",)) for what in ("unchanged", "named", "last_admin")),
    Sample("change", ("unchanged", "")),
    *(Sample("used_up", (what, LATER)) for what in ("minute", "day")),
    *(Sample("settings_text", options={"drafts": drafts}) for drafts in (True, False)),
]

_NAMED = re.compile(r"(?<![\w/])/[a-z]+|\b[A-Z]+_[A-Z]+\b|\.env|@\w+|README|\*\*")
"""What is called the same in every language: commands, settings, files; and what is set in bold."""


_NO_BRACKET = re.compile(r"[^][<>]")


def _spoken(say: English) -> Iterator[tuple[str, str]]:
    """Every text of a language that is no method's, by where it stands."""
    for name in _public(English):
        value: object = getattr(say, name)
        if isinstance(value, str) and name not in NEUTRAL:
            yield name, value
        elif isinstance(value, Mapping):
            for key, words in value.items():
                yield f"{name}[{key}]", words[1] if isinstance(words, tuple) else words


def _public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_every_method_has_a_sample() -> None:
    """So that no sentence escapes these tests."""
    methods = {name for name in _public(English) if isfunction(getattr(English, name))}
    assert {sample.method for sample in SAMPLES} == methods - NEUTRAL.keys()


@translated
def test_a_translation_leaves_nothing_out(say: English) -> None:
    """Whatever is said in English is said anew, unless it is the same in every language."""
    own = [kind for kind in type(say).__mro__ if kind not in English.__mro__]
    assert _public(English) - set().union(*(vars(kind) for kind in own)) == NEUTRAL.keys()
    assert _public(type(say)) == _public(English)


@translated
def test_a_translation_knows_the_same_cases(say: English) -> None:
    """No mapping lacks a key, or has one that nobody asks for."""
    for name in _public(English):
        cases: object = getattr(ENGLISH, name)
        if isinstance(cases, Mapping):
            assert getattr(say, name).keys() == cases.keys(), name


def test_there_is_a_word_for_every_case() -> None:
    """Each role, state, fault and attachment."""
    kinds = {kind for kind in NodeError.__subclasses__() if kind.__module__ == NodeError.__module__}
    errors = {kind.__name__ for kind in kinds - {Unavailable}}  # of that one, its fault is counted
    assert ENGLISH.FAILURES.keys() == {*get_args(Fault), *errors}
    assert ENGLISH.STATES.keys() == set(get_args(State)) == SIGNS.keys()
    assert ENGLISH.ATTACHMENTS.keys() == set(get_args(Attachment))
    assert ENGLISH.ROLES.keys() == set(ROLES)


@translated
def test_no_text_is_left_in_english(say: English) -> None:
    """Not one, but for the words that are the same in both."""
    english = dict(_spoken(ENGLISH))
    same = {where: text for where, text in _spoken(say) if text == english[where]}
    assert set(same.values()) <= LOANWORDS.get(say.language, set()) | TYPED, same


@translated
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_sentence_tells_the_same(say: English, sample: Sample) -> None:
    """In other words, but with the same names, numbers, links and commands."""
    english, said = sample.of(ENGLISH), sample.of(say)
    assert said
    assert said != english
    for value in sample.holds:
        assert value in english
        assert value in said
    assert sorted(set(_NAMED.findall(said))) == sorted(set(_NAMED.findall(english)))


@translated
def test_a_text_names_the_same_commands_and_settings(say: English) -> None:
    """Also where nothing is filled in."""
    english = dict(_spoken(ENGLISH))
    for where, text in _spoken(say):
        assert sorted(set(_NAMED.findall(text))) == sorted(set(_NAMED.findall(english[where]))), where


@everywhere
def test_a_text_is_ready_to_be_shown(say: English) -> None:
    """Nothing is empty, unfilled, untidy, or written with letters in pieces (NFC)."""
    texts = [*_spoken(say), *((str(sample), sample.of(say)) for sample in SAMPLES)]
    for where, text in texts:
        assert text, where
        assert text.strip() == text, where
        assert not set(text.format(source="[1]", figure="7")) & set("{}"), where
        assert not re.search(r" {2}|\.\.| [,;!?]| \.(?!env)", text), where
        assert unicodedata.is_normalized("NFC", text), where


@everywhere
def test_each_command_is_described(say: English) -> None:
    """Every one that is offered, no other, in one line of a phone's menu; its arguments are named."""
    assert say.ABOUT.keys() == {name for name, it in COMMANDS.items() if not it.hidden or name in CHOSEN_TOO}
    assert all(len(text) <= ABOUT_MAX for text in say.ABOUT.values())
    assert say.ARGUMENTS.keys() <= COMMANDS.keys()
    for name, text in say.ARGUMENTS.items():
        assert _NO_BRACKET.sub("", text) == _NO_BRACKET.sub("", ENGLISH.ARGUMENTS[name])


@everywhere
def test_labels_fit_their_buttons(say: English) -> None:
    """Also beside another one."""
    labels = [say.name, say.ALLOW, say.BLOCK, say.REMOVE_YES, say.DRAFTS_ON, say.DRAFTS_OFF]
    labels += [say.PASSWORD_BUTTON, say.PASSWORD_LABEL, say.ABOUT_THIS, say.LEAVE, say.PART_BUTTON]
    labels += [value for name, value in _spoken(say) if name.endswith("_BUTTON")]
    labels += [say.LESS_BUTTON, *say.OFTEN.values()]
    for label in (*labels, say.STOP_BUTTON, say.RETRY_BUTTON, *say.ROLES.values()):
        assert len(label) <= LABEL_MAX
        assert "\n" not in label


@everywhere
def test_roles_can_be_told_apart(say: English) -> None:
    """No two are called the same, and none is called as another one is in English, which always counts."""
    words = [word.casefold() for word in say.ROLES.values()]
    assert len(set(words)) == len(ROLES)
    assert all(word == role or word not in ROLES for role, word in zip(say.ROLES, words, strict=True))


@everywhere
def test_the_example_of_an_invitation_works(say: English) -> None:
    """Whoever copies it is understood."""
    called = parse(say.INVITE_WHOM[say.INVITE_WHOM.index("/") :])
    assert called is not None
    name, argument = called
    assert name == "invite"
    assert argument.split()[0].casefold() in {word.casefold() for word in say.ROLES.values()}


@pytest.mark.parametrize(
    ("language", "thousands", "seconds", "long"),
    [
        ("en", "1,234,567", "1.2 s", ["1 s", "89 s", "2 min", "90 min", "2 h"]),
        ("de", "1.234.567", "1,2 s", ["1 Sekunde", "89 Sekunden", "2 Minuten", "90 Minuten", "2 Stunden"]),
        ("vi", "1.234.567", "1,2 giây", ["1 giây", "89 giây", "2 phút", "90 phút", "2 giờ"]),
    ],
)
def test_numbers_are_written_as_people_read_them(
    language: str, thousands: str, seconds: str, long: list[str]
) -> None:
    """Thousands, decimals, and how long something takes."""
    say = phrases.LANGUAGES[language]
    line = say.node_line(node_facts(WELL, NOW), detailed=True)
    assert thousands in line
    assert seconds in line
    assert [say.duration(length) for length in (0.2, 89.4, 90, 5399, 5400)] == long


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        (["de"], "Deutsch"),
        (["de-AT"], "Deutsch"),
        (["vi_VN"], "Tiếng Việt"),
        (["VI"], "Tiếng Việt"),
        (["xx", "de"], "Deutsch"),
        (["", "vi"], "Tiếng Việt"),
        (["en-GB", "de"], "English"),
        (["xx"], "English"),
        (["den"], "English"),
        ([], "English"),
    ],
)
def test_the_first_language_that_is_spoken_here_is_taken(wanted: list[str], spoken: str) -> None:
    """However the tag is written, and English where there is none."""
    assert phrases.of(*wanted).name == spoken


@everywhere
def test_every_trouble_of_a_platform_has_its_remedy(say: English) -> None:
    """In the chat and in the terminal."""
    known = {f"telegram {kind}" for kind in get_args(telegram_poll.Trouble)}
    known |= {f"discord {kind}" for kind in get_args(discord_gateway.Trouble)}
    assert say.TROUBLES.keys() == known == operator.TROUBLES.keys()
