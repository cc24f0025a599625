"""The family that keeps asking while the program is being killed, each in their own chat.

Nobody waits for the program to be there. A person asks the next question after a while, unless they wait for
several answers already; every question is told from every other by its number. While there is a gap they
also change what they have asked, or take it back.
"""

import asyncio
from dataclasses import replace
from random import Random

from tests.chaos.judge import Question, Standing, is_over
from tests.chaos.node import length_of
from tests.chaos.street import Street

NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grete", "Hans", "Ida", "Jonas", "Klara", "Leo")
FIRST_ID = 7
GAP_S = 7.0
"""Between two questions of one person, on average."""
OPEN_MAX = 2
"""So many answers a person waits for at most."""
RECENT_S = 300.0
"""Who changes a question, or takes it back, does so soon."""
EDIT_SHARE, REMOVE_SHARE = 0.6, 0.3


class Family:
    def __init__(self, street: Street, seed: int) -> None:
        self.questions: list[Question] = []
        self._open: list[Question] = []
        self._asked = 0
        self._street = street
        self._seed = seed
        people = range(FIRST_ID, FIRST_ID + len(NAMES))
        self._chats = {
            person: street.person(person, name) for person, name in zip(people, NAMES, strict=True)
        }

    @property
    def chats(self) -> list[int]:
        return list(self._chats.values())

    def meet(self) -> None:
        """Everybody asks for the first time."""
        for person in self._chats:
            self._ask(person)

    async def ask_on(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for person in self._chats:
                tasks.create_task(self._ask_on(person))

    def waiting(self) -> list[Question]:
        """The questions to which there is no end yet."""
        self._open = [one for one in self._open if not is_over(one, standing(self._street, one))]
        return self._open

    def live_on(self, random: Random) -> None:
        """What happens in a gap: somebody asks, and somebody changes what was asked, or takes it back."""
        self._ask(random.choice(list(self._chats)))
        if random.random() < EDIT_SHARE and (one := self._recent(random)):
            number = self._next_number()
            self._street.edit(one.chat, one.post, _words(number))
            self._change(one, replace(one, number=number, length=length_of(self._seed, number)))
        if random.random() < REMOVE_SHARE and (one := self._recent(random)):
            self._street.remove(one.chat, one.post)
            self._change(one, replace(one, removed=True))

    async def _ask_on(self, person: int) -> None:
        random = Random(f"{self._seed} person {person}")
        while True:
            await asyncio.sleep(random.expovariate(1 / GAP_S))
            if sum(one.chat == self._chats[person] for one in self.waiting()) < OPEN_MAX:
                self._ask(person)

    def _ask(self, person: int) -> None:
        number, at, chat = self._next_number(), self._street.clock(), self._chats[person]
        post = self._street.say(chat, person, _words(number))
        question = Question(number, chat, post, length_of(self._seed, number), at)
        self.questions.append(question)
        self._open.append(question)

    def _recent(self, random: Random) -> Question | None:
        now = self._street.clock()
        recent = [one for one in self.questions if not one.removed and now - one.at < RECENT_S]
        return random.choice(recent) if recent else None

    def _change(self, old: Question, new: Question) -> None:
        self.questions[self.questions.index(old)] = new
        self._open = [one for one in self._open if one != old]
        if not new.removed:
            self._open.append(new)

    def _next_number(self) -> int:
        self._asked += 1
        return self._asked


def standing(street: Street, question: Question) -> list[Standing]:
    """What of the program stands in its chat, since it was asked."""
    return [post for post in street.standing(question.chat) if post.post > question.post]


def _words(number: int) -> str:
    return f"This is question {number}: what is its answer?"
