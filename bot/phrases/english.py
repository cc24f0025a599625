"""Every sentence the program says to people: calm, short, free of jargon.

A sentence says what happened, what is safe, and what to do next. No other file holds words for people but
its translations beside it: each is a class like this one, and what it leaves out is said in English.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english_people import EnglishPeople
from bot.phrases.english_web import EnglishWeb
from core.errors import NoAnswer
from core.node import Node, State
from core.types import Done, Status


class English(EnglishPeople, EnglishWeb):
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
                    "No model is set up yet, so I cannot answer. Whoever runs me can add one in the file "
                    ".env; the README shows how."
                )
            case "no_local_node":
                return (
                    "A private question never leaves the house, and no model in the house can answer just "
                    "now. Nothing was sent anywhere. Ask without /private, or try again later."
                )
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
        "It is then answered by a model in this house, and never leaves it."
    )
    ADMIN_ONLY = "Only the admin can do that."
    ONLY_IN_A_CHAT = "Please say that in a chat with me: another one of me may be running there."
    PRIVATE_CHAT_ONLY = "Please write that to me in a private chat."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Did you mean /{close}?" if close else ""
        return f"I don't know /{name}.{hint} /help shows what I can do."

    def usage(self, command: str) -> str:
        return f"/{command} {self.ARGUMENTS.get(command, '')}".strip()

    def help_text(self, names: Sequence[str]) -> str:
        commands = "\n".join(f"- {self.usage(name)}: {self.ABOUT[name]}" for name in names)
        return f"Just write to me. I also understand:\n\n{commands}"

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "begin here",
            "ask": "ask me something",
            "help": "what I can do",
            "new": "begin afresh; I forget what we said before",
            "stop": "end the answer that is growing",
            "retry": "answer your last question again",
            "private": "a question that never leaves the house",
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
            "strategy": "[name]",
            "invite": "[role] [name]",
            "role": "[who] [role]",
            "remove": "[who]",
        }
    )
    """What may stand behind a command, and in <> what has to."""

    STATES: Mapping[State, tuple[str, str]] = MappingProxyType(
        {
            "ready": ("🟢", "active"),
            "cooling": ("🟡", "cooldown"),
            "open": ("🟠", "degraded"),
            "half-open": ("🟠", "degraded"),
            "out": ("🔴", "offline"),
        }
    )

    FAILURES: Mapping[str, str] = MappingProxyType(
        {
            "refused": "not running there",
            "unreachable": "out of reach",
            "offline": "no network",
            "server": "server error",
            "not_a_stream": "answered something else",
            "slow_start": "too slow to begin",
            "stalled": "stopped in the middle",
            "dripping": "far too slow",
            "malformed": "garbled",
            "error_inside": "error in mid-answer",
            "cut": "cut off",
            "empty": "empty answer",
            "busy": "too many waiting",
            "broken": "a fault of mine (see the log)",
            "RateLimited": "rate limited",
            "Rejected": "refused my key, model or plan",
            "TooLong": "question too long",
            "Refused": "declined the question",
            "BadRequest": "did not understand the request",
        }
    )
    """Of a node, by the kind under which its books count them."""

    def verdict(self, nodes: list[Node], now: float) -> str:
        """What is wrong and what to do, or that all is well, in one sentence."""
        ready = [node for node in nodes if node.is_ready(now)]
        ill = [node for node in nodes if node.state(now) != "ready"]
        if not nodes:
            return "**No model is set up.** Add one in the file .env; the README shows how."
        if not ready:
            due = min(node.due_in_s(now) for node in nodes)
            return (
                f"**Nobody can be answered just now.** The next model is due in {self.duration(due)}; "
                "/reset tries all of them at once."
            )
        if not ill:
            return "**All well.**"
        return f"**Answers work.** {len(ill)} of {len(nodes)} models are resting or need you."

    def node_line(self, node: Node, now: float) -> str:
        sign, word = self.STATES[node.state(now)]
        counters = node.counters
        facts = [word + (f", {self.duration(node.due_in_s(now))} left" if node.due_in_s(now) else "")]
        failed = sum(counters.failures.values())
        if ended := counters.successes + failed:  # a stopped answer says nothing about the model
            facts.append(f"{counters.requests} asked, {counters.successes / ended:.0%} answered")
        if failed:
            kinds = sorted(counters.failures.items(), key=lambda kind: -kind[1])
            facts.append(", ".join(f"{count}× {self.FAILURES.get(kind, kind)}" for kind, count in kinds))
        if counters.first_token_s is not None:
            facts.append(f"first word after {counters.first_token_s:.1f} s")
        if counters.answer_tokens:
            facts.append(f"{counters.prompt_tokens:,} tokens read, {counters.answer_tokens:,} written")
        if node.remedy:
            facts.append(f"**{node.remedy}**")
        elif node.last_error:
            facts.append(f"last trouble: {node.last_error}")
        return f"- {sign} {node.name}: {' · '.join(facts)}"

    def platform_line(self, name: str, heard_s: float | None) -> str:
        """How long ago the platform was last in touch; it is at least once a minute."""
        if heard_s is None:
            return f"- 🔴 {name}: not reached yet"
        sign = "🟢" if heard_s < 120 else "🟠"
        return f"- {sign} {name}: heard {self.duration(heard_s)} ago"

    def model_line(self, node: Node, now: float) -> str:
        sign, _ = self.STATES[node.state(now)]
        place = "in the house" if node.spec.local else "cloud"
        return f"- {sign} {node.name}: {node.spec.model} ({place})"

    NO_MODELS = "No model is set up yet."

    def models_text(self, lines: list[str]) -> str:
        return "Who can answer here:\n\n" + "\n".join(lines)

    def strategy_text(self, now: str, known: list[str]) -> str:
        choices = ", ".join(f"/strategy {name}" for name in known)
        return f"Questions are spread by **{now}**. To change it: {choices}"

    def strategy_set(self, name: str) -> str:
        return f"From the next question on: **{name}**."

    def strategy_unknown(self, name: str, known: list[str]) -> str:
        return f"There is no strategy {name}. There are: {', '.join(known)}."

    def reset_done(self, names: list[str]) -> str:
        return f"Fresh start for {', '.join(names)}: asked again from the next question on."

    def reset_unknown(self, name: str, known: list[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"There is no model {name}. There are: {', '.join(known)}."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            return f"{max(1, round(seconds))} s"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} min"
        return f"{round(seconds / 3600)} h"

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight is on. Ask me anything; /help shows what else I understand."
    STOP_HINT = "Ctrl-C stops"
    LEAVE_HINT = "Ctrl-C again or Ctrl-D leaves"
    EARLIER = "You asked before, and it was not finished:"
    NOT_SAVED = "That could not be taken in."

    # ── Told to the admin ─────────────────────────────────────────────────────────────────────────────

    TROUBLES: Mapping[str, str] = MappingProxyType(
        {
            "telegram token": (
                "🔴 Telegram refuses my token. @BotFather gives a new one, for TELEGRAM_TOKEN in .env."
            ),
            "telegram conflict": (
                "🔴 Another copy of me reads from Telegram with the same token, so some questions reach it "
                "instead of me. End one of us."
            ),
            "discord token": (
                "🔴 Discord refuses my token. At discord.com/developers/applications, under Bot, Reset Token "
                "gives a new one, for DISCORD_TOKEN in .env."
            ),
            "discord intents": (
                "🔴 Discord does not let me connect (4014: intents that are not allowed). At "
                "discord.com/developers/applications, look under Bot whether the app is still in good "
                "standing."
            ),
            "discord access": (
                "🟠 Somebody on Discord asked me where I may not write. Give my role there View Channel, "
                "Send Messages, Send Messages in Threads, Attach Files and Read Message History."
            ),
        }
    )

    def model_out(self, name: str, remedy: str) -> str:
        """To the admin, once."""
        return (
            f"🔴 The model {name} no longer answers. {remedy} I try it again by myself; /reset does so now."
        )
