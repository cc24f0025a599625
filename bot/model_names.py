"""Which of the models that a provider lists are worth choosing, told by their names alone.

A provider lists dozens, and a parent knows none of them. The names here grow old; then less is suggested, and
everything can still be chosen.
"""

import re
from collections.abc import Sequence

NOT_FOR_CHAT = re.compile(
    r"audio|babbage|clip|dall-e|davinci|embed|guard|image|imagen|moderation|music|realtime|rerank|robotics|"
    r"search|sora|speech|transcribe|tts|veo|video|whisper"
)
GOOD = tuple(
    re.compile(pattern)
    for pattern in (
        r"openai/gpt-oss-120b:free",  # OpenRouter
        r"openai/gpt-oss-120b",  # Groq, Hugging Face
        r"(models/)?gemini-flash-latest",
        r"(models/)?gemini-[\d.]+-flash",
        r"gpt-[\d.]+-mini",
        r"grok-[\d.]+(-fast-non-reasoning)?",
    )
)
"""What is offered first, as far as it is there: quick, good in many languages, and cheap or free."""


def for_chat(models: Sequence[str]) -> Sequence[str]:
    """Without those whose names say that they do something else than answer; all, if no other is left."""
    return [model for model in models if _answers(model)] or models


def suggested(models: Sequence[str]) -> str:
    """One that will do for whoever knows none of them, the newest of its kind; empty if none is known."""
    found = ([model for model in models if good.fullmatch(model)] for good in GOOD)
    return max(next(filter(None, found), [""]), key=_version)


def in_order(models: Sequence[str]) -> list[str]:
    """As they are worth a look: what will do for most, what answers, all else."""
    good = suggested(models)
    return sorted(models, key=lambda it: (it != good, not _answers(it), it.casefold()))


def _answers(model: str) -> bool:
    return not NOT_FOR_CHAT.search(model.casefold())


def _version(model: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", model)]
