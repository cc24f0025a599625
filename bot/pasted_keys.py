"""A key as somebody pastes it: what it is for, told by its look alone.

Understood are a Cloudflare account's id with its token, the address of a server that speaks OpenAI's
protocol with its key, and the key alone where its beginning says whose it is. Lines of a `.env` and labels
such as "token:" around them do no harm. A text that holds anything else is no paste of a key: nobody's
question becomes one by having an address in it. A server in the house that wants no key is told by its
address, but only where one was asked for.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.values import is_in_house, web_url

ADDRESSES = {
    "gsk_": ("Groq", "https://api.groq.com/openai/v1"),
    "sk-or-": ("OpenRouter", "https://openrouter.ai/api/v1"),
    "sk-proj-": ("OpenAI", "https://api.openai.com/v1"),
    "AIza": ("Google", "https://generativelanguage.googleapis.com/v1beta/openai"),
    "xai-": ("xAI", "https://api.x.ai/v1"),
    "hf_": ("HuggingFace", "https://router.huggingface.co/v1"),
}
"""By the beginning of the key: what to call it, and where it is for."""

PASTE_CHARS_MAX = 2000
LABELS = re.compile(
    r"(?i)\b(?:cloudflare|openai|workers|ai|account|api|base|id|url|key|token|model|bearer|name|endpoint)\b"
)
ACCOUNT_ID = re.compile(r"[0-9a-f]{32}")
CLOUDFLARE_TOKEN = re.compile(r"cf[a-z]{1,2}_[A-Za-z0-9_-]{20,}|[A-Za-z0-9_-]{40}")
ONE_RUN = r"(?=.*[A-Za-z0-9]{12})"
"""Words, dates and numbers that somebody joined by marks, as in the name of a file, are shorter each."""
LONE = re.compile(rf"(?=.*[0-9])(?=.*[A-Za-z]){ONE_RUN}[A-Za-z0-9_-]{{32,}}")
"""As long as this no word of a question is."""
KEY = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9._-]{16,}")
MODEL = re.compile(r"@?[\w.:-]+(?:/[\w.:-]+)*")
SETTING = re.compile(r"(?m)^\s*(?:export\s+)?[A-Z][A-Z0-9_]*\s*=\s*")
SPLIT = re.compile(r"[\s,;|'\"`]+")
CLOUDFLARE_HOST = "api.cloudflare.com"
HOST_AND_PORT = re.compile(r"[\w.-]+:\d+(?:/\S*)?")
OLLAMA_PORT = 11434


@dataclass(frozen=True, slots=True)
class Pasted:
    """`name` is what it may be called; `url` is empty where the kind has one of its own, and `model` where
    none was pasted."""

    name: str
    kind: str
    key: str = field(repr=False)
    """Empty where none is wanted."""
    url: str = ""
    account_id: str = ""
    model: str = ""


def read(text: str, *, asked_for: bool = True) -> Pasted | None:
    """What was pasted; None if this is something else, or cannot be told. Where nobody asked for it, what
    stands beside an address has to look like nothing but a key."""
    if len(text) > PASTE_CHARS_MAX:
        return None
    words = _words(text)
    urls = [word for word in words if "://" in word]
    rest = [word for word in words if word not in urls]
    if len(urls) > 1:
        return None
    return _cloudflare(urls, rest) or _openai(urls, rest, asked_for=asked_for)


def read_server(text: str) -> Pasted | None:
    """An Ollama, or another server, in the house: its address and nothing else."""
    words = _words(text) if len(text) <= PASTE_CHARS_MAX else []
    if len(words) != 1:
        return None
    try:
        url = web_url(f"http://{words[0]}" if HOST_AND_PORT.fullmatch(words[0]) else words[0])
    except ValueError:
        return None
    if not is_in_house(url):
        return None
    parts = urlsplit(url)
    if parts.port == OLLAMA_PORT or "ollama" in str(parts.hostname):
        return Pasted("Ollama", "ollama", "", url)
    return Pasted(_name_of(url), "openai", "", url)


def may_hold_one(text: str) -> bool:
    """Whether there is something in it that may be a key, whole or in pieces: better not kept."""
    words = _words(text)
    return any("://" not in word and (KEY.fullmatch(word) or ACCOUNT_ID.fullmatch(word)) for word in words)


def is_lone(text: str) -> bool:
    """Whether it can hardly be anything but a key, whatever that is for."""
    words = _words(text)
    return len(words) == 1 and LONE.fullmatch(words[0]) is not None


def only_word(text: str) -> str:
    """What was pasted, without label and quotes, if that is a single word; else nothing."""
    words = _words(text)
    return words[0] if len(words) == 1 else ""


def _words(text: str) -> list[str]:
    """Without what only says what they are."""
    parts = SPLIT.split(SETTING.sub(" ", text))
    return [word for part in parts if (word := _without_label(part))]


def _cloudflare(urls: list[str], rest: list[str]) -> Pasted | None:
    ids = [word for word in rest if ACCOUNT_ID.fullmatch(word)]
    for url in urls:
        if urlsplit(url).hostname != CLOUDFLARE_HOST:
            return None
        ids += ACCOUNT_ID.findall(url)
    tokens = [word for word in rest if word not in ids and CLOUDFLARE_TOKEN.fullmatch(word)]
    models = [word for word in rest if word.startswith("@cf/")]
    if len(set(ids)) != 1 or len(tokens) != 1 or len(models) > 1 or len(rest) > len(ids) + 1 + len(models):
        return None
    return Pasted("Cloudflare", "cloudflare", tokens[0], account_id=ids[0], model="".join(models))


def _openai(urls: list[str], rest: list[str], *, asked_for: bool) -> Pasted | None:
    known = [(word, found) for word in rest for start, found in ADDRESSES.items() if word.startswith(start)]
    keys = [word for word, _ in known] or [word for word in rest if KEY.fullmatch(word)][:1]
    if len(keys) != 1 or not KEY.fullmatch(keys[0]) or not (urls or known):
        return None
    if not (known or asked_for or re.match(ONE_RUN, keys[0])):
        return None
    models = [word for word in rest if word != keys[0]]
    if len(models) > 1 or not all(MODEL.fullmatch(word) for word in models):
        return None
    if not urls:
        name, url = known[0][1]
        return Pasted(name, "openai", keys[0], url, model="".join(models))
    try:
        url = web_url(urls[0])
    except ValueError:
        return None
    if urlsplit(url).scheme == "http" and not is_in_house(url):
        return None  # everybody on the way could read the key
    return Pasted(_name_of(url), "openai", keys[0], url, model="".join(models))


def _without_label(word: str) -> str:
    """`token:abc` is `abc`, and `Token:` nothing."""
    if "://" in word:
        return word[word.index("http") :] if "http" in word else word
    label, colon, value = word.partition(":")
    if colon and LABELS.fullmatch(label):
        return value
    return "" if LABELS.fullmatch(word.rstrip(":=")) else word


def _name_of(url: str) -> str:
    host = urlsplit(url).hostname or ""
    for name, known in ADDRESSES.values():
        if urlsplit(known).hostname == host:
            return name
    labels = [label for label in host.split(".") if label not in ("api", "www")]
    if not labels or host.replace(".", "").isdigit():
        return "Server"
    return labels[-2 if len(labels) > 1 else 0].capitalize()
