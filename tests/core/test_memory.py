"""The memory and its walls: nobody, and no model outside the house, reads what is not theirs."""

from dataclasses import replace

from core.inbox import Inbox
from core.ledger import Ledger
from core.memory import Exchange, Memory
from core.storage import Database
from core.types import Chat, Person
from tests.core.rows import ANNA, BEN, FAMILY, HOME, accepted, exchange, incoming, questions


async def test_whole_exchanges_are_remembered_in_order(inbox: Inbox, memory: Memory) -> None:
    """The newest ones before the question, the oldest of them first."""
    for n in range(1, 6):
        row = await exchange(inbox, n, f"Q{n}")
    assert await memory.history(HOME, ANNA, before=row, limit=2, private=False) == [
        Exchange("Q3", "Because of Q3", "chat", ANNA.id),
        Exchange("Q4", "Because of Q4", "chat", ANNA.id),
    ]


async def test_what_is_no_exchange_is_not_remembered(inbox: Inbox, memory: Memory) -> None:
    """Commands, the program's own sentences and unanswered questions are not told to a model."""
    command = await accepted(inbox, 1, "/help")
    await inbox.answered(command, "Just write to me.", "", "sentence")
    await exchange(inbox, 2, "Q2", outcome="sentence")
    await inbox.begin(await accepted(inbox, 4, "Q4"), "Q4", private=False)
    assert await questions(memory) == []


async def test_an_answer_that_was_stopped_is_remembered_as_far_as_it_came(
    inbox: Inbox, memory: Memory
) -> None:
    """So that "go on" is understood."""
    await exchange(inbox, 1, "Q1", outcome="stopped")
    assert await questions(memory) == ["Q1"]


async def test_a_private_exchange_stays_in_the_house(inbox: Inbox, memory: Memory) -> None:
    """It is told to a model only where the new question is private as well."""
    await exchange(inbox, 1, "Q1")
    await exchange(inbox, 2, "Q2", private=True)
    assert await questions(memory, private=False) == ["Q1"]
    assert await questions(memory, private=True) == ["Q1", "Q2"]


async def test_nothing_is_remembered_across_people_and_chats(inbox: Inbox, memory: Memory) -> None:
    """What Anna says at home is not known in the family's group, nor to Ben, nor on another platform."""
    await exchange(inbox, 1, "at home")
    await exchange(inbox, 2, "in the group", chat=FAMILY)
    await exchange(inbox, 3, "Ben's", person=BEN)
    assert await questions(memory, HOME, ANNA) == ["at home"]
    assert await questions(memory, FAMILY, ANNA) == ["in the group"]
    assert await questions(memory, HOME, BEN) == ["Ben's"]
    assert await questions(memory, FAMILY, BEN) == []
    assert await questions(memory, Chat("hall", "home"), Person("hall", "1")) == []


async def test_a_fresh_start_forgets_what_was_before_it(inbox: Inbox, memory: Memory) -> None:
    """After /new only what came with it or later is remembered, for that person in that chat."""
    await exchange(inbox, 1, "before")
    await exchange(inbox, 2, "Ben's", person=BEN)
    row = await accepted(inbox, 3, "/new")
    await memory.start_anew(HOME, ANNA, row)
    assert await questions(memory) == []
    assert await memory.last_question(HOME, ANNA) is None
    await inbox.begin(row, "asked with it", private=False)
    await inbox.answered(row, "So.", "Alpha", "whole")
    await exchange(inbox, 4, "after")
    assert await questions(memory) == ["asked with it", "after"]
    assert await questions(memory, HOME, BEN) == ["Ben's"]
    await memory.start_anew(HOME, ANNA, await accepted(inbox, 5, "/new"))
    assert await questions(memory) == []


async def test_a_question_asked_again_takes_the_place_of_the_first(inbox: Inbox, memory: Memory) -> None:
    """Of a question and its /retry, one is remembered."""
    first = await exchange(inbox, 1, "Q1")
    await exchange(inbox, 2, "Q1", supersedes=first)
    assert await questions(memory) == ["Q1"]


async def test_a_retry_after_a_crash_finds_the_same_question(inbox: Inbox, memory: Memory) -> None:
    """The question to ask again is the last that came to an end, and not the retry itself."""
    first = await exchange(inbox, 1, "Q1", private=True)
    retry = await accepted(inbox, 2, "/retry")
    for _ in range(2):
        last = await memory.last_question(HOME, ANNA)
        assert last is not None
        assert (last.id, last.question, last.private) == (first, "Q1", True)
        await inbox.begin(retry, "Q1", private=True)
    await inbox.answered(retry, "So.", "Alpha", "whole", supersedes=first)
    last = await memory.last_question(HOME, ANNA)
    assert last is not None
    assert last.id == retry


async def test_a_row_does_not_supersede_itself(inbox: Inbox, memory: Memory, database: Database) -> None:
    """A retry whose answer was damaged is asked once more, and is remembered all the same."""
    retry = await exchange(inbox, 1, "Q1")
    await inbox.begin(retry, "Q1", private=False)
    await inbox.answered(retry, "So.", "Alpha", "whole", supersedes=retry)
    assert await questions(memory) == ["Q1"]


async def test_the_last_question_may_have_failed(inbox: Inbox, memory: Memory) -> None:
    """What ended in a sentence, or was stopped, can be asked again; a command cannot."""
    await exchange(inbox, 1, "Q1")
    row = await exchange(inbox, 2, "Q2", outcome="sentence")
    await inbox.answered(await accepted(inbox, 3, "/help"), "Just write to me.", "", "sentence")
    last = await memory.last_question(HOME, ANNA)
    assert last is not None
    assert (last.id, last.question) == (row, "Q2")


async def test_in_a_group_the_replies_lead_from_question_to_question(
    inbox: Inbox, memory: Memory, database: Database
) -> None:
    """Through our posts and what people wrote, whoever asked; what is beside the thread is not in it."""
    ledger = Ledger(database)

    async def asked(post: int, person: Person, reply_to: str | None, *, private: bool = False) -> None:
        said = replace(incoming(post, f"Q{post}", chat=FAMILY, person=person), reply_to=reply_to)
        (row,) = await inbox.accept("stage", [said], None)
        await inbox.begin(row, f"Q{post}", private)
        await inbox.answered(row, f"A{post}", "Alpha", "whole")
        await ledger.intend(row, 0)
        await ledger.record(row, 0, f"ours-{post}")
        await inbox.close(row)

    await asked(1, ANNA, None)
    await asked(2, BEN, None)
    await asked(3, BEN, "ours-1")
    await asked(4, ANNA, "3")
    await asked(5, ANNA, "ours-4", private=True)
    told = await memory.thread(FAMILY, "ours-5", limit=20, private=False)
    assert [exchange.question for exchange in told] == ["Q1", "Q3", "Q4"]
    assert len(await memory.thread(FAMILY, "ours-5", limit=20, private=True)) == 4
    assert [it.question for it in await memory.thread(FAMILY, "ours-4", limit=2, private=False)] == [
        "Q3",
        "Q4",
    ]
    assert await memory.thread(FAMILY, None, limit=20, private=True) == []
    assert await memory.thread(HOME, "ours-4", limit=20, private=True) == []
