"""What `/status` shows: the facts gathered, and put into words in order.

The verdict comes first; then each node, the platforms, the line of questions, the disk. The post that is
pinned shows the same, but for what changes by itself from one minute to the next: it is edited only when
something happened.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.operating import Operating
from bot.phrases.english import English
from bot.status_facts import Facts, Verdict, node_facts, platform_facts, verdict_of
from core.inbox import Inbox
from core.pool import Pool
from core.strategies import eligible
from core.troubles import Kind, Signs, Trouble, troubles_of
from core.types import Adapter, Ask

NOT_NOTICED: Collection[Kind] = ("node", "disk", "backup", "trial")
"""People are answered all the same."""


async def facts(
    pool: Pool, adapters: Mapping[str, Adapter], inbox: Inbox, operating: Operating, now: float
) -> Facts:
    """`now` is monotonic. Raises `StorageError`."""
    local = operating.today()
    signs = await operating.look_at()
    nodes = tuple(node_facts(node, now, local) for node in pool.nodes)
    ailments = operating.ailments
    platforms = tuple(it for adapter in adapters.values() if (it := platform_facts(adapter, now, ailments)))
    waiting, answering = await inbox.in_line()
    backup = await operating.backups.latest()
    return Facts(
        verdict=verdict_of(troubles_of(signs), nodes, platforms, paused=operating.pausing.is_on),
        nodes=nodes,
        platforms=platforms,
        waiting=waiting,
        answering=answering,
        database_bytes=await operating.database.size_bytes(),
        backup_age_s=max(0.0, local.timestamp() - backup.made_at) if backup else None,
        backup_at=datetime.fromtimestamp(backup.made_at, local.tzinfo) if backup else None,
        version=operating.version,
    )


def status_text(it: Facts, say: English, *, detailed: bool = False, steady: bool = False) -> str:
    """`steady`: only what does not change by itself."""
    lines, nodes = [], it.nodes
    if it.verdict is not None:
        lines = [verdict_text(it.verdict, say), ""]
        nodes = tuple(replace(node, remedy="") for node in nodes)  # the verdict has said what to do
    lines += [say.node_line(node, detailed=detailed, steady=steady) for node in nodes]
    lines += [say.platform_line(platform, steady=steady) for platform in it.platforms]
    lines.append(say.queue_line(it.waiting, it.answering))
    backup: datetime | float | None = it.backup_at if steady else it.backup_age_s
    lines.append(say.database_line(it.database_bytes, backup))
    lines.append(f"- Porchlight {it.version}")
    return "\n".join(lines)


def verdict_text(verdict: Verdict, say: English) -> str:
    """Whether people are answered; what is wrong, and what to do about it."""
    lines = [say.ALL_PAUSED] if verdict.paused else []
    if verdict.nodes_paused and not verdict.nodes:
        lines.append(say.NODES_PAUSED)
    lines += [_verdict_on(trouble, say) for trouble in verdict.troubles]
    lines += [say.platform_quiet(name) for name in verdict.quiet]
    if not lines:
        return say.resting(verdict.resting, verdict.nodes) if verdict.resting else say.ALL_WELL
    if len(lines) == sum(trouble.kind in NOT_NOTICED for trouble in verdict.troubles):
        lines.insert(0, say.digest_look_at(len(lines)))
    return "\n".join(lines)


def _verdict_on(trouble: Trouble, say: English) -> str:
    """What is said of it elsewhere may send one to where one is."""
    return (
        say.trouble(trouble) if trouble.tried_next else say.VERDICTS.get(trouble.kind, say.trouble(trouble))
    )


def member_text(signs: Signs, say: English, *, minor: bool = False) -> str:
    """One line, for those who only want to know whether they can ask; `minor`: of whom not every model may
    be asked."""
    if signs.paused:
        return say.MEMBER_STATUS["paused"]
    theirs = eligible(signs.nodes, Ask((), minor=minor))
    if minor and not theirs and eligible(signs.nodes, Ask(())):
        return say.MEMBER_STATUS["not_for_minors"]
    troubles = troubles_of(replace(signs, nodes=theirs))
    kinds = {trouble.kind for trouble in troubles}
    if kinds & {"nobody", "no_nodes"}:
        return say.MEMBER_STATUS["doubtful" if any(it.tried_next for it in troubles) else "nobody"]
    return say.MEMBER_STATUS["slow" if "only_small" in kinds else "well"]
