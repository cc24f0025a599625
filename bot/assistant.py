"""One question as a stream of events: who asks, what is meant, and who answers.

Access first, then commands, then the models. Whatever goes wrong ends as one honest sentence: the
stream always ends with `Done`, and nothing but cancellation leaves it.
"""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from bot import commands, conversations
from bot.calls import Desktop, Question, Reply
from bot.phrases.english import English
from core.allowance import UsedUp
from core.errors import NoAnswer
from core.inbox import Item
from core.roles import MINORS, Role
from core.types import Ask, Button, Chat, Done, Event, Person

log = logging.getLogger(__name__)


class Assistant:
    def __init__(
        self,
        desktop: Desktop,
        today: Callable[[], datetime],
        speaking: Callable[[Person], English],
    ) -> None:
        self._desktop = desktop
        self._today = today
        self._speaking = speaking
        self._told_until: dict[tuple[Chat, str], datetime] = {}
        """Until when somebody was told that their allowance is used up: once is enough."""

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
        role = self._desktop.family.access.role_of(item.incoming.person)
        if role is None:  # who was let in when this was written, and is no more
            yield Done(say.STRANGER)
            return
        meant: str | Reply | Question = Question(item.incoming.text.strip())
        if called := commands.parse(item.incoming.text):
            meant = await commands.obey(self._desktop, item, role, say, *called)
        if isinstance(meant, str):
            yield Done(meant)
        elif isinstance(meant, Reply):
            yield Done(meant.text, buttons=meant.buttons, picture=meant.picture, secret=meant.secret)
        elif not meant.text:
            attachment = item.incoming.attachment
            yield Done(say.ATTACHMENTS[attachment] if attachment else say.ASK_SOMETHING)
        elif used_up := await self._used_up(item, role):
            place = item.incoming.chat, item.incoming.person.id
            is_told = self._told_until.get(place) == used_up.until and called is None
            self._told_until[place] = used_up.until
            yield Done("" if is_told else say.used_up(used_up.what, used_up.until))
        else:
            async with aclosing(self._ask(item, role, say, meant)) as events:
                async for event in events:
                    yield event

    async def _used_up(self, item: Item, role: Role) -> UsedUp | None:
        """One question of the allowance is spent; but what is asked again after a crash was paid for."""
        if item.attempts or self._desktop.family.access.is_in_house(item.incoming.person):
            return None
        spent = await self._desktop.family.allowances.spend(item.incoming.person, role)
        return spent if isinstance(spent, UsedUp) else None

    async def _ask(
        self, item: Item, role: Role, say: English, question: Question
    ) -> AsyncGenerator[Event, None]:
        inbox = self._desktop.inbox
        if not await inbox.begin(item.id, question.text, question.private, edits=item.edits):
            return  # the text was changed meanwhile: another answer begins
        turns = await conversations.turns(self._desktop.memory, item, question, today=self._today)
        ask = Ask(turns, private=question.private, minor=role in MINORS)
        try:
            async with aclosing(self._desktop.pool.stream(ask)) as events:
                async for event in events:
                    yield replace(event, supersedes=question.supersedes) if isinstance(event, Done) else event
        except NoAnswer as error:
            log.warning("Row %d was not answered: %s", item.id, error)
            again = Button(say.RETRY_BUTTON, f"/retry {item.id}")
            yield Done(say.no_answer(error, private=question.private), buttons=(again,))
