"""Alerts about the disk, the copies and the platforms; and where nobody would see one, or not in time."""

from pathlib import Path

import pytest

from bot.alerts import free_bytes
from core.errors import StorageError
from core.troubles import FREE_BYTES_MIN, FREE_BYTES_WELL
from tests.bot.watch import ANNA, BEN, CLARA, REJECTED, SAY, Watch, alpha, beta


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
        for days in (1, 2, 3, 4):
            watch.backup_days = days
            await watch.look()
        (text,) = watch.said
        assert "for 3 days" in text
        watch.backup_days = 0
        await watch.look(2)
        assert watch.said[1:] == ["🟢 There is a new backup."]


async def test_a_backup_that_could_not_be_put_back_is_told(tmp_path: Path) -> None:
    """Once, with what to do; and the first that could is good news."""
    async with Watch(tmp_path, alpha()) as watch:
        watch.trial_failed = True
        await watch.look(2)
        await watch.restart()
        await watch.look()
        (text,) = watch.said
        assert "/backup" in text
        watch.trial_failed = False
        await watch.look(2)
        assert watch.said[1:] == ["🟢 The newest backup passed its trial."]


async def test_what_a_platform_complains_of_is_told_once_and_closed(tmp_path: Path) -> None:
    """Also when the program is begun again and again; that the platform is in touch is the good news, in
    words that fit whatever the complaint was."""
    async with Watch(tmp_path, alpha()) as watch:
        watch.complaints, watch.platforms["telegram"] = ["telegram token"], False
        for _ in range(3):
            await watch.look()
            await watch.restart()
        assert watch.said == [SAY.TROUBLES["telegram token"]]
        watch.complaints = []
        await watch.look(20)
        assert len(watch.said) == 1
        watch.platforms["telegram"] = True
        await watch.look(20)
        assert watch.said[1:] == ["🟢 With Telegram all is well again."]


async def test_a_question_on_the_command_line_repeats_no_alert(tmp_path: Path) -> None:
    """`porchlight ask` knows of no platform, beside a program whose platform lets nobody in."""
    async with Watch(tmp_path, alpha()) as watch:
        watch.complaints, watch.platforms["telegram"] = ["telegram token"], False
        await watch.look()
        serving = watch.complaints, watch.platforms
        watch.complaints, watch.platforms, watch.seen = [], {}, False
        await watch.restart()
        await watch.look()
        (watch.complaints, watch.platforms), watch.seen = serving, True
        await watch.restart()
        await watch.look(2)
        assert watch.said == [SAY.TROUBLES["telegram token"]]


async def test_nothing_is_said_where_it_would_come_too_late(tmp_path: Path) -> None:
    """What waits for a platform that lets nobody in would be read when it is over."""
    async with Watch(tmp_path, alpha()) as watch:
        watch.admins.append(CLARA)
        watch.complaints, watch.platforms["telegram"] = ["telegram token"], False
        await watch.look()
        assert {notice.person for notice in watch.notices} == {ANNA, BEN}
        watch.complaints = ["telegram conflict"]  # which keeps nobody from writing
        await watch.look()
        assert watch.notices[-1].person == CLARA


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


def test_the_room_on_the_disk_is_known(tmp_path: Path) -> None:
    """Where it is not, nothing is said about it."""
    assert (free_bytes(tmp_path) or 0) > 0
    assert free_bytes(tmp_path / "nowhere") is None
