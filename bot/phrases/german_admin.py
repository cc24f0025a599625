"""In German, what is said to an admin who looks after everything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.phrases.english_admin import EnglishAdmin
from bot.status_facts import NodeFacts, PlatformFacts
from core.node import State
from core.troubles import Kind
from core.types import Tried


class GermanAdmin(EnglishAdmin):
    # ── How everything is doing ───────────────────────────────────────────────────────────────────────

    ALL_WELL = "🟢 **Alles in Ordnung.**"
    ALL_PAUSED = "⚪ **Alles macht Pause.** Fragen werden aufgehoben; /resume beantwortet sie."
    NODES_PAUSED = "🔴 **Jedes Modell ist angehalten.** Mit /nodes geht es weiter."

    VERDICTS: Mapping[Kind, str] = MappingProxyType(
        {
            "nobody": "🔴 **Gerade bekommt niemand eine Antwort.** /reset versucht es sofort mit allen.",
            "no_nodes": (
                "🔴 **Es ist kein Modell eingerichtet.** /nodes add nimmt einen Schlüssel, oder die Adresse "
                "eines Ollama."
            ),
            "only_small": (
                "🟠 **Gerade antwortet nur das eingebaute Mini-Modell**, und das irrt sich oft. "
                "/reset versucht es sofort mit den anderen."
            ),
        }
    )

    def resting(self, count: int, nodes: int) -> str:
        they = "macht gerade 1 Pause und kommt" if count == 1 else f"machen gerade {count} Pause und kommen"
        return f"🟢 **Antworten kommen.** Von {nodes} Modellen {they} von selbst wieder."

    def platform_quiet(self, name: str) -> str:
        return (
            f"🟠 **{name} ist gerade nicht zu erreichen.** Was dort geschrieben wird, beantworte ich, "
            "sobald es wieder geht."
        )

    STATES: Mapping[State, str] = MappingProxyType(
        {
            "ready": "aktiv",
            "cooling": "macht Pause",
            "open": "gestört",
            "half-open": "gestört",
            "out": "außer Betrieb",
            "paused": "angehalten",
        }
    )

    FAILURES: Mapping[str, str] = MappingProxyType(
        {
            "refused": "läuft dort nicht",
            "unreachable": "nicht erreichbar",
            "offline": "kein Netz",
            "server": "Fehler beim Anbieter",
            "not_a_stream": "etwas anderes geantwortet",
            "slow_start": "zu spät angefangen",
            "stalled": "mittendrin verstummt",
            "dripping": "viel zu langsam",
            "malformed": "unlesbar",
            "error_inside": "Fehler mitten in der Antwort",
            "cut": "abgerissen",
            "empty": "leere Antwort",
            "busy": "zu viele in der Schlange",
            "broken": "mein eigener Fehler (siehe Protokoll)",
            "RateLimited": "Limit erreicht",
            "Rejected": "Schlüssel, Modell oder Tarif abgelehnt",
            "TooLong": "Frage zu lang",
            "Refused": "Frage abgelehnt",
            "BadRequest": "Anfrage nicht verstanden",
        }
    )

    def node_line(self, node: NodeFacts, *, detailed: bool = False, steady: bool = False) -> str:
        left = ""
        if steady and node.until is not None:
            left = f" bis {node.until:%H:%M}"
        elif node.left_s:
            left = f", noch {self.duration(node.left_s)}"
        facts = [self.STATES[node.state] + left]
        if node.answered is not None:
            facts.append(f"{node.requests}× gefragt, {100 * node.answered:.0f} % beantwortet")
        if node.rate_limits and not detailed:
            facts.append(f"{node.rate_limits}× Limit erreicht")
        if node.first_token_s is not None:
            facts.append(f"erstes Wort nach {_decimal(node.first_token_s)} s")
        if detailed:
            facts += [", ".join(f"{count}× {self.failure(kind)}" for kind, count in node.failures)]
            if node.answer_tokens:
                tokens = f"{node.prompt_tokens:,} Tokens gelesen; {node.answer_tokens:,} geschrieben"
                facts.append(tokens.replace(",", "."))
            facts.append(node.model)
            facts.append(f"letzte Störung: {node.trouble}" if node.trouble else "")
        if node.remedy:
            facts.append(f"**{self.remedy(node.remedy)}**")
        return f"- {node.sign} {node.name}: {' · '.join(filter(None, facts))}"

    def platform_line(self, it: PlatformFacts, *, steady: bool = False) -> str:
        if it.health == "unreached":
            return f"- {it.sign} {it.name}: noch nicht erreicht"
        if steady or it.heard_s is None:
            return f"- {it.sign} {it.name}: {'verbunden' if it.health == 'well' else 'nicht zu erreichen'}"
        return f"- {it.sign} {it.name}: zuletzt gehört vor {self.duration(it.heard_s)}"

    def queue_line(self, waiting: int, answering: int) -> str:
        if not waiting and not answering:
            return "- Niemand wartet"
        return f"- Fragen: {answering} in Arbeit, {waiting} in der Schlange"

    def database_line(self, size_bytes: int, backup: datetime | float | None) -> str:
        match backup:
            case None:
                made = "noch keine Sicherung"
            case datetime():
                made = f"letzte Sicherung {backup:%Y-%m-%d %H:%M}"
            case _:
                made = f"letzte Sicherung vor {self.duration(backup)}"
        return f"- Datenbank: {self.size(size_bytes)}, {made}"

    NOT_FOR_MINORS = (
        "Keines meiner Modelle darf Kindern und Jugendlichen antworten. Wer mich betreut, kann das ändern."
    )
    MEMBER_STATUS: Mapping[str, str] = MappingProxyType(
        {
            "well": "🟢 Alles in Ordnung: Frag einfach.",
            "slow": "🟠 Ich kann antworten, aber nur mit einem kleinen Modell, das sich oft irrt.",
            "nobody": "🔴 Gerade kann ich nicht antworten. Wer mich betreut, kann sehen, warum.",
            "doubtful": "🟠 Zuletzt konnte ich nicht antworten. Frag einfach: Ich versuche es wieder.",
            "not_for_minors": f"🔴 {NOT_FOR_MINORS}",
            "paused": "⚪ Ich mache gerade Pause. Was du fragst, hebe ich auf und beantworte es danach.",
        }
    )
    REFRESH_BUTTON = "Aktualisieren"
    CHART_BUTTON = "Bild"
    DETAILS_BUTTON = "Genauer"
    RESET_BUTTON = "Zurücksetzen"
    STRATEGY_BUTTON = "Verteilung"
    BACK_BUTTON = "Zurück"
    DAY_BUTTON = "24 Stunden"
    WEEK_BUTTON = "7 Tage"
    PIN_NOT_HERE = "Hier lässt sich nichts anheften. In einem Chat auf dem Handy geht es."
    UNPINNED = "Der angeheftete Beitrag ist weg."
    NOTHING_PINNED = "Hier ist nichts angeheftet."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            whole = max(1, round(seconds))
            return "1 Sekunde" if whole == 1 else f"{whole} Sekunden"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} Minuten"
        if seconds < 48 * 3600:
            return f"{round(seconds / 3600)} Stunden"
        return f"{round(seconds / 86400)} Tagen"

    def size(self, size_bytes: int) -> str:
        return f"{_decimal(size_bytes / 1e6)} MB"

    # ── The models ────────────────────────────────────────────────────────────────────────────────────

    def model_line(self, node: NodeFacts) -> str:
        return f"- {node.sign} {node.name}: {node.model} ({'im Haus' if node.local else 'in der Cloud'})"

    NO_MODELS = "Es ist noch kein Modell eingerichtet."

    def models_text(self, lines: Sequence[str]) -> str:
        return "Wer hier antworten kann:\n\n" + "\n".join(lines)

    MODEL_FOR_WHICH = "Für wen soll ein anderes Modell gewählt werden?"

    def choose_model(self, name: str, now: str, shown: Sequence[str], others: int) -> str:
        current = (
            f"{name} wird nach **{now}** gefragt." if now else f"Nach welchem Modell soll ich {name} fragen?"
        )
        part = "Schreib einen Teil des Namens hinter"
        more = f"\n\nNoch {others} mehr: {part} /choose {name}" if others else ""
        return f"{current} Zur Wahl stehen:\n\n" + "\n".join(f"- {model}" for model in shown) + more

    def no_model_like(self, name: str, word: str) -> str:
        return f"{name} hat kein Modell mit {word} im Namen. Was es gibt, zeigt /choose {name}"

    def lists_no_models(self, name: str) -> str:
        return f"{name} verrät nicht, was es gibt. Schreib den ganzen Namen des Modells hinter /choose {name}"

    def model_set(self, name: str, model: str) -> str:
        return f"{name}: **{model}**, ab der nächsten Frage."

    def model_fixed(self, name: str) -> str:
        return f"{name} ist das eingebaute Modell: EMBEDDED_MODEL in .env nennt eine andere Datei, oder off."

    STRATEGIES: Mapping[str, str] = MappingProxyType(
        {
            "round_robin": "reihum",
            "random": "nach Zufall",
            "least_used": "wer am wenigsten gefragt wurde",
            "fastest": "die schnellsten zuerst",
        }
    )

    def strategy_text(self, now: str, known: Sequence[str]) -> str:
        lines = [f"- /strategy {name}: {self.STRATEGIES[name]}" for name in known]
        return "\n".join([f"Fragen werden nach **{now}** verteilt. So änderst du es:", "", *lines])

    def strategy_set(self, name: str) -> str:
        return f"Ab der nächsten Frage: **{name}**, {self.STRATEGIES[name]}."

    def strategy_unknown(self, name: str, known: Sequence[str]) -> str:
        return f"Die Strategie {name} gibt es nicht. Es gibt: {', '.join(known)}."

    def reset_done(self, names: Sequence[str]) -> str:
        return f"Neuer Anfang für {', '.join(names)}: ab der nächsten Frage wieder dabei."

    def reset_unknown(self, name: str, known: Sequence[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"Das Modell {name} gibt es nicht. Es gibt: {', '.join(known)}."

    # ── Looking after them ────────────────────────────────────────────────────────────────────────────

    NODES_TEXT = "Die Modelle, die ich frage. Tippe auf eines, um es zu testen, anzuhalten oder zu entfernen."
    ADD_BUTTON = "Neues"
    TEST_BUTTON = "Testen"
    PAUSE_BUTTON = "Anhalten"
    GO_ON_BUTTON = "Weiter"
    MODEL_BUTTON = "Anderes Modell"
    REMOVE_BUTTON = "Entfernen"
    REMOVE_NODE_YES = "Ja, entfernen"
    TRY_AGAIN_BUTTON = "Noch einmal"

    ADD_HOW = (
        "Schick mir als nächste Nachricht, was du vom Anbieter bekommen hast. Ich verstehe:\n\n"
        "- Cloudflare: die ID des Kontos und das Token\n"
        "- Groq, OpenRouter, Google, OpenAI, xAI, Hugging Face: nur den Schlüssel\n"
        "- alle anderen, die das Protokoll von OpenAI sprechen: die Adresse und den Schlüssel\n"
        "- ein Ollama zu Hause: seine Adresse, etwa http://192.168.1.5:11434\n\n"
        "Ich nehme die Nachricht sofort weg, wo ich das darf, probiere den Schlüssel mit einer winzigen "
        "Frage aus und bewahre ihn in meiner Datenbank auf diesem Rechner auf, die nur ihr Besitzer lesen "
        "kann. Gezeigt wird er nirgends."
    )
    KEY_NOT_READ = (
        "Das sieht nach einem Schlüssel aus. Wofür er ist, konnte ich nicht erkennen, also habe ich nichts "
        "davon behalten. Schick die Adresse und den Schlüssel zusammen, oder die ID eines Kontos bei "
        "Cloudflare und sein Token."
    )
    KEY_LOCKED = (
        "Das sah nach einem Schlüssel aus, also habe ich nichts davon behalten. Schreib zuerst nur /nodes add"
    )

    def unfinished_line(self, name: str) -> str:
        return f"- ⚪ {name}: noch nicht im Einsatz"

    def node_added(self, name: str, model: str, first_s: float | None) -> str:
        return f"🟢 {name} antwortet{_after(first_s)} und wird ab jetzt gefragt, nach **{model}**."

    def node_answers(self, name: str, first_s: float | None) -> str:
        return f"🟢 {name} antwortet{_after(first_s)}."

    def node_silent(self, name: str, why: str, remedy: str) -> str:
        return f"🔴 {name} antwortet nicht: {why}. {self.remedy(remedy)}".rstrip()

    def key_refused(self, name: str, remedy: str) -> str:
        how = self.remedy(remedy)
        return f"🔴 {name} nimmt diesen Schlüssel nicht an, also habe ich ihn vergessen. {how}".rstrip()

    def node_paused(self, name: str) -> str:
        return f"⚪ {name} ist angehalten und wird nichts gefragt, bis du es weitermachen lässt."

    def node_goes_on(self, name: str) -> str:
        return f"🟢 {name} ist ab der nächsten Frage wieder dabei."

    def node_remove_sure(self, name: str) -> str:
        return f"{name} entfernen, samt Schlüssel?"

    def node_removed(self, name: str) -> str:
        return (
            f"{name} ist weg, und der Schlüssel auch. Nur in älteren Sicherungen steht er noch: Können ihn "
            "andere gesehen haben, zieh ihn beim Anbieter zurück."
        )

    def node_in_settings(self, name: str) -> str:
        return (
            f"{name} steht in den Einstellungen (.env) und wird dort entfernt. Hier lässt es sich anhalten."
        )

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────

    NO_LOGS = "So etwas steht nicht im Protokoll."
    LOGS_HOW = "Zum Beispiel: /logs 50 warning. Die Stufen sind debug, info, warning, error und critical."

    def usage_line(self, name: str, today: int, week: int, month: int, from_the_web: int) -> str:
        web = f", {from_the_web} davon im Web" if from_the_web else ""
        return f"- {name}: heute {today}, in 7 Tagen {week}, in 30 Tagen {month}{web}"

    def usage_text(self, lines: Sequence[str]) -> str:
        if not lines:
            return "In den letzten 30 Tagen hat niemand etwas gefragt."
        return "So viel wurde gefragt:\n\n" + "\n".join(lines)

    USAGE_OTHERS = "andere"

    PAUSED = "Alles macht Pause. Fragen werden aufgehoben und nach /resume beantwortet."
    RESUMED = "Es geht weiter. Was inzwischen kam, wird jetzt beantwortet."
    NOT_PAUSED = "Es ist keine Pause."
    PAUSED_FOR_NOW = "Ich mache gerade Pause. Deine Frage ist aufgehoben, ich beantworte sie danach."

    def backup_made(self, name: str, size_bytes: int) -> str:
        return f"🟢 Die Sicherung ist gemacht: {name}, {self.size(size_bytes)}."

    def backup_failed(self, why: str) -> str:
        return f"🔴 Eine Sicherung war nicht möglich. {why}"

    WHY_NOTHING = "Hier gibt es keine Frage, von der ich das sagen könnte."
    WHY_FORGOTTEN = "Auf welchem Weg diese Antwort kam, weiß ich nicht mehr."
    WHY_NOBODY = "Darauf konnte niemand antworten."
    WHY_NOTHING_FOUND = "Es fand sich nichts, das sich lesen ließ; darum wurde kein Modell gefragt."
    WHY_STOPPED = "Diese Antwort wurde angehalten."

    def why_answered(self, it: Tried) -> str:
        return f"🟢 {it.node} hat geantwortet ({it.model}): {self.times(it)}"

    def why_failed(self, it: Tried) -> str:
        return f"🔴 {it.node}: {self.failure(it.ended)}, nach {_decimal(it.took_s)} s"

    def times(self, it: Tried) -> str:
        first = f"erstes Wort nach {_decimal(it.first_token_s)} s, " if it.first_token_s is not None else ""
        return f"{first}fertig nach {_decimal(it.took_s)} s"


def _after(first_s: float | None) -> str:
    return f" nach {_decimal(first_s)} s" if first_s is not None else ""


def _decimal(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")
