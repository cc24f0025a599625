"""The roles, and what each may do: data, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Role = Literal["admin", "adult", "teen", "child", "guest"]
ROLES: tuple[Role, ...] = ("admin", "adult", "teen", "child", "guest")
"""In the order in which people are listed."""
MINORS: frozenset[Role] = frozenset({"teen", "child"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many questions: in one minute of the clock, and on one day of the family's calendar."""

    a_minute: int
    a_day: int


What = Literal["question", "research"]

ALLOWANCES: Mapping[Role, Allowance | None] = MappingProxyType(
    {
        "admin": None,  # who pays for it needs no allowance
        "adult": Allowance(10, 200),  # more than a day of hard work; it only stops what runs away
        "teen": Allowance(6, 60),
        "child": Allowance(5, 30),
        "guest": Allowance(3, 15),
    }
)

RESEARCHES: Mapping[Role, Allowance | None] = MappingProxyType(
    {
        "admin": None,
        "adult": Allowance(4, 60),  # each of them asks a search engine and several sites
        "teen": Allowance(3, 20),
        "child": Allowance(2, 10),
        "guest": Allowance(1, 5),
    }
)
"""Of their questions so many may be looked up on the web."""
