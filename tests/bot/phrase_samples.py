"""One call or more of every method that says something, and what its words hold in any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

from bot.phrases.english import English
from bot.status_facts import PlatformFacts, node_facts
from core.access import Change
from core.errors import NoAnswer, NoAnswerReason, RateLimited, Rejected
from core.node import Node
from core.people import Member
from core.research import Basis, Ground
from core.roles import ROLES
from core.troubles import Kind, Trouble
from core.types import Done, Person, Status, Tried
from tests.fakes import Player, node

NOW = 1000.0


@dataclass(frozen=True)
class Sample:
    """One call of a method, and what has to stand in the sentence in any language."""

    method: str
    args: tuple[object, ...] = ()
    holds: tuple[str, ...] = ()
    options: Mapping[str, object] | None = None

    def of(self, say: English) -> str:
        method: Any = getattr(say, self.method)
        said = method(*self.args, **(self.options or {}))
        assert isinstance(said, str)
        return said

    def __str__(self) -> str:
        return f"{self.method}{self.args}"


def _well() -> Node:
    well = node("Alpha", Player(), local=True)
    well.counters.requests, well.counters.successes = 40, 38
    well.counters.failures.update({"stalled": 2, "made_up": 1})
    well.counters.first_token_s = 1.25
    well.counters.prompt_tokens, well.counters.answer_tokens = 1_234_567, 23_456
    well.last_error = "500"
    return well


def _out() -> Node:
    out = node("Beta", Player())
    lease = out.lease(NOW)
    assert lease is not None
    out.failed(lease, Rejected("401", "Put a new key into .env."), NOW)
    return out


def _limited() -> Node:
    limited = node("Gamma", Player())
    lease = limited.lease(NOW)
    assert lease is not None
    limited.failed(lease, RateLimited("429", 1200), NOW)
    return limited


WELL, OUT, LIMITED = _well(), _out(), _limited()
NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 12, tzinfo=UTC)
MIA = Member(7, "Mia", "child", "", 0.0, None, (("telegram", "1"), ("terminal", "2")))
EVE, NOBODY = Person("telegram", "4711", "Eve"), Person("discord", "22")
NAMELESS = Member(8, "", None, "", 0.0, None, (("telegram", "3"),))
LINK = "https://t.me/porchlight_bot?start=c0de"
PROFILE = "https://discord.com/users/42"

SAMPLES = [
    *(Sample("note", (Status(what, "Alpha", 3),)) for what in ("thinking", "retrying")),
    Sample("note", (Status("asking", "Alpha"),), ("Alpha",)),
    Sample("note", (Status("queued", "Alpha", 3),), ("Alpha", "3")),
    Sample("under", (Done("x", model="Tiny-1", small=True),), ("Tiny-1",)),
    Sample("under", (Done("x", cut=True),)),
    Sample("under", (Done("x"),), options={"late": True, "attachment": True}),
    *(Sample("no_answer", (NoAnswer(why),), options={"private": False}) for why in get_args(NoAnswerReason)),
    Sample("no_answer", (NoAnswer("exhausted", ready_in_s=420.0),), ("7",), {"private": False}),
    Sample("unknown_command", ("helb", "help"), ("/helb", "/help")),
    Sample("unknown_command", ("xyz", None), ("/xyz",)),
    Sample("help_text", (["- /new: x", "- /status: x"],), ("/new", "/status")),
    *(Sample("resting", (count, 3), ("🟢", str(count), "3")) for count in (1, 2)),
    Sample("platform_quiet", ("Telegram",), ("Telegram",)),
    Sample("node_line", (node_facts(WELL, NOW),), ("🟢", "Alpha", "40", "93")),
    Sample(
        "node_line",
        (node_facts(WELL, NOW),),
        ("🟢", "Alpha", "2×", "1× made_up", "500", "alpha-model"),
        {"detailed": True},
    ),
    Sample("node_line", (node_facts(LIMITED, NOW),), ("🟡", "Gamma", "20", "1×")),
    Sample("node_line", (node_facts(LIMITED, NOW, NOON),), ("🟡", "12:20"), {"steady": True}),
    Sample("node_line", (node_facts(OUT, NOW),), ("🔴", "Beta", "**Put a new key into .env.**")),
    Sample("model_line", (node_facts(WELL, NOW),), ("🟢", "Alpha", "alpha-model")),
    Sample("model_line", (node_facts(OUT, NOW),), ("🔴", "Beta", "beta-model")),
    Sample("platform_line", (PlatformFacts("Telegram", "unreached"),), ("🔴", "Telegram")),
    Sample("platform_line", (PlatformFacts("Telegram", "well", 7.0),), ("🟢", "Telegram", "7")),
    Sample("platform_line", (PlatformFacts("Telegram", "quiet", 600.0),), ("🟠", "Telegram", "10")),
    *(
        Sample("platform_line", (PlatformFacts("Telegram", health, 600.0),), ("Telegram",), {"steady": True})
        for health in ("well", "quiet")
    ),
    Sample("queue_line", (0, 0)),
    Sample("queue_line", (3, 2), ("3", "2")),
    Sample("database_line", (12_000_000, None), ("12", "MB")),
    Sample("database_line", (12_000_000, 600.0), ("12", "MB", "10")),
    Sample("database_line", (12_000_000, NOON), ("12", "MB", "2026-03-11 12:00")),
    Sample("size", (12_340_000,), ("12", "MB")),
    Sample("choose_model", ("Groq", "", ["a", "b"], 0), ("Groq", "- a\n- b")),
    Sample("choose_model", ("Groq", "old", ["a"], 7), ("Groq", "**old**", "- a", "7", "/choose Groq")),
    Sample("no_model_like", ("Groq", "xyz"), ("Groq", "xyz", "/choose Groq")),
    Sample("lists_no_models", ("Groq",), ("/choose Groq",)),
    Sample("model_set", ("Groq", "new"), ("Groq", "**new**")),
    Sample("model_fixed", ("Mini",), ("Mini", "EMBEDDED_MODEL")),
    Sample("unfinished_line", ("Groq",), ("Groq",)),
    Sample("node_added", ("Groq", "new", 1.25), ("Groq", "**new**", "1")),
    Sample("node_added", ("Groq", "new", None), ("Groq", "**new**")),
    Sample("node_answers", ("Groq", 1.25), ("Groq", "1")),
    Sample("node_answers", ("Groq", None), ("Groq",)),
    Sample("node_silent", ("Groq", "cut", "Call them."), ("Groq", "cut", "Call them.")),
    Sample("key_refused", ("Groq", "Renew it."), ("Groq", "Renew it.")),
    Sample("node_paused", ("Groq",), ("Groq",)),
    Sample("node_goes_on", ("Groq",), ("Groq",)),
    Sample("node_remove_sure", ("Groq",), ("Groq",)),
    Sample("node_removed", ("Groq",), ("Groq",)),
    Sample("node_in_settings", ("Groq",), ("Groq", ".env")),
    Sample("usage_line", ("Mia", 3, 15, 40, 0), ("Mia", "3", "15", "40")),
    Sample("usage_line", ("Mia", 3, 15, 40, 9), ("Mia", "3", "15", "40", "9")),
    Sample("usage_text", ([],), ("30",)),
    Sample("usage_text", (["- Mia", "- Tom"],), ("- Mia\n- Tom",)),
    Sample("backup_made", ("x.db", 12_000_000), ("x.db", "12")),
    Sample("backup_failed", ("The disk is full.",), ("The disk is full.",)),
    Sample("why_answered", (Tried("Alpha", "m-1", "answered", 3.25, 1.5),), ("Alpha", "m-1", "1", "3")),
    Sample("why_answered", (Tried("Alpha", "m-1", "answered", 3.25),), ("Alpha", "m-1", "3")),
    Sample("why_failed", (Tried("Beta", "m-2", "stalled", 20.0),), ("Beta", "20")),
    Sample("times", (Tried("Alpha", "m-1", "answered", 3.25, 1.5),), ("1", "3")),
    Sample("models_text", (["- Alpha", "- Beta"],), ("- Alpha\n- Beta",)),
    Sample("strategy_text", ("random", ["random", "fastest"]), ("**random**", "/strategy fastest")),
    Sample("strategy_set", ("random",), ("**random**",)),
    Sample("strategy_unknown", ("magic", ["random", "fastest"]), ("magic", "random, fastest")),
    Sample("reset_done", (["Alpha", "Beta"],), ("Alpha, Beta",)),
    Sample("reset_unknown", ("Gamma", ["Alpha", "Beta"]), ("Gamma", "Alpha, Beta")),
    Sample("reset_unknown", ("", [])),
    *(Sample("duration", (seconds,), (shown,)) for seconds, shown in ((0, "1"), (45.2, "45"), (600, "10"))),
    Sample("duration", (7200.0,), ("2",)),
    Sample("duration", (3 * 86400.0,), ("3",)),
    Sample("model_out", ("Alpha", "Pay the bill."), ("Alpha", "Pay the bill.")),
    *(Sample("trouble", (Trouble(kind, "telegram token", "Pay the bill."),)) for kind in get_args(Kind)),
    Sample("trouble", (Trouble("nobody", tried_next=True),), ("🟠",)),
    Sample("trouble", (Trouble("node", "Alpha", "Pay the bill."),), ("Alpha", "Pay the bill.")),
    Sample("trouble", (Trouble("backup", days=4),), ("4", "/backup")),
    Sample("trouble", (Trouble("disk", free_bytes=300_000_000),), ("300 MB",)),
    *(Sample("trouble_over", (Trouble(kind, "Alpha"),), ("🟢",)) for kind in get_args(Kind)),
    Sample("trouble_over", (Trouble("node", "Alpha"),), ("Alpha",)),
    Sample("trouble_over", (Trouble("platform", "telegram token"),), ("Telegram",)),
    Sample("digest_look_at", (3,), ("3",)),
    Sample("digest_more", (4,), ("4", "/status")),
    Sample("digest_waiting", (3,), ("3",)),
    Sample("digest_off", ("day", 5), ("5", "24")),
    Sample("digest_off", ("week", 5), ("5", "7")),
    Sample("digest_unanswered", ("day", 3, 40, 1), ("3", "40", "1")),
    Sample("digest_unanswered", ("week", 3, 40, None), ("3", "40")),
    Sample("digest_weak", ("day", "Alpha", 0.5, "x", None), ("Alpha", "50", "x")),
    Sample("digest_weak", ("week", "Alpha", 0.5, "x", 0.9), ("Alpha", "50", "x", "90")),
    Sample("digest_slow", ("day", "Alpha", 10.0, 2.0), ("Alpha", "10", "2")),
    *(Sample("digest_knocked", (span, 50), ("50",)) for span in ("day", "week")),
    Sample("digest_questions", ("day", 0, 0), ("24",)),
    Sample("digest_questions", ("week", 0, None), ("7",)),
    Sample("digest_questions", ("day", 40, 38), ("40", "38")),
    Sample("digest_questions", ("week", 40, None), ("40", "7")),
    Sample("digest_nodes", ({"Alpha": 40, "Beta": 2},), ("Alpha (40), Beta (2)",)),
    Sample("chart_note", (9, 7, 0, 0), ("9", "7")),
    Sample("chart_note", (9, 7, 2, 1), ("9", "7", "2", "1")),
    Sample("chart_off", (5,), ("5",)),
    *(Sample("welcome", ("Mia", role), ("Mia",)) for role in ROLES),
    Sample("welcome", ("", "guest")),
    Sample("no_such_role", ("boss",), ("boss",)),
    *(Sample("invitation", (role, "Mia", {"Telegram": LINK}, "c0de"), ("Mia", LINK)) for role in ROLES),
    Sample("invitation", ("guest", "", {}, "c0de"), ("c0de",)),
    Sample("way_in", ("Telegram", LINK, "c0de"), ("Telegram", LINK)),
    Sample("way_in", ("Discord", PROFILE, "c0de"), ("Discord", PROFILE, "`c0de`")),
    Sample("link_code", ("c0de",), ("`/link c0de`",)),
    Sample("linked_elsewhere", ("discord", "Mia"), ("discord", "Mia")),
    Sample("linked_elsewhere", ("discord", ""), ("discord",)),
    Sample("linked_by", ("Anna", "discord", "Mia"), ("Anna", "discord", "Mia")),
    Sample("linked_by", ("", "discord", ""), ("discord",)),
    Sample("came_in", ("Mia", "child"), ("Mia",)),
    Sample("came_in", ("", "child")),
    Sample("stranger_card", (Person("telegram", "4711", "Eve"), 12), ("Eve", "telegram", "4711", "12")),
    Sample("stranger_card", (Person("telegram", "4711"), 0), ("4711",)),
    Sample("let_in", ("Mia", "adult"), ("Mia",)),
    Sample("let_in", ("", "adult")),
    Sample("group_card", ("Chess", "Eve"), ("Chess", "Eve")),
    Sample("group_card", ("", "")),
    Sample("group_asks", ("Chess",), ("Chess",)),
    Sample("group_asks", ("",)),
    Sample("progress", (Status("searching"),), ("🔎",)),
    Sample(
        "progress",
        (Status("reading", count=8, sites=("a.example", "b.example")),),
        ("🔎", "8", "`a.example`, `b.example`"),
    ),
    Sample("progress", (Status("writing"),), ("✍️",)),
    Sample("progress", (Status("waiting", place=2),), ("2",)),
    Sample("progress", (Status("waiting"),), ("⏳",)),
    *(Sample("research_notice", (Basis(ground, "mojeek", False),)) for ground in get_args(Ground)),
    Sample("research_notice", (Basis("pages", "wikipedia", False),), ("Wikipedia",)),
    Sample("research_notice", (Basis("pages", "mojeek", True, ("https://x.example",)),)),
    Sample("nothing_found", (Basis("pages", "mojeek"),)),
    Sample("nothing_found", (Basis("pages", None, True, ("https://x.example",)),)),
    Sample("groups_text", ([],)),
    Sample("groups_text", (["Chess", "Home"],), ("- Chess\n- Home",)),
    Sample("member_line", (MIA, 5), ("#7", "Mia", "telegram, terminal", "5")),
    Sample("member_line", (NAMELESS, 0), ("#8", "–", "telegram")),
    Sample("people_text", ([],)),
    Sample("people_text", (["- #7 Mia", "- #8 Tom"],), ("- #7 Mia\n- #8 Tom",)),
    Sample("blocked_text", ([EVE, NOBODY],), ("Eve (telegram 4711), ", "(discord 22)")),
    Sample("unblock_button", ("Eve",), ("Eve",)),
    Sample("who", ("Mia",), ("Mia",)),
    Sample("who", ("",)),
    Sample("role_for", ("Mia",), ("Mia",)),
    *(Sample("role_set", ("Mia", role), ("Mia",)) for role in ROLES),
    Sample("remove_sure", ("Mia",), ("Mia",)),
    Sample("removed", ("Mia",), ("Mia",)),
    *(Sample("change", (what, "Mia")) for what in get_args(Change)),
    *(Sample("change", (what, "Mia"), ("Mia",)) for what in ("unchanged", "named", "last_admin")),
    Sample("change", ("unchanged", "")),
    *(Sample("used_up", (what, LATER)) for what in ("minute", "day")),
    *(Sample("settings_text", options={"drafts": drafts}) for drafts in (True, False)),
]
