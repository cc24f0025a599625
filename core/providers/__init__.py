"""The wire protocols a model node may speak: one file each, all behind `Provider`.

To add one: write a file beside these with a class that keeps the `Provider` contract, add it to
`KINDS` in kinds.py, and give it a dialect in tests/servers, with which
`tests/core/providers/test_contract.py` tests it against every fault. Nothing else needs to know.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from core.errors import NodeError, Rejected
from core.types import Text, Turn


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one node is asked: turns that fit its context, and how much it may write, in tokens."""

    turns: tuple[Turn, ...]
    max_tokens: int
    private: bool = False
    busy_elsewhere: bool = False
    """Another node is free: this one may refuse at once instead of queueing (`rejectIfBusy`)."""


@dataclass(frozen=True, slots=True)
class Thinking:
    """The model is at work, on something that is not the answer and never shown."""


@dataclass(frozen=True, slots=True)
class End:
    """The stream's end mark was read. `cut`: the model stopped at `max_tokens`. Tokens as the
    provider counted them, None where it did not say."""

    cut: bool = False
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


Piece = Text | Thinking | End


@dataclass(frozen=True, slots=True)
class Health:
    """What a check without a question found. `state`: `well`; `loading`, reachable and not warm;
    `ill`, with the cause in `why`."""

    state: Literal["well", "loading", "ill"]
    why: str = ""
    models: tuple[str, ...] = ()
    remedy: str = ""
    """What only a person can mend, and how."""


def ill(error: NodeError, models: tuple[str, ...] = ()) -> Health:
    """What a check that met this found."""
    return Health("ill", error.why, models, error.remedy if isinstance(error, Rejected) else "")


class Provider(Protocol):
    """One account at one server, spoken to in one protocol."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece, None]:
        """The pieces of one answer; the last is `End`, and comes if and only if the answer is whole.

        Everything that goes wrong is raised as a `NodeError`. It keeps no clock: whoever reads
        decides how long a wait may last, and closes the generator, which ends the request.
        """

    async def check(self) -> Health:
        """Is it there, and what does it serve? Costs no tokens. Never raises."""

    async def warm_up(self) -> None:
        """Get ready to answer, where that takes time. Raises `NodeError`."""

    async def close(self) -> None:
        """End what this provider itself started. The shared HTTP client is not its own."""
