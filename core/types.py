"""The nouns of the program: every other file speaks in these words.

What came in is an `Incoming`; what a model reads is a `Turn`; what we show while an answer grows is
an `Event`; what then stands in the chat is a *post*, and a post too long for its platform is several
`Part`s. A chat platform is spoken to through an `Adapter`. Nothing here does anything.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, runtime_checkable

# ── Who and where ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Chat:
    """A place on one platform where posts stand.

    `id` is the platform's own id as text; a topic of a group stands behind it, after a colon.
    """

    platform: str
    id: str
    kind: Literal["private", "group"] = "private"

    @property
    def whole_id(self) -> str:
        """Of the group with all its topics."""
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on one platform. Only `platform` and `id` say who it is; `name` is for showing."""

    platform: str
    id: str
    name: str = ""
    language: str = ""
    """That of the person's own client, as an IETF tag ("de", "pt-br"); empty where it is not told."""


Attachment = Literal["photo", "voice", "video", "file", "sticker", "other"]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What one person wrote in one chat. (`chat.platform`, `chat.id`, `post`) is unique for ever."""

    chat: Chat
    person: Person
    post: str
    """The platform's id of what the person wrote; for a pressed button, of the press."""
    text: str
    said_at: float
    """When it was said, by the platform: seconds since 1970."""
    reply_to: str | None = None
    """The post that this one replies to, where it does."""
    edited: bool = False
    """The person changed what was sent before under the same id; it is asked anew."""
    pressed: str | None = None
    """The post of ours whose button was pressed; `text` is then the button's command."""
    attachment: Attachment | None = None
    """What came along besides the text, which is its caption."""
    awaited: bool = False
    """The platform shows that an answer is on its way until one comes: silence is none."""
    secret: bool = False
    """Typed into the form for the password, and never anything else."""


@dataclass(frozen=True, slots=True)
class Joined:
    """We were put into a group, by this person."""

    chat: Chat
    person: Person
    title: str
    by_them: bool = True
    """False where the platform does not tell who it was: then `person` is whose group it is."""


@dataclass(frozen=True, slots=True)
class Poison:
    """Something came in that cannot be understood. `why` is a code, never words of people."""

    post: str
    """The platform's number of it."""
    why: str


@dataclass(frozen=True, slots=True)
class Moved:
    """The platform gave a group another id."""

    chat: Chat
    to: Chat


@dataclass(frozen=True, slots=True)
class Removed:
    """The person took back what was written: its answer is not wanted any more."""

    chat: Chat
    post: str


Arrival = Incoming | Joined | Moved | Removed | Poison


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
class SoFar:
    """The whole text so far, in the place of all before. It may have become shorter: what was half there
    turned out to be something that is not shown."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """Something worth telling while there is no text yet.

    `asking`: `node` was asked; `thinking`: it reasons, which is never shown; `queued`: `place` others
    are before us at `node`; `retrying`: every node was tried, a pause before the next round;
    `starting`: a local model is being loaded, which can take a while. Of research: `waiting`, `place`
    others are before us; `searching` the web;
    `reading` pages of `sites`, out of `count` results; `writing`: a model was given what was read.
    """

    what: Literal["asking", "thinking", "queued", "retrying", "waiting", "searching", "reading", "writing"]
    node: str = ""
    place: int = 0
    count: int = 0
    sites: tuple[str, ...] = ()
    """Hosts, as people say them: strangers' words, and a platform may make links of them."""


@dataclass(frozen=True, slots=True)
class Restart:
    """`node` died in mid-answer. All text so far is void: the next `Text` begins the answer anew."""

    node: str


@dataclass(frozen=True, slots=True)
class Button:
    """Pressing it is the same as writing the command."""

    label: str
    command: str
    """At most 64 bytes of UTF-8 (Telegram's limit for callback data)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt at one node, and how long it took."""

    node: str
    model: str
    ended: str
    """`ANSWERED`, or the kind under which the node's books count the failure."""
    took_s: float
    first_token_s: float | None = None


ANSWERED = "answered"


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
    buttons: tuple[Button, ...] = ()
    picture: bytes | None = None
    """A PNG that is shown beside the text."""
    caption: str = ""
    """What stands under the picture; under the text, where it cannot be shown."""
    secret: bool = False
    """Not to be kept longer than it takes to show it."""
    supersedes: int | None = None
    """The row in the inbox whose question this answers again."""
    tried: tuple[Tried, ...] = field(default=(), compare=False, repr=False)
    """The attempts that led here, in order."""


Event = Text | SoFar | Status | Restart | Done


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
    buttons: tuple[Button, ...] = ()
    """Shown under the post, in one row."""
    silent: bool = False
    """A new post of it arrives without a sound."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a platform allows, as data."""

    first_edits_s: tuple[float, ...]
    """Pauses before the first edits of a growing post, in seconds; the last one repeats."""
    edits: bool = True
    """False where a post cannot be changed: then only the whole answer is posted."""
    previews_per_minute: int | None = None
    """How often a chat may be shown a growing text, whatever else happens there. None: as often as
    `first_edits_s` says."""
    typing_s: float = 4.0
    """After so long the sign of typing is sent again: it vanishes after five seconds, or some more."""
    notes: bool = False
    """`Adapter.typing` shows its note, also beside a growing text."""
    group: "Limits | None" = None
    """Other limits for groups; None: the same."""
    topics_apart: bool = False
    """Each topic of a group has these limits for itself."""
    pictures: bool = True
    """False where none can be seen: then a table says the same."""
    buttons_max: int = 25
    """So many stand under a post; the commands of the others stand in the text. 0: none can be pressed."""


Accept = Callable[[Sequence[Arrival], str | None], Awaitable[None]]
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

    async def direct(self, person: Person) -> Chat:
        """The private chat with this person."""

    async def typing(self, chat: Chat, note: str) -> None:
        """Show that an answer is on its way; `note` says it in words where there is room for them."""

    async def picture(self, chat: Chat, png: bytes, caption: str, *, silent: bool = False) -> str: ...

    def render(self, markdown: str, final: bool) -> list[Part]:
        """The text as parts that fit one post each; never an empty list."""


@runtime_checkable
class Messenger(Adapter, Protocol):
    """A platform where one is met by many: people come and go there, and strangers knock."""

    has_form: bool
    """Whoever presses a button with the command /password is shown a form for it."""

    @property
    def heard_at(self) -> float | None:
        """When the platform was last in touch, on the monotonic clock: the sign that we hear people."""

    async def close(self) -> None:
        """When nothing is to be posted any more, which is later than the end of `run`."""

    async def draft(self, chat: Chat, part: Part, *, key: str) -> None:
        """Show a growing answer that is no post yet and vanishes by itself. Same `key`, same draft."""

    async def strays(self, chat: Chat, *, after: str, before: str, known: Collection[str]) -> list[str]:
        """Posts of ours between these two that are not `known`: sent once, and never confirmed."""

    async def leave(self, chat: Chat) -> None:
        """Go out of this group."""

    async def menu(self, chat: Chat | None, commands: Sequence[tuple[str, str]], language: str) -> None:
        """Offer these commands (name and what it does) to whoever writes in this chat; None: to
        everybody who has no menu of their own. `language` as in `Person`; empty: any."""

    async def pin(self, chat: Chat, post: str) -> None:
        """Let this post of ours stand at the top of the chat, without a sound."""

    def invite_link(self, code: str) -> str | None:
        """What a new person opens to come in with this code. Where the code is not in it, they write it to
        us there. None as long as we do not know where we can be met."""

    def group_link(self) -> str | None:
        """What somebody opens to put us into a group of theirs; None as long as it is not known."""
