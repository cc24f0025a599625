"""The points of an answer's life at which the program is killed, and in which order.

They are seen from outside, at the stand-ins, so that nothing in the program is patched: a call is about to
come in and never does; it has arrived; it has taken effect and its reply is not sent; its reply is on its
way. A kill is at a point or at a random time; which comes when depends on the seed alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.chaos import node
from tests.chaos.judge import WORD
from tests.servers.loopback import HungUp
from tests.servers.telegram import Moment, TelegramServer
from tests.servers.telegram_calls import Call

AT_RANDOM = "at random"

HANDED, COMMITTED = "updates handed out", "the next offset arrives"
SENT = tuple(f"sendMessage {moment}" for moment in ("never arrives", "arrived", "applied", "replied"))
PREVIEW = tuple(f"preview edit {moment}" for moment in ("arrived", "applied", "replied"))
FINAL = tuple(f"final edit {moment}" for moment in ("never arrives", "arrived", "applied", "replied"))
PROBED = ("stray looked for arrived",)
DELETED = tuple(f"deleteMessage {moment}" for moment in ("arrived", "applied", "replied"))
TYPING = "typing arrived"

ANY_ORDER = (HANDED, COMMITTED, *SENT, *node.POINTS)
"""The points that every bot passes, however it is written."""
OURS = (*ANY_ORDER, TYPING, *PREVIEW, *FINAL, *PROBED, *DELETED)

AFTER_A_STRAY = (*PROBED, *DELETED)
"""Only passed when a post's fate was unknown, so a kill that makes it so comes before."""
ONCE = (HANDED, COMMITTED, *AFTER_A_STRAY)

RANDOM_SHARE = 0.35
RANDOM_S = (0.1, 1.7)
"""After the start; the first half second is the program coming up."""
SKIPS_MAX = 3
REPLY_TRAVELS_S = 0.015


@dataclass(frozen=True, slots=True)
class Doom:
    """How one run of the program ends."""

    point: str
    skips: int = 0
    """So many times the point is passed before."""
    after_s: float = 0.0
    """After the point; or, at random, after the start."""


def plan(kills: int, points: tuple[str, ...], random: Random) -> list[Doom]:
    """Every point about equally often, in random order."""
    dooms: list[Doom] = []
    bag: list[str] = []
    while len(dooms) < kills:
        if random.random() < RANDOM_SHARE:
            dooms.append(Doom(AT_RANDOM, after_s=random.uniform(*RANDOM_S)))
            continue
        if not bag:
            bag = random.sample(points, len(points))
        point = bag.pop()
        if point in AFTER_A_STRAY:
            dooms.append(Doom("sendMessage applied", random.randrange(SKIPS_MAX)))
        skips = 0 if point in ONCE else random.randrange(SKIPS_MAX)
        after_s = random.uniform(0.0, REPLY_TRAVELS_S) if point.endswith("replied") else 0.0
        dooms.append(Doom(point, skips, after_s))
    return dooms[:kills]


class Watch:
    """Tells when a call passes a point of an answer's life, and remembers which calls were violations."""

    def __init__(self, server: TelegramServer, passed: Callable[[str], bool]) -> None:
        """`passed` says whether the program was killed there."""
        self.violations: list[Call] = []
        self._server = server
        self._passed = passed
        self._offset = 0
        self._violations_known = 0
        server.on_call = self._called

    def _called(self, moment: Moment, call: Call) -> None:
        if len(self._server.violations) > self._violations_known:
            self._violations_known = len(self._server.violations)
            self.violations.append(call)
        if call.method == "getUpdates":
            self._polled(moment, call)
            return
        name = _name(call)
        if moment == "arrived" and self._passed(f"{name} never arrives"):
            raise HungUp
        if moment == "arrived" or call.applied:
            self._passed(f"{name} {moment}")

    def _polled(self, moment: Moment, call: Call) -> None:
        if moment == "replied" and call.applied and len(self._server.updates):
            self._passed(HANDED)
        elif moment == "arrived" and call.params.get("offset", 0) > self._offset:
            self._offset = call.params["offset"]
            self._passed(COMMITTED)


def _name(call: Call) -> str:
    match call.method:
        case "editMessageText":
            words = [found[0] for found in WORD.finditer(call.params["text"])]
            return "final edit" if words and words[-1].endswith("end") else "preview edit"
        case "editMessageReplyMarkup":
            return "stray looked for"
        case "sendChatAction":
            return "typing"
        case method:
            return method
