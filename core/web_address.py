"""Which web addresses may be opened: the public web, and nothing that could be inside the house.

A link comes from a stranger, and our network is behind the router. `parsed` takes a URL apart so strictly
that no second reading of it is possible, and gives back the one spelling that is used from then on;
`is_public` judges an address that a name stood for. Pure: nothing here asks the network anything.

What is refused errs on the safe side: other spellings of an IPv4 address (`127.1`, `0x7f000001`,
`017700000001`), names without a dot, every kind of address that has another one inside it (mapped, 6to4,
NAT64, Teredo), and ports other than the scheme's own.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import quote, urljoin

import idna

from core.web import PageUnread

URL_LENGTH_MAX = 2048
_HOST_LENGTH_MAX = 253  # RFC 1035, as it is written

_URL = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE)
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")
"""Some readers drop these and others do not, so that two of them would see two different hosts."""
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
"""Never a number, also not 0x7f: where it is one, resolvers read the whole host as an IPv4 address."""
_IN_THE_HOUSE = frozenset(
    {"alt", "arpa", "corp", "home", "internal", "intranet"}
    | {"lan", "local", "localdomain", "localhost", "onion", "private"}
)
"""Top-level names that are not the public web's (RFC 6761, 6762, 7686, 8375, 9476, and habits of routers)."""

_HOLES_4 = tuple(
    map(
        IPv4Network,
        (
            "100.64.0.0/10",  # shared by the customers of one provider
            "168.63.129.16",  # inside Azure: the virtual machine's own host
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # 6to4 relays
            "224.0.0.0/4",  # multicast
        ),
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
"""All there is of global unicast; NAT64, mapped, local and multicast addresses are outside of it."""
_HOLES_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, with an IPv4 address inside, is one
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, with an IPv4 address inside
            "3fff::/20",  # documentation
        ),
    )
)


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A URL in the only spelling that is used: host in lower-case ASCII, the rest percent-encoded."""

    scheme: Literal["http", "https"]
    host: str
    """A name, or an IP address without brackets."""
    target: str
    """Path and query."""

    @property
    def is_literal(self) -> bool:
        """The host is an address and no name: there is nothing to look up."""
        return self.host.replace(".", "").isdigit() or ":" in self.host

    @property
    def port(self) -> int:
        return 443 if self.scheme == "https" else 80

    @property
    def authority(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parsed(url: str) -> WebAddress:
    """Raises `PageUnread("forbidden")` for everything that is not plainly a page of the public web."""
    if len(url) > URL_LENGTH_MAX:
        raise PageUnread("forbidden", "a very long URL")
    if _UNFIT.search(url):
        raise PageUnread("forbidden", "characters that no URL has")
    if not (parts := _URL.fullmatch(url)):
        raise PageUnread("forbidden", "no URL of the web")
    scheme: Literal["http", "https"] = "https" if parts[1].lower() == "https" else "http"
    host = parts[2].removesuffix(":443" if scheme == "https" else ":80")
    path = quote(parts[3], safe="/%:@!$&'()*+,;=~") or "/"
    query = quote(parts[4] or "", safe="/%:@!$&'()*+,;=~?")
    return WebAddress(scheme, _host(host), path + query)


def moved(origin: WebAddress, location: str) -> WebAddress:
    """Where a redirect leads. From https to http it is not followed: anybody on the way could then
    write the page, and the reader is shown where it was read, not how."""
    if len(location) > URL_LENGTH_MAX or _UNFIT.search(location):
        raise PageUnread("forbidden", "a redirect to no URL")
    try:
        goal = parsed(urljoin(origin.url, location))
    except ValueError:  # urljoin's, over brackets
        raise PageUnread("forbidden", "a redirect to no URL") from None
    if origin.scheme == "https" and goal.scheme == "http":
        raise PageUnread("forbidden", "a redirect from https to http")
    return goal


def is_public(address: str) -> bool:
    """Whether this IP address is on the public internet, and cannot stand for one that is not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    # What counts as global differs between versions of Python: what matters is named here.
    if isinstance(ip, IPv4Address):
        return ip.is_global and not any(ip in hole for hole in _HOLES_4)
    if ip.scope_id is not None or ip not in _PUBLIC_6 or any(ip in hole for hole in _HOLES_6):
        return False
    return ip.is_global and not _may_be_translated(ip)


def are_neighbours(address: str, other: str) -> bool:
    """Whether two public addresses are likely to be of one household or one server's room.

    With IPv6 every device of a home has a public address, and from inside no router's guard is passed on
    the way to it. A home is given a /48 at most (RFC 6177); with IPv4, a /24 is the smallest that is routed.
    """
    one, two = ip_address(address), ip_address(other)
    if one.version != two.version:
        return False
    return two in ip_network((one, 24 if one.version == 4 else 48), strict=False)


def _may_be_translated(ip: IPv6Address) -> bool:
    """Whether it ends in a private IPv4 address, for a translator with a prefix of its own (RFC 6052)."""
    low = int(ip) & 0xFFFF_FFFF_FFFF_FFFF
    inner = IPv4Address(low & 0xFFFF_FFFF)
    return low >> 32 == 0 and int(inner) >> 24 != 0 and not is_public(str(inner))


def _host(host: str) -> str:
    if host.startswith("[") and host.endswith("]"):
        return _literal_6(host[1:-1])
    host = host.lower().removesuffix(".")
    if not host or len(host) > _HOST_LENGTH_MAX:
        raise PageUnread("forbidden", "no host, or a very long one")
    if host.isascii():
        try:
            return _public(IPv4Address(host))  # the plain spelling only: four decimal numbers
        except ValueError:
            return _name(host)
    if any(character.isdigit() and not character.isascii() for character in host):
        raise PageUnread("forbidden", "odd digits in the host")
    try:
        return _name(idna.encode(host).decode("ascii"))
    except UnicodeError:
        raise PageUnread("forbidden", "no name") from None


def _literal_6(inside: str) -> str:
    try:
        return _public(IPv6Address(inside))
    except ValueError:
        raise PageUnread("forbidden", "no address") from None


def _public(ip: IPv4Address | IPv6Address) -> str:
    if not is_public(str(ip)):
        raise PageUnread("forbidden", "not a public address")
    return str(ip)


def _name(name: str) -> str:
    labels = name.split(".")
    if len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or not _LAST_LABEL.fullmatch(labels[-1]):
        raise PageUnread("forbidden", "no public name")
    if labels[-1] in _IN_THE_HOUSE or len(name) > _HOST_LENGTH_MAX:
        raise PageUnread("forbidden", "a name of the house")
    return name
