"""The family that keeps asking while the program is being killed, each in their own chat.

Nobody waits for the program to be there. A person asks the next question after a while, unless they wait for
several answers already; every question is told from every other by its number.
"""

import asyncio
from random import Random

from tests.chaos.judge import Question, Standing, is_over
from tests.chaos.node import length_of
from tests.servers.telegram import TelegramServer

NAMES = ("Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grete", "Hans", "Ida", "Jonas", "Klara", "Leo")
FIRST_ID = 7
GAP_S = 7.0
"""Between two questions of one person, on average."""
OPEN_MAX = 2
"""So many answers a person waits for at most."""


class Family:
    def __init__(self, server: TelegramServer, seed: int) -> None:
        self.ids = tuple(range(FIRST_ID, FIRST_ID + len(NAMES)))
        self.questions: list[Question] = []
        self._open: list[Question] = []
        self._server = server
        self._seed = seed
        for person, name in zip(self.ids, NAMES, strict=True):
            server.person(person, name)
            server.private(person)

    async def ask_on(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for person in self.ids:
                tasks.create_task(self._ask_on(person))

    def waiting(self) -> list[Question]:
        """The questions to which there is no end yet."""
        self._open = [one for one in self._open if not is_over(one, standing(self._server, one))]
        return self._open

    async def _ask_on(self, person: int) -> None:
        random = Random(f"{self._seed} person {person}")
        while True:
            await asyncio.sleep(random.expovariate(1 / GAP_S))
            if sum(one.chat == person for one in self.waiting()) < OPEN_MAX:
                number = len(self.questions) + 1
                at = self._server.clock()
                post = self._server.say(person, person, f"This is question {number}: what is its answer?")
                length = length_of(self._seed, number)
                question = Question(number, person, post, length, at)
                self.questions.append(question)
                self._open.append(question)


def standing(server: TelegramServer, question: Question) -> list[Standing]:
    """What of the program stands in its chat, since it was asked."""
    return [post for post in all_standing(server, question.chat) if post.post > question.post]


def all_standing(server: TelegramServer, chat: int) -> list[Standing]:
    return [Standing(post.id, post.text, post.reply_to) for post in server.chats[chat].posts]
