"""What admins hear at once: each trouble once, together what comes together, and closed by its good news."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot import phrases
from bot.alerts import CALM_S, LASTS_S, Alerts, free_bytes
from bot.notices import Notice
from core.errors import NodeError, RateLimited, Rejected, StorageError, Unavailable
from core.node import Node
from core.providers import End
from core.storage import Database, Statement, open_database
from core.troubles import DAY_S, FREE_BYTES_MIN, FREE_BYTES_WELL, Signs, Told
from core.types import Person
from tests.fakes import Clock, Player, node

SAY = phrases.of()
ANNA, BEN = Person("stage", "1", "Anna"), Person("stage", "2", "Ben", "de")
REJECTED = Rejected("401", "Put a new key into .env.")


class Watch:
    """A house that is watched by one run of the program after the other; `said` is all that Anna heard."""

    def __init__(self, folder: Path, *nodes: Node) -> None:
        self.clock = Clock()
        self.nodes = list(nodes)
        self.free_bytes: int | None = None
        self.backup_age_s: float | None = None
        self.seen = True
        """Whether anybody can be told."""
        self.dies = False
        """The program is killed before anything is on disk."""
        self.notices: list[Notice] = []
        self.told: list[str] = []
        """To whoever started the program."""
        self._folder = folder
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Watch":
        await self.restart()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self._stack.aclose()
        self._database: Database = await self._stack.enter_async_context(open_database(self._folder / "t.db"))
        self._alerts = Alerts(
            *(Told(self._database), self._signs, self._announce, lambda: [ANNA, BEN]),
            *(lambda person: phrases.of(person.language), self.told.append, SAY),
            clock=self.clock,
            now=self.clock,
        )

    async def _signs(self) -> Signs:
        return Signs(self.nodes, self.clock(), self.free_bytes, self.backup_age_s)

    async def _announce(self, notices: Sequence[Notice], also: Sequence[Statement]) -> bool:
        if self.dies:
            raise StorageError("killed")
        if self.seen:
            await self._database.write(*also)
            self.notices += notices
        return self.seen

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices if notice.person == ANNA]

    async def look(self, times: int = 1, every_s: float = 20.0) -> None:
        for _ in range(times):
            await self._alerts.look()
            self.clock.advance(every_s)

    def fails(self, it: Node, error: NodeError, times: int = 1) -> None:
        for _ in range(times):
            lease = it.lease(self.clock(), early=True)
            assert lease is not None
            it.failed(lease, error, self.clock())

    def answers(self, it: Node) -> None:
        lease = it.lease(self.clock(), early=True)
        assert lease is not None
        it.succeeded(lease, End(), 0.5)


def alpha() -> Node:
    return node("Alpha", Player())


def beta() -> Node:
    return node("Beta", Player())


async def test_a_node_that_only_a_person_can_mend_is_told_once(tmp_path: Path) -> None:
    """With what to do, to every admin in their language, and not again after a restart."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        await watch.look(3)
        await watch.restart()
        await watch.look(3)
        assert watch.said == [SAY.model_out("Alpha", REJECTED.remedy)]
        german = phrases.of("de").model_out("Alpha", REJECTED.remedy)
        assert [(it.person, it.text) for it in watch.notices[1:]] == [(BEN, german)]
        assert not watch.notices[0].silent


async def test_only_an_answer_is_good_news_of_a_node(tmp_path: Path) -> None:
    """A node that was reset has shown nothing yet; it arrives without a sound, and once."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        await watch.look()
        bad.reset()
        await watch.look(2)
        assert len(watch.said) == 1
        watch.answers(bad)
        await watch.look(2)
        await watch.restart()
        await watch.look()
        assert watch.said[1:] == ["🟢 The model Alpha answers again."]
        assert watch.notices[-1].silent


async def test_what_fails_again_after_a_reset_is_told_again(tmp_path: Path) -> None:
    """Whoever believes it is mended wants to know that it is not."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        await watch.look()
        bad.reset()
        await watch.look()
        watch.fails(bad, REJECTED)
        await watch.look(2)
        assert len(watch.said) == 2


async def test_another_remedy_is_told_anew(tmp_path: Path) -> None:
    """The quota was used up and that was told; now the key is refused."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, RateLimited("402", used_up=True))
        await watch.look()
        watch.clock.advance(DAY_S)
        watch.fails(bad, REJECTED)
        await watch.look(2)
        assert len(watch.said) == 2
        assert REJECTED.remedy in watch.said[1]


async def test_what_breaks_together_is_told_together(tmp_path: Path) -> None:
    """Three troubles of one moment are one post, the worst first, and so are their ends."""
    nodes = [alpha(), beta()]
    async with Watch(tmp_path, *nodes, node("Home", Player(), local=True)) as watch:
        for it in nodes:
            watch.fails(it, REJECTED)
        watch.free_bytes = FREE_BYTES_MIN - 1
        await watch.look(2)
        (text,) = watch.said
        assert [line[0] for line in text.split("\n\n")] == ["🔴"] * 3
        assert text.index("disk") < text.index("Alpha") < text.index("Beta")
        for it in nodes:
            it.reset()
            watch.answers(it)
        await watch.look(2)
        assert watch.said[1] == "🟢 The model Alpha answers again.\n\n🟢 The model Beta answers again."


async def test_nobody_can_be_answered_when_that_lasts(tmp_path: Path) -> None:
    """Not for a limit per minute, but after three; and the good news has to last, too."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        watch.fails(only, RateLimited("429", 60, stated=True))
        await watch.look(4)
        assert watch.said == []
        watch.fails(only, Unavailable("server", "500"), times=5)
        await watch.look(int(LASTS_S["nobody"] // 20) + 2)
        assert "Nobody can be answered" in watch.said[0]
        watch.answers(only)
        await watch.look(2)
        assert len(watch.said) == 1
        await watch.look(int(CALM_S["nobody"] // 20) + 1)
        assert watch.said[1:] == ["🟢 Questions are answered again."]


async def test_only_the_mini_model_is_no_answer_a_family_wants(tmp_path: Path) -> None:
    """That is told when it lasts; a house that has nothing else is as it should be."""
    good, mini = alpha(), node("Mini", Player(), small=True, local=True)
    async with Watch(tmp_path, good, mini) as watch:
        watch.fails(good, RateLimited("429", 7200, stated=True))
        await watch.look(int(LASTS_S["only_small"] // 20) + 2)
        assert len(watch.said) == 1
        assert "mini model" in watch.said[0]
        watch.nodes = [mini]
        await watch.look(int(CALM_S["only_small"] // 20) + 2)
        assert watch.said[1:] == ["🟢 Questions are answered again."]


async def test_what_an_admin_has_paused_is_no_trouble(tmp_path: Path) -> None:
    """They know of it."""
    bad = alpha()
    async with Watch(tmp_path, bad) as watch:
        watch.fails(bad, REJECTED)
        bad.paused = True
        await watch.look(30)
        assert watch.said == []


async def test_a_disk_that_is_almost_full_is_told_before_it_is(tmp_path: Path) -> None:
    """And over when there is real room again, not when a few bytes come and go."""
    async with Watch(tmp_path, alpha()) as watch:
        for free in (FREE_BYTES_MIN, FREE_BYTES_MIN - 1, FREE_BYTES_MIN, FREE_BYTES_MIN - 1):
            watch.free_bytes = free
            await watch.look()
        assert len(watch.said) == 1
        watch.free_bytes = FREE_BYTES_WELL
        await watch.look(2)
        assert watch.said[1:] == ["🟢 There is room on the disk again."]


async def test_a_backup_that_fails_for_three_days_is_told(tmp_path: Path) -> None:
    """Not one that is late; and the next one is good news."""
    async with Watch(tmp_path, alpha()) as watch:
        for days in (1.0, 2.9, 3.1, 4.2):
            watch.backup_age_s = days * DAY_S
            await watch.look()
        (text,) = watch.said
        assert "for 3 days" in text
        watch.backup_age_s = 60.0
        await watch.look(2)
        assert watch.said[1:] == ["🟢 There is a new backup."]


async def test_what_nobody_would_see_is_told_where_the_program_was_started(tmp_path: Path) -> None:
    """Once; and the next run, which has somebody to tell, tells them."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        watch.seen = False
        await watch.look(3)
        assert watch.told == [SAY.model_out("Alpha", REJECTED.remedy)]
        watch.seen = True
        await watch.restart()
        await watch.look(2)
        assert len(watch.said) == 1


async def test_a_program_that_is_killed_while_telling_tells_once(tmp_path: Path) -> None:
    """What was told is on disk together with the post, or neither is."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        watch.dies = True
        with pytest.raises(StorageError):
            await watch.look()
        watch.dies = False
        await watch.restart()
        await watch.look(2)
        assert len(watch.said) == 1


async def test_a_node_that_is_gone_is_no_news(tmp_path: Path) -> None:
    """It was taken out of the settings: nothing is over, and should it come back, it begins anew."""
    bad = alpha()
    async with Watch(tmp_path, bad, beta()) as watch:
        watch.fails(bad, REJECTED)
        await watch.look()
        watch.nodes = [beta()]
        await watch.look(2)
        assert len(watch.said) == 1
        watch.nodes = [bad, beta()]
        await watch.look(2)
        assert len(watch.said) == 2


async def test_a_house_without_models_is_told_how_to_get_one(tmp_path: Path) -> None:
    """It is not called a failure of theirs."""
    async with Watch(tmp_path) as watch:
        await watch.look(6)
        (text,) = watch.said
        assert "No model is set up" in text


def test_the_room_on_the_disk_is_known(tmp_path: Path) -> None:
    """Where it is not, nothing is said about it."""
    assert (free_bytes(tmp_path) or 0) > 0
    assert free_bytes(tmp_path / "nowhere") is None
