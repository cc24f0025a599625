"""Every sentence the program says to people: calm, short, free of jargon.

A sentence says what happened, what is safe, and what to do next. No other file holds words for people but
its translations beside it: each is a class like this one, and what it leaves out is said in English.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english_admin import EnglishAdmin
from bot.phrases.english_people import EnglishPeople
from bot.phrases.english_web import EnglishWeb
from core.errors import NoAnswer
from core.types import Done, Status


class English(EnglishAdmin, EnglishPeople, EnglishWeb):
    language = "en"
    name = "English"

    # ── The model is told ─────────────────────────────────────────────────────────────────────────────

    SYSTEM = (
        "You are Porchlight, a family's assistant. Be warm, clear and brief. Answer in the language of the "
        "question. Use simple Markdown. If you do not know something or it may have changed since you were "
        "trained, say so. Today is {today}."
    )

    # ── While an answer is on its way ─────────────────────────────────────────────────────────────────

    def note(self, status: Status) -> str:
        match status.what:
            case "asking":
                return f"{status.node} is answering"
            case "thinking":
                return f"{status.node} is thinking"
            case "queued":
                return f"Waiting for {status.node}: {status.place} before you"
            case "retrying":
                return "Trying again"
            case _:
                return self.progress(status)

    # ── Under an answer ───────────────────────────────────────────────────────────────────────────────

    def broken_off(self, text: str) -> str:
        """As far as it came before `/stop`."""
        return f"{text.rstrip()} …" if text.strip() else self.STOPPED

    def with_note(self, text: str, note: str) -> str:
        return "\n\n".join(part for part in (text, note) if part)

    def under(self, done: Done, *, attachment: bool = False, late: bool = False) -> str:
        """What is shown below the text, in one line; empty for most answers."""
        notes = []
        if late:
            notes.append(self.LATE)
        if attachment:
            notes.append(self.ONLY_THE_WORDS)
        if done.cut:
            notes.append("This is as long as one answer may be; ask me to go on.")
        if done.small:
            notes.append(f"From the built-in mini model ({done.model}): it is often wrong.")
        return f"*{' '.join(notes)}*" if notes else ""

    # ── Instead of an answer ──────────────────────────────────────────────────────────────────────────

    BROKEN = (
        "Something broke on my side, and your question is not answered. Please ask again; if it happens "
        "again, tell whoever runs me."
    )
    TRIED_TOO_OFTEN = (
        "I tried this several times and was interrupted each time, so I have stopped. Please ask again, "
        "perhaps in other words."
    )
    DISK = (
        "I cannot write to my disk, so I cannot answer safely. Your question is kept, and is answered when "
        "I start again. Whoever runs me should look at the free space and the log."
    )
    DAMAGED = "I could not read back what you wrote: it was damaged on disk. Please send it again."
    ASK_SOMETHING = "That was empty. What would you like to know?"

    def no_answer(self, error: NoAnswer, *, private: bool) -> str:
        match error.reason:
            case "no_nodes":
                return (
                    "No model is set up yet, so I cannot answer. Whoever runs me can add one with /nodes add."
                )
            case "no_node_at_home":
                return (
                    "A private question is put to a model in the house only, and none is set up there yet. "
                    "No other was asked. Ask without /private, or talk to whoever runs me."
                )
            case "no_local_node":
                return (
                    "A private question is put to a model in the house only, and none can answer just now. "
                    "No other was asked. Ask without /private, or try again later."
                )
            case "not_for_minors":
                return self.NOT_FOR_MINORS
            case "offline":
                return (
                    "I cannot reach the internet just now. When it is back, please ask again or write /retry."
                )
            case "all_out":
                return (
                    "None of my models lets me in any more, and only whoever runs me can mend that. They "
                    "know of it. Please ask again later."
                )
            case "too_long":
                return "That is too long for me to read at once. Please send it in smaller parts."
            case "refused":
                return "The model declined to answer this. Asking in other words may help."
            case "bad_request":
                return "The models could not make sense of this request. Please ask in other words."
            case "exhausted":
                later = (
                    f" in about {self.duration(error.ready_in_s)}"
                    if error.ready_in_s
                    else " in a few minutes"
                )
                return (
                    f"None of my models can answer just now. Please ask again{later}, or write /retry then."
                )

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────

    FRESH_START = "A fresh start: I no longer think of what we said before."
    NOTHING_TO_STOP = "There is nothing to stop."
    STOPPED = "Stopped."
    NOTHING_TO_RETRY = "There is no question to ask again yet."
    PRIVATE_BARE = (
        "Write the question behind it: /private what is a good rash cream? "
        "Only a model in this house is then asked, and nobody else."
    )
    ADMIN_ONLY = "Only the admin can do that."
    ONLY_IN_A_CHAT = "Please say that in a chat with me: another one of me may be running there."
    PRIVATE_CHAT_ONLY = "Please write that to me in a private chat."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Did you mean /{close}?" if close else ""
        return f"I don't know /{name}.{hint} /help shows what I can do."

    def help_line(self, command: str, *, bare: bool = False) -> str:
        """`bare`: without what may stand behind it."""
        arguments = "" if bare else self.ARGUMENTS.get(command, "")
        return f"- {f'/{command} {arguments}'.strip()}: {self.ABOUT[command]}"

    def help_text(self, lines: Sequence[str]) -> str:
        return "Just write to me. I also understand:\n\n" + "\n".join(lines)

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "begin here",
            "ask": "ask me something",
            "help": "what I can do",
            "new": "begin afresh; I forget what we said before",
            "stop": "end the answer that is growing",
            "retry": "answer your last question again",
            "private": "only a model in your house may read it",
            "research": "look it up on the web, with sources",
            "forget": "forget what was looked up on the web",
            "models": "which models can answer",
            "status": "how everything is doing",
            "reset": "use a resting model again at once",
            "strategy": "how questions are spread over the models",
            "settings": "your language, and how answers grow",
            "link": "use another account of yours, too",
            "invite": "let somebody in, with a link",
            "people": "who is in, and what they may do",
            "role": "change what somebody may do",
            "remove": "send somebody off",
            "groups": "in which groups I talk",
            "digest": "the last 24 hours at a glance",
            "nodes": "look after the models",
            "logs": "the end of the log",
            "usage": "who asked how much",
            "pause": "answer nothing until /resume",
            "resume": "go on after /pause",
            "backup": "make a backup now",
            "why": "which way the last answer came",
        }
    )
    """Of each command what it does."""

    ARGUMENTS: Mapping[str, str] = MappingProxyType(
        {
            "start": "[code]",
            "ask": "<question>",
            "new": "[question]",
            "private": "<question>",
            "research": "<question>",
            "link": "[code]",
            "reset": "[model]",
            "pause": "[model]",
            "resume": "[model]",
            "strategy": "[name]",
            "invite": "[role] [name]",
            "role": "[who] [role]",
            "remove": "[who]",
            "digest": "[how often]",
            "status": "[pin, unpin]",
            "nodes": "[add]",
            "logs": "[number] [level]",
        }
    )
    """What may stand behind a command, and in <> what has to."""

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight is on. Ask me anything; /help shows what else I understand."
    STOP_HINT = "Ctrl-C stops"
    LEAVE_HINT = "Ctrl-C again or Ctrl-D leaves"
    EARLIER = "You asked before, and it was not finished:"
    NOT_SAVED = "That could not be taken in."
