"""One account at one provider, and how it has been doing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node as the settings describe it. Times in seconds, sizes in tokens."""

    name: str
    kind: str
    """A key of `core.providers.KINDS`: the wire protocol."""
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
