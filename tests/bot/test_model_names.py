"""Models are told by their names, as far as these say anything."""

import pytest

from bot.model_names import for_chat, in_order, suggested


@pytest.mark.parametrize(
    ("models", "offered"),
    [
        (["whisper-large-v3", "openai/gpt-oss-20b", "openai/gpt-oss-120b"], "openai/gpt-oss-120b"),
        (
            ["models/gemini-2.5-flash", "models/gemini-3-flash", "models/gemini-3-pro"],
            "models/gemini-3-flash",
        ),
        (["gpt-5.4-mini", "gpt-5.10-mini", "gpt-5.10-mini-tts", "gpt-5.10", "dall-e-3"], "gpt-5.10-mini"),
        (["a/b", "openai/gpt-oss-120b", "openai/gpt-oss-120b:free"], "openai/gpt-oss-120b:free"),
        (["nobody/knows-it", "nor/this"], ""),
    ],
)
def test_whoever_knows_no_model_is_offered_a_good_one(models: list[str], offered: str) -> None:
    """The newest of its kind; none, where none is known."""
    assert suggested(models) == offered


def test_what_does_something_else_is_offered_last_or_not_at_all() -> None:
    """What speaks, draws or sorts; unless there is nothing else."""
    models = ["Dall-E-3", "zeta", "gpt-5-mini", "alpha"]
    assert in_order(models) == ["gpt-5-mini", "alpha", "zeta", "Dall-E-3"]
    assert for_chat(models) == ["zeta", "gpt-5-mini", "alpha"]
    assert for_chat(["whisper"]) == ["whisper"]
