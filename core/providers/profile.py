"""The tiny profile: how a model of under a billion parameters is asked.

Such a model does best with a short system prompt, examples of the form it shall answer in, hardly any
history, and no chance in its choice of words. It was found by asking SmolLM2-135M some forty questions in
eight ways: without examples it rambles and gets half the capitals wrong; a second exchange of history makes
no answer better; and of the penalties that keep it from running in circles, the one on repeated sequences
(DRY) costs no right answer, where the one on repeated words does. Other system turns are left out.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from core.providers import Prompt
from core.types import Turn

TOKENS_MAX = 160
EXCHANGES_MAX = 1

SYSTEM = Turn("system", "You are a helpful assistant. Answer briefly.")
EXAMPLES = (
    Turn("user", "What color is the sky?"),
    Turn("assistant", "The sky is blue."),
    Turn("user", "How much is 2 + 2?"),
    Turn("assistant", "2 + 2 is 4."),
)

BODY: Mapping[str, object] = MappingProxyType(
    {"temperature": 0, "dry_multiplier": 0.8, "dry_allowed_length": 8}
)
"""More fields for the request, as llama.cpp's server knows them. A shorter sequence than eight tokens
must stay free: with three, a question that is asked again cannot be given the right answer again."""


def tiny(prompt: Prompt) -> Prompt:
    """The same question in the tiny profile: the question and the exchange before it."""
    said = [turn for turn in prompt.turns if turn.role != "system"]
    recent = said[-(2 * EXCHANGES_MAX + 1) :]
    while recent and recent[0].role == "assistant":  # an answer without its question
        recent = recent[1:]
    return replace(
        prompt,
        turns=(SYSTEM, *EXAMPLES, *recent),
        max_tokens=min(prompt.max_tokens, TOKENS_MAX),
    )
