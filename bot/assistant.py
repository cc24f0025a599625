"""One question as a stream of events: who asks, what is meant, and who answers.

Access first, then commands, then the models. Whatever goes wrong ends as one honest sentence: the
stream always ends with `Done`, and nothing but cancellation leaves it.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from bot import commands, conversations
from bot.calls import Desktop, Question, Reply
from bot.phrases.english import English
from bot.researching import Researching
from core.allowance import UsedUp
from core.errors import NoAnswer
from core.inbox import Item
from core.research_cache import is_fresh
from core.research_prompt import links_in
from core.roles import MINORS, Role, What
from core.types import Ask, Button, Chat, Done, Event, Person

log = logging.getLogger(__name__)

ABOUT_A_LINK_CHARS_MAX = 80
"""A longer text with a link in it is rarely about the link."""
ASKED_WHAT_S = 300.0
"""So long the question "what shall I look up?" waits for its answer."""


class Assistant:
    def __init__(
        self,
        desktop: Desktop,
        today: Callable[[], datetime],
        speaking: Callable[[Person], English],
        researching: Researching,
    ) -> None:
        self._desktop = desktop
        self._researching = researching
        self._today = today
        self._speaking = speaking
        self._told_until: dict[tuple[Chat, str, What], datetime] = {}
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
            buttons_max = self._desktop.adapters[item.incoming.chat.platform].limits.buttons_max
            yield Done(
                _with_commands(meant.text, meant.buttons[buttons_max:]),
                buttons=meant.buttons[:buttons_max],
                picture=meant.picture,
                caption=meant.caption,
                secret=meant.secret,
            )
        elif not meant.text:
            attachment = item.incoming.attachment
            yield Done(say.ATTACHMENTS[attachment] if attachment else say.ASK_SOMETHING)
        else:
            question = await self._looked_up(item, say, meant)
            async with aclosing(self._ask(item, role, say, question)) as events:
                async for event in events:
                    yield event

    def _used_up_once(self, item: Item, say: English, what: What, used_up: UsedUp) -> Done:
        place = item.incoming.chat, item.incoming.person.id, what
        is_called = commands.parse(item.incoming.text) is not None  # and waits for an answer
        is_told = self._told_until.get(place) == used_up.until and not is_called
        self._told_until[place] = used_up.until
        text = say.used_up(used_up.what, used_up.until)
        return Done("" if is_told else text if what == "question" else say.RESEARCH_USED_UP[used_up.what])

    async def _used_up(self, item: Item, role: Role, what: What) -> UsedUp | None:
        """One of the allowance is spent; but what is asked again after a crash was paid for."""
        if item.attempts or self._desktop.family.access.is_in_house(item.incoming.person):
            return None
        return await self._desktop.family.allowances.spend(item.incoming.person, role, what)

    async def _ask(
        self, item: Item, role: Role, say: English, question: Question
    ) -> AsyncGenerator[Event, None]:
        what: What = "question" if question.mode == "chat" else "research"
        used_up = await self._used_up(item, role, what)
        if used_up and question.only_links:  # nobody asked for it to be looked up: then a model answers
            question, what = replace(question, mode="chat", only_links=False), "question"
            used_up = await self._used_up(item, role, what)
        if used_up:
            yield self._used_up_once(item, say, what, used_up)
            return
        began = await self._desktop.inbox.begin(
            item.id, question.text, question.private, mode=question.mode, edits=item.edits
        )
        if not began:
            return  # the text was changed meanwhile: another answer begins
        answer = self._from_a_model if question.mode == "chat" else self._from_the_web
        try:
            async with aclosing(answer(item, role, say, question)) as events:
                async for event in events:
                    yield replace(event, supersedes=question.supersedes) if isinstance(event, Done) else event
        except NoAnswer as error:
            log.warning("Row %d was not answered: %s", item.id, error)
            again = Button(say.RETRY_BUTTON, f"/retry {item.id}")
            text = say.no_answer(error, private=question.private)
            yield Done(text, buttons=(again,), tried=error.tried)

    async def _from_a_model(
        self, item: Item, role: Role, say: English, question: Question
    ) -> AsyncGenerator[Event, None]:
        turns = await conversations.turns(self._desktop.memory, item, question, today=self._today)
        ask = Ask(turns, private=question.private, minor=role in MINORS)
        is_worth_it = is_fresh(question.text) or bool(links_in(question.text)[0])
        look_up = Button(say.LOOK_UP_BUTTON, f"/lookup {item.id}")
        buttons = (look_up,) if is_worth_it and not question.private else ()
        async with aclosing(self._desktop.pool.stream(ask)) as events:
            async for event in events:
                yield replace(event, buttons=buttons) if isinstance(event, Done) else event

    async def _from_the_web(
        self, item: Item, role: Role, say: English, question: Question
    ) -> AsyncGenerator[Event, None]:
        member = self._desktop.family.access.member_of(item.incoming.person)
        minor = role in MINORS
        room_tokens = self._desktop.pool.room_tokens(Ask((), "research", minor=minor))
        steps = self._researching.answer(
            *(item, question, say),
            whose=member.id if member else item.incoming.person.id,
            earlier=await conversations.looked_up_before(self._desktop.memory, item, question),
            minor=minor,
            room_tokens=room_tokens,
        )
        async with aclosing(steps) as events:
            async for event in events:
                yield event

    async def _looked_up(self, item: Item, say: English, question: Question) -> Question:
        """What is looked up though it was not asked as /research: what somebody was just asked to name, and
        a link, where it is what the words are about."""
        if question.private or question.mode != "chat":
            return question
        if question.supersedes is None and await self._was_asked_what(item, say):
            return replace(question, mode="research")
        links, rest = links_in(question.text)
        only_links = bool(links) and len(rest) <= ABOUT_A_LINK_CHARS_MAX
        return replace(question, mode="research", only_links=True) if only_links else question

    async def _was_asked_what(self, item: Item, say: English) -> bool:
        """The last thing they wrote here was a bare /research: now they say what to look up."""
        incoming = item.incoming
        asked_at = await self._desktop.memory.told_at(
            incoming.chat, incoming.person, say.RESEARCH_WHAT, before=item.id
        )
        return asked_at is not None and incoming.said_at - asked_at < ASKED_WHAT_S


def _with_commands(text: str, buttons: Sequence[Button]) -> str:
    """With what these buttons would do, to be typed: nobody can press them."""
    untold = [it for it in buttons if it.command not in text]
    return "\n".join([text, "", *(f"- {it.label}: `{it.command}`" for it in untold)]) if untold else text
