"""What one writes first: search, read, put it all before a model, show what it says, and link its numbers.

It is here to be judged like core/research.py, because a check that nobody can fail proves nothing. It
searches and reads just as safely; what it lacks is the gate, the verification, and a word about where an
answer comes from.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from core.lookup import Models
from core.pages import Pages
from core.research import Basis, Researched, Step, Words
from core.search import Search
from core.types import Ask, Done, SoFar, Status, Text, Turn
from core.web import Page, PageUnread

PAGES_MAX = 3
PAGE_CHARS_MAX = 3000
RULES = "Answer the question from the sources, with [number] after each sentence, or say NOT_FOUND."


class NaiveResearch:
    def __init__(self, search: Search, pages: Pages, pool: Models) -> None:
        self._search = search
        self._pages = pages
        self._pool = pool

    async def answer(
        self, question: str, words: Words, *, language: str = "", room_tokens: int = 0
    ) -> AsyncGenerator[Step, None]:
        yield Status("searching")
        found = await self._search.find(question, language=language)
        read: list[Page] = []
        for hit in found.hits:
            if len(read) == PAGES_MAX:
                break
            try:
                read.append(await self._pages.read(hit.url, title=hit.title))
            except PageUnread:
                continue
        sources = "\n".join(
            f'<source number="{number}">{page.title}\n{page.text[:PAGE_CHARS_MAX]}</source>'
            for number, page in enumerate(read, 1)
        )
        turns = (Turn("system", RULES), Turn("user", f"{sources}\n\n{question}"))
        text = ""
        async with aclosing(self._pool.stream(Ask(turns, task="research"))) as events:
            async for event in events:
                match event:
                    case Text():
                        text += event.piece
                        yield SoFar(_linked(text, read))
                    case Done():
                        listed = "\n".join(
                            f"> [{number}] [{page.title}]({page.url})" for number, page in enumerate(read, 1)
                        )
                        yield Researched(
                            f"{_linked(event.text, read)}\n\n{listed}", Basis("pages"), done=event
                        )


def _linked(text: str, read: list[Page]) -> str:
    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        return f"[[{number}]]({read[number - 1].url})" if 0 < number <= len(read) else found[0]

    return re.sub(r"\[(\d+)\](?!\()", link, text)
