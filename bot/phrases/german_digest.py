"""In German, what an admin is told without having asked, and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_digest import EnglishDigest
from core.digests import Often
from core.history import Span
from core.troubles import Trouble


class GermanDigest(EnglishDigest):
    # ── What is to be done about a model ──────────────────────────────────────────────────────────

    REMEDIES: Mapping[str, str] = MappingProxyType(
        {
            "key": "Prüf den Schlüssel: Er ist falsch, abgelaufen oder darf das nicht.",
            "permission": "Er braucht das Recht „Workers AI“.",
            "account": (
                "Prüf die ID des Kontos: 32 Ziffern und Buchstaben a–f, wie sie das "
                "Dashboard unter Workers AI zeigt."
            ),
            "model": "Wähl ein anderes Modell: Der Anbieter hat dieses nicht (mehr).",
            "retired": "Dieses Modell gibt es nicht mehr, nimm stattdessen",
            "address": "Prüf die Adresse: Dort gibt es nichts dergleichen.",
            "or_model": "Stimmt die Adresse, liegt es am Modell.",
            "moved": "Die Adresse ist umgezogen: Trag die neue ein.",
            "stray": "Prüf Adresse und Schlüssel auf Zeichen, die nicht hineingehören.",
            "used_up": "Das Kontingent oder Guthaben beim Anbieter ist aufgebraucht.",
            "terms": (
                "Stimm den Bedingungen dieses Modells im Dashboard von Cloudflare zu oder wähl ein anderes."
            ),
            "not_allowed": "Dieses Konto darf das Modell nicht nutzen: Wähl ein anderes.",
            "blocked": "Cloudflare hat dieses Konto für Workers AI gesperrt: Frag dort den Support.",
            "paid_plan": (
                "Dieses Modell verlangt den Tarif Workers Paid: Wähl eines, das im kostenlosen Tarif ist."
            ),
            "pull": "Auf dem Rechner, auf dem Ollama läuft: ollama pull",
            "cloud_model": (
                "Wähl ein Modell, das auf diesem Rechner läuft: Dieses gibt Ollama an seine Cloud weiter."
            ),
            "digest": (
                "Hol das Modell, dessen Digest in den Einstellungen steht, oder trag "
                "dort den neuen Digest ein."
            ),
            "file": "Lösch die Datei, dann wird sie neu geholt, oder nenn eine andere.",
        }
    )

    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        return (
            f"🔴 Das Modell {name} antwortet nicht mehr. {self.remedy(remedy)} "
            "Ich versuche es von selbst wieder; mit /reset geht es sofort."
        )

    def trouble(self, it: Trouble) -> str:
        match it.kind:
            case "nobody" if it.tried_next:
                return (
                    "🟠 **Zuletzt konnte kein Modell antworten.** "
                    "Mit der nächsten Frage versuche ich es wieder: Stell mir eine."
                )
            case "nobody":
                return (
                    "🔴 **Gerade bekommt niemand eine Antwort.** Was den Modellen fehlt, zeigt /status; "
                    "/reset versucht es sofort mit allen."
                )
            case "no_nodes":
                return (
                    "🔴 **Es ist kein Modell eingerichtet.** Mit /nodes add nehme ich hier im Chat einen "
                    "Schlüssel an."
                )
            case "only_small":
                return (
                    "🟠 Gerade antwortet nur das eingebaute Mini-Modell, und das irrt sich oft. "
                    "Was den anderen fehlt, zeigt /status."
                )
            case "platform":
                return self.TROUBLES[it.name]
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 Seit {it.days} Tagen gibt es keine neue Sicherung. /backup macht jetzt eine und "
                    "sagt, woran es liegt."
                )
            case "trial":
                return (
                    "🔴 Die neueste Sicherung hat ihre wöchentliche Probe nicht bestanden. /backup macht "
                    "eine andere, die bald darauf erprobt wird; besteht auch sie nicht, zeigt /logs, warum."
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
            case "trial":
                return "🟢 Die neueste Sicherung hat ihre Probe bestanden."
            case "disk":
                return "🟢 Es ist wieder Speicherplatz frei."
            case "platform":
                return f"🟢 Mit {it.platform.title()} ist wieder alles in Ordnung."
            case "only_small":
                return "🟢 Die besseren Modelle antworten wieder."
            case _:
                return "🟢 Fragen werden wieder beantwortet."

    TROUBLES: Mapping[str, str] = MappingProxyType(
        {
            "telegram token": (
                "🔴 Telegram lehnt mein Token ab. Von @BotFather bekommst du ein neues; trag es als "
                "TELEGRAM_TOKEN in .env ein."
            ),
            "telegram conflict": (
                "🔴 Ein zweites Exemplar von mir liest bei Telegram mit demselben Token, deshalb landen "
                "manche Fragen dort statt bei mir. Bitte beende eines von uns."
            ),
            "discord token": (
                "🔴 Discord lehnt mein Token ab. Auf discord.com/developers/applications gibt es unter Bot "
                "mit Reset Token ein neues; trag es als DISCORD_TOKEN in .env ein."
            ),
            "discord intents": (
                "🔴 Discord lässt mich nicht herein (4014: nicht erlaubte Intents). Sieh auf "
                "discord.com/developers/applications unter Bot nach, ob mit der App noch alles stimmt."
            ),
            "discord access": (
                "🟠 Auf Discord hat mich jemand gefragt, wo ich nicht schreiben darf. Gib meiner Rolle dort "
                "View Channel, Send Messages, Send Messages in Threads, Attach Files und Read Message "
                "History."
            ),
        }
    )

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **Alles ist in Ordnung.**"

    def digest_look_at(self, count: int) -> str:
        return f"🟠 **Antworten kommen. Einen Blick wert: {count}**"

    DIGEST_SPAN: Mapping[Span, str] = MappingProxyType(
        {"day": "in den letzten 24 Stunden", "week": "in den letzten 7 Tagen"}
    )
    DIGEST_BEFORE: Mapping[Span, str] = MappingProxyType(
        {"day": "am selben Tag letzte Woche", "week": "in der Woche davor"}
    )

    def digest_more(self, count: int) -> str:
        return f"… und {count} mehr: /status zeigt, wie es um alles steht."

    def digest_waiting(self, count: int) -> str:
        return (
            f"🟠 Länger als eine Stunde ohne Antwort: {count}. Startest du mich neu, nehme ich mir alle "
            "wieder vor."
        )

    def digest_off(self, span: Span, hours: int) -> str:
        return f"🟠 Ich lief {self.DIGEST_SPAN[span]} etwa {hours} h nicht."

    def digest_unanswered(self, span: Span, count: int, questions: int, before: int | None) -> str:
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"🟠 Ohne Antwort blieben {count} von {questions} Fragen{was}."

    def digest_weak(self, span: Span, name: str, share: float, kind: str, before: float | None) -> str:
        was = "" if before is None else f"; {self.DIGEST_BEFORE[span]}: {100 * before:.0f} %"
        return f"🟠 {name} hat nur {100 * share:.0f} % beantwortet, meistens: {kind}{was}."

    def digest_slow(self, span: Span, name: str, first_token_s: float, before_s: float) -> str:
        now, was = (f"{seconds:.1f}".replace(".", ",") for seconds in (first_token_s, before_s))
        return f"🟡 {name} ist langsam: erstes Wort nach {now} s ({self.DIGEST_BEFORE[span]}: {was} s)."

    def digest_knocked(self, span: Span, count: int) -> str:
        return f"👋 Fremde, die mir {self.DIGEST_SPAN[span]} geschrieben haben: {count}."

    def digest_questions(self, span: Span, questions: int, before: int | None) -> str:
        if not questions and not before:
            return f"Niemand hat {self.DIGEST_SPAN[span]} etwas gefragt."
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"Fragen {self.DIGEST_SPAN[span]}: {questions}{was}."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        return f"Geantwortet haben {', '.join(f'{name} ({count})' for name, count in shares.items())}."

    NO_DIGEST_HERE = (
        "An diesem Terminal kommt der Überblick nicht von selbst. /digest zeigt ihn, wann du willst."
    )
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
