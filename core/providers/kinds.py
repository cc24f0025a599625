"""The node kinds by name. It stands apart from the contract, which all the kinds import."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import httpx

from core.providers import Provider
from core.providers.cloudflare import Cloudflare
from core.providers.embedded import Embedded
from core.providers.ollama import Ollama
from core.providers.openai import OpenAI
from core.types import NodeSpec

KINDS: Mapping[str, Callable[[NodeSpec, httpx.AsyncClient], Provider]] = MappingProxyType(
    {"openai": OpenAI, "cloudflare": Cloudflare, "ollama": Ollama, "embedded": Embedded}
)
