"""What of a model's words is its answer.

Some servers send a reasoning model's thinking as part of the text: `<think>…</think>` and only then the
answer. `AnswerText` takes the words piece by piece, however the tags are cut, and gives back what is
answer. Only the beginning of the text is searched: later on `<think>` is a word like any other. It also
puts together letters outside the basic plane that were sent as two JSON escapes in two pieces, since half
a letter can be neither stored nor shown.

Not covered: a template that opens the thinking itself, so that the model only ever closes it. Which
words those are is known when the tag comes, too late to hide them; such a model needs a server that
takes them apart (`--reasoning-parser` and the like), and all the usual ones can.
"""

from core.words import well_formed

OPEN = "<think>"
CLOSE = "</think>"


class AnswerText:
    def __init__(self) -> None:
        self.thinking = False
        """What came last is the model's thinking."""
        self.blank = True
        """Nothing but white space so far."""
        self._begun = False
        """The answer itself is running: nothing is held back any more."""
        self._held = ""
        self._half = ""
        """The first half of a surrogate pair."""

    def feed(self, words: str) -> str:
        """What of `words`, and of what was held back before, is answer. It may be nothing."""
        if self._half or not words.isascii():
            words = self._whole_letters(words)
        if not self._begun:
            words = self._after_thinking(words)
        if self.blank and words and not words.isspace():
            self.blank = False
        return words

    def end(self) -> str:
        """What was held back because it could still have become a tag, and did not."""
        held = "" if self.thinking else self._held
        self._held = ""
        self._begun = True
        if held.strip():
            self.blank = False
        return held

    def _after_thinking(self, words: str) -> str:
        self._held += words
        if not self.thinking:
            start = self._held.lstrip()
            if OPEN.startswith(start[: len(OPEN)]) and len(start) < len(OPEN):
                return ""
            if not start.startswith(OPEN):
                return self._begin(self._held)
            self.thinking = True
            self._held = start[len(OPEN) :]
        thought, closed, answer = self._held.partition(CLOSE)
        if not closed:
            self._held = thought[-(len(CLOSE) - 1) :]
            return ""
        # The line breaks between thinking and answer belong to neither, whichever piece they come in.
        answer = answer.lstrip()
        if not answer:
            self._held = CLOSE
            return ""
        return self._begin(answer)

    def _begin(self, answer: str) -> str:
        self.thinking = False
        self._begun = True
        self._held = ""
        return answer

    def _whole_letters(self, words: str) -> str:
        words = self._half + words
        self._half = ""
        try:
            words.encode()
        except UnicodeEncodeError:
            if "\ud800" <= words[-1] <= "\udbff":
                self._half = words[-1]
                words = words[:-1]
            return well_formed(words)
        return words
