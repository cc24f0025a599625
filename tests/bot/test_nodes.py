"""The nodes as the settings want them, those that are added later among them."""

from bot.nodes import patterns_of
from core.node_choices import Added
from tests.bot.conftest import Loader


def test_an_ollama_that_is_added_is_treated_like_the_one_in_the_settings(settings_of: Loader) -> None:
    """As gently; but the file that is pinned there is not its own, and a model of Ollama's cloud is not of
    the house."""
    patterns = patterns_of(
        settings_of(OLLAMA_NUM_CTX="2048", OLLAMA_MAX_TOKENS="500", OLLAMA_MODEL_DIGEST="0123456789ab")
    )
    at_home = Added("Ollama", "ollama", "http://192.168.1.5:11434", "llama3.2:3b", "")
    spec = patterns.spec_of(at_home)
    assert (spec.name, spec.url, spec.model) == (at_home.name, at_home.url, at_home.model)
    assert (spec.local, spec.parallel, spec.max_tokens) == (True, 1, 500)
    assert spec.options["num_ctx"] == 2048
    assert "digest" not in spec.options
    assert not patterns.spec_of(Added("Ollama", "ollama", at_home.url, "gpt-oss:120b-cloud", "")).local


def test_a_cloud_node_that_is_added_waits_as_long_as_the_others(settings_of: Loader) -> None:
    """And knows the account it is of."""
    patterns = patterns_of(settings_of(FIRST_TOKEN_TIMEOUT="7"))
    spec = patterns.spec_of(Added("C", "cloudflare", "https://cf.example", "@cf/m", "canary-token", "a1b2"))
    assert spec.first_token_timeout_s == 7
    assert spec.options == {"account_id": "a1b2"}
    assert not spec.local
