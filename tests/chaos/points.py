"""The points of an answer's life at which the program is killed, in which order, and the gaps in between.

Points are seen from outside, at the stand-ins, so that nothing in the program is patched: a call is about to
come in and never does; it has arrived; it has taken effect and its reply is not sent; its reply is on its
way. A kill is at a point or at a random time; which comes when, and which gap before it, depends on the seed
alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tests.chaos.street import COMMITTED, DELETE, HANDED, POST, SEARCH, How, moments

AT_RANDOM = "at random"

LEAVES_A_STRAY = f"{POST} applied"
AFTER_A_STRAY = (*moments(SEARCH, "arrived"), *moments(DELETE, "arrived", "applied", "replied"))
"""Only passed when a post's fate was unknown, so a kill that makes it so comes before."""
ONCE = (HANDED, COMMITTED, *AFTER_A_STRAY)

RANDOM_SHARE = 0.35
RANDOM_S = (0.1, 1.7)
"""After the start; the first half second is the program coming up."""
SKIPS_MAX = 3
TRAVELS_S_MAX = 0.015
"""Of what is on its way to the program."""

DEAD_SHARE = 0.35
GAP_MINUTES = (1.0, 30.0)
FORGETTING_MINUTES = 4.0
"""After so long a platform that knows a post again does not any more."""
SILENT_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Doom:
    """How one run of the program ends."""

    point: str
    skips: int = 0
    """So many times the point is passed before."""
    after_s: float = 0.0
    """After the point; or, at random, after the start."""


@dataclass(frozen=True, slots=True)
class Gap:
    how: How
    minutes: float
    silent: bool = False
    """The calls do not get through either, or their replies do not."""


@dataclass(frozen=True, slots=True)
class Life:
    """One run of the program; a gap in which it is dead comes before it, any other at its beginning."""

    doom: Doom
    gap: Gap | None = None


def lives(kills: int, gaps: int, points: tuple[str, ...], kinds: Sequence[How], random: Random) -> list[Life]:
    """With so many `gaps` among them, of these `kinds` and those in which the program is dead."""
    planned = [Life(doom) for doom in plan(kills, points, random)]
    after_a_stray = [at for at, life in enumerate(planned) if life.doom.point in AFTER_A_STRAY]
    others = [at for at in range(kills) if at not in after_a_stray]
    dead = random.sample(after_a_stray, min(len(after_a_stray), int(gaps * DEAD_SHARE)))
    for at in dead:
        minutes = random.uniform(FORGETTING_MINUTES, GAP_MINUTES[1])
        planned[at] = replace(planned[at], gap=Gap("dead", minutes))
    bag: list[How] = []
    for at in random.sample(others, min(len(others), gaps - len(dead))):
        bag = bag or random.sample(("dead", *kinds), 1 + len(kinds))
        how, minutes = bag.pop(), random.uniform(*GAP_MINUTES)
        silent = how != "dead" and random.random() < SILENT_SHARE
        planned[at] = replace(planned[at], gap=Gap(how, minutes, silent))
    return planned


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
            dooms.append(Doom(LEAVES_A_STRAY, random.randrange(SKIPS_MAX)))
        skips = 0 if point in ONCE else random.randrange(SKIPS_MAX)
        after_s = random.uniform(0.0, TRAVELS_S_MAX) if point.endswith(("replied", "told")) else 0.0
        dooms.append(Doom(point, skips, after_s))
    return dooms[:kills]
