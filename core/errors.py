"""What can go wrong, sorted by what the catcher does about it.

A `NodeError` is caught by the pool alone, which asks another node. A `NoAnswer` is what the pool
raises when that was no use: the assistant turns it into one honest sentence. A `PlatformError` is
caught where posts are shown. A `StorageError` means nothing was confirmed to anybody.

The text of an error is for the operator's log: it says what failed and why, and holds neither a
secret nor a word of what people wrote. The people's sentences are in `bot/phrases/`.
"""

from typing import Literal

from core.types import Tried


class PorchlightError(Exception):
    """Everything this program raises on purpose."""


# ── A node could not do it: the pool tries elsewhere ──────────────────────────────────────────────


class NodeError(PorchlightError):
    """One attempt at one node failed. `why` is one line: a code, a status, a short cause."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class RateLimited(NodeError):
    """The node asks for a pause.

    `pause_s` is how long, in seconds; None if it did not say. `stated` is true if the provider itself
    named the time: such a time is never shortened. `used_up` is true if a quota or credit is gone,
    which the admin has to know.
    """

    def __init__(
        self, why: str, pause_s: float | None = None, *, stated: bool = False, used_up: bool = False
    ) -> None:
        super().__init__(why)
        self.pause_s = pause_s
        self.stated = stated
        self.used_up = used_up


class Rejected(NodeError):
    """Credentials, model, plan or terms are refused: only a person can mend it. `remedy` says how."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


Fault = Literal[
    "refused",  # the host is there, and nobody listens
    "unreachable",  # unknown name, no answer, TLS: no byte came back
    "offline",  # no name service, no route: this is not the host's doing
    "server",  # 5xx, 408
    "not_a_stream",  # HTML or JSON where a stream should be
    "slow_start",  # no first token in time
    "stalled",  # no next token in time
    "dripping",  # under a token a second while another node is ready
    "malformed",  # an event that is not what the protocol says
    "error_inside",  # an error inside the stream, or inside a 200
    "cut",  # ended or reset before its end mark
    "empty",  # an end mark, and no text before it
    "busy",  # a local queue is full
    "broken",  # our own code could not cope with what came
]


class Unavailable(NodeError):
    """The node is broken just now; `fault` says in which way. The circuit breaker counts these."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(f"{fault}: {why}")
        self.fault: Fault = fault


class TooLong(NodeError):
    """The turns do not fit this node's context."""


class Refused(NodeError):
    """The provider's content filter said no. There is no shopping around."""


class BadRequest(NodeError):
    """The node cannot make sense of the request. Another kind of node might."""


# ── Nobody could: one honest sentence ─────────────────────────────────────────────────────────────


NoAnswerReason = Literal[
    "exhausted",
    "no_nodes",
    "no_node_at_home",
    "no_local_node",
    "not_for_minors",
    "offline",
    "all_out",
    "too_long",
    "refused",
    "bad_request",
]


class NoAnswer(PorchlightError):
    """The pool gives up on a question.

    `reason`: `exhausted`, every node was tried; `no_nodes`, none is set up that may serve it;
    `no_node_at_home`, it is private and the house has no node; `no_local_node`, nor one that works;
    `not_for_minors`, a child or teen
    asks and no node may serve one; `offline`, our own network is down; `all_out`, only the admin can mend
    it; `too_long`; `refused`; `bad_request`. `ready_in_s` is when the next node is due, in seconds, where it
    is known.
    """

    def __init__(
        self,
        reason: NoAnswerReason,
        why: str = "",
        ready_in_s: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {why}" if why else reason)
        self.reason = reason
        self.ready_in_s = ready_in_s
        self.tried: tuple[Tried, ...] = ()
        """The attempts that were made, in order."""


# ── A platform could not show it ──────────────────────────────────────────────────────────────────


class PlatformError(PorchlightError):
    """What an adapter's call may raise."""


class FloodWait(PlatformError):
    """Nothing may be sent into this chat for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"flood wait of {seconds:.0f} s")
        self.seconds = seconds


class Gone(PlatformError):
    """The post or the chat is not there any more."""


class NoRight(Gone):
    """We may not do that there; somebody who runs that chat could let us, or nobody can."""


class Unclear(PlatformError):
    """The call may or may not have happened."""


class BadFormat(PlatformError):
    """The platform refuses the formatting; the same words as plain text may pass."""


# ── The disk ──────────────────────────────────────────────────────────────────────────────────────


class StorageError(PorchlightError):
    """The database could not do it; the text is a sentence for the operator with what to do next."""


class StorageFull(StorageError):
    """The disk is full."""


# ── The start ───────────────────────────────────────────────────────────────────────────────────────


class AlreadyRunning(PorchlightError):
    """Another program has this data folder in use."""


class SettingsError(PorchlightError):
    """Every mistake found in the settings, one line each: the name, what is wrong, what to do."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
