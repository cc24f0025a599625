"""The program is killed again and again and nobody loses an answer; two naive bots do not pass that test."""

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.chaos import node, points
from tests.chaos.__main__ import main
from tests.chaos.discord_street import DiscordStreet
from tests.chaos.judge import Question, Standing, What, answer, is_over, judged, posts_of, verdict
from tests.chaos.street import Street
from tests.chaos.telegram_street import TelegramStreet

QUESTION = Question(number=7, chat=1, post=10, length=100, at=0.0)
WHOLE = answer(7, 100)
HALF, _, REST = WHOLE.partition("\n\n")
SENTENCE = "None of my models can answer just now."


def chaos(folder: Path, *words: str) -> tuple[int, dict[str, float]]:
    """The exit code, and the targets by name."""
    file = folder / "figures.json"
    code = main([f"--json={file}", *words])
    return code, {it["what"]: it["value"] for it in json.loads(file.read_text("utf-8"))["targets"]}


@pytest.mark.parametrize(
    "words",
    [
        ("--short", "--seed=3"),
        ("--platform=discord", "--kills=15", "--gaps=5", "--seed=3"),
    ],
)
def test_nothing_is_lost_or_doubled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """At random and at every point of an answer's life, while calls fail, and on Discord among gaps of its
    connection, the program is killed, and no target is missed."""
    code, targets = chaos(tmp_path, *words)
    assert code == 0, capsys.readouterr().out
    assert len(targets) == 8


@pytest.mark.parametrize(
    ("order", "wrong", "words"),
    [
        ("send-then-mark", "questions answered twice", ("--kills=16",)),
        ("mark-then-send", "questions lost", ("--platform=discord", "--kills=12", "--gaps=0")),
    ],
)
def test_a_naive_order_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], order: str, wrong: str, words: tuple[str, ...]
) -> None:
    """The same kills, with no other faults, find what is wrong with it."""
    code, targets = chaos(tmp_path, *words, f"--order={order}", "--rates=off")
    assert code == 1, capsys.readouterr().out
    assert targets[wrong] > 0


def posts(*texts: str, reply_to: int | None = 10) -> list[Standing]:
    """The first one is the reply."""
    return [Standing(20 + at, text, reply_to if at == 0 else None) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("standing", "what"),
    [
        (posts(WHOLE), "whole"),
        (posts(HALF, REST), "whole"),
        (posts(SENTENCE), "sentence"),
        (posts(), "lost"),
        (posts(WHOLE, WHOLE), "twice"),
        (posts(WHOLE, HALF), "twice"),
        (posts(HALF, WHOLE), "twice"),
        (posts(HALF, REST, HALF, REST), "twice"),
        (posts(HALF, HALF, REST), "twice"),
        ([*posts(WHOLE), *posts(SENTENCE)], "twice"),
        ([*posts(SENTENCE), *posts(SENTENCE)], "twice"),
        (posts(HALF), "wrong"),
        (posts(REST), "wrong"),
        (posts(REST, HALF), "wrong"),
        (posts(WHOLE.replace(" a7w50 ", " ")), "wrong"),
        (posts(f"{WHOLE} {answer(8, 3)}"), "wrong"),
        (posts(WHOLE, reply_to=11), "wrong"),
    ],
)
def test_the_judge_reads_a_chat_as_a_person_does(standing: list[Standing], what: What) -> None:
    """One whole answer, or one sentence; everything else is wrong in its own way."""
    assert verdict(QUESTION, posts_of(QUESTION, standing)) == what


@pytest.mark.parametrize(
    ("standing", "what"),
    [
        (posts(), "taken back"),
        (posts(WHOLE, reply_to=None), "answered still"),
        (posts(WHOLE, WHOLE, reply_to=None), "twice"),
        (posts(HALF, reply_to=None), "wrong"),
    ],
)
def test_a_question_that_is_taken_back_wants_no_answer(standing: list[Standing], what: What) -> None:
    """A whole one may stand there, as nobody need have been told; half a one may not."""
    question = replace(QUESTION, removed=True)
    assert verdict(question, posts_of(question, standing)) == what


def test_what_belongs_to_no_question_is_a_stray() -> None:
    """A sign without words, words that answer nothing, an answer in another chat."""
    other = Question(number=8, chat=2, post=10, length=5, at=0.0)
    strays = [Standing(30, "…", 10), Standing(31, "Hello!", None), Standing(32, answer(8, 5), None)]
    chats = {1: [*posts(WHOLE), *strays], 2: [Standing(20, answer(8, 5), 10)]}
    judgement = judged([QUESTION, other], chats)
    assert judgement.verdicts == {7: "whole", 8: "whole"}
    assert judgement.strays == [(1, stray) for stray in strays]


def test_an_answer_is_over_with_its_last_word_or_with_a_sentence() -> None:
    """Not while it grows."""
    assert not is_over(QUESTION, posts(HALF))
    assert is_over(QUESTION, posts(HALF, REST))
    assert is_over(QUESTION, posts(SENTENCE))


@pytest.mark.parametrize("street", [TelegramStreet, DiscordStreet])
def test_every_point_has_its_kills_and_a_seed_has_its_plan(street: type[Street]) -> None:
    """About equally many; those that need a stray come right after a kill that leaves one."""
    known = (*street.points, *node.POINTS)
    dooms = points.plan(400, known, Random("seed"))
    assert dooms == points.plan(400, known, Random("seed"))
    assert dooms != points.plan(400, known, Random("another"))
    at = Counter(doom.point for doom in dooms)
    assert set(at) == {points.AT_RANDOM, *known}
    others = [at[point] for point in known if point != points.LEAVES_A_STRAY]
    assert max(others) - min(others) <= 1
    for before, doom in pairwise(dooms):
        assert doom.point not in points.AFTER_A_STRAY or before.point == points.LEAVES_A_STRAY


def test_gaps_are_spread_over_the_kills() -> None:
    """As many as were asked for, of every kind, from one minute to thirty, also between a kill that leaves
    a post of unknown fate and what that leads to."""
    planned = points.lives(200, 50, (*DiscordStreet.points, *node.POINTS), DiscordStreet.gaps, Random("seed"))
    gaps = [life.gap for life in planned if life.gap is not None]
    kinds = Counter(gap.how for gap in gaps)
    assert len(gaps) == 50
    assert set(kinds) == {"dead", *DiscordStreet.gaps}
    assert min(kinds.values()) >= 5
    assert all(1 <= gap.minutes <= 30 for gap in gaps)
    assert any(life.gap and life.doom.point in points.AFTER_A_STRAY for life in planned)
