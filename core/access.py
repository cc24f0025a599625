"""Who somebody is here and what they may do. Nobody is let in who is not listed.

A person is a platform and an id, never a name. Everything that acts for a person asks `role_of` first;
None means a stranger, who gets nothing.
"""

from collections.abc import Iterable
from typing import Literal

from core.types import Person

Role = Literal["admin", "adult", "teen", "child", "guest"]
MINORS: frozenset[Role] = frozenset({"teen", "child"})


class Access:
    def __init__(self, admins: Iterable[Person]) -> None:
        self._admins = frozenset((person.platform, person.id) for person in admins)

    def role_of(self, person: Person) -> Role | None:
        """None for a stranger."""
        return "admin" if (person.platform, person.id) in self._admins else None
