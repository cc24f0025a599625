"""What is said to people, by language. To add one: files beside these, and a line in both tables here."""

from bot.phrases.english import English
from bot.phrases.english_setup import EnglishSetup
from bot.phrases.german import German
from bot.phrases.german_setup import GermanSetup
from bot.phrases.vietnamese import Vietnamese
from bot.phrases.vietnamese_setup import VietnameseSetup

__all__ = ["LANGUAGES", "SETUP", "English", "EnglishSetup", "of"]

LANGUAGES: dict[str, English] = {it.language: it for it in (English(), German(), Vietnamese())}
SETUP = {it.language: it for it in (EnglishSetup(), GermanSetup(), VietnameseSetup())}
"""What is said to whoever sets it up, and claims it."""


def of(*wanted: str) -> English:
    """The first of these languages that is spoken here, else English. They are IETF tags: for "de-AT"
    German will do."""
    for tag in wanted:
        if spoken := LANGUAGES.get(tag.lower().replace("_", "-").partition("-")[0]):
            return spoken
    return LANGUAGES["en"]
