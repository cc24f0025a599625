"""In German, what is said about the web."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_web import EnglishWeb
from core.research import Basis
from core.types import Status


class GermanWeb(EnglishWeb):
    RESEARCH_WHAT = "Was soll ich nachschlagen? Zum Beispiel: /research wann ist die nächste Sonnenfinsternis"
    RESEARCH_BUSY = (
        "Gerade lassen zu viele von euch etwas nachschlagen. Bitte frag in einer Minute noch einmal."
    )
    RESEARCH_USED_UP: Mapping[str, str] = MappingProxyType(
        {
            "minute": "Das war viel auf einmal. Bitte lass mich in einer Minute wieder nachschlagen.",
            "day": "Für heute habe ich genug nachgeschlagen. Morgen gern wieder; einfach fragen geht.",
        }
    )

    def progress(self, status: Status) -> str:
        match status.what:
            case "waiting" if not status.place:
                return "⏳ Erst kommt deine andere Frage"
            case "waiting":
                return f"⏳ Andere lassen gerade etwas nachschlagen: {status.place} vor dir"
            case "reading":
                return f"🔎 {status.count} Treffer · ich lese {self.sites(status)} …"
            case "writing":
                return "✍️ Ich schreibe …"
            case _:
                return "🔎 Ich suche …"

    def research_notice(self, basis: Basis) -> str:
        lines = []
        if basis.links_unread:
            lines.append("Den Link konnte ich nicht öffnen.")
        match basis.ground:
            case "private":
                lines.append("Nachgeschlagen wurde nichts: Die Frage bleibt im Haus.")
            case "own_knowledge":
                lines.append(
                    "Im Web habe ich nichts gefunden; das weiß ich aus dem Gedächtnis, vielleicht veraltet."
                )
            case "snippets":
                lines.append(
                    "Die Seiten ließen sich nicht öffnen; das stützt sich nur auf die Suchergebnisse."
                )
            case "pages" if not basis.preferred and basis.rung == "wikipedia":
                lines.append("Die Suchmaschinen haben nicht geantwortet; das stammt nur aus der Wikipedia.")
            case "pages" if not basis.preferred:
                lines.append("Meine übliche Suchmaschine hat nicht geantwortet, aber eine andere.")
        return f"*{' '.join(lines)}*" if lines else ""

    def nothing_found(self, basis: Basis) -> str:
        if basis.links_unread and basis.rung is None:
            return "Den Link konnte ich nicht öffnen, deshalb weiß ich nicht, was dort steht."
        return "Ich habe nachgeschlagen, aber was ich gelesen habe, sagt es nicht. Versuch andere Worte."

    NOT_CONFIRMED = "⚠︎ von den gelesenen Seiten nicht bestätigt"
    DIFFERS = "bei {source} steht {figure}"
    SNIPPET_ONLY = "nicht geöffnet"
    QUOTES_BUTTON = "Belege zeigen"
    DEEPER_BUTTON = "Mehr dazu suchen"
    LOOK_UP_BUTTON = "Nachschlagen"
    ONLY_WHO_ASKED = "Dieser Knopf ist für die Person, die gefragt hat."
    NO_QUOTES = "Die Sätze zu dieser Antwort habe ich nicht mehr."
    PRIVATE_NOT_LOOKED_UP = "Das war eine private Frage: Sie wird nicht im Web nachgeschlagen."
    FORGOTTEN = (
        "Vergessen ist alles, was ich vom Nachschlagen aufgehoben hatte. (/new vergisst unser Gespräch.)"
    )
