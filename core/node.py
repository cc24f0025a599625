"""One account at one provider, and how it has been doing.

What a node may do now is a pure function of what happened and `now` (monotonic seconds):

    ready      asked like any other
    cooling    asked for a pause, until a time; one that the provider stated is never shortened
    open       failed too often in a row (core/breaker.py), until a time
    half-open  that time is up: one probe decides
    out        credentials, model or plan are refused: until `/reset`, with a rare probe
    paused     a person wants it left alone, until they say otherwise

`Node` keeps the books. Whom to ask and what a failure costs is decided in core/pool.py.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from core.breaker import Breaker, Lease
from core.errors import NodeError, RateLimited, Rejected, Unavailable
from core.line import Line
from core.providers import End, Provider
from core.types import NodeSpec

PAUSE_S_MIN, PAUSE_S_MAX = 1.0, 24 * 3600.0
OUT_RECHECK_S = 6 * 3600.0
"""How rarely a node that refused us is probed: somebody may have mended it at the provider's side."""

FAILING_MIN = 2
"""Failures in a row from which on nobody is told that the node is well: a single one may be a hiccup."""

State = Literal["ready", "cooling", "open", "half-open", "out", "paused"]


@dataclass(slots=True)
class Counters:
    """Since the node was first listed; kept across restarts."""

    requests: int = 0
    successes: int = 0
    failures: dict[str, int] = field(default_factory=dict)
    """By kind: a `Fault`, or the name of the error."""
    rate_limits: int = 0
    failovers: int = 0
    """Questions that went on to another node after this one had failed."""
    prompt_tokens: int = 0
    answer_tokens: int = 0
    first_token_s: float | None = None
    """Time to first token, as a moving average over about the last ten answers."""
    first_tokens_s: float = 0.0
    """Times to first token, added up over all answers."""


def kind_of(error: NodeError) -> str:
    """Under which the books count it: a `Fault`, or the name of the error."""
    return error.fault if isinstance(error, Unavailable) else type(error).__name__


class Node:
    """`cooldown_s` is the pause after a rate limit that names no time."""

    def __init__(
        self,
        spec: NodeSpec,
        provider: Provider,
        *,
        failures_max: int = 5,
        open_s: float = 30.0,
        cooldown_s: float = 1800.0,
        random: Callable[[], float],
    ) -> None:
        self.spec = spec
        self.provider = provider
        self.line = Line(spec.parallel)
        self.counters = Counters()
        self.written = Counters()
        """The counters as they last went into the history."""
        self.breaker = Breaker(failures_max, open_s, random)
        self._cooldown_s = cooldown_s
        self._cooling_until = 0.0
        self._cooling_stated = False
        self.remedy = ""
        """What a person has to do; set while the node is out, or its quota is used up."""
        self.last_error = ""
        self._out = False
        self.paused = False
        """A person wants it left alone. Kept by core/node_choices.py."""
        self.in_flight = 0
        self.asked_last = 0
        """The number of the pool's question that was put to it last."""
        self.asked_often = 0
        """How many questions were put to it since the program started."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def host(self) -> str:
        """Nodes that share one are out of reach together."""
        return urlsplit(self.spec.url).hostname or ""

    @property
    def room_tokens(self) -> int:
        """What the turns may take: the context less the answer."""
        return self.spec.context_tokens - self.spec.max_tokens

    # ── What it may do now ────────────────────────────────────────────────────────────────────────

    def state(self, now: float) -> State:
        if self.paused:
            return "paused"
        if self._out:
            return "out"
        if now < self._cooling_until:
            return "cooling"
        breaker = self.breaker.state(now)
        return "ready" if breaker == "closed" else breaker

    @property
    def is_failing(self) -> bool:
        """Its last answers failed. It may be asked like any other all the same."""
        return self.breaker.failures >= FAILING_MIN

    def is_ready(self, now: float) -> bool:
        return not self.paused and now >= self._cooling_until and self.breaker.is_ready(now)

    def due_in_s(self, now: float) -> float:
        """How long until it may be asked again; 0 if it may be now."""
        return max(0.0, self._cooling_until - now, (self.breaker.open_until or now) - now)

    def may_be_probed_early(self, now: float) -> bool:
        """Is asking before its time worth a try, and no breach of a time the provider stated?"""
        stated = self._cooling_stated and now < self._cooling_until
        return not self._out and not stated and not self.is_probed

    @property
    def is_probed(self) -> bool:
        """Somebody is finding out how it is: that is worth waiting for."""
        return self.breaker.is_probing

    # ── What happened ─────────────────────────────────────────────────────────────────────────────

    def lease(self, now: float, *, early: bool = False) -> Lease | None:
        """The right to ask it once, to be answered by exactly one of `succeeded`, `failed` or
        `released`. None if it is not ready; `early` asks before its time."""
        if now < self._cooling_until and not early:
            return None
        if early and self.breaker.open_until is None:
            self.breaker.open_for(0, now)  # so that of many questions only one comes early
        return self.breaker.lease(now, early=early)

    def succeeded(self, lease: Lease, end: End, first_token_s: float) -> None:
        counters = self.counters
        counters.successes += 1
        counters.prompt_tokens += end.prompt_tokens or 0
        counters.answer_tokens += end.answer_tokens or 0
        counters.first_tokens_s += first_token_s
        before = counters.first_token_s
        counters.first_token_s = first_token_s if before is None else before + (first_token_s - before) / 10
        if self.breaker.succeeded(lease):
            self._cooling_until = 0.0  # if it was asked before its time, it has shown that it is well
            self._forgive()

    def failed(self, lease: Lease, error: NodeError, now: float) -> None:
        """Write down what the attempt ended in; the table is in the README under "The pool"."""
        self.last_error = error.why
        kind = kind_of(error)
        self.counters.failures[kind] = self.counters.failures.get(kind, 0) + 1
        match error:
            case Unavailable():
                self.breaker.failed(lease, now)
            case RateLimited():
                self.counters.rate_limits += 1
                self._cool(error, now)
                self.breaker.outdate()
            case Rejected():
                self._out = True
                self.remedy = error.remedy
                self.breaker.open_for(OUT_RECHECK_S, now)
            case _:  # the question was at fault, not the node
                self.breaker.released(lease)

    def released(self, lease: Lease) -> None:
        """We ended the attempt ourselves: nobody is charged."""
        self.breaker.released(lease)

    def reset(self) -> None:
        """Forget every grudge; the counters stay."""
        self._cooling_until = 0.0
        self._forgive()
        self.breaker.close()

    def _forgive(self) -> None:
        self._cooling_stated = self._out = False
        self.remedy = self.last_error = ""

    def _cool(self, error: RateLimited, now: float) -> None:
        if error.used_up:
            self.remedy = "The quota or credit at the provider is used up."
        pause_s = error.pause_s
        if pause_s is None:
            pause_s = PAUSE_S_MAX if error.used_up else self._cooldown_s
        until = now + min(max(pause_s, PAUSE_S_MIN), PAUSE_S_MAX)
        if self._cooling_stated and until < self._cooling_until:
            return
        self._cooling_until, self._cooling_stated = until, error.stated

    def _fingerprint(self) -> str:
        """Changes when the node's key, model, address or file does; tells none of them."""
        spec = self.spec
        file = Path(str(spec.options.get("weights", "")))
        there = file.stat().st_size if file.is_file() else None
        facts = (spec.kind, spec.url, spec.model, spec.key, str(spec.options.get("account_id")), there)
        return sha256(repr(facts).encode("utf-8", "replace")).hexdigest()

    # ── Kept across restarts ──────────────────────────────────────────────────────────────────────

    def saved(self, now: float) -> tuple[dict[str, object], dict[str, object]]:
        """State and counters as JSON values; times as seconds that are left."""
        breaker = self.breaker
        state: dict[str, object] = {
            "cooling_s": max(0.0, self._cooling_until - now),
            "cooling_stated": self._cooling_stated,
            "open_s": None if breaker.open_until is None else max(0.0, breaker.open_until - now),
            "failures": breaker.failures,
            "openings": breaker.openings,
            "out": self._out,
            "remedy": self.remedy,
            "last_error": self.last_error,
            "of": self._fingerprint(),
        }
        return state, asdict(self.counters)

    def restore(
        self, state: Mapping[str, object], counters: Mapping[str, object], away_s: float, now: float
    ) -> None:
        """Take up what `saved` gave, `away_s` seconds ago by the wall clock; a clock that was set
        back counts as no time. Raises ValueError or TypeError if it is not of that form."""
        away_s = max(0.0, away_s)
        known = Counters(**counters)  # type: ignore[arg-type] # a wrong name raises TypeError
        for name, value in asdict(known).items():
            right = {"failures": dict, "first_token_s": float | None, "first_tokens_s": float}.get(name, int)
            if not isinstance(value, right):
                raise TypeError(f"counter {name}")
        cooling_s = float(str(state["cooling_s"])) - away_s
        open_s = None if state["open_s"] is None else float(str(state["open_s"])) - away_s
        failures, openings = int(str(state["failures"])), int(str(state["openings"]))
        self.counters, self.written = known, deepcopy(known)
        if state["of"] != self._fingerprint():
            return  # its key, model or address was changed: whatever it did before, it is another node now
        self._cooling_until = now + min(cooling_s, PAUSE_S_MAX) if cooling_s > 0 else 0.0
        self._cooling_stated = bool(state["cooling_stated"])
        self._out = bool(state["out"])
        self.remedy, self.last_error = str(state["remedy"]), str(state["last_error"])
        if open_s is not None:
            self.breaker.open_for(min(max(open_s, 0.0), OUT_RECHECK_S), now)
        self.breaker.failures, self.breaker.openings = failures, openings
