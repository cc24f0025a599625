"""The frame of the doctor: checks that need each other, wait for each other, break, and are told."""

import asyncio
import json

from bot import findings
from bot.findings import Check, Result, broken, examined, well


async def test_a_check_that_breaks_ends_no_other() -> None:
    """It is a finding like any other, and its error's words are not shown."""

    async def breaks() -> Result:
        raise ZeroDivisionError("canary words")

    async def holds() -> Result:
        return well("All right.")

    checks = [Check("one", breaks), Check("two", holds), Check("three", holds, ("one",))]
    found = await examined(checks)
    assert [it.state for it in found] == ["broken", "well", "skipped"]
    assert "canary" not in "".join(map(findings.line, found))


async def test_what_needs_nothing_of_each_other_is_looked_at_side_by_side() -> None:
    """And told in order. One that comes after others waits for them, however they end."""
    both_wait = asyncio.Barrier(2)
    told: list[str] = []

    async def meets() -> Result:
        await both_wait.wait()
        told.append("met")
        return broken("They met.", "Part.")

    async def late() -> Result:
        told.append("late")
        return well("All over.")

    checks = [Check("one", meets), Check("two", meets), Check("three", late, (), ("one", "two"))]
    await asyncio.wait_for(examined(checks, tell=lambda it: told.append(it.code)), 10)
    assert [it for it in told if it in ("met", "late")] == ["met", "met", "late"]
    assert [it for it in told if it in ("one", "two", "three")] == ["one", "two", "three"]


async def test_what_is_secret_is_struck_out_of_every_finding() -> None:
    """Whatever a check may say one day."""

    async def tells() -> Result:
        return broken("The key is abc.", "Change abc.")

    (found,) = await examined([Check("one", tells)], lambda text: text.replace("abc", "…"))
    assert (found.says, found.remedy) == ("The key is ….", "Change ….")


async def test_the_report_is_the_same_for_people_and_for_programs() -> None:
    """A line with a sign, the code, the sentence and the remedy; or all of it as JSON."""

    async def ails() -> Result:
        return broken("It is cold.", "Close the window.")

    found = await examined([Check("room", ails)])
    assert findings.line(found[0]).split() == [
        *("✗", "room", "It", "is", "cold."),
        *("→", "Close", "the", "window."),
    ]
    assert findings.verdict(found) == "1 is broken; 0 well."
    report = json.loads(findings.as_json(found, "1.2.3"))
    assert report["verdict"] == "broken"
    assert report["checks"] == [
        {
            "code": "room",
            "state": "broken",
            "says": "It is cold.",
            "remedy": "Close the window.",
            "needs": [],
        }
    ]
