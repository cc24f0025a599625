"""The program is killed thirty times and nobody loses an answer; two naive bots do not pass the same test."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.chaos import points
from tests.chaos.__main__ import main
from tests.chaos.judge import Question, Standing, What, answer, is_over, judged, posts_of, verdict

QUESTION = Question(number=7, chat=1, post=10, length=100, at=0.0)
WHOLE = answer(7, 100)
HALF, _, REST = WHOLE.partition("\n\n")
SENTENCE = "None of my models can answer just now."


def chaos(folder: Path, *words: str) -> tuple[int, dict[str, float]]:
    """The exit code, and the targets by name."""
    file = folder / "figures.json"
    code = main([f"--json={file}", *words])
    return code, {it["what"]: it["value"] for it in json.loads(file.read_text("utf-8"))["targets"]}


def test_nothing_is_lost_or_doubled_over_thirty_kills(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At random and at every point of an answer's life, while calls fail; no target is missed."""
    code, targets = chaos(tmp_path, "--short", "--seed=3")
    assert code == 0, capsys.readouterr().out
    assert len(targets) == 8


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        ("send-then-mark", "questions answered twice"),
        ("mark-then-send", "questions lost"),
    ],
)
def test_a_naive_order_does_not_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], order: str, wrong: str
) -> None:
    """The same kills, with no other faults, find what is wrong with it."""
    code, targets = chaos(tmp_path, "--kills=16", f"--order={order}", "--rates=off")
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


def test_every_point_has_its_kills_and_a_seed_has_its_plan() -> None:
    """About equally many; those that need a stray come right after a kill that leaves one."""
    dooms = points.plan(400, points.OURS, Random("seed"))
    assert dooms == points.plan(400, points.OURS, Random("seed"))
    assert dooms != points.plan(400, points.OURS, Random("another"))
    at = Counter(doom.point for doom in dooms)
    assert set(at) == {points.AT_RANDOM, *points.OURS}
    others = [at[point] for point in points.OURS if point != "sendMessage applied"]
    assert max(others) - min(others) <= 1
    for before, doom in pairwise(dooms):
        assert doom.point not in points.AFTER_A_STRAY or before.point == "sendMessage applied"
