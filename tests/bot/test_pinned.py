"""The pinned status: one post that is kept up to date, calmly, and across restarts."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.admin_commands import pinned_status
from bot.pinned import EVERY_S
from core.errors import FloodWait, NoRight, Unclear
from core.node import Node
from core.providers import End
from core.types import Chat, Incoming
from tests.bot.scenes import HOME, PARENT, SAY, Scene, scene
from tests.fakes import Player, Street, node


@asynccontextmanager
async def home(folder: Path, street: Street, *nodes: Node, now: float = 0.0) -> AsyncGenerator[Scene, None]:
    async with scene(folder, *nodes, stage=street) as house:
        house.clock.advance(now)
        street.heard_at = house.clock.now
        house.said = 100 * len(street.history)  # what is said in the next run has other ids
        yield house


async def look(house: Scene) -> None:
    await house.desktop.operating.pins.look(lambda person: pinned_status(house.desktop, person, SAY))


def alpha() -> Node:
    return node("Alpha", Player(["An answer.", End()]))


async def test_the_status_is_pinned_and_edited_in_place(tmp_path: Path) -> None:
    """At most once a minute, and only if it would say something else."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        (post,) = street.posts
        await look(house)
        assert street.pinned == [post]
        for _ in range(5):
            house.clock.advance(EVERY_S)
            street.heard_at = house.clock.now
            await look(house)
        assert len(street.history) == 1
        house.pool.nodes[0].paused = True
        await look(house)
        assert "⚪ Alpha: paused" in street.posts[post].text
        house.pool.nodes[0].paused = False
        await look(house)
        assert "⚪ Alpha: paused" in street.posts[post].text
        house.clock.advance(EVERY_S)
        street.heard_at = house.clock.now
        await look(house)
        assert "🟢 Alpha: active" in street.posts[post].text
        assert [button.command for button in street.posts[post].buttons] == ["/status pin"]
        assert street.pinned == [post]


async def test_the_next_run_goes_on_with_the_same_post(tmp_path: Path) -> None:
    """Also if it was not pinned yet; what it shows already is not edited."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
    (post,) = street.posts
    async with home(tmp_path, street, alpha(), now=600.0) as house:
        await look(house)
        assert street.pinned == [post]
        assert len(street.history) == 1
    async with home(tmp_path, street, now=1200.0) as house:
        await look(house)
        assert street.pinned == [post]
        assert "No model is set up" in street.posts[post].text


async def test_a_run_that_has_just_begun_does_not_say_that_nobody_is_reached(tmp_path: Path) -> None:
    """In the very chat it edits. What stood there stays until every platform was heard, at most a minute."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
    (post,) = street.posts
    async with scene(tmp_path, alpha(), stage=street) as house:
        street.heard_at = None
        await look(house)
        assert street.posts[post].text.startswith(SAY.ALL_WELL)
        house.clock.advance(EVERY_S)
        await look(house)
        assert street.posts[post].text.startswith(SAY.platform_quiet("Stage"))


async def test_refresh_on_the_pinned_post_keeps_it_pinned(tmp_path: Path) -> None:
    """It is the same post, and nothing is posted anew."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
        (post,) = street.posts
        house.pool.nodes[0].paused = True
        pressed = Incoming(HOME, PARENT, "press-1", "/status pin", house.clock.now, pressed=post)
        await house.desk.accept("stage", [pressed], None)
        await house.calm()
        await look(house)
        assert list(street.posts) == [post]
        assert "⚪ Alpha: paused" in street.posts[post].text
        assert street.pinned == [post]


async def test_a_new_one_takes_the_place_of_the_old(tmp_path: Path) -> None:
    """Which is deleted; `/status unpin` deletes it, too, and ends it."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
        await house.hear("/status pin")
        await look(house)
        old, new = street.pinned
        assert old not in street.posts
        assert new in street.posts
        await house.hear("/status unpin")
        assert street.texts()[-1] == SAY.UNPINNED
        assert new not in street.posts
        assert await house.hear("/status unpin") == SAY.NOTHING_PINNED
        house.pool.nodes.clear()
        house.clock.advance(EVERY_S)
        before = list(street.history)
        await look(house)
        assert street.history == before


async def test_a_pinned_post_that_is_gone_is_let_go(tmp_path: Path) -> None:
    """It is not posted again behind the person's back."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
        street.posts.clear()
        house.pool.nodes.clear()
        house.clock.advance(EVERY_S)
        await look(house)
        await look(house)
        assert street.posts == {}
        assert await house.database.read("SELECT * FROM pins") == []


async def test_a_platform_that_refuses_for_a_while_is_tried_again(tmp_path: Path) -> None:
    """A flood wait is waited for, with all else that goes into that chat."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        street.troubles = [Unclear("lost"), FloodWait(30)]
        await look(house)
        await look(house)
        await look(house)
        assert street.pinned == []
        house.clock.advance(30)
        street.heard_at = house.clock.now
        await look(house)
        assert street.pinned == list(street.posts)


async def test_who_is_no_admin_any_more_has_nothing_pinned(tmp_path: Path) -> None:
    """The facts are for admins: the post goes."""
    street = Street()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
        await house.database.write(("UPDATE pins SET person = '99'", ()))
        house.clock.advance(EVERY_S)
        await look(house)
        assert street.posts == {}
        assert await house.database.read("SELECT * FROM pins") == []


class Unpinnable(Street):
    """Lets nothing be pinned."""

    tries = 0

    async def pin(self, chat: Chat, post: str) -> None:
        self.tries += 1
        raise NoRight("not here")


async def test_what_cannot_be_pinned_is_kept_up_to_date_all_the_same(tmp_path: Path) -> None:
    """And nobody is asked again and again."""
    street = Unpinnable()
    async with home(tmp_path, street, alpha()) as house:
        await house.hear("/status pin")
        await look(house)
        (post,) = street.posts
        house.pool.nodes[0].paused = True
        house.clock.advance(EVERY_S)
        await look(house)
        assert "⚪ Alpha: paused" in street.posts[post].text
        assert street.tries == 1
