"""The commands about the digest: seeing it now, and how often it comes by itself. Each changes nothing but
what comes to oneself."""

from bot.calls import Call, Desktop, Reply
from core.digests import LESS, OFTEN, Often
from core.types import Button


async def digest(desktop: Desktop, call: Call) -> str | Reply:
    """`/digest` shows it; `/digest weekly` (or daily, off, or as the buttons call it) says how often it
    comes."""
    wanted = "daily" if call.argument == "on" else call.argument.casefold()
    for often in OFTEN:
        if wanted in (often, call.say.OFTEN[often].casefold()):
            return await _chosen(desktop, call, often)
    adapter = desktop.adapters.get(call.chat.platform)
    pictures = adapter is not None and adapter.limits.pictures
    text, png = await desktop.digest.as_of_now(call.person, pictures=pictures)
    buttons = (Button(call.say.LESS_BUTTON, "/less"),) if _gets_it(desktop, call) else ()
    return Reply(text, buttons, picture=png)


async def less(desktop: Desktop, call: Call) -> str | Reply:
    """Behind the button under a digest: the next rarer choice."""
    member = desktop.family.access.member_of(call.person)
    often = await desktop.digest.digests.often(member.id) if member else OFTEN[0]
    return await _chosen(desktop, call, LESS[often])


def _gets_it(desktop: Desktop, call: Call) -> bool:
    """Whoever sits at the machine gets no digest there."""
    return not desktop.family.access.is_in_house(call.person)


async def _chosen(desktop: Desktop, call: Call, often: Often) -> str | Reply:
    member = desktop.family.access.member_of(call.person)
    if member is None or not _gets_it(desktop, call):
        return call.say.NO_DIGEST_HERE
    await desktop.digest.digests.choose(member.id, often)
    others = tuple(Button(call.say.OFTEN[it], f"/digest {it}") for it in OFTEN if it != often)
    return Reply(call.say.DIGEST_CHOSEN[often], others)
