"""Research as people meet it: progress, buttons, the queue, allowances, and what is asked again."""

from pathlib import Path

from core.errors import NoAnswer
from core.research import Basis, Researched
from core.roles import RESEARCHES
from core.types import Chat, Incoming, Person, SoFar, Status
from tests.bot.scenes import HOME, PARENT, SAY, scene
from tests.bot.scripted_research import BEN, BENS, WHOLE, Script, alpha, press
from tests.fakes import Street, node


async def test_it_shows_how_far_it_is_and_then_the_answer_with_buttons(tmp_path: Path) -> None:
    """In one post: searching, reading, the text as far as it is there; and what it relied on at a press."""
    street = Street()
    script = Script(
        Status("searching"),
        Status("reading", count=8, sites=("lake.example",)),
        WHOLE,
        slow=True,
    )
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.say("/research how deep?")
        await street.shows(lambda: street.texts() == ["🔎 8 results · reading `lake.example` …"])
        script.looked[0].go_on.set()
        await house.calm()
        assert street.texts() == [WHOLE.markdown]
        (post, shown), *_ = street.posts.items()
        assert [button.label for button in shown.buttons] == ["Show quotes", "Dig deeper", "Retry"]
        await press(house, shown.buttons[0].command, post)
        assert "> It is forty metres deep." in street.texts()[-1]
        assert "https://lake.example/depth" in street.texts()[-1]


async def test_what_is_there_so_far_takes_the_place_of_what_was(tmp_path: Path) -> None:
    """Also when it is shorter."""
    street = Street()
    script = Script(SoFar("Forty metres evil"), SoFar("Forty metres"), WHOLE, slow=True)
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.say("/research how deep?")
        await street.shows(lambda: street.texts() == ["Forty metres"])
        script.looked[0].go_on.set()
        await house.calm()


async def test_quotes_are_there_after_a_restart_and_only_for_whoever_asked(tmp_path: Path) -> None:
    """And a forged button shows nothing."""
    street = Street()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=Script()) as house:
        await house.desktop.family.access.let_in(BEN, "adult")
        await house.hear("/research how deep?")
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=Script()) as house:
        house.said = 10
        assert "forty metres deep" in await house.hear("/quotes 1")
        for command in ("/quotes 1", "/quotes 99", "/quotes", "/quotes ²"):
            assert await house.hear(command, person=BEN, chat=BENS) == SAY.NO_QUOTES


async def test_dig_deeper_asks_the_same_again_with_more(tmp_path: Path) -> None:
    """As a new answer; and asked again by Retry it is searched for anew, not answered from what is kept."""
    street, script = Street(), Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.hear("/research how deep?")
        await house.hear("/deeper 1")
        await house.hear("/retry 1")
    assert [looking.question for looking in script.looked] == ["how deep?"] * 3
    assert [looking.how["deeper"] for looking in script.looked] == [False, True, False]
    assert [looking.how["anew"] for looking in script.looked] == [False, False, True]
    assert script.looked[1].earlier == []


async def test_an_answer_stands_until_there_is_a_better_one(tmp_path: Path) -> None:
    """Progress does not take its place, and neither does a failure."""
    street, script = Street(), Script(slow=True)
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.say("/research how deep?")
        await street.shows(lambda: len(script.looked) == 1 and bool(street.posts))
        script.looked[0].go_on.set()
        await house.calm()
        (post,) = street.posts
        script.fails = True
        said = Incoming(HOME, PARENT, "again", "/retry 1", house.clock.now, pressed=post)
        await house.desk.accept("stage", [said], None)
        await street.shows(lambda: len(script.looked) == 2)
        assert street.posts[post].text == WHOLE.markdown
        script.looked[1].go_on.set()
        await house.calm()
        assert street.posts[post].text == WHOLE.markdown


async def test_who_waits_for_themselves_takes_nobody_s_place(tmp_path: Path) -> None:
    """And is told what it is that comes first."""
    street, script = Street(), Script(slow=True)
    chats = [Chat("stage", f"chat {number}") for number in range(3)]
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.desktop.family.access.let_in(BEN, "adult")
        for chat in chats:
            await house.say("/research how deep?", chat=chat)
        await street.shows(lambda: sum("Your other question" in text for text in street.texts()) == 2)
        await house.say("/research how wide?", person=BEN, chat=BENS)
        await street.shows(lambda: len(script.looked) == 2)
        for count in range(1, 5):
            await street.shows(lambda count=count: len(script.looked) >= count)  # type: ignore[misc]
            script.looked[count - 1].go_on.set()
        await house.calm()


async def test_in_a_group_everybody_may_see_the_quotes(tmp_path: Path) -> None:
    """The answer stands there for all; but only who asked may ask again."""
    group = Chat("stage", "-7", "group")
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=Script()) as house:
        await house.desktop.family.chats.allow_group(group, "Family", PARENT)
        await house.desktop.family.access.let_in(BEN, "adult")
        await house.hear("/research how deep?", chat=group)
        assert "forty metres deep" in await house.hear("/quotes 1", person=BEN, chat=group)
        assert await house.hear("/deeper 1", person=BEN, chat=group) == SAY.ONLY_WHO_ASKED
        assert await house.hear("/quotes 1", person=BEN, chat=BENS) == SAY.NO_QUOTES


async def test_it_can_be_stopped_at_any_moment(tmp_path: Path) -> None:
    """While nothing is written yet, too; nothing of it goes on, and progress is no answer."""
    street, script = Street(), Script(slow=True)
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.say("/research how deep?")
        await street.shows(lambda: any("🔎" in text for text in street.texts()))
        await house.hear("/stop")
        assert script.ended == 1
        assert street.texts()[0] == SAY.STOPPED


async def test_if_no_model_answers_there_is_a_sentence(tmp_path: Path) -> None:
    """And a button to ask again."""
    street = Street()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=Script(fails=True)) as house:
        said = await house.hear("/research how deep?")
        assert said == SAY.no_answer(NoAnswer("exhausted"), private=False)
        assert [button.label for button in next(iter(street.posts.values())).buttons] == ["Retry"]


async def test_why_tells_that_nothing_was_found(tmp_path: Path) -> None:
    """Where there was nothing to read, no model wrote what stands there, and none is blamed."""
    street, script = Street(), Script(Researched("Nothing there.", Basis("pages"), found=False))
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.hear("/research what stands on https://lake.example/gone")
        assert await house.hear("/why") == SAY.WHY_NOTHING_FOUND


async def test_one_at_a_time_each_and_three_over_all(tmp_path: Path) -> None:
    """Who waits sees how many are before them, and is next when one of those is done."""
    street, script = Street(), Script(slow=True)
    people = [Person("stage", str(10 + number), f"P{number}") for number in range(4)]
    chats = [Chat("stage", f"chat {number}") for number in range(4)]
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        for person, chat in zip(people, chats, strict=True):
            await house.desktop.family.access.let_in(person, "adult")
            await house.say("/research how deep?", person=person, chat=chat)
        await street.shows(lambda: any("1 before you" in text for text in street.texts()))
        assert len(script.looked) == 3
        elsewhere = Chat("stage", "elsewhere")
        await house.say("/research how wide?", person=people[0], chat=elsewhere)
        script.looked[0].go_on.set()
        await street.shows(lambda: len(script.looked) == 4)
        for looking in script.looked:
            looking.go_on.set()
        await street.shows(lambda: len(script.looked) == 5)
        script.looked[4].go_on.set()
        await house.calm()
        assert street.texts().count(WHOLE.markdown) == 5


async def test_looking_up_has_an_allowance_of_its_own(tmp_path: Path) -> None:
    """When it is used up, questions are still answered."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.desktop.family.access.let_in(BEN, "guest")
        allowance = RESEARCHES["guest"]
        assert allowance is not None
        for _ in range(allowance.a_minute):
            assert await house.hear("/research how deep?", person=BEN, chat=BENS) == WHOLE.markdown
        said = await house.hear("/research how deep?", person=BEN, chat=BENS)
        assert said == SAY.RESEARCH_USED_UP["minute"]
        assert await house.hear("How deep?", person=BEN, chat=BENS) == "From memory."
    assert len(script.looked) == allowance.a_minute


async def test_what_was_looked_up_can_be_forgotten(tmp_path: Path) -> None:
    """All of it."""
    async with scene(tmp_path, node("Alpha", alpha())) as house:
        await house.desktop.web.put("page", "a" * 64, "canary", 3600.0)
        assert await house.hear("/forget") == SAY.FORGOTTEN
        assert await house.desktop.web.get("page", "a" * 64) is None
