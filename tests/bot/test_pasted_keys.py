"""A key is told by its look, and nothing else is taken for one."""

import pytest

from bot.pasted_keys import Pasted, is_lone, may_hold_one, read, read_server

ID = "0123456789abcdef0123456789abcdef"
TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
KEY = "gsk_0123456789abcdefghij"
GROQ = "https://api.groq.com/openai/v1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{ID} {TOKEN}", Pasted("Cloudflare", "cloudflare", TOKEN, account_id=ID)),
        (f"{TOKEN}\n{ID}", Pasted("Cloudflare", "cloudflare", TOKEN, account_id=ID)),
        (f"Account ID: {ID}\nAPI token: {TOKEN}", Pasted("Cloudflare", "cloudflare", TOKEN, account_id=ID)),
        (
            f"CLOUDFLARE_ACCOUNT_1_ID={ID}\nCLOUDFLARE_ACCOUNT_1_TOKEN={TOKEN}",
            Pasted("Cloudflare", "cloudflare", TOKEN, account_id=ID),
        ),
        (
            f"https://api.cloudflare.com/client/v4/accounts/{ID}/ai/v1 cfut_{TOKEN}",
            Pasted("Cloudflare", "cloudflare", f"cfut_{TOKEN}", account_id=ID),
        ),
        (
            f"{ID} {TOKEN} @cf/google/gemma-4-26b-a4b-it",
            Pasted("Cloudflare", "cloudflare", TOKEN, account_id=ID, model="@cf/google/gemma-4-26b-a4b-it"),
        ),
        (KEY, Pasted("Groq", "openai", KEY, GROQ)),
        (f"key: {KEY}", Pasted("Groq", "openai", KEY, GROQ)),
        (
            f"https://api.mistral.ai/v1 {TOKEN}",
            Pasted("Mistral", "openai", TOKEN, "https://api.mistral.ai/v1"),
        ),
        (
            f"url: https://api.groq.com/openai/v1, key: {KEY}, llama-3.3-70b",
            Pasted("Groq", "openai", KEY, GROQ, model="llama-3.3-70b"),
        ),
        (
            f"http://192.168.1.5:8000 {TOKEN}",
            Pasted("Server", "openai", TOKEN, "http://192.168.1.5:8000"),
        ),
    ],
)
def test_what_a_key_is_for_is_told_by_its_look(text: str, found: Pasted) -> None:
    """In any order, with labels, as lines of a `.env`, alone where its beginning says whose it is."""
    assert read(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How deep is the lake?",
        "What does https://example.com/a say about 0123456789abcdef0123456789?",
        f"please explain {KEY} to me",
        "https://example.com/some/long/page-0123456789",
        ID,
        TOKEN,
        f"{ID} {ID[::-1]}",
        f"https://a.example/v1 https://b.example/v1 {TOKEN}",
        f"http://api.example.com/v1 {TOKEN}",
        f"{KEY} " * 200,
    ],
)
def test_nothing_else_is_taken_for_a_key(text: str) -> None:
    """A question with an address in it is a question; where a key would go unprotected, it does not go."""
    assert read(text) is None


@pytest.mark.parametrize("word", ["report-2024-11-21.pdf", "galaxy-s24-ultra-512gb"])
def test_the_name_of_something_beside_an_address_is_no_key(word: str) -> None:
    """It would be sent there as one; but where a key was asked for, it is one."""
    text = f"https://example.com/a explain {word}"
    assert read(text, asked_for=False) is None
    assert read(text) is not None
    assert read(f"https://api.mistral.ai/v1 {TOKEN}", asked_for=False) is not None


def test_what_may_be_a_key_is_known_before_it_is_understood() -> None:
    """So that half a paste is not kept either."""
    assert may_hold_one(f"token {TOKEN}")
    assert may_hold_one(ID)
    assert may_hold_one(f"OPENAI_1_KEY={KEY}")
    assert not may_hold_one("How deep is the lake near https://example.com/0123456789abcdef0123?")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://192.168.1.5:11434", Pasted("Ollama", "ollama", "", "http://192.168.1.5:11434")),
        ("192.168.1.5:11434", Pasted("Ollama", "ollama", "", "http://192.168.1.5:11434")),
        ("url: http://localhost:11434/", Pasted("Ollama", "ollama", "", "http://localhost:11434")),
        ("http://ollama.lan/", Pasted("Ollama", "ollama", "", "http://ollama.lan")),
        ("http://192.168.1.7:1234/v1", Pasted("Server", "openai", "", "http://192.168.1.7:1234/v1")),
        ("https://example.com", None),
        ("http://8.8.8.8:11434", None),
        ("hello", None),
        ("12:30", None),
        ("Is http://192.168.1.5:11434 an Ollama?", None),
        ("", None),
    ],
)
def test_a_server_at_home_is_told_by_its_address(text: str, found: Pasted | None) -> None:
    """Where one was asked for: an Ollama by its port or its name, any other as OpenAI's protocol."""
    assert read_server(text) == found


def test_a_lone_key_is_told_from_a_word() -> None:
    """By its length, and by the digits in it."""
    assert is_lone(f"token: {TOKEN}")
    assert is_lone(ID)
    assert not is_lone(f"What is {TOKEN}?")
    assert not is_lone("Donaudampfschifffahrtsgesellschaftskapitän")
    assert not is_lone("4" * 40)
    assert not is_lone("my-summer-in-sicily-part-2-of-the-diary")
    assert not is_lone("https://example.com/0123456789abcdef0123456789abcdef")


def test_no_key_is_shown() -> None:
    """Not even by accident."""
    assert KEY not in repr(read(KEY))
