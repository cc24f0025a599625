"""What was chosen about nodes while the program runs: those that were added, paused, or given another model.

It outlives the program. The keys of added nodes stand in the database as they are, because they have to be
sent; the database is for its owner alone (core/storage.py), and so are its backups.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from core.storage import Database
from core.types import NodeSpec


@dataclass(frozen=True, slots=True)
class Added:
    """A node as it was added in a chat; what else belongs to a `NodeSpec` is the same as for its kind."""

    name: str
    kind: str
    url: str
    model: str
    """Empty: not chosen yet."""
    key: str = field(repr=False)
    """Empty where none is wanted: in the house."""
    account_id: str = ""
    """Cloudflare's."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """About one node."""

    paused: bool = False
    model: str | None = None
    """To be asked there, as long as the settings still name `instead_of`."""
    instead_of: str | None = None


class NodeChoices:
    """Names are the same in capital and small letters. Every method raises `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def added(self) -> list[Added]:
        rows = await self._database.read("SELECT * FROM added_nodes ORDER BY rowid")
        return [
            Added(row["name"], row["kind"], row["url"], row["model"], row["key"], row["account_id"])
            for row in rows
        ]

    async def chosen(self) -> dict[str, Chosen]:
        """By the node's name in small letters."""
        rows = await self._database.read("SELECT * FROM node_choices")
        return {
            row["name"].casefold(): Chosen(bool(row["paused"]), row["model"], row["instead_of"])
            for row in rows
        }

    async def add(self, it: Added) -> None:
        """One of the same name is replaced."""
        await self._database.write(
            (
                "INSERT OR REPLACE INTO added_nodes VALUES (?, ?, ?, ?, ?, ?)",
                (it.name, it.kind, it.url, it.model, it.key, it.account_id),
            ),
            ("DELETE FROM node_choices WHERE name = ?", (it.name,)),
        )

    async def rename(self, name: str, to: str) -> None:
        """One that was added. Nothing else has that name."""
        await self._database.write(("UPDATE added_nodes SET name = ? WHERE name = ?", (to, name)))

    async def remove(self, name: str) -> None:
        """With its key and all that was chosen about it."""
        await self._database.write(
            ("DELETE FROM added_nodes WHERE name = ?", (name,)),
            ("DELETE FROM node_choices WHERE name = ?", (name,)),
        )

    async def pause(self, name: str, paused: bool) -> None:
        await self._database.write(
            (
                "INSERT INTO node_choices (name, paused) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET paused = excluded.paused",
                (name, paused),
            )
        )

    async def choose_model(self, name: str, model: str, instead_of: str) -> None:
        """Of an added node it is the model from now on; of one in the settings, what is asked there as long
        as they name `instead_of`."""
        await self._database.write(
            ("UPDATE added_nodes SET model = ? WHERE name = ?", (model, name)),
            (
                "INSERT INTO node_choices (name, model, instead_of) SELECT ?, ?, ?"
                " WHERE NOT EXISTS (SELECT 1 FROM added_nodes WHERE name = ?)"
                " ON CONFLICT DO UPDATE SET model = excluded.model, instead_of = excluded.instead_of",
                (name, model, instead_of, name),
            ),
        )


def with_choices(
    named: Iterable[NodeSpec],
    added: Iterable[Added],
    chosen: Mapping[str, Chosen],
    spec_of: Callable[[Added], NodeSpec],
) -> list[NodeSpec]:
    """The nodes of the settings, each with the model that was chosen for it, and those that were added. Where
    both have a name, the settings count: there it can be seen."""
    specs = []
    for spec in named:
        choice = chosen.get(spec.name.casefold(), Chosen())
        takes = choice.model is not None and choice.instead_of == spec.model
        specs.append(replace(spec, model=choice.model or "") if takes else spec)
    taken = {spec.name.casefold() for spec in specs}
    return specs + [spec_of(it) for it in added if it.model and it.name.casefold() not in taken]
