"""What a model is given to read: who it is, what was said before, and the question.

The memory is the inbox itself: in private the questions of this person in this chat since `/new`, with
their answers; in a group what the replies lead to, and nothing else. A private exchange is remembered for
private questions alone, because the others may leave the house. How much of it a node can take is cut by the
pool, node by node.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.calls import Question
from bot.phrases.english import English
from core.gate import unsourced
from core.inbox import Item
from core.memory import Exchange, Memory
from core.types import Turn

EXCHANGES_MAX = 20
"""Older ones rarely matter, and every one of them costs on every question."""


async def turns(
    memory: Memory, item: Item, question: Question, *, today: Callable[[], datetime]
) -> tuple[Turn, ...]:
    """The system turn, what was said before, and the question as the last turn."""
    system = English.SYSTEM.format(today=today().strftime("%A, %d %B %Y"))
    before = _said(await _before(memory, item, question))
    return (Turn("system", system), *before, Turn("user", question.text))


async def looked_up_before(memory: Memory, item: Item, question: Question) -> tuple[Turn, ...]:
    """What this person has had looked up before, for "and where is it?". What else was said is no business
    of a search engine, and neither is what others asked."""
    own = item.incoming.person.id
    before = await _before(memory, item, question)
    return _said([exchange for exchange in before if exchange.mode != "chat" and exchange.person == own])


async def _before(memory: Memory, item: Item, question: Question) -> list[Exchange]:
    chat, person = item.incoming.chat, item.incoming.person
    until = question.before or question.supersedes or item.id
    if chat.kind == "group":
        reply_to = question.reply_to if question.supersedes else item.incoming.reply_to
        return await memory.thread(chat, reply_to, limit=EXCHANGES_MAX, private=question.private)
    return await memory.history(chat, person, before=until, limit=EXCHANGES_MAX, private=question.private)


def _said(exchanges: Sequence[Exchange]) -> tuple[Turn, ...]:
    """What was looked up comes without the links and titles of its sources: they are strangers' words."""
    return tuple(
        turn
        for it in exchanges
        for turn in (
            Turn("user", it.question),
            Turn("assistant", it.answer if it.mode == "chat" else unsourced(it.answer)),
        )
    )
