"""The list of people: what is kept of each, and how they are called."""

from pathlib import Path

import pytest

from core.people import clean_name
from core.storage import MIGRATIONS, open_database
from core.types import Person
from tests.core.homes import ADMIN, BEN, count_in, home
from tests.fakes import Clock


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna", "Anna"),
        ("  Anna \t\n Maria  ", "Anna Maria"),
        ("\u202enimda\u202c", "nimda"),
        ("A\u200b\u2066n\u2069\ufeffna\0\x1b[31m", "Anna31m"),
        ("[Support](https://evil.example/login)", "Support(https://evil.example/login)"),
        ("*B*_o_`b`", "Bob"),
        ("\u3164\u2800", ""),
        ("half \ud83d a pair", "half a pair"),
        ("line\u2028feed\u2029s", "line feed s"),
        ("e\u0301", "é"),
        ("Nguyễn Thị Ánh 🌸", "Nguyễn Thị Ánh 🌸"),
        ("x" * 500, "x" * 64),
        ("\u200b\u202e", ""),
        ("", ""),
    ],
    ids=[
        *(
            "plain",
            "spaces",
            "backwards",
            "unseen",
            "link",
            "marks",
            "blank",
            "half a pair",
            "line ends",
            "composed",
        ),
        *("other scripts", "long", "nothing to see", "empty"),
    ],
)
def test_a_name_is_shown_without_what_could_deceive(name: str, shown: str) -> None:
    """One line of at most 64 letters, all of them to be seen, in the order in which they are read."""
    assert clean_name(name) == shown


async def test_an_invites_name_counts_more_than_the_clients(tmp_path: Path) -> None:
    """Who is let in under a name has that one; who is let in without has the one they gave themselves."""
    async with home(tmp_path) as it:
        await it.access.let_in(Person("stage", "2", "xX_ben_Xx"), "child", name="Ben\u202e")
        await it.access.let_in(Person("stage", "3", "Cleo"), "child")
        assert [it.listed(Person("stage", number)).name for number in "23"] == ["Ben", "Cleo"]


async def test_a_new_run_lists_nobody_twice(tmp_path: Path) -> None:
    """However often the program starts, whom the settings name has one row."""
    for _ in range(3):
        async with home(tmp_path, admins=[ADMIN, ADMIN, BEN]) as it:
            assert await count_in(it.database, "people") == 3  # with the sofa
            assert await count_in(it.database, "accounts") == 3


async def test_a_house_from_before_is_taken_over(tmp_path: Path) -> None:
    """A database that knew no people gets them, and keeps what it held."""
    first = tmp_path / "steps"
    first.mkdir()
    name = "0001_house.sql"
    (first / name).write_text(MIGRATIONS.joinpath(name).read_text("utf-8"))
    async with open_database(tmp_path / "test.db", first, Clock()) as before:
        await before.write(("INSERT INTO choices VALUES ('strategy', 'random')", ()))
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "adult")
        rows = await it.database.read("SELECT value FROM choices")
        assert [row["value"] for row in rows] == ["random"]


async def test_who_leaves_takes_nobody_along(tmp_path: Path) -> None:
    """Whom a removed admin had let in stays; only that they did is forgotten."""
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "admin")
        await it.access.let_in(Person("stage", "3"), "child", by=BEN)
        await it.access.remove(it.listed(BEN).id)
        child = it.listed(Person("stage", "3"))
        assert (child.role, child.added_by) == ("child", None)


async def test_the_log_tells_who_was_let_in_without_their_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever runs the program can read when the doors moved."""
    caplog.set_level("INFO", "core.people")
    async with home(tmp_path) as it:
        await it.access.let_in(BEN, "admin", name="Benjamin", by=ADMIN)
        ben = it.listed(BEN).id
        await it.access.set_role(ben, "adult")
        await it.access.remove(ben)
    assert [record.levelname for record in caplog.records] == ["INFO"] * 3
    assert "stage 2 was let in as admin" in caplog.text
    assert f"Member {ben} was removed" in caplog.text
    assert "Ben" not in caplog.text
