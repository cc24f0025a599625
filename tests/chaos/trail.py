"""How it came to what went wrong: the calls into one chat and the kills among them, as lines to read.

A harness that only counts is of little use; these lines are what a mend begins with.
"""

from collections.abc import Sequence

from tests.chaos.child import Kill
from tests.chaos.family import standing
from tests.chaos.judge import Question, posts_of
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_calls import Call

LINES_MAX = 40
LEAD_UP = 8
PROBE = "editMessageReplyMarkup"


def trail(question: Question, server: TelegramServer, kills: Sequence[Kill]) -> list[str]:
    """The calls into its chat since it was asked, the kills among them, and what stands there at last."""
    happened = [event for event in _events(question.chat, server, kills) if event[0] >= question.at]
    lines = [f"{at - question.at:+8.2f} s  {what}" for at, what in happened]
    own = posts_of(question, standing(server, question))
    stands = [f"stands: {post.post}, to {post.reply_to}: {_brief(post.text)}" for post in own]
    shown = lines if len(lines) <= LINES_MAX else [*lines[: LINES_MAX // 2], "…", *lines[-LINES_MAX // 2 :]]
    return [f"asked as post {question.post}", *shown, *stands]


def lead_up(call: Call, server: TelegramServer, kills: Sequence[Kill]) -> list[str]:
    """What came before this call in its chat, and the call itself."""
    assert call.chat_id is not None
    happened = [event for event in _events(call.chat_id, server, kills) if event[0] <= call.at]
    return [f"{at - call.at:+9.3f} s  {what}" for at, what in happened[-LEAD_UP:]]


def _events(chat: int, server: TelegramServer, kills: Sequence[Kill]) -> list[tuple[float, str]]:
    """A row of probes for strays is one event."""
    events = [(kill.at, f"killed: {kill.point}") for kill in kills]
    events += [(call.at, _told(call, server)) for call in server.calls if call.chat_id == chat]
    events.sort()
    return [
        event
        for before, event in zip([(0.0, ""), *events], events, strict=False)
        if not (event[1].startswith(PROBE) and before[1].startswith(PROBE) and "[400" in event[1])
    ]


def _told(call: Call, server: TelegramServer) -> str:
    assert call.chat_id is not None
    post = call.params.get("message_id")
    if call.method == "sendMessage" and call.applied:
        post = next(made.id for made in server.chats[call.chat_id].history if made.at >= call.at)
    fate = f"{call.status or 'reply lost'}{'' if call.applied else ', not applied'}"
    return f"{call.method} {post or ''} [{fate}] {_brief(call.params.get('text', ''))}".rstrip()


def _brief(text: str) -> str:
    words = text.split()
    return text if len(words) <= 3 else f"{words[0]} … {words[-1]} ({len(words)} words)"
