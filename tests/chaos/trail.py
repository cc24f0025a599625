"""How it came to what went wrong: the calls into one chat and the kills among them, as lines to read.

A harness that only counts is of little use; these lines are what a mend begins with.
"""

from collections.abc import Sequence

from tests.chaos.child import Kill
from tests.chaos.family import standing
from tests.chaos.judge import Question, posts_of
from tests.chaos.street import SEARCH, Seen, Street

LINES_MAX = 40
LEAD_UP = 8


def trail(question: Question, street: Street, kills: Sequence[Kill]) -> list[str]:
    """The calls into its chat since it was asked, the kills among them, and what stands there at last."""
    happened = [event for event in _events(question.chat, street, kills) if event[0] >= question.at]
    lines = [f"{at - question.at:+8.2f} s  {what}" for at, what in happened]
    own = posts_of(question, standing(street, question))
    stands = [f"stands: {post.post}, to {post.reply_to}: {_brief(post.text)}" for post in own]
    shown = lines if len(lines) <= LINES_MAX else [*lines[: LINES_MAX // 2], "…", *lines[-LINES_MAX // 2 :]]
    return [f"asked as post {question.post}", *shown, *stands]


def lead_up(call: Seen, street: Street, kills: Sequence[Kill]) -> list[str]:
    """What came before this call in its chat, and the call itself."""
    happened = [event for event in _events(call.chat, street, kills) if event[0] <= call.at]
    return [f"{at - call.at:+9.3f} s  {what}" for at, what in happened[-LEAD_UP:]]


def _events(chat: int, street: Street, kills: Sequence[Kill]) -> list[tuple[float, str]]:
    """A row of searches in vain is one event."""
    events = [(kill.at, f"killed: {kill.point}") for kill in kills]
    events += [(call.at, _told(call)) for call in street.seen if call.chat == chat]
    events.sort()
    return [
        event
        for before, event in zip([(0.0, ""), *events], events, strict=False)
        if not (event[1].startswith(SEARCH) and before[1].startswith(SEARCH) and "[400" in event[1])
    ]


def _told(call: Seen) -> str:
    fate = f"{call.status or 'reply lost'}{'' if call.applied else ', not applied'}"
    return f"{call.name} {call.post or ''} [{fate}] {_brief(call.text)}".rstrip()


def _brief(text: str) -> str:
    words = text.split()
    return text if len(words) <= 3 else f"{words[0]} … {words[-1]} ({len(words)} words)"
