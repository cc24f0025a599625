"""The tiny profile."""

from core.providers import Prompt
from core.providers.profile import EXAMPLES, SYSTEM, tiny
from core.types import Turn

FAMILY = Turn("system", "You are the assistant of a family of five, and this is what you know of them: …")
FIRST = (Turn("user", "Who made the first plane?"), Turn("assistant", "The Wright brothers."))
SECOND = (Turn("user", "When?"), Turn("assistant", "In 1903."))
QUESTION = Turn("user", "Where?")


def test_short_history() -> None:
    """The model reads the short system turn, the examples, one exchange and the question."""
    prompt = tiny(Prompt((FAMILY, *FIRST, *SECOND, QUESTION), 1024))
    assert prompt.turns == (SYSTEM, *EXAMPLES, *SECOND, QUESTION)


def test_first_question() -> None:
    """A question without a history stands alone after the examples."""
    assert tiny(Prompt((QUESTION,), 1024)).turns == (SYSTEM, *EXAMPLES, QUESTION)


def test_no_answer_without_its_question() -> None:
    """What is read of the history begins with something a person said."""
    turns = (*FIRST, Turn("assistant", "Ask me more."), QUESTION)
    assert tiny(Prompt(turns, 1024)).turns == (SYSTEM, *EXAMPLES, QUESTION)


def test_examples_are_whole_exchanges() -> None:
    """The examples are two questions, each with its answer."""
    assert [turn.role for turn in EXAMPLES] == ["user", "assistant"] * 2


def test_short_answers() -> None:
    """It may write 160 tokens, or fewer where fewer are asked for; the rest of the prompt is kept."""
    assert tiny(Prompt((QUESTION,), 1024)).max_tokens == 160
    assert tiny(Prompt((QUESTION,), 20)).max_tokens == 20
    assert tiny(Prompt((QUESTION,), 20, private=True)).private
