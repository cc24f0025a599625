"""Whether what a person got is right, and whether a node was left in peace when it had to be.

Plain functions over what was written down. A text is right if it is, letter for letter, the whole answer
of one node to this very question, and if what was shown since the last restart adds up to it; so no
word of a dead node can hide in it. A node is asked too early if its own books say that it is not due, if
it had told us to stay away (whatever the books say), or if a request reached it that the pool never
announced.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import NoAnswer
from core.types import Done, Event, Restart, Text
from tests.bench.sources import Source, answer
from tests.servers.dialects import RETRY_AFTER_S
from tests.servers.models import Fault

What = Literal["whole", "sentence", "wrong", "lost"]

REST_S_MIN: dict[Fault, float] = {
    "rate_limited": RETRY_AFTER_S,
    "rate_limited_silently": 30.0,
    "used_up": 1.0,  # until midnight, which may be near
    "payment_required": 3600.0,
    "overloaded": 5.0,
    "unauthorized": 3600.0,
    "forbidden": 3600.0,
    "retired_model": 3600.0,
}
"""How long a node that did this is left in peace, at least."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One announcement that a node is asked, on the clock of the whole run."""

    node: str
    number: int
    at: float
    known_at: float
    """When the pool went on, and so knew what the node had done."""
    early_s: float
    """How long before its time, by the node's own books."""


def verdict(events: Sequence[Event], error: Exception | None, number: int, length: int) -> tuple[What, str]:
    """What the person got, and the reason where it is not the whole answer."""
    dones = [event for event in events if isinstance(event, Done)]
    if dones and (error is not None or dones != [events[-1]]):
        return "wrong", "something came after the end"
    if isinstance(error, NoAnswer):
        return "sentence", str(error)
    if error is not None or not dones:
        return "lost", repr(error) if error else "neither an answer nor a sentence"
    done = dones[0]
    if done.text != "".join(answer(done.node, number, length)).strip():
        return "wrong", f"{done.node} said: {done.text}"
    if shown(events).strip() != done.text:
        return "wrong", f"{done.node}'s answer is right, but what was shown is: {shown(events)}"
    return "whole", ""


def shown(events: Iterable[Event]) -> str:
    """The text as it stands after these events."""
    text = ""
    for event in events:
        match event:
            case Text():
                text += event.piece
            case Restart():
                text = ""
    return text


def asked_too_early(source: Source, askings: Iterable[Asking]) -> list[str]:
    """Each time this node was asked and should not have been, in words."""
    own = [asking for asking in askings if asking.node == source.name]
    found = [
        f"{source.name} was asked question {asking.number} {asking.early_s:.1f} s before its time"
        for asking in own
        if asking.early_s > 0
    ]
    for told in own:
        rest_s = REST_S_MIN.get(source.faults.get(told.number, "refused"), 0.0)
        found += [
            f"{source.name} was asked question {asking.number} after {source.faults[told.number]}"
            for asking in own
            if told.known_at < asking.at < told.at + rest_s
        ]
    found += [
        f"{source.name} got question {number} unannounced"
        for number, at in source.reached
        if not any(asking.number == number and asking.at <= at <= asking.known_at for asking in own)
    ]
    return found
