"""What is said to people, by language. To add one: a class in a file beside these, and `LANGUAGES`."""

from bot.phrases.english import English
from bot.phrases.german import German
from bot.phrases.vietnamese import Vietnamese

__all__ = ["LANGUAGES", "English", "of"]

LANGUAGES: dict[str, English] = {it.language: it for it in (English(), German(), Vietnamese())}


def of(*wanted: str) -> English:
    """The first of these languages that is spoken here, else English. They are IETF tags: for "de-AT"
    German will do."""
    for tag in wanted:
        if spoken := LANGUAGES.get(tag.lower().replace("_", "-").partition("-")[0]):
            return spoken
    return LANGUAGES["en"]
