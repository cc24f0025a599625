"""What a command is given, and what it may give back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.digest import Digest
from bot.family import Family
from bot.operating import Operating
from bot.phrases.english import English
from core.inbox import Inbox, Item, Mode
from core.memory import Memory
from core.node_store import NodeStore
from core.pool import Pool
from core.roles import Role
from core.types import Adapter, Button, Chat, Person
from core.web_store import WebStore


@dataclass(frozen=True, slots=True)
class Question:
    """Put this to a model. `supersedes` is the row that asked it before, and `reply_to` what that one
    replied to."""

    text: str
    private: bool = False
    mode: Mode = "chat"
    supersedes: int | None = None
    only_links: bool = False
    """What is looked up is the link in it, and nothing is searched for."""
    before: int | None = None
    """Only what was said before this row belongs to it; None: all."""
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Words to answer with; none at all where a pressed button says enough."""

    text: str
    buttons: tuple[Button, ...] = ()
    picture: bytes | None = None
    """A PNG to show beside the words."""
    caption: str = ""
    """Under the picture."""
    secret: bool = False
    """It is forgotten as soon as it stands in the chat."""


@dataclass(frozen=True, slots=True)
class Desktop:
    """What commands may reach."""

    pool: Pool
    inbox: Inbox
    memory: Memory
    store: NodeStore
    family: Family
    stop: Callable[[Chat, Person], bool]
    """End the answer that is growing for this person there; false if there is none."""
    adapters: Mapping[str, Adapter]
    """By the platform's name."""
    clock: Callable[[], float]
    web: WebStore
    digest: Digest
    operating: Operating


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command."""

    item: Item
    role: Role
    argument: str
    say: English
    """In the language of whoever called."""

    @property
    def chat(self) -> Chat:
        return self.item.incoming.chat

    @property
    def person(self) -> Person:
        return self.item.incoming.person


@dataclass(frozen=True, slots=True)
class Command:
    """What it does, and what may stand behind it, is said in bot/phrases."""

    name: str
    run: Callable[[Desktop, Call], Awaitable[str | Reply | Question]]
    admin: bool = False
    changes: bool = False
    """It changes what others may see or do: in private only, and admins are asked for the password, if one
    is set."""
    in_turn: bool = False
    """It waits for the answers before it; the others are answered at once."""
    in_place: bool = False
    """Where its button was pressed, the answer takes the place of the post above it."""
    hidden: bool = False
    """In no menu: buttons and links call it."""
    arguments_admin: bool = False
    """What may stand behind it is for admins alone."""
