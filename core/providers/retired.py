"""Cloudflare's models that are gone, and the one to take instead of each.

All of these were retired on 2026-05-30, see
https://developers.cloudflare.com/changelog/post/2026-05-08-planned-model-deprecations/. The notice names
a successor only for Kimi; for the others it recommends three models, of which Gemma 4 is the one that
also works on the free plan and speaks most of a family's languages. To be looked up again now and then.
"""

from collections.abc import Mapping
from types import MappingProxyType

_GEMMA = "@cf/google/gemma-4-26b-a4b-it"

RETIRED_MODELS: Mapping[str, str] = MappingProxyType(
    {
        "@cf/moonshotai/kimi-k2.5": "@cf/moonshotai/kimi-k2.6",
        "@hf/meta-llama/meta-llama-3-8b-instruct": _GEMMA,
        "@cf/meta/llama-3-8b-instruct": _GEMMA,
        "@cf/meta/llama-3-8b-instruct-awq": _GEMMA,
        "@cf/meta/llama-3.1-8b-instruct": _GEMMA,
        "@cf/meta/llama-3.1-8b-instruct-awq": _GEMMA,
        "@cf/meta/llama-3.1-70b-instruct": _GEMMA,
        "@cf/meta/llama-2-7b-chat-int8": _GEMMA,
        "@cf/meta/llama-2-7b-chat-fp16": _GEMMA,
        "@cf/mistral/mistral-7b-instruct-v0.1": _GEMMA,
        "@hf/mistral/mistral-7b-instruct-v0.2": _GEMMA,
        "@hf/google/gemma-7b-it": _GEMMA,
        "@cf/google/gemma-3-12b-it": _GEMMA,
        "@hf/nousresearch/hermes-2-pro-mistral-7b": _GEMMA,
        "@cf/microsoft/phi-2": _GEMMA,
        "@cf/defog/sqlcoder-7b-2": _GEMMA,
        "@cf/unum/uform-gen2-qwen-500m": _GEMMA,
        "@cf/facebook/bart-large-cnn": _GEMMA,
    }
)
