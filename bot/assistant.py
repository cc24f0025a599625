"""One question as a stream of events: who asks, what is meant, and who answers.

Access first, then commands, then the models. Whatever goes wrong ends as one honest sentence: the
stream always ends with `Done`, and nothing but cancellation leaves it.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

from bot import commands, conversations
from bot.commands import Desktop, Question
from bot.phrases.english import English
from core.access import MINORS, Access, Role
from core.errors import NoAnswer
from core.inbox import Item
from core.types import Ask, Done, Event, Person

log = logging.getLogger(__name__)


class Assistant:
    def __init__(
        self,
        desktop: Desktop,
        access: Access,
        today: Callable[[], datetime],
        speaking: Callable[[Person], English],
    ) -> None:
        self._desktop = desktop
        self._access = access
        self._today = today
        self._speaking = speaking

    async def answer(self, item: Item) -> AsyncGenerator[Event, None]:
        """The events of one answer; the last is `Done`. Close it to stop."""
        try:
            async with aclosing(self._answer(item)) as events:
                async for event in events:
                    yield event
        except Exception:
            log.exception("The answer to row %d broke", item.id)
            yield Done(self._speaking(item.incoming.person).BROKEN)

    async def _answer(self, item: Item) -> AsyncGenerator[Event, None]:
        say = self._speaking(item.incoming.person)
        role = self._access.role_of(item.incoming.person)
        if role is None:
            yield Done(say.STRANGER)
            return
        meant: str | Question = Question(item.incoming.text.strip())
        if called := commands.parse(item.incoming.text):
            meant = await commands.obey(self._desktop, item, role, say, *called)
        if isinstance(meant, str):
            yield Done(meant)
        elif not meant.text:
            yield Done(say.ASK_SOMETHING)
        else:
            async with aclosing(self._ask(item, role, say, meant)) as events:
                async for event in events:
                    yield event

    async def _ask(
        self, item: Item, role: Role, say: English, question: Question
    ) -> AsyncGenerator[Event, None]:
        inbox = self._desktop.inbox
        await inbox.begin(item.id, question.text, question.private, question.supersedes)
        turns = await conversations.turns(
            inbox, item, question.text, private=question.private, today=self._today
        )
        ask = Ask(turns, private=question.private, minor=role in MINORS)
        try:
            async with aclosing(self._desktop.pool.stream(ask)) as events:
                async for event in events:
                    yield event
        except NoAnswer as error:
            log.warning("Row %d was not answered: %s", item.id, error)
            yield Done(say.no_answer(error, private=question.private))
