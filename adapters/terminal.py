"""A chat in this terminal, and a single question on the command line. The smallest adapter: read it
before writing another.

    read a line ─► Incoming ─► accept ─► wait ─┬─ post, edit ─► the answer grows on the screen
        ▲                                      └─ Ctrl-C ─► accept "/stop"; a second one leaves
        └───────────────── a final part for everything accepted ◄──┘

What is on the screen is drawn by adapters/terminal_view.py, what the keys do is in
adapters/terminal_prompt.py. Here is decided which post stands where: the answer to what was just asked
grows in place; anything else (an answer that an earlier run still owed) is shown when it is whole, above
the prompt. A terminal has one person, and posts that cannot be changed once they scrolled away; so a
post has no id of its own, and the key it is sent under will do.
"""

import asyncio
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.input import Input, create_input

from adapters.terminal_prompt import KeyPrompt, LinePrompt, Prompt, interrupts
from adapters.terminal_view import LiveView, View, open_view
from core.errors import StorageError, Unclear
from core.types import Accept, Chat, Incoming, Limits, Part, Person
from core.words import well_formed

PERSON_ID = "local"
TICK_S = 0.1
"""How often the spinner turns, and a new window size is noticed."""
FINALS_MAX = 100
"""So many finished posts are remembered, to know a repetition when it comes."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the terminal itself says to the person."""

    greeting: str
    stop_hint: str
    """How to stop an answer; beside the note of who is answering."""
    leave_hint: str
    """How to leave; after a Ctrl-C with nothing to stop."""
    earlier: str
    """Above the answer to a question of an earlier run."""
    not_saved: str
    """Before the reason why what was typed could not be accepted; it then stands in the prompt again."""


class _Talk:
    """What faces the assistant, and the waiting for it: the same for a chat and for one question."""

    platform: str
    limits = Limits(first_edits_s=(0.05,), notes=True, pictures=False, buttons_max=0)
    resumes: bool

    def __init__(
        self, words: Words, chat_id: str, name: str, keys: Input | None, view: View, now_ns: Callable[[], int]
    ) -> None:
        self._words = words
        self.chat = Chat(self.platform, chat_id)
        self._person = Person(self.platform, PERSON_ID, name)
        self._keys = keys
        self._view = view
        self._now_ns = now_ns
        self._last_ns = 0
        self._presses = 0
        """How often Ctrl-C was pressed since the last question."""
        self._waiting: set[str] = set()
        """What was accepted and has no final part yet."""
        self._answers: dict[str, str] = {}
        """Post → what it answers, for those."""
        self._growing: str | None = None
        self._held: list[tuple[str, str]] = []
        """Label and text of whole posts that came while another one was growing."""
        self._finals: OrderedDict[str, str] = OrderedDict()
        self._changed = asyncio.Event()
        self._left = False
        """`run` is over: nobody waits any more."""
        self._given_up = False
        """The person left without waiting for the last answer."""

    # ── What the person says ──────────────────────────────────────────────────────────────────────

    async def _ask(self, accept: Accept, text: str) -> bool:
        """Hand the text in and wait for its answer. False: nobody waits for it any more.
        Raises `StorageError` if it was not accepted."""
        self._presses = 0
        with interrupts(self._keys, self._press):
            try:
                self._view.tick()
                await self._hand_in(accept, text)
                return await self._answered(accept)
            finally:
                self._view.rest()
                self._growing = None
                self._show_held()

    async def _hand_in(self, accept: Accept, text: str) -> None:
        said_ns = self._last_ns = max(self._now_ns(), self._last_ns + 1)
        incoming = Incoming(self.chat, self._person, str(said_ns), well_formed(text), said_ns / 1e9)
        self._waiting.add(incoming.post)
        try:
            await accept([incoming], None)
        except StorageError:
            self._waiting.remove(incoming.post)
            raise

    async def _answered(self, accept: Accept) -> bool:
        stopping = False
        while self._waiting:
            self._changed.clear()
            self._given_up = stopping and self._presses > 1
            if self._view.gone or self._given_up:
                return False
            if self._presses and not stopping:
                stopping = True
                try:
                    await self._hand_in(accept, "/stop")
                except StorageError as error:
                    self._view.say(f"{self._words.not_saved} {error}")
            self._view.tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._changed.wait()
        return not self._view.gone

    def _press(self) -> None:
        self._presses += 1
        self._changed.set()

    # ── What the assistant says ───────────────────────────────────────────────────────────────────

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        if reply_to in self._waiting:
            self._answers[key] = reply_to
        await self._show(key, part, label=self._words.earlier if reply_to else "")
        return key

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        await self._show(post, part, label=self._words.earlier)

    async def delete(self, chat: Chat, post: str) -> None:
        """What has scrolled away cannot be taken back; only what is still growing can."""
        self._answers.pop(post, None)
        if post == self._growing:
            self._growing = None
            self._view.drop()
            self._show_held()

    async def direct(self, person: Person) -> Chat:
        return self.chat

    async def typing(self, chat: Chat, note: str) -> None:
        if self._waiting:  # else it is of an answer that nobody waits for
            self._view.note(note)

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str:
        """Its caption: a terminal shows no pictures."""
        key = f"picture-{self._now_ns()}"
        await self._show(key, Part(caption, final=True), label="")
        return key

    def render(self, markdown: str, final: bool) -> list[Part]:
        return [Part(markdown, final)]

    async def _show(self, post: str, part: Part, label: str) -> None:
        """An answer that is waited for grows; any other post is shown when it is whole, also in the time
        the program takes to end. Raises `Unclear` if the next run will have to show it."""
        mine = post in self._answers
        if mine and not self._left:
            self._grow(post, part)
        elif part.final and self._finals.get(post) != part.text and not (mine and self._given_up):
            await run_in_terminal(partial(self._show_whole, "" if mine else label, part.text))
        if self._view.gone and self.resumes:
            raise Unclear("the terminal was closed")
        if part.final:
            self._waiting.discard(self._answers.pop(post, ""))
            self._finals[post] = part.text
            if len(self._finals) > FINALS_MAX:
                self._finals.popitem(last=False)
            self._changed.set()

    def _grow(self, post: str, part: Part) -> None:
        """One post grows at a time; the others wait until they are whole, and it is."""
        if self._growing in (None, post):
            self._growing = None if part.final else post
            self._view.show(part.text, part.final)
            self._show_held()
        elif part.final:
            self._held.append(("", part.text))

    def _show_whole(self, label: str, text: str) -> None:
        self._held.append((label, text))
        self._show_held()

    def _show_held(self) -> None:
        while self._held and self._growing is None:
            label, text = self._held.pop(0)
            if label:
                self._view.say(label)
            self._view.show(text, final=True)


class Terminal(_Talk):
    """The chat: `run` asks for a line, waits for its answer, and asks again until the person leaves.

    `commands` are (name without slash, what it does), for Tab; `history` is a file for the arrow keys,
    None keeps them in memory, and what is `secret` is never in it; `now_ns` is the time in nanoseconds since
    1970, from which questions get their ids.
    """

    platform = "terminal"
    resumes = True

    def __init__(
        self,
        words: Words,
        *,
        commands: Sequence[tuple[str, str]] = (),
        history: Path | None = None,
        secret: Callable[[str], bool] = lambda _: False,
        name: str = "",
        chat_id: str = "home",
        stdin: TextIO = sys.stdin,
        out: TextIO = sys.stdout,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        person_looks_on = out if out.isatty() else None
        view = open_view(out, notes=person_looks_on, hint=words.stop_hint)
        keys = _keys(stdin, view)
        super().__init__(words, chat_id, name, keys, view, now_ns)
        self._prompt: Prompt
        if keys:
            self._prompt = KeyPrompt(
                *(keys, out),
                commands=commands,
                history=history,
                secret=secret,
                leave_hint=words.leave_hint,
            )
        else:
            asking = person_looks_on if stdin.isatty() else None
            self._prompt = LinePrompt(stdin, asking, words.leave_hint)

    async def run(self, accept: Accept) -> None:
        if self._words.greeting:
            self._view.say(self._words.greeting)
        draft = ""
        try:
            while (text := await self._prompt.read(draft)) is not None:
                draft = ""
                if not text.strip():
                    continue
                try:
                    if not await self._ask(accept, text):
                        return
                except StorageError as error:
                    draft = text
                    self._view.say(f"{self._words.not_saved} {error}")
        finally:
            self._left = True


class Once(_Talk):
    """One question, answered on `out`: drawn as it grows on a terminal, else written when it is whole,
    since what is in a pipe cannot be taken back. `run` raises `StorageError` if it was not accepted."""

    platform = "ask"
    resumes = False

    def __init__(
        self,
        question: str,
        words: Words,
        *,
        name: str = "",
        stdin: TextIO = sys.stdin,
        out: TextIO = sys.stdout,
        notes: TextIO = sys.stderr,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        view = open_view(out, notes=notes if notes.isatty() else None, hint=words.stop_hint)
        super().__init__(words, f"{now_ns()}-{os.getpid()}", name, _keys(stdin, view), view, now_ns)
        self._question = question

    @property
    def stopped(self) -> bool:
        """Ctrl-C was pressed: what was written is not the whole answer."""
        return self._presses > 0

    @property
    def lost(self) -> bool:
        """What was written could not be taken: a full disk, a closed pipe."""
        return self._view.gone

    async def run(self, accept: Accept) -> None:
        await self._ask(accept, self._question)
        self._left = True


def _keys(stdin: TextIO, view: View) -> Input | None:
    """The keyboard, where it belongs to the terminal we draw on."""
    return create_input(stdin) if isinstance(view, LiveView) and stdin.isatty() else None
