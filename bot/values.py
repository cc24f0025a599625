"""What one setting may hold, and how we say that it does not.

The functions in the middle take a text as somebody wrote it and return what it means; a `ValueError`
completes the sentence that began with the value: what is wrong with it, and what to do. `Findings`
collects those sentences, so that all mistakes are told at once: a *mistake* stops the start, a *notice*
is said and the program goes on. What was written is quoted where that helps, and never where a secret
is expected.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, time
from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import ErrorDetails

from core.quest import Place
from core.strategies import STRATEGIES
from core.types import Person

PLATFORMS = ("telegram", "discord")
QUOTED_CHARS_MAX = 40
NAME_CHARS_MAX = 40

# ── What was found ────────────────────────────────────────────────────────────────────────────────


@dataclass
class Findings:
    """One line each: the name of the setting, what is wrong, what to do."""

    mistakes: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def mistake(self, name: str, wrong: str) -> None:
        self.mistakes.append(f"{name}: {wrong}")

    def notice(self, name: str, remark: str) -> None:
        self.notices.append(f"{name}: {remark}")


def quoted(value: object) -> str:
    """The value as it was written, if it is short enough to be read."""
    text = repr(value)
    return text if len(text) <= QUOTED_CHARS_MAX else "what is written there"


def nearest(word: str, words: Collection[str], likeness: float = 0.6) -> str:
    return next(iter(get_close_matches(word, words, n=1, cutoff=likeness)), "")


def did_you_mean(word: str, words: Collection[str]) -> str:
    near = nearest(word, words)
    return f"did you mean {near}?" if near else f"it can be {', '.join(words)}"


def explain(error: ErrorDetails, keys: Collection[str] = (), *, secret: bool = False) -> str:
    """What pydantic found wrong, in our words. `keys` are those there could have been."""
    more = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "it is missing; add it"
        case "extra_forbidden":
            near = nearest(str(error["loc"][-1]), keys)
            return f"there is no such key; {f'did you mean {near}?' if near else 'remove it'}"
        case "value_error":
            wrong = str(more["error"])
        case "greater_than_equal":
            wrong = f"is too small; write {more['ge']:g} or more"
        case "less_than_equal":
            wrong = f"is too large; write {more['le']:g} or less"
        case "bool_parsing" | "bool_type":
            wrong = "is not a yes or no; write true or false"
        case kind if kind.startswith(("int_", "float_", "finite_")):
            wrong = f"is not a {'whole ' if kind.startswith('int_') else ''}number; write one in digits"
        case _:
            wrong = "is of another kind than what belongs there; look at the example in .env.template"
    return f"{'what is written there' if secret else quoted(error['input'])} {wrong}"


# ── One value ─────────────────────────────────────────────────────────────────────────────────────

LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9@.-]+)*(?::.*)?")
PLACEHOLDER = re.compile(r"(?i)your[_ -].*|.*_here|<.*>|.*\.\.\.|change[_ -]?me|x{3,}")


def is_placeholder(text: str) -> bool:
    """Whether this is a template's example text that nobody has replaced yet."""
    return PLACEHOLDER.fullmatch(text.strip()) is not None


def web_url(text: str, *schemes: str) -> str:
    """The address of a server, without a slash at its end."""
    schemes = schemes or ("http", "https")
    try:
        parts = urlsplit(text)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or not _is_plain(text):
        example = f"{schemes[-1]}://host or {schemes[0]}://host:8080/path"
        raise ValueError(f"is not the address of a server; write it like {example}")
    return text.rstrip("/")


def _is_plain(text: str) -> bool:
    return all("!" <= sign <= "~" for sign in text)


def token(text: str) -> str:
    """What goes into a header or an address just as it is."""
    if not _is_plain(text):
        raise ValueError("holds a sign that does not belong, such as a space or a curly quote; copy it again")
    return text


def node_name(text: str) -> str:
    if not text.strip() or len(text) > NAME_CHARS_MAX or not text.isprintable():
        raise ValueError(f"is not a name; write 1 to {NAME_CHARS_MAX} letters")
    return text.strip()


def people(text: str) -> tuple[Person, ...]:
    """`telegram:111,discord:222`"""
    found = []
    for entry in re.split(r"[\s,;]+", text.strip(" ,;")):
        platform, _, number = entry.partition(":")
        if platform.lower() not in PLATFORMS or not (number.isascii() and number.isdigit()):
            raise ValueError(
                f"has {quoted(entry)} in it; write platforms and numbers, like telegram:111,discord:222"
            )
        found.append(Person(platform.lower(), number))
    return tuple(found)


def time_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError) as error:
        near = nearest(text, available_timezones())
        raise ValueError(
            f"is not a time zone; {f'did you mean {near}?' if near else 'write one like Europe/Berlin'}"
        ) from error


def language(text: str) -> str:
    """`de`, out of `de`, `de_AT` or a list of such."""
    code = LANGUAGE.fullmatch(text)
    if not code:
        raise ValueError("is not a language; write its short name, like en, de or vi")
    return code[1].lower()


def strategy(text: str) -> str:
    name = re.sub(r"[\s-]+", "_", text.lower())
    if name not in STRATEGIES:
        raise ValueError(f"is not a strategy; {did_you_mean(name, STRATEGIES)}")
    return name


def route(text: str) -> tuple[Place, ...]:
    """`cloud,local`: where to look, in this order."""
    places = get_args(Place)
    words = re.split(r"[\s,;>]+", text.lower().strip(" ,;"))
    for word in words:
        if word not in places:
            raise ValueError(f"has {quoted(word)} in it; write cloud,local or local,cloud or one of them")
    return tuple(dict.fromkeys(place for word in words for place in places if place == word))


def time_of_day(text: str) -> time:
    """`08:00`, and as people write it: `8`, `8.30`, `8 Uhr`, `8h`."""
    parts = re.fullmatch(r"([01]?\d|2[0-3])(?:[:.h]([0-5]\d))?\s*(?:h|uhr|giờ)?", text.casefold())
    if not parts:
        raise ValueError("is not a time of day; write it like 08:00")
    return time(int(parts[1]), int(parts[2] or 0))


def calendar_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError("is not a day; write it like 2026-03-11") from error


def keep_alive(text: str) -> str:
    """How long an Ollama keeps its model in memory: `30m`, or a number of seconds; below 0, for ever.

    Its API takes a text with a unit only.
    """
    if re.fullmatch(r"-?\d+", text):
        return f"{text}s"
    if not re.fullmatch(r"-?(\d+(\.\d+)?(ms|s|m|h))+", text):
        raise ValueError("is not a length of time; write it like 30m, 2h, or -1 for ever")
    return text


def model_digest(text: str) -> str:
    """The fingerprint of an Ollama's model, as much of it as was written."""
    digest = text.lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{12,64}", digest):
        raise ValueError("is not a model's digest; copy the ID that `ollama list` shows")
    return digest


# ── Inside the house ──────────────────────────────────────────────────────────────────────────────

HOUSE_NETWORKS = tuple(
    ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)
HOUSE_NAMES = re.compile(r"[a-z][a-z0-9_-]*|.+\.(?:localhost|local|lan|home\.arpa|internal)")


def is_in_house(url: str) -> bool:
    """Whether the host is this machine or one beside it. A name is judged by its form: looking it up
    would need the network, and might say something else tomorrow."""
    host = (urlsplit(url).hostname or "").removesuffix(".")
    try:
        address = ip_address(host)
    except ValueError:
        return HOUSE_NAMES.fullmatch(host) is not None
    return any(address in network for network in HOUSE_NETWORKS)


def why_not_local(url: str, model: str) -> str:
    """Why a question that must stay in the house may not be put to this Ollama; empty if it may."""
    if not is_in_house(url):
        return "its address is outside the house"
    # Ollama hands some models on to its own cloud; their tags say so: `gpt-oss:120b-cloud`.
    return f"the model {model} runs in Ollama's cloud" if model.endswith((":cloud", "-cloud")) else ""
