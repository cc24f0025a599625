"""What is said to people: every language says all of it, and names the same names, numbers and links."""

import ast
import re
import unicodedata
from collections.abc import Iterator, Mapping
from inspect import isfunction
from pathlib import Path
from typing import get_args

import pytest

from adapters import discord_gateway, telegram_poll
from bot import phrases
from bot.commands import COMMANDS, parse
from bot.phrases import operator
from bot.phrases.english import English
from bot.platforms import CHOSEN_TOO
from bot.status_facts import SIGNS, node_facts
from core import node as core_node
from core import providers
from core.errors import Fault, NodeError, Unavailable
from core.node import State
from core.roles import ROLES
from core.strategies import STRATEGIES
from core.types import Attachment
from tests.bot.phrase_samples import NOW, SAMPLES, WELL, Sample

ENGLISH = phrases.LANGUAGES["en"]
OTHERS = [say for say in phrases.LANGUAGES.values() if say is not ENGLISH]
everywhere = pytest.mark.parametrize("say", phrases.LANGUAGES.values(), ids=phrases.LANGUAGES)
translated = pytest.mark.parametrize("say", OTHERS, ids=[say.language for say in OTHERS])

NEUTRAL = {
    "SYSTEM": "a model reads it, and nobody else",
    "broken_off": "what the model wrote, or STOPPED",
    "with_note": "puts two texts below each other",
    "help_line": "takes its words from ABOUT and ARGUMENTS",
    "failure": "takes its words from FAILURES",
    "remedy": "takes its words from REMEDIES",
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
    assert ENGLISH.STRATEGIES.keys() == STRATEGIES.keys()


def _said_of_models() -> set[str]:
    """Every text that core gives as a remedy, by itself or as its beginning."""
    texts: set[str] = set()
    for path in (*Path(providers.__file__).parent.glob("*.py"), Path(core_node.__file__)):
        for part in ast.walk(ast.parse(path.read_text("utf-8"))):
            match part:
                case ast.Assign(targets=[ast.Name(id=name)]) if "REMED" in name:
                    found: ast.AST = part.value
                case ast.Assign(targets=[ast.Attribute(attr="remedy")]):
                    found = part.value
                case ast.Call(func=ast.Name(id="Rejected"), args=[_, remedy]):
                    found = remedy
                case _:
                    continue
            texts |= {str(it.value).strip() for it in ast.walk(found) if isinstance(it, ast.Constant)}
    return {text for text in texts if " " in text}


@everywhere
def test_what_is_to_be_done_about_a_model_is_said_in_every_language(say: English) -> None:
    """Word for word as core says it, also where a name stands behind it; and an unknown one as it is."""
    said = _said_of_models()
    assert len(said) > 10
    assert said == {english.strip() for english in ENGLISH.REMEDIES.values()}
    for english in said:
        assert (say.remedy(f"{english} X.") == f"{english} X.") == (say is ENGLISH)
    assert say.remedy("Call them.") == "Call them."


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
