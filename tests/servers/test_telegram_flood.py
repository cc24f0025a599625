"""The flood model is exact: what it lets through, what it refuses, and whom it costs the end of an answer."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain, repeat, takewhile

from tests.servers.conftest import Client, Clock
from tests.servers.telegram import TelegramServer
from tests.servers.telegram_flood import GROUP, PRIVATE, Flood

HOME, FAMILY = 7, -1001
PRIVATE_PACE_S = (0.7, 1, 1, 1.5, 1.5, 2, 2, 2.5)
GROUP_PACE_S = (1.5, 2, 2.5, 3, 3.5, 5)


def paced(pauses_s: tuple[float, ...], length_s: float) -> Iterator[float]:
    """When a growing post is shown: at once, then after each pause, the last of which repeats."""
    return takewhile(lambda at: at < length_s, accumulate(chain(pauses_s, repeat(pauses_s[-1])), initial=0.0))


def every(seconds: float, length_s: float) -> list[float]:
    return [seconds * count for count in range(int(length_s / seconds))]


def test_sixth_call_within_three_seconds_is_refused_in_private() -> None:
    """Five calls in three seconds pass in a private chat, a sixth only after them."""
    flood = Flood()
    assert [flood.spend(HOME, PRIVATE, at) for at in (0, 0.1, 0.2, 0.3, 2.9)] == [None] * 5
    assert Flood().spend(HOME, PRIVATE, 0) is None
    assert flood.spend(HOME, PRIVATE, 2.99) == 3

    patient = Flood()
    assert [patient.spend(HOME, PRIVATE, at) for at in (0, 0.1, 0.2, 0.3, 2.9, 3.0)] == [None] * 6


def test_a_minute_has_its_limit_too() -> None:
    """At one call a second the 61st within a minute is refused in private, the 21st in a group."""
    for windows, count_max in ((PRIVATE, 60), (GROUP, 20)):
        flood = Flood()
        passed = [flood.spend(HOME, windows, at * 0.95) for at in range(count_max + 1)]
        assert passed[:-1] == [None] * count_max
        assert passed[-1] is not None


def test_who_waits_as_told_is_let_in() -> None:
    """After the stated wait, and not a moment before it, the chat takes calls again."""
    flood = Flood()
    for _ in range(5):
        flood.spend(HOME, PRIVATE, 0)
    retry_after = flood.spend(HOME, PRIVATE, 0)
    assert retry_after == 3
    assert flood.spend(HOME, PRIVATE, retry_after) is None


def test_calls_during_a_wait_lengthen_it() -> None:
    """Each call during a wait puts its end further off, twice as far each time."""
    flood = Flood()
    for _ in range(5):
        flood.spend(HOME, PRIVATE, 0)
    assert [flood.spend(HOME, PRIVATE, 1) for _ in range(5)] == [3, 6, 12, 24, 48]


def test_an_offence_is_forgotten_after_a_quiet_minute() -> None:
    """A repeated offence costs more; a minute without one makes it a first one again."""
    flood = Flood()

    def offend(at: float) -> int | None:
        return [flood.spend(HOME, PRIVATE, at) for _ in range(6)][-1]

    assert offend(0) == 3
    assert offend(10) == 6
    assert offend(10 + 6 + 61) == 3


def test_chats_have_budgets_of_their_own_and_one_together() -> None:
    """A held chat holds no other one; but over all chats no more than 30 pass in a second."""
    flood = Flood()
    for _ in range(6):
        flood.spend(HOME, PRIVATE, 0)
    assert flood.spend(8, PRIVATE, 0) is None

    crowd = Flood()
    passed = [crowd.spend(chat, PRIVATE, 0) for chat in range(31)]
    assert passed == [None] * 30 + [1]
    assert crowd.spend(30, PRIVATE, 1) is None


def test_our_pace_is_never_refused() -> None:
    """Answers of 12 s and 27 s, shown at our pace, their end whenever it comes, are never refused: not one
    after another with ten seconds between them, and not in ten chats at once."""
    for windows, pace_s, answer_s in (
        (PRIVATE, PRIVATE_PACE_S, 12.0),
        (PRIVATE, PRIVATE_PACE_S, 27.0),
        (GROUP, GROUP_PACE_S, 12.0),
        (GROUP, GROUP_PACE_S, 27.0),
    ):
        for end in (0.0, 0.01, 0.5):
            flood = Flood()
            calls = [*paced(pace_s, answer_s), answer_s + end]
            for start in (0.0, 60.0, 120.0):
                for at in calls:
                    assert [flood.spend(chat, windows, start + at) for chat in range(10)] == [None] * 10


async def show(
    api: Client, clock: Clock, chat_id: int, times: Iterable[float], pause: Callable[[int], float]
) -> str:
    """A naive editor: edits at these times, after a 429 pauses, and tries no edit twice."""
    answer = "".join(f"{count} " for count in range(400))
    shown = sorted(times)
    post, held_until, text = 0, 0.0, ""
    for at in shown:
        clock.now = 1000 + at
        if at < held_until and at < shown[-1]:
            continue
        text = answer[: 10 + int(at * 30)]
        if not post:
            post = await api.send(chat_id, text)
            continue
        edited = await api("editMessageText", chat_id=chat_id, message_id=post, text=text)
        if edited.status == 429:
            assert edited.retry_after is not None
            held_until = at + pause(edited.retry_after)
    return text.strip()


async def test_a_naive_editor_loses_the_end(server: TelegramServer, api: Client, clock: Clock) -> None:
    """With an edit every 0.3 s the end of a 27 s answer is not shown, whether the editor waits after a 429
    or ignores it; our pace shows the whole, and is never refused."""
    hasty = [*every(0.3, 27), 27.0]
    for person, pause in ((7, lambda _: 0.0), (8, lambda retry_after: float(retry_after))):
        chat = server.private(person)
        whole = await show(api, clock, person, hasty, pause)
        assert chat.posts[0].text != whole
        assert server.floods > 0

    server.floods = 0
    ours = server.private(9)
    whole = await show(api, clock, 9, [*paced(PRIVATE_PACE_S, 27), 27.0], float)
    assert ours.posts[0].text == whole
    assert server.floods == 0


async def test_a_fixed_second_loses_the_end_in_a_group(
    server: TelegramServer, api: Client, clock: Clock
) -> None:
    """With an edit every second the end of a 27 s answer in a group is not shown; at our pace it is."""
    family = server.group(FAMILY, "Family", members=[7, 8])
    whole = await show(api, clock, FAMILY, [*every(1, 27), 27.0], float)
    assert family.posts[0].text != whole

    friends = server.group(-1002, "Friends", members=[7])
    whole = await show(api, clock, -1002, [*paced(GROUP_PACE_S, 27), 27.0], float)
    assert friends.posts[0].text == whole


async def test_a_refused_call_changes_nothing(server: TelegramServer, api: Client) -> None:
    """A send that got a 429 stands nowhere, and is counted; deletes and actions are free."""
    home = server.private(7)
    posts = [await api.send(7, f"{count}") for count in range(5)]
    assert (await api("sendChatAction", chat_id=7, action="typing")).status == 200
    assert (await api("deleteMessage", chat_id=7, message_id=posts[0])).status == 200
    refused = await api("sendMessage", chat_id=7, text="one too many")
    assert (refused.status, refused.retry_after, refused.why) == (429, 3, "Too Many Requests: retry after 3")
    assert [post.id for post in home.posts] == posts[1:]
    assert server.floods == 1
    assert server.calls[-1].applied is False
