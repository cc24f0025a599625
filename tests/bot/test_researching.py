"""Research as people meet it: progress, buttons, the queue, allowances, and what is asked again."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.errors import NoAnswer
from core.providers import End
from core.research import Basis, Researched, Step, Words
from core.roles import RESEARCHES
from core.types import Button, Chat, Done, Incoming, Person, SoFar, Status, Turn
from core.verify import Quote
from core.web import Page, Source
from tests.bot.scenes import HOME, PARENT, SAY, Scene, scene
from tests.fakes import Player, Street, node

BEN, BENS = Person("stage", "2", "Ben"), Chat("stage", "bens")
LAKE = Source(1, Page("https://lake.example/depth", "The lake", "It is forty metres deep."))
WHOLE = Researched(
    "Forty metres. [[1]](https://lake.example/depth)",
    Basis("pages", "duckduckgo"),
    cited=(LAKE,),
    read=(LAKE,),
    quotes=(Quote(1, "It is forty metres deep."),),
    done=Done("Forty metres. [1]", "Alpha", "alpha"),
)


@dataclass
class Looking:
    """One research that is going on."""

    question: str
    earlier: list[Turn]
    how: dict[str, object]
    go_on: asyncio.Event = field(default_factory=asyncio.Event)


class Script:
    """A researcher who says these steps; `slow`: only when told to go on."""

    def __init__(self, *steps: Step, slow: bool = False, fails: bool = False) -> None:
        self.steps = steps or (Status("searching"), WHOLE)
        self.slow = slow
        self.fails = fails
        self.looked: list[Looking] = []
        self.ended = 0

    async def answer(
        self, question: str, words: Words, *, earlier: Sequence[Turn] = (), **how: object
    ) -> AsyncGenerator[Step, None]:
        looking = Looking(question, list(earlier), how)
        self.looked.append(looking)
        try:
            for step in self.steps:
                if isinstance(step, Researched) and self.slow:
                    await looking.go_on.wait()
                if isinstance(step, Researched) and self.fails:
                    raise NoAnswer("exhausted")
                yield step
        finally:
            self.ended += 1


def alpha() -> Player:
    return Player(["From memory.", End()], ["From memory again.", End()])


async def press(house: Scene, command: str, post: str, number: int = 0) -> None:
    said = Incoming(HOME, PARENT, f"press-{post}-{number}", command, house.clock.now, pressed=post)
    await house.desk.accept("stage", [said], None)
    await house.calm()


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
    """As a new answer; and asked again by Retry it is looked up again, not answered from memory."""
    street, script = Street(), Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        await house.hear("/research how deep?")
        await house.hear("/deeper 1")
        await house.hear("/retry 1")
    assert [looking.question for looking in script.looked] == ["how deep?"] * 3
    assert [looking.how["deeper"] for looking in script.looked] == [False, True, False]
    assert script.looked[1].earlier == []


async def test_a_question_about_these_days_can_be_looked_up(tmp_path: Path) -> None:
    """A quiet button under the answer; under one that is about anything else, or private, there is none."""
    street, script = Street(), Script()
    player = Player(["From memory.", End()], ["A poem.", End()])
    async with scene(tmp_path, node("Alpha", player), stage=street, researcher=script) as house:
        await house.hear("Who won yesterday?")
        shown = list(street.posts.values())[-1]
        assert Button("Look it up", "/lookup 1") in shown.buttons
        assert await house.hear("/lookup 1") == WHOLE.markdown
        await house.hear("Write me a poem about the sea")
        shown = list(street.posts.values())[-1]
        assert [button.label for button in shown.buttons] == ["Retry"]
    assert [looking.question for looking in script.looked] == ["Who won yesterday?"]


async def test_a_link_in_a_question_is_opened(tmp_path: Path) -> None:
    """Without being told to; a private question is not, whatever is in it."""
    script = Script()
    home = node("Home", Player(["At home.", End()]), local=True)
    async with scene(tmp_path, home, stage=Street(), researcher=script) as house:
        assert await house.hear("What does https://lake.example/depth say?") == WHOLE.markdown
        assert "At home." in await house.hear("/private What does https://lake.example/depth say?")
    assert len(script.looked) == 1


async def test_a_follow_up_comes_with_what_was_said_before(tmp_path: Path) -> None:
    """The answer before it is known to whoever looks it up, and to a model that is asked plainly."""
    script = Script()
    player = Player(["In Exampleland.", End()])
    async with scene(tmp_path, node("Alpha", player), stage=Street(), researcher=script) as house:
        await house.hear("/research how deep is the lake?")
        await house.hear("/research and where is it?")
        await house.hear("And who found it?")
    assert [turn.text for turn in script.looked[1].earlier] == ["how deep is the lake?", "Forty metres. [1]"]
    assert "Forty metres. [1]" in [turn.text for turn in player.asked[0].turns]
    assert "lake.example" not in str(player.asked[0].turns)


async def test_what_was_said_in_the_chat_is_no_business_of_a_search_engine(tmp_path: Path) -> None:
    """Only what this person had looked up before goes along."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.hear("My secret is canary words. What shall I do?")
        await house.hear("/research and where is it?")
    assert script.looked[0].earlier == []


@pytest.mark.parametrize("command", ["/research /private how ill am I?", "/private /research how ill am I?"])
async def test_what_is_private_is_not_looked_up(tmp_path: Path, command: str) -> None:
    """Whatever stands before it."""
    script = Script()
    home = node("Home", Player(["At home.", End()]), local=True)
    async with scene(tmp_path, home, stage=Street(), researcher=script) as house:
        assert "At home." in await house.hear(command)
    assert script.looked == []


async def test_a_long_text_with_a_link_in_it_is_answered_by_a_model(tmp_path: Path) -> None:
    """Nothing is opened or searched for; a button can do it."""
    street, script = Street(), Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=street, researcher=script) as house:
        text = f"Please make this friendlier: {'he is not kind to me, ' * 5} sent from https://x.example"
        assert await house.hear(text) == "From memory."
        assert next(iter(street.posts.values())).buttons[0].label == "Look it up"
    assert script.looked == []


async def test_of_a_short_question_with_a_link_only_the_link_is_opened(tmp_path: Path) -> None:
    """And when no more may be looked up today, a model answers."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.desktop.family.access.let_in(BEN, "guest")
        for said in (WHOLE.markdown, "From memory."):
            text = "What does https://lake.example/depth say?"
            assert await house.hear(text, person=BEN, chat=BENS) == said
    assert [looking.how["only_links"] for looking in script.looked] == [True]


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


async def test_bare_it_waits_for_what_to_look_up(tmp_path: Path) -> None:
    """What is written next is looked up, and what comes after that is a question like any other."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        assert await house.hear("/research") == SAY.RESEARCH_WHAT
        assert await house.hear("how deep?") == WHOLE.markdown
        assert await house.hear("how wide?") == "From memory."


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


async def test_bare_it_asks_what_to_look_for(tmp_path: Path) -> None:
    """And nothing is looked up."""
    async with scene(tmp_path, node("Alpha", alpha())) as house:
        assert await house.hear("/research") == SAY.RESEARCH_WHAT


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


async def test_a_link_asked_about_again_is_all_that_is_looked_up_again(tmp_path: Path) -> None:
    """The words beside it are still no business of a search engine."""
    script = Script()
    async with scene(tmp_path, node("Alpha", alpha()), stage=Street(), researcher=script) as house:
        await house.hear("What does https://lake.example/depth say?")
        await house.hear("/retry 1")
    assert [looking.how["only_links"] for looking in script.looked] == [True, True]
