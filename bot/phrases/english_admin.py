"""In English, what is said to an admin who looks after everything: how it is doing, the models, the log,
who used how much, by which way an answer came. What is true is decided in bot/status_facts.py and core;
here it gets its words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.phrases.english_digest import EnglishDigest
from bot.status_facts import NodeFacts, PlatformFacts
from core.node import State
from core.troubles import Kind
from core.types import Tried


class EnglishAdmin(EnglishDigest):
    # ── How everything is doing ───────────────────────────────────────────────────────────────────────

    ALL_WELL = "🟢 **All well.**"
    ALL_PAUSED = "⚪ **Everything is paused.** Questions are kept; /resume answers them."
    NODES_PAUSED = "🔴 **Every model is paused.** /nodes lets them go on."

    VERDICTS: Mapping[Kind, str] = MappingProxyType(
        {
            "nobody": "🔴 **Nobody can be answered just now.** /reset tries all the models at once.",
            "no_nodes": "🔴 **No model is set up.** /nodes add takes a key, or the address of an Ollama.",
            "only_small": (
                "🟠 **Only the built-in mini model can answer just now**, and it is often wrong. "
                "/reset tries the others at once."
            ),
        }
    )
    """What is said otherwise where the rest of the status stands below it."""

    def resting(self, count: int, nodes: int) -> str:
        they = (
            "rests for a while and comes back by itself" if count == 1 else "rest for a while and come back"
        )
        return f"🟢 **Answers work.** {count} of {nodes} models {they}."

    def platform_quiet(self, name: str) -> str:
        return f"🟠 **{name} cannot be reached just now.** What is written there is answered when it can."

    STATES: Mapping[State, str] = MappingProxyType(
        {
            "ready": "active",
            "cooling": "cooldown",
            "open": "degraded",
            "half-open": "degraded",
            "out": "offline",
            "paused": "paused",
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

    def node_line(self, node: NodeFacts, *, detailed: bool = False, steady: bool = False) -> str:
        """`steady`: without what changes by itself."""
        left = ""
        if steady and node.until is not None:
            left = f" until {node.until:%H:%M}"
        elif node.left_s:
            left = f", {self.duration(node.left_s)} left"
        facts = [self.STATES[node.state] + left]
        if node.answered is not None:
            facts.append(f"{node.requests} asked, {node.answered:.0%} answered")
        if node.rate_limits and not detailed:
            facts.append(f"{node.rate_limits}× rate limited")
        if node.first_token_s is not None:
            facts.append(f"first word after {node.first_token_s:.1f} s")
        if detailed:
            facts += [", ".join(f"{count}× {self.failure(kind)}" for kind, count in node.failures)]
            if node.answer_tokens:
                facts.append(f"{node.prompt_tokens:,} tokens read, {node.answer_tokens:,} written")
            facts.append(node.model)
            facts.append(f"last trouble: {node.trouble}" if node.trouble else "")
        if node.remedy:
            facts.append(f"**{self.remedy(node.remedy)}**")
        return f"- {node.sign} {node.name}: {' · '.join(filter(None, facts))}"

    def failure(self, kind: str) -> str:
        return self.FAILURES.get(kind, kind)

    def platform_line(self, it: PlatformFacts, *, steady: bool = False) -> str:
        if it.health == "unreached":
            return f"- {it.sign} {it.name}: not reached yet"
        if steady or it.heard_s is None:
            return f"- {it.sign} {it.name}: {'connected' if it.health == 'well' else 'out of reach'}"
        return f"- {it.sign} {it.name}: heard {self.duration(it.heard_s)} ago"

    def queue_line(self, waiting: int, answering: int) -> str:
        if not waiting and not answering:
            return "- Nobody is waiting"
        return f"- Questions: {answering} being answered, {waiting} waiting"

    def database_line(self, size_bytes: int, backup: datetime | float | None) -> str:
        """The last backup as its time, or as its age in seconds; None: there is none."""
        match backup:
            case None:
                made = "no backup yet"
            case datetime():
                made = f"last backup {backup:%Y-%m-%d %H:%M}"
            case _:
                made = f"last backup {self.duration(backup)} ago"
        return f"- Database: {self.size(size_bytes)}, {made}"

    NOT_FOR_MINORS = "None of my models may answer children and teens. Whoever runs me can change that."
    MEMBER_STATUS: Mapping[str, str] = MappingProxyType(
        {
            "well": "🟢 All well: just ask.",
            "slow": "🟠 I can answer, but only with a small model that is often wrong.",
            "nobody": "🔴 I cannot answer just now. Whoever runs me can see why.",
            "doubtful": "🟠 The last time I could not answer. Just ask: I try again.",
            "not_for_minors": f"🔴 {NOT_FOR_MINORS}",
            "paused": "⚪ I am taking a break. What you ask is kept, and answered afterwards.",
        }
    )
    REFRESH_BUTTON = "Refresh"
    CHART_BUTTON = "Chart"
    DETAILS_BUTTON = "Details"
    RESET_BUTTON = "Reset"
    STRATEGY_BUTTON = "Strategy"
    BACK_BUTTON = "Back"
    DAY_BUTTON = "24 hours"
    WEEK_BUTTON = "7 days"
    PIN_NOT_HERE = "Nothing can be pinned here. On a chat platform it can."
    UNPINNED = "It is no longer kept up to date."
    NOTHING_PINNED = "Nothing is pinned here."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            return f"{max(1, round(seconds))} s"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} min"
        if seconds < 48 * 3600:
            return f"{round(seconds / 3600)} h"
        return f"{round(seconds / 86400)} days"

    def size(self, size_bytes: int) -> str:
        return f"{size_bytes / 1e6:.1f} MB"

    # ── The models ────────────────────────────────────────────────────────────────────────────────────

    def model_line(self, node: NodeFacts) -> str:
        return f"- {node.sign} {node.name}: {node.model} ({'in the house' if node.local else 'cloud'})"

    NO_MODELS = "No model is set up yet."

    def models_text(self, lines: Sequence[str]) -> str:
        return "Who can answer here:\n\n" + "\n".join(lines)

    MODEL_FOR_WHICH = "For which one shall another model be chosen?"

    def choose_model(self, name: str, now: str, shown: Sequence[str], others: int) -> str:
        """`others`: how many more there are than are shown. No `now`: it has none yet."""
        current = f"{name} is asked for **{now}**." if now else f"Which model shall {name} be asked for?"
        more = f"\n\n{others} more: write a part of its name behind /choose {name}" if others else ""
        return f"{current} It offers:\n\n" + "\n".join(f"- {model}" for model in shown) + more

    def no_model_like(self, name: str, word: str) -> str:
        return f"{name} offers no model with {word} in its name. /choose {name} shows what it does offer."

    def lists_no_models(self, name: str) -> str:
        return f"{name} does not say what it offers. Write the model's whole name behind /choose {name}"

    def model_set(self, name: str, model: str) -> str:
        return f"{name}: **{model}**, from the next question on."

    def model_fixed(self, name: str) -> str:
        return f"{name} is the built-in model: EMBEDDED_MODEL in .env names another file for it, or says off."

    STRATEGIES: Mapping[str, str] = MappingProxyType(
        {
            "round_robin": "each in turn",
            "random": "at random",
            "least_used": "the least asked first",
            "fastest": "the quickest first",
        }
    )

    def strategy_text(self, now: str, known: Sequence[str]) -> str:
        lines = [f"- /strategy {name}: {self.STRATEGIES[name]}" for name in known]
        return "\n".join([f"Questions are spread by **{now}**. To change it:", "", *lines])

    def strategy_set(self, name: str) -> str:
        return f"From the next question on: **{name}**, {self.STRATEGIES[name]}."

    def strategy_unknown(self, name: str, known: Sequence[str]) -> str:
        return f"There is no strategy {name}. There are: {', '.join(known)}."

    def reset_done(self, names: Sequence[str]) -> str:
        return f"Fresh start for {', '.join(names)}: asked again from the next question on."

    def reset_unknown(self, name: str, known: Sequence[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"There is no model {name}. There are: {', '.join(known)}."

    # ── Looking after them ────────────────────────────────────────────────────────────────────────────

    NODES_TEXT = "The models I ask. Press one to test, pause or remove it."
    ADD_BUTTON = "Add one"
    TEST_BUTTON = "Test"
    PAUSE_BUTTON = "Pause"
    GO_ON_BUTTON = "Go on"
    MODEL_BUTTON = "Other model"
    REMOVE_BUTTON = "Remove"
    REMOVE_NODE_YES = "Yes, remove"
    TRY_AGAIN_BUTTON = "Try again"

    ADD_HOW = (
        "Paste what the provider gave you, as your next message. I understand:\n\n"
        "- Cloudflare: the account's id and the token\n"
        "- Groq, OpenRouter, Google, OpenAI, xAI, Hugging Face: the key alone\n"
        "- anyone else who speaks OpenAI's protocol: the address and the key\n"
        "- an Ollama at home: its address, like http://192.168.1.5:11434\n\n"
        "I take the message away at once where I am allowed to, try the key with a tiny question, and keep "
        "it in my database on this machine, which only its owner can read. It is shown nowhere."
    )
    KEY_NOT_READ = (
        "That looks like a key. I could not tell what it is for, so I kept nothing of it. Send the address "
        "and the key together, or a Cloudflare account's id and its token."
    )
    KEY_LOCKED = "That looked like a key, so I kept nothing of it. Write /nodes add alone first"

    def unfinished_line(self, name: str) -> str:
        return f"- ⚪ {name}: not in use yet"

    def node_added(self, name: str, model: str, first_s: float | None) -> str:
        quick = f" after {first_s:.1f} s" if first_s is not None else ""
        return f"🟢 {name} answers{quick}, and is asked from now on, for **{model}**."

    def node_answers(self, name: str, first_s: float | None) -> str:
        quick = f" after {first_s:.1f} s" if first_s is not None else ""
        return f"🟢 {name} answers{quick}."

    def node_silent(self, name: str, why: str, remedy: str) -> str:
        return f"🔴 {name} does not answer: {why}. {self.remedy(remedy)}".rstrip()

    def key_refused(self, name: str, remedy: str) -> str:
        return f"🔴 {name} does not take this key, so I have forgotten it. {self.remedy(remedy)}".rstrip()

    def node_paused(self, name: str) -> str:
        return f"⚪ {name} is paused: it is asked nothing until you let it go on."

    def node_goes_on(self, name: str) -> str:
        return f"🟢 {name} is asked again, from the next question on."

    def node_remove_sure(self, name: str) -> str:
        return f"Remove {name}, with its key?"

    def node_removed(self, name: str) -> str:
        return (
            f"{name} is gone, and so is its key. Only older copies of my database still hold it: if others "
            "may have seen it, take it back at the provider."
        )

    def node_in_settings(self, name: str) -> str:
        return f"{name} stands in the settings (.env) and is removed there. Here it can be paused."

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────

    NO_LOGS = "There is nothing like that in the log."
    LOGS_HOW = "For example: /logs 50 warning. The levels are debug, info, warning, error and critical."

    def usage_line(self, name: str, today: int, week: int, month: int, from_the_web: int) -> str:
        web = f", {from_the_web} from the web" if from_the_web else ""
        return f"- {name}: {today} today, {week} in 7 days, {month} in 30 days{web}"

    def usage_text(self, lines: Sequence[str]) -> str:
        if not lines:
            return "Nobody has asked anything in the last 30 days."
        return "Questions asked:\n\n" + "\n".join(lines)

    USAGE_OTHERS = "others"
    """Who is no member any more, or sits at this machine."""

    PAUSED = "Everything is paused. Questions are kept, and answered after /resume."
    RESUMED = "On again. What came meanwhile is answered now."
    NOT_PAUSED = "Nothing is paused."
    PAUSED_FOR_NOW = "I am taking a break just now. Your question is kept, and answered afterwards."

    def backup_made(self, name: str, size_bytes: int) -> str:
        return f"🟢 A backup was made: {name}, {self.size(size_bytes)}."

    def backup_failed(self, why: str) -> str:
        return f"🔴 No backup could be made. {why}"

    WHY_NOTHING = "There is no question here that I could say that of."
    WHY_FORGOTTEN = "I no longer know which way that answer came."
    WHY_NOBODY = "Nobody could answer that."
    WHY_NOTHING_FOUND = "Nothing was found that could be read, so no model was asked."
    WHY_STOPPED = "That answer was stopped."

    def why_answered(self, it: Tried) -> str:
        return f"🟢 {it.node} answered ({it.model}): {self.times(it)}"

    def why_failed(self, it: Tried) -> str:
        return f"🔴 {it.node}: {self.failure(it.ended)}, after {it.took_s:.1f} s"

    def times(self, it: Tried) -> str:
        first = f"first word after {it.first_token_s:.1f} s, " if it.first_token_s is not None else ""
        return f"{first}whole after {it.took_s:.1f} s"
