"""Which web addresses may be opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web import PageUnread
from core.web_address import are_neighbours, is_public, moved, parsed

NOT_PUBLIC = [
    *("0.0.0.0", "0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
    *("127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1"),
    *(
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.178.1",
        "198.18.0.1",
        "198.51.100.1",
    ),
    *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:0:4136:e378::1"),
    *("2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1"),
    *("4000::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
    *("2606:4700::1%1", "2a00:1450:64::192.168.0.1", "2a00:1450:64::7f00:1", "2a00:1450:64::a00:1"),
    *("", "localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", " 8.8.8.8", "8.8.8.8/32"),
]

PUBLIC = ["8.8.8.8", "45.155.7.7", "172.32.0.1", "192.0.1.1", "223.255.255.1", "2606:4700::6810:84e5"]
PUBLIC += ["2a00:1450:4001:80b::200e", "2620:fe::fe", "2001:4860:4860::8888"]

SPELLINGS = [
    # One address of the house, in the ways it has been smuggled past guards
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1"),
    *(
        "017700000001",
        "127.0.0.01",
        "127.000.000.001",
        "00127.0.0.1",
        "127.0.0.0x1",
        "127.0.0.1.",
        "127.0.0.1..",
    ),
    *("127.0.0.1:80", "127.0.0.1:0080", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "①②⑦.⓪.⓪.①", "１２７.０.０.１"),
    *(
        "127。0。0。1",
        "127．0．0．1",
        "١٢٧.٠.٠.١",
        "1२7.0.0.1",
        "127.0.0.1\t",
        "127.0.0.1\n",
        "127.0.0.1 ",
        "0",
        "0.0.0.0",
    ),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *(
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1",
        "::1",
        "[::1].example",
    ),
    *("[127.0.0.1]", "[v1.fe80]", "[]", "[[::1]]", "[2606:4700::1%25]"),
    # Names of the house
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "localhost..",
        "ⓛocalhost",
        "ﬁ.localhost",
        "foo.localhost",
        "router",
    ),
    *(
        "fritz",
        "printer.local",
        "nas.LAN",
        "router.home.arpa",
        "metadata.google.internal",
        "intranet",
        "a.corp",
    ),
    *(
        "1.0.0.127.in-addr.arpa",
        "x.onion",
        "localhost.localdomain",
        "localhost。localdomain",
        "localhoſt",
        "nas.ＬＡＮ",
    ),
    # Anything in a host that somebody might read otherwise
    *("user@varn.example", "user:pass@varn.example", "varn.example@127.0.0.1", "127.0.0.1@varn.example"),
    *("varn.example\\@127.0.0.1", "varn.example%00.lan", "varn.example:22", "varn.example:8080"),
    *(
        "varn.example:",
        "varn.example:80:80",
        "varn.example:８０",
        "varn.example:-80",
        "varn..example",
        ".varn.example",
    ),
    *(
        "-varn.example",
        "varn-.example",
        "varn example",
        "varn\u200b.example",
        "varn\u00ad.example",
        "va\trn.example",
    ),
    *("varn.example,127.0.0.1", "varn.ex_ample!", "varn.123", "varn.0x7f", "varn.1a", "a" * 64 + ".example"),
    *("a." * 126 + "example", "ü" * 300 + ".example", "xn--", "\ud800.example", "", ".", ".."),
]

NO_URLS = [
    *(
        "",
        "varn.example",
        "//varn.example/",
        "/etc/passwd",
        "http:varn.example",
        "http:/varn.example",
        "http:///varn.example/",
    ),
    *(
        "ftp://varn.example/",
        "file:///etc/passwd",
        "file://varn.example/",
        "gopher://varn.example/",
        "javascript:alert(1)",
    ),
    *(
        "data:text/html,x",
        "http://varn.example:443/",
        "https://varn.example:80/",
        "view-source:http://varn.example/",
        "jar:http://varn.example!/",
        "ws://varn.example/",
    ),
    *(
        "\thttp://varn.example/",
        " http://varn.example/",
        "ht\ntp://varn.example/",
        "http://varn.example/\r\nX: y",
    ),
    *(
        "http://varn.example/\x00",
        "http://varn.example\\x",
        "http:\\\\varn.example",
        "http://varn.example/a\\b",
    ),
    *(
        "http://varn.example/\x7f",
        "http://varn.example/\x85",
        "http://varn.example/\udcff",
        "http://varn.example/" + "a" * 2048,
    ),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_address_of_no_public_place(address: str) -> None:
    """Addresses that are local, private, shared, reserved, or hide another one are not public."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address(address: str) -> None:
    """Ordinary addresses of the internet are public."""
    assert is_public(address)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", SPELLINGS)
def test_host_that_is_not_the_public_web(host: str, scheme: str) -> None:
    """No spelling of an inner address, inner name or ambiguous host is taken apart into something to open."""
    with pytest.raises(PageUnread) as refused:
        parsed(f"{scheme}://{host}/")
    assert refused.value.fault == "forbidden"


@pytest.mark.parametrize("url", NO_URLS)
def test_not_a_url_of_the_web(url: str) -> None:
    """Other schemes, relative references, and characters that readers disagree about are refused."""
    with pytest.raises(PageUnread) as refused:
        parsed(url)
    assert refused.value.fault == "forbidden"


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://varn.example", "http://varn.example/"),
        ("HTTPS://Varn.Example:443/Path?Q=1#part", "https://varn.example/Path?Q=1"),
        ("http://varn.example:80/", "http://varn.example/"),
        ("https://varn.example./x", "https://varn.example/x"),
        ("https://bücher.example/ä?ö=ü", "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://varn.example/a%20b?c=%26", "https://varn.example/a%20b?c=%26"),
        ("https://varn.example/a b", "https://varn.example/a%20b"),
        ("https://varn.example?q", "https://varn.example/?q"),
        ("https://varn.example/@user", "https://varn.example/@user"),
        ("http://8.8.8.8/", "http://8.8.8.8/"),
        ("http://[2606:4700::6810:84E5]/", "http://[2606:4700::6810:84e5]/"),
        ("https://varn_a.example/", "https://varn_a.example/"),
    ],
)
def test_one_spelling(url: str, canonical: str) -> None:
    """A good URL has one spelling, which is ASCII and is read as itself."""
    assert parsed(url).url == canonical
    assert parsed(canonical).url == canonical


@given(st.text() | st.from_regex(r"https?://[^/]*/?.*"))
def test_any_text(text: str) -> None:
    """Whatever the text is, it is either refused or comes out in a spelling that is stable and ASCII."""
    try:
        address = parsed(text)
    except PageUnread as refused:
        assert refused.fault == "forbidden"  # noqa: PT017 - both ways are right
    else:
        assert address.url.isascii()
        assert address.url.isprintable()
        assert parsed(address.url) == address


@pytest.mark.parametrize(
    ("location", "goal"),
    [
        ("/b?c", "https://varn.example/b?c"),
        ("b", "https://varn.example/a/b"),
        ("//other.example/x", "https://other.example/x"),
        ("https://other.example/", "https://other.example/"),
        ("?c", "https://varn.example/a/?c"),
    ],
)
def test_redirect(location: str, goal: str) -> None:
    """A redirect is read relative to where it comes from."""
    assert moved(parsed("https://varn.example/a/"), location).url == goal


@pytest.mark.parametrize(
    "location",
    [
        *(
            "http://varn.example/",
            "http:varn.example",
            "//127.0.0.1/",
            "//localhost/",
            "https://[::1]/",
            "https://[x/",
        ),
        *(
            "https://varn.example:8443/",
            "//varn.example@10.0.0.1/",
            "file:///etc/passwd",
            "\\\\10.0.0.1\\x",
            "//10.1",
        ),
        *("ftp://varn.example/", "/\n", "a" * 3000),
    ],
)
def test_redirect_that_is_not_followed(location: str) -> None:
    """A redirect into the house, to an odd place, or from https down to http is refused."""
    with pytest.raises(PageUnread) as refused:
        moved(parsed("https://varn.example/a/"), location)
    assert refused.value.fault == "forbidden"


def test_neighbours() -> None:
    """Addresses of one /48, or of one /24 of IPv4, are neighbours; others are not."""
    assert are_neighbours("2a0c:b640:1:2::3", "2a0c:b640:1:ffff::9")
    assert not are_neighbours("2a0c:b640:1:2::3", "2a0c:b640:2:2::3")
    assert are_neighbours("45.155.7.7", "45.155.7.200")
    assert not are_neighbours("45.155.7.7", "45.155.8.7")
    assert not are_neighbours("45.155.7.7", "2a0c:b640:1:2::3")
