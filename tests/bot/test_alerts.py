"""What admins hear at once of their models: each trouble once, together what comes together, and its end."""

from pathlib import Path

from bot import phrases
from bot.alerts import CALM_S, LASTS_S
from core.errors import RateLimited, Unavailable
from core.troubles import DAY_S, FREE_BYTES_MIN, Trouble
from tests.bot.watch import BEN, REJECTED, SAY, Watch, alpha, beta
from tests.fakes import Player, node

TRIED_NEXT = Trouble("nobody", tried_next=True)


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


async def test_what_breaks_one_after_the_other_is_told_together(tmp_path: Path) -> None:
    """A key that three nodes share is refused three times within two seconds: the first is told at once, the
    others in one post."""
    nodes = [node(name, Player()) for name in ("Alpha", "Beta", "Gamma", "Delta")]
    async with Watch(tmp_path, *nodes) as watch:
        for it in nodes[:3]:
            watch.fails(it, REJECTED)
            await watch.look(every_s=0.7)
        assert len(watch.said) == 1
        await watch.look(3)
        assert [text.count("🔴") for text in watch.said] == [1, 2]


async def test_nobody_can_be_answered_when_that_lasts(tmp_path: Path) -> None:
    """Not for a limit per minute, but after three; and the good news has to last, too."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        watch.fails(only, RateLimited("429", 60, stated=True))
        await watch.look(4)
        assert watch.said == []
        watch.fails(only, Unavailable("server", "500"), times=5)
        await watch.look(int(LASTS_S["nobody"] // 20) + 2)
        assert watch.said == [SAY.trouble(TRIED_NEXT)]
        watch.answers(only)
        await watch.look(2)
        assert len(watch.said) == 1
        await watch.look(int(CALM_S["nobody"] // 20) + 1)
        assert watch.said[1:] == ["🟢 Questions are answered again."]


async def test_a_night_without_a_question_is_told_of_once(tmp_path: Path) -> None:
    """The only model breaks at ten in the evening, for ten minutes of which nobody knows; until seven nobody
    asks. The admin reads that the next question tries it again, and in the morning that it has answered."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        watch.fails(only, Unavailable("server", "500"), times=5)
        await watch.look(10)
        await watch.restart()
        await watch.look(9 * 60, every_s=60)
        assert watch.said == [SAY.trouble(TRIED_NEXT)]
        watch.answers(only)
        await watch.look(10, every_s=60)
        assert watch.said[1:] == ["🟢 Questions are answered again."]
        assert watch.notices[-1].silent


async def test_only_the_mini_model_is_no_answer_a_family_wants(tmp_path: Path) -> None:
    """That is told when it lasts; a house that has nothing else is as it should be."""
    good, mini = alpha(), node("Mini", Player(), small=True, local=True)
    async with Watch(tmp_path, good, mini) as watch:
        watch.fails(good, RateLimited("429", 7200, stated=True))
        await watch.look(int(LASTS_S["only_small"] // 20) + 2)
        assert len(watch.said) == 1
        assert "mini model" in watch.said[0]
        watch.answers(mini)
        await watch.look(int(CALM_S["only_small"] // 20) + 2)
        assert len(watch.said) == 1
        watch.answers(good)
        await watch.look(int(CALM_S["only_small"] // 20) + 2)
        assert watch.said[1:] == ["🟢 The better models answer again."]


async def test_a_house_with_nothing_but_the_mini_model_is_as_it_should_be(tmp_path: Path) -> None:
    """Whoever took the others out of the settings hears neither bad nor good news of it."""
    good, mini = alpha(), node("Mini", Player(), small=True, local=True)
    async with Watch(tmp_path, good, mini) as watch:
        watch.fails(good, RateLimited("429", 7200, stated=True))
        await watch.look(int(LASTS_S["only_small"] // 20) + 2)
        watch.nodes = [mini]
        watch.answers(mini)
        await watch.look(int(CALM_S["only_small"] // 20) + 2)
        assert len(watch.said) == 1


async def test_worse_news_is_no_good_news(tmp_path: Path) -> None:
    """When the mini model fails as well, nobody is answered, and nothing is said to be over."""
    good, mini = alpha(), node("Mini", Player(), small=True, local=True)
    async with Watch(tmp_path, good, mini) as watch:
        watch.fails(good, RateLimited("429", 7200, stated=True))
        await watch.look(int(LASTS_S["only_small"] // 20) + 2)
        watch.fails(mini, Unavailable("server", "500"), times=5)
        await watch.look(30)
        assert watch.said == [SAY.trouble(it) for it in (Trouble("only_small"), TRIED_NEXT)]


async def test_an_admin_who_pauses_every_node_is_not_told_that_questions_are_answered(
    tmp_path: Path,
) -> None:
    """Nobody is, and they know why."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        watch.fails(only, Unavailable("server", "500"), times=5)
        await watch.look(12)
        only.paused = True
        await watch.look(12)
        assert watch.said == [SAY.trouble(TRIED_NEXT)]


async def test_an_answer_in_between_is_no_end(tmp_path: Path) -> None:
    """One question got through, and the next did not: when the pause is over, that proves nothing."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        watch.fails(only, RateLimited("429", 3600, stated=True))
        await watch.look(12)
        watch.answers(only)
        watch.fails(only, RateLimited("429", 3600, stated=True))
        await watch.look(200)
        assert len(watch.said) == 1


async def test_a_node_that_comes_and_goes_is_told_once(tmp_path: Path) -> None:
    """A pause that is over is no answer: only that somebody was answered closes the alert."""
    only = alpha()
    async with Watch(tmp_path, only) as watch:
        for _ in range(3):
            watch.fails(only, RateLimited("429", 3600, stated=True))
            await watch.look(200)
        assert len(watch.said) == 1
        watch.answers(only)
        await watch.restart()
        await watch.look(int(CALM_S["nobody"] // 20) + 2)
        assert watch.said[1:] == ["🟢 Questions are answered again."]


async def test_what_an_admin_has_paused_is_no_trouble(tmp_path: Path) -> None:
    """They know of it."""
    bad = alpha()
    async with Watch(tmp_path, bad) as watch:
        watch.fails(bad, REJECTED)
        bad.paused = True
        await watch.look(30)
        assert watch.said == []


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
