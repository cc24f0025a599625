"""In German, what an admin is told without having asked, and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_digest import EnglishDigest
from core.digests import Often
from core.troubles import Trouble


class GermanDigest(EnglishDigest):
    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        return (
            f"🔴 Das Modell {name} antwortet nicht mehr. {remedy} Ich versuche es von selbst wieder; "
            "mit /reset geht es sofort."
        )

    def trouble(self, it: Trouble) -> str:
        match it.kind:
            case "nobody":
                return (
                    "🔴 **Gerade bekommt niemand eine Antwort.** Was den Modellen fehlt, zeigt /status; "
                    "/reset versucht es sofort mit allen."
                )
            case "no_nodes":
                return (
                    "🔴 **Es ist kein Modell eingerichtet.** Trag eines in die Datei .env ein; wie das geht, "
                    "steht in der README."
                )
            case "only_small":
                return (
                    "🟠 Gerade antwortet nur das eingebaute Mini-Modell, und das irrt sich oft. "
                    "Was den anderen fehlt, zeigt /status."
                )
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 Seit {it.days} Tagen gibt es keine neue Sicherung. /backup macht jetzt eine und "
                    "sagt, woran es liegt."
                )
            case "disk":
                return (
                    f"🔴 Der Speicherplatz ist fast voll: noch {it.free_bytes / 1e6:.0f} MB. Ist nichts mehr "
                    "frei, kann ich keine Fragen mehr annehmen. Bitte schaff etwas Platz."
                )

    def trouble_over(self, it: Trouble) -> str:
        match it.kind:
            case "node":
                return f"🟢 Das Modell {it.name} antwortet wieder."
            case "backup":
                return "🟢 Es gibt wieder eine neue Sicherung."
            case "disk":
                return "🟢 Es ist wieder Speicherplatz frei."
            case _:
                return "🟢 Fragen werden wieder beantwortet."

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **Alles ist in Ordnung.**"

    def digest_look_at(self, count: int) -> str:
        return f"🟠 **Antworten kommen. Einen Blick wert: {count}**"

    def digest_off(self, hours: int) -> str:
        return f"🟠 Von den letzten 24 Stunden lief ich etwa {hours} h nicht."

    def digest_unanswered(self, count: int, questions: int, before: int) -> str:
        return f"🟠 Ohne Antwort blieben {count} von {questions} Fragen (eine Woche davor: {before})."

    def digest_weak(self, name: str, share: float, kind: str, before: float | None) -> str:
        was = "" if before is None else f"; eine Woche davor: {100 * before:.0f} %"
        return f"🟠 {name} hat nur {100 * share:.0f} % beantwortet, meistens: {kind}{was}."

    def digest_slow(self, name: str, first_token_s: float, before_s: float) -> str:
        now, was = (f"{seconds:.1f}".replace(".", ",") for seconds in (first_token_s, before_s))
        return f"🟡 {name} ist langsam: erstes Wort nach {now} s (eine Woche davor: {was} s)."

    def digest_questions(self, questions: int, before: int) -> str:
        if not questions and not before:
            return "In den letzten 24 Stunden hat niemand etwas gefragt."
        return f"Fragen in den letzten 24 Stunden: {questions} (eine Woche davor: {before})."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        return f"Geantwortet haben {', '.join(f'{name} ({count})' for name, count in shares.items())}."

    LESS_BUTTON = "Weniger davon"
    OFTEN: Mapping[Often, str] = MappingProxyType(
        {"daily": "Jeden Morgen", "weekly": "Einmal die Woche", "off": "Nie"}
    )
    DIGEST_CHOSEN: Mapping[Often, str] = MappingProxyType(
        {
            "daily": "Du bekommst den Überblick jeden Morgen.",
            "weekly": "Du bekommst den Überblick einmal die Woche, am Montag.",
            "off": "Du bekommst den Überblick nicht mehr. Mit /digest zeige ich ihn dir, wenn du fragst.",
        }
    )

    # ── In pictures and tables ────────────────────────────────────────────────────────────────────

    CHART: Mapping[str, str] = MappingProxyType(
        {
            "title": "Was jedes Modell in 24 Stunden getan hat",
            "title_week": "Was jedes Modell in einer Woche getan hat",
            "answered": "beantwortet",
            "failed": "fehlgeschlagen",
            "failover": "an ein anderes Modell weitergegeben",
            "off": "nicht gelaufen",
            "others": "andere Modelle",
            "nothing": "In dieser Zeit wurde nichts gefragt.",
        }
    )
    CHART_DAYS: Mapping[int, str] = MappingProxyType(
        {0: "Mo", 1: "Di", 2: "Mi", 3: "Do", 4: "Fr", 5: "Sa", 6: "So"}
    )

    def chart_note(self, asked: int, answered: int, failed: int, failovers: int) -> str:
        bad = f", {failed} fehlgeschlagen, {failovers} weitergegeben" if failed else ""
        return f"{asked} gefragt, {answered} beantwortet{bad}"

    def chart_off(self, hours: int) -> str:
        return f"Nicht gelaufen: etwa {hours} h"
