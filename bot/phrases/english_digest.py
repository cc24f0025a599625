"""In English, what an admin is told without having asked: what is wrong, that it is over, the digest of the
morning; and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from core.digests import Often
from core.history import Span
from core.troubles import Trouble


class EnglishDigest:
    # ── What is to be done about a model ──────────────────────────────────────────────────────────

    REMEDIES: Mapping[str, str] = MappingProxyType(
        {
            "key": "Check its key: it is wrong, expired, or not allowed to do this.",
            "permission": "It needs the permission Workers AI.",
            "account": (
                "Check the account id: 32 digits and letters a–f, as the dashboard shows it under Workers AI."
            ),
            "model": "Choose another model: the provider does not serve this one (any more).",
            "retired": "This model is retired: take",
            "address": "Check its URL: there is nothing of the kind at this address.",
            "or_model": "If the URL is right, it is the model.",
            "moved": "The address has moved: put the new one into its URL.",
            "stray": "Check its URL and key for stray characters.",
            "used_up": "The quota or credit at the provider is used up.",
            "terms": "Agree to this model's terms in the Cloudflare dashboard, or choose another model.",
            "not_allowed": "This account may not use this model: choose another one.",
            "blocked": "Cloudflare has blocked this account from Workers AI: ask its support.",
            "paid_plan": "This model needs the Workers Paid plan: choose one that is on the free plan.",
            "pull": "On the machine Ollama runs on: ollama pull",
            "cloud_model": (
                "Choose a model that runs on this machine: this one is passed on to Ollama's cloud."
            ),
            "digest": "Pull the model whose digest is in the settings, or take the new digest into them.",
            "file": "Delete that file to have it fetched anew, or name another one.",
        }
    )
    """Word for word as core/providers and core/node.py say it; some go on with a name."""

    def remedy(self, said: str) -> str:
        for what, english in EnglishDigest.REMEDIES.items():
            said = said.replace(english, self.REMEDIES[what])
        return said

    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        """To the admin, once."""
        how = self.remedy(remedy)
        return f"🔴 The model {name} no longer answers. {how} I try it again by myself; /reset does so now."

    def trouble(self, it: Trouble) -> str:
        """What is wrong, and what to do."""
        match it.kind:
            case "nobody" if it.tried_next:
                return (
                    "🟠 **The last time, no model could answer.** "
                    "With the next question I try again: ask me one."
                )
            case "nobody":
                return (
                    "🔴 **Nobody can be answered just now.** /status shows what ails the models; /reset "
                    "tries all of them at once."
                )
            case "no_nodes":
                return "🔴 **No model is set up.** /nodes add takes a key here, in this chat."
            case "only_small":
                return (
                    "🟠 Only the built-in mini model can answer just now, and it is often "
                    "wrong. /status shows what ails the others."
                )
            case "platform":
                return self.TROUBLES[it.name]
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 There has been no new backup for {it.days} days. /backup makes one now, and says "
                    "what is in the way."
                )
            case "trial":
                return (
                    "🔴 The newest backup did not pass its weekly trial. /backup makes another one, which is "
                    "tried soon after; if that does not pass either, /logs shows why."
                )
            case "disk":
                return (
                    f"🔴 The disk is almost full: {it.free_bytes / 1e6:.0f} MB are left. When nothing is, I "
                    "cannot take in questions any more. Please free some."
                )

    def trouble_over(self, it: Trouble) -> str:
        """The good news."""
        match it.kind:
            case "node":
                return f"🟢 The model {it.name} answers again."
            case "backup":
                return "🟢 There is a new backup."
            case "trial":
                return "🟢 The newest backup passed its trial."
            case "disk":
                return "🟢 There is room on the disk again."
            case "platform":
                return f"🟢 With {it.platform.title()} all is well again."
            case "only_small":
                return "🟢 The better models answer again."
            case _:
                return "🟢 Questions are answered again."

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

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **All is well.**"

    def digest_look_at(self, count: int) -> str:
        """The verdict, when people are answered, but not all is well."""
        return f"🟠 **Answers work. Worth a look: {count}**"

    DIGEST_SPAN: Mapping[Span, str] = MappingProxyType(
        {"day": "in the last 24 hours", "week": "in the last 7 days"}
    )
    DIGEST_BEFORE: Mapping[Span, str] = MappingProxyType(
        {"day": "the same day last week", "week": "the week before"}
    )
    """With what it is compared."""

    def digest_more(self, count: int) -> str:
        """What there was no room for."""
        return f"… and {count} more: /status shows how everything is doing."

    def digest_waiting(self, count: int) -> str:
        return (
            f"🟠 Waiting for an answer for more than an hour: {count}. When I am started again, I take up "
            "all of them."
        )

    def digest_off(self, span: Span, hours: int) -> str:
        return f"🟠 I was not running for about {hours} h {self.DIGEST_SPAN[span]}."

    def digest_unanswered(self, span: Span, count: int, questions: int, before: int | None) -> str:
        """Where `before` is not known, it is left out."""
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"🟠 Without an answer: {count} of {questions} questions{was}."

    def digest_weak(self, span: Span, name: str, share: float, kind: str, before: float | None) -> str:
        """A node that fails often; the share of its answers, 0 … 1, and how it mostly fails."""
        was = "" if before is None else f"; {self.DIGEST_BEFORE[span]}: {before:.0%}"
        return f"🟠 {name} answered only {share:.0%} of the time, mostly: {kind}{was}."

    def digest_slow(self, span: Span, name: str, first_token_s: float, before_s: float) -> str:
        was = f"{self.DIGEST_BEFORE[span]}: {before_s:.1f} s"
        return f"🟡 {name} is slow: first word after {first_token_s:.1f} s ({was})."

    def digest_knocked(self, span: Span, count: int) -> str:
        return f"👋 Strangers who wrote to me {self.DIGEST_SPAN[span]}: {count}."

    def digest_questions(self, span: Span, questions: int, before: int | None) -> str:
        if not questions and not before:
            return f"Nobody asked anything {self.DIGEST_SPAN[span]}."
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"Questions {self.DIGEST_SPAN[span]}: {questions}{was}."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        """How many of the answers each node gave."""
        return f"Answered by {', '.join(f'{name} ({count})' for name, count in shares.items())}."

    NO_DIGEST_HERE = "Nobody is sent a digest at this terminal. /digest shows it whenever you ask."
    LESS_BUTTON = "Less of this"
    OFTEN: Mapping[Often, str] = MappingProxyType(
        {"daily": "Every morning", "weekly": "Once a week", "off": "Never"}
    )
    DIGEST_CHOSEN: Mapping[Often, str] = MappingProxyType(
        {
            "daily": "You get the digest every morning.",
            "weekly": "You get the digest once a week, on Monday.",
            "off": "You get no digest any more. /digest shows it when you ask.",
        }
    )

    # ── In pictures and tables ────────────────────────────────────────────────────────────────────

    CHART: Mapping[str, str] = MappingProxyType(
        {
            "title": "What each model did in 24 hours",
            "title_week": "What each model did in a week",
            "answered": "answered",
            "failed": "failed",
            "failover": "passed on to another model",
            "off": "not running",
            "others": "other models",
            "nothing": "Nothing was asked in this time.",
        }
    )
    CHART_DAYS: Mapping[int, str] = MappingProxyType(
        {0: "Mon", 1: "Tue", 2: "Wed", 3: "Thu", 4: "Fri", 5: "Sat", 6: "Sun"}
    )

    def chart_note(self, asked: int, answered: int, failed: int, failovers: int) -> str:
        """What the picture shows of one node, in words."""
        bad = f", {failed} failed, {failovers} passed on" if failed else ""
        return f"asked {asked}, answered {answered}{bad}"

    def chart_off(self, hours: int) -> str:
        return f"Not running: about {hours} h"
