"""In English, what is said about the web: how far the looking up has got, where an answer is from, and how
sure one can be of it."""

from collections.abc import Mapping
from types import MappingProxyType

from core.research import Basis
from core.types import Status


class EnglishWeb:
    RESEARCH_WHAT = "What shall I look up? For example: /research when is the next solar eclipse"
    RESEARCH_BUSY = "Too many of you are having me look things up just now. Please ask again in a minute."
    RESEARCH_USED_UP: Mapping[str, str] = MappingProxyType(
        {
            "minute": "That was a lot to look up at once. Please ask again in a minute.",
            "day": "I have looked up enough for you today. Tomorrow I gladly do more; just asking works.",
        }
    )

    def progress(self, status: Status) -> str:
        """In the post itself, as long as there is no text."""
        match status.what:
            case "waiting" if not status.place:
                return "⏳ Your other question is being looked up first"
            case "waiting":
                return f"⏳ Others are having something looked up: {status.place} before you"
            case "reading":
                return f"🔎 {status.count} results · reading {self.sites(status)} …"
            case "writing":
                return "✍️ Writing …"
            case _:
                return "🔎 Searching …"

    def sites(self, status: Status) -> str:
        """As code: a platform makes a link of a bare name, and these are strangers'."""
        return ", ".join(f"`{site}`" for site in status.sites)

    def research_notice(self, basis: Basis) -> str:
        """The first line of the answer, if something has to be said about where it is from."""
        lines = []
        if basis.links_unread:
            lines.append("I could not open the link you sent.")
        match basis.ground:
            case "private":
                lines.append("Nothing was looked up: the question stays in the house.")
            case "own_knowledge":
                lines.append("I found nothing on the web, so this is from my memory and may be out of date.")
            case "snippets":
                lines.append("I could not open the pages, so this rests on the search results alone.")
            case "pages" if not basis.preferred and basis.rung == "wikipedia":
                lines.append("The search engines did not answer, so this is from Wikipedia alone.")
            case "pages" if not basis.preferred:
                lines.append("My usual search engine did not answer; another one did.")
        return f"*{' '.join(lines)}*" if lines else ""

    def nothing_found(self, basis: Basis) -> str:
        if basis.links_unread and basis.rung is None:
            return "I could not open that link, so I cannot say what is there."
        return "I looked it up, but the answer is not in what I read. Other words may find it."

    NOT_CONFIRMED = "⚠︎ not confirmed by the pages I read"
    DIFFERS = "{source} has {figure}"
    SNIPPET_ONLY = "not opened"
    QUOTES_BUTTON = "Show quotes"
    DEEPER_BUTTON = "Dig deeper"
    LOOK_UP_BUTTON = "Look it up"
    ONLY_WHO_ASKED = "That button is for whoever asked."
    NO_QUOTES = "I no longer have the sentences for that answer."
    PRIVATE_NOT_LOOKED_UP = "That was a private question: it is not looked up on the web."
    FORGOTTEN = "Forgotten: all I had kept of what was looked up on the web. (/new forgets what we said.)"
