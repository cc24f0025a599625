"""In English, what an admin is told without having asked: what is wrong, that it is over, the digest of the
morning; and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from core.digests import Often
from core.troubles import Trouble


class EnglishDigest:
    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        """To the admin, once."""
        return (
            f"🔴 The model {name} no longer answers. {remedy} I try it again by myself; /reset does so now."
        )

    def trouble(self, it: Trouble) -> str:
        """What is wrong, and what to do."""
        match it.kind:
            case "nobody":
                return (
                    "🔴 **Nobody can be answered just now.** /status shows what ails the models; /reset "
                    "tries all of them at once."
                )
            case "no_nodes":
                return "🔴 **No model is set up.** Add one in the file .env; the README shows how."
            case "only_small":
                return (
                    "🟠 Only the built-in mini model can answer just now, and it is often "
                    "wrong. /status shows what ails the others."
                )
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 There has been no new backup for {it.days} days. /backup makes one now, and says "
                    "what is in the way."
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
            case "disk":
                return "🟢 There is room on the disk again."
            case _:
                return "🟢 Questions are answered again."

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **All is well.**"

    def digest_look_at(self, count: int) -> str:
        """The verdict, when people are answered, but not all is well."""
        return f"🟠 **Answers work. Worth a look: {count}**"

    def digest_off(self, hours: int) -> str:
        return f"🟠 I was not running for about {hours} h of the last 24."

    def digest_unanswered(self, count: int, questions: int, before: int) -> str:
        """In 24 hours, and a week before."""
        return f"🟠 Without an answer: {count} of {questions} questions (a week before: {before})."

    def digest_weak(self, name: str, share: float, kind: str, before: float | None) -> str:
        """A node that fails often; the share of its answers, 0 … 1, and how it mostly fails."""
        was = "" if before is None else f"; a week before: {before:.0%}"
        return f"🟠 {name} answered only {share:.0%} of the time, mostly: {kind}{was}."

    def digest_slow(self, name: str, first_token_s: float, before_s: float) -> str:
        return f"🟡 {name} is slow: first word after {first_token_s:.1f} s (a week before: {before_s:.1f} s)."

    def digest_questions(self, questions: int, before: int) -> str:
        if not questions and not before:
            return "Nobody asked anything in the last 24 hours."
        return f"Questions in the last 24 hours: {questions} (a week before: {before})."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        """How many of the answers each node gave."""
        return f"Answered by {', '.join(f'{name} ({count})' for name, count in shares.items())}."

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
