"""A bucket gives out its calls, tells what is left, and is full again at the end of its window."""

from tests.servers.discord_limits import EVERYWHERE, Limits


def test_a_bucket_lasts_for_its_window() -> None:
    """Five posts pass, the sixth does not, and five seconds after the first one they pass again."""
    bucket = Limits().bucket("create_message", "1")
    assert [bucket.spend(100.0 + n) for n in range(5)] == [True] * 5
    assert not bucket.spend(104.9)
    assert bucket.headers(104.0, epoch=1000.0) == {
        "X-RateLimit-Limit": "5",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1105.000",
        "X-RateLimit-Reset-After": "1.000",
        "X-RateLimit-Bucket": bucket.key,
    }
    assert bucket.spend(105.0)
    assert bucket.remaining == 4


def test_buckets_are_per_route_and_channel() -> None:
    """Another channel has its own calls under the same name, and edits are counted apart from posts."""
    limits = Limits()
    here, there = limits.bucket("create_message", "1"), limits.bucket("create_message", "2")
    assert all(here.spend(0.0) for _ in range(5))
    assert there.spend(0.0)
    assert here.key == there.key
    assert limits.bucket("edit_message", "1").key != here.key
    assert limits.bucket("edit_message", "1").spend(0.0)


def test_there_is_a_ceiling_over_all_routes() -> None:
    """Fifty calls a second pass; the next one waits for the first to be a second old."""
    limits = Limits()
    count, _ = EVERYWHERE
    assert [limits.everywhere(10.0) for _ in range(count)] == [0.0] * count
    assert limits.everywhere(10.25) == 0.75
    assert limits.everywhere(11.0) == 0.0
