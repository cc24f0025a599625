"""The nouns of the program: every other file speaks in these words.

What came in is an `Incoming`; what a model reads is a `Turn`; what we show while an answer grows is
an `Event`; what then stands in the chat is a *post*, and a post too long for its platform is several
`Part`s. A chat platform is spoken to through an `Adapter`. Nothing here does anything.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol

# ── Who and where ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chat:
    """A place on one platform where posts stand.

    `id` is the platform's own id as text; where a chat has topics or threads, the topic is part of it.
    """

    platform: str
    id: str
    kind: Literal["private", "group"] = "private"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on one platform. Only `platform` and `id` say who it is; `name` is for showing."""

    platform: str
    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one person wrote in one chat. (`chat.platform`, `chat.id`, `post`) is unique for ever."""

    chat: Chat
    person: Person
    post: str
    """The platform's id of what the person wrote."""
    text: str
    said_at: float
    """When it was said, by the platform: seconds since 1970."""


# ── What a model reads, and what comes back ───────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation, as a model reads it."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One question put to the pool: the turns (the question is the last) and who may serve it."""

    turns: tuple[Turn, ...]
    task: Literal["chat", "research", "summary"] = "chat"
    private: bool = False
    """Only nodes inside the house may read it."""
    minor: bool = False
    """Asked by a child: only nodes whose terms allow minors."""
    images: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer's text."""

    piece: str


@dataclass(frozen=True, slots=True)
class Status:
    """Something worth telling while there is no text yet.

    `asking`: `node` was asked; `thinking`: it reasons, which is never shown; `queued`: `place` others
    are before us at `node`; `retrying`: every node was tried, a pause before the next round;
    `starting`: a local model is being loaded, which can take a while.
    """

    what: Literal["asking", "thinking", "queued", "retrying"]
    node: str = ""
    place: int = 0


@dataclass(frozen=True, slots=True)
class Restart:
    """`node` died in mid-answer. All text so far is void: the next `Text` begins the answer anew."""

    node: str


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer, and always the last event. It exists if and only if the text is whole."""

    text: str
    node: str = ""
    """The node that wrote it; empty for what the program says itself."""
    model: str = ""
    small: bool = False
    """Written by a model so small that the reader has to be told."""
    cut: bool = False
    """The model stopped at its length limit, not at its own end."""


Event = Text | Status | Restart | Done


# ── A model node ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node as the settings describe it. Times in seconds, sizes in tokens."""

    name: str
    kind: str
    """The wire protocol: a key of `KINDS` in core/providers/kinds.py."""
    url: str
    model: str
    key: str = field(default="", repr=False)
    priority: int = 0
    """Lower is asked first; a higher tier is asked only when no node of the lower ones is ready."""
    local: bool = False
    """Inside the house: it is the reserve, and the only kind that may read a private question."""
    context_tokens: int = 8192
    max_tokens: int = 1024
    parallel: int | None = None
    """How many answers at once; others wait their turn. None: as many as come."""
    first_token_timeout_s: float = 20.0
    stall_timeout_s: float = 20.0
    small: bool = False
    """Under a billion parameters: asked in the tiny profile, and its answers are labelled."""
    images: bool = False
    allow_minors: bool = True
    trains_on_data: bool = False
    region: str = ""
    checked_on: str = ""
    """When a person last read the provider's terms, as YYYY-MM-DD."""
    options: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    """What only this kind knows (Ollama: num_ctx, num_thread, keep_alive, digest)."""


# ── A chat platform ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Part:
    """What one post holds, made by `Adapter.render`; only that adapter looks into `body`."""

    text: str
    final: bool = False
    """Nothing will change any more."""
    body: object = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform allows, as data."""

    first_edits_s: tuple[float, ...]
    """Pauses before the first edits of a growing post, in seconds; the last one repeats."""
    edits: bool = True
    """False where a post cannot be changed: then only the whole answer is posted."""


Accept = Callable[[Sequence[Incoming], str | None], Awaitable[None]]
"""Takes what came in, together with the platform's cursor after it (None where there is none).
When it returns, both are on disk, and the platform may forget them. Raises `StorageError` if not."""


class Adapter(Protocol):
    """One chat platform. Besides cancellation only `FloodWait`, `Gone`, `Unclear` and `BadFormat`
    (core/errors.py) leave its methods."""

    platform: str
    limits: Limits
    resumes: bool
    """Whether questions an earlier run left unfinished are answered here by this one."""

    async def run(self, accept: Accept) -> None:
        """Receive until cancelled, or until the person leaves."""

    async def post(self, chat: Chat, part: Part, *, reply_to: str | None, key: str) -> str:
        """Add a post and return its id. The same `key` is the same post, however often it is sent."""

    async def edit(self, chat: Chat, post: str, part: Part) -> None:
        """Let the post show `part` instead."""

    async def delete(self, chat: Chat, post: str) -> None: ...

    async def typing(self, chat: Chat, note: str) -> None:
        """Show that an answer is on its way; `note` says it in words where there is room for them."""

    async def picture(self, chat: Chat, png: bytes, caption: str) -> str: ...

    def render(self, markdown: str, final: bool) -> list[Part]:
        """The text as parts that fit one post each; never an empty list."""
