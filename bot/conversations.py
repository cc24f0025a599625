"""What a model is given to read: who it is, what was said before, and the question.

The memory is the inbox itself: in private the questions of this person in this chat since `/new`, with
their answers; in a group what the replies lead to, and nothing else. A private exchange is remembered for
private questions alone, because the others may leave the house. How much of it a node can take is cut by the
pool, node by node.
"""

from collections.abc import Callable
from datetime import datetime

from bot.calls import Question
from bot.phrases.english import English
from core.inbox import Item
from core.memory import Memory
from core.types import Turn

EXCHANGES_MAX = 20
"""Older ones rarely matter, and every one of them costs on every question."""


async def turns(
    memory: Memory, item: Item, question: Question, *, today: Callable[[], datetime]
) -> tuple[Turn, ...]:
    """The system turn, what was said before, and the question as the last turn."""
    chat, person = item.incoming.chat, item.incoming.person
    if chat.kind == "group":
        reply_to = question.reply_to if question.supersedes else item.incoming.reply_to
        before = await memory.thread(chat, reply_to, limit=EXCHANGES_MAX, private=question.private)
    else:
        before = await memory.history(
            chat, person, before=question.supersedes or item.id, limit=EXCHANGES_MAX, private=question.private
        )
    said = [
        turn
        for exchange in before
        for turn in (Turn("user", exchange.question), Turn("assistant", exchange.answer))
    ]
    system = English.SYSTEM.format(today=today().strftime("%A, %d %B %Y"))
    return (Turn("system", system), *said, Turn("user", question.text))
