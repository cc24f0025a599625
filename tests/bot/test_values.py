"""Single values: where the house ends."""

import pytest

from bot.values import is_in_house


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "[::1]", "10.1.2.3", "172.16.0.1", "192.168.1.20", "169.254.1.1"),
        *(
            "[fe80::1]",
            "[fe80::1%eth0]",
            "[fd12::1]",
            "attic",
            "nas.local",
            "pc.lan",
            "pc.home.arpa",
            "a.b.internal",
        ),
        *("host.docker.internal", "ATTIC", "attic.lan."),
    ],
)
def test_hosts_inside_the_house(host: str) -> None:
    """This machine, private addresses, and names of home networks are in the house."""
    assert is_in_house(f"http://{host}:11434")


@pytest.mark.parametrize(
    "host",
    [
        *("8.8.8.8", "172.32.0.1", "100.64.0.1", "[2606:4700::1]", "[::ffff:8.8.8.8]", "[::]", "example.com"),
        *("134744072", "0x8080808", "local.example.com", "lan.com", "127.0.0.1.example.com"),
    ],
)
def test_hosts_outside_the_house(host: str) -> None:
    """Any other is outside, also when it is written to look otherwise."""
    assert not is_in_house(f"http://{host}:11434")
