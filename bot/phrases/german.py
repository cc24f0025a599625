"""Every sentence in German. Everybody is "du" here: it is a family.

It follows bot/phrases/english.py sentence by sentence, but not word by word.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english import English
from bot.phrases.german_people import GermanPeople
from bot.phrases.german_web import GermanWeb
from core.errors import NoAnswer
from core.node import Node, State
from core.types import Done, Status


class German(GermanPeople, GermanWeb, English):
    language = "de"
    name = "Deutsch"

    # ── While an answer is on its way ─────────────────────────────────────────────────────────────────

    def note(self, status: Status) -> str:
        match status.what:
            case "asking":
                return f"{status.node} antwortet"
            case "thinking":
                return f"{status.node} denkt nach"
            case "queued":
                return f"Warten auf {status.node}: noch {status.place} vor dir"
            case "retrying":
                return "Ich versuche es noch einmal"
            case _:
                return self.progress(status)

    # ── Under an answer ───────────────────────────────────────────────────────────────────────────────

    def under(self, done: Done, *, attachment: bool = False, late: bool = False) -> str:
        notes = []
        if late:
            notes.append(self.LATE)
        if attachment:
            notes.append(self.ONLY_THE_WORDS)
        if done.cut:
            notes.append("Länger darf eine Antwort nicht sein; schreib „weiter“, wenn ich fortfahren soll.")
        if done.small:
            notes.append(f"Vom eingebauten Mini-Modell ({done.model}): Es irrt sich oft.")
        return f"*{' '.join(notes)}*" if notes else ""

    # ── Instead of an answer ──────────────────────────────────────────────────────────────────────────

    BROKEN = (
        "Bei mir ist etwas schiefgegangen, und deine Frage ist nicht beantwortet. Bitte frag noch einmal. "
        "Passiert es wieder, sag der Person Bescheid, die mich betreut."
    )
    TRIED_TOO_OFTEN = (
        "Ich habe es mehrmals versucht und wurde jedes Mal unterbrochen, deshalb habe ich aufgehört. Bitte "
        "frag noch einmal, vielleicht mit anderen Worten."
    )
    DISK = (
        "Ich kann gerade nichts speichern und deshalb nicht sicher antworten. Deine Frage ist aufgehoben; "
        "ich beantworte sie, wenn ich neu gestartet bin. Wer mich betreut, sollte nach dem freien "
        "Speicherplatz und ins Protokoll schauen."
    )
    DAMAGED = (
        "Was du geschrieben hast, konnte ich nicht mehr lesen: Es wurde beim Speichern beschädigt. Bitte "
        "schick es noch einmal."
    )
    ASK_SOMETHING = "Das war leer. Was möchtest du wissen?"

    def no_answer(self, error: NoAnswer, *, private: bool) -> str:
        match error.reason:
            case "no_nodes":
                return (
                    "Es ist noch kein Modell eingerichtet, deshalb kann ich nicht antworten. Wer mich "
                    "betreut, kann eines in die Datei .env eintragen; wie das geht, steht in der README."
                )
            case "no_local_node":
                return (
                    "Eine private Frage verlässt nie das Haus, und im Haus kann gerade kein Modell "
                    "antworten. Es wurde nichts nach draußen geschickt. Frag ohne /private oder versuch es "
                    "später noch einmal."
                )
            case "offline":
                return (
                    "Ich komme gerade nicht ins Internet. Wenn es wieder da ist, frag bitte noch einmal "
                    "oder schreib /retry."
                )
            case "all_out":
                return (
                    "Alle meine Modelle weisen mich ab, und das kann nur beheben, wer mich betreut. "
                    "Bescheid gesagt habe ich schon. Bitte frag später noch einmal."
                )
            case "too_long":
                return "Das ist zu lang, um es auf einmal zu lesen. Bitte schick es in kleineren Teilen."
            case "refused":
                return "Das Modell wollte darauf nicht antworten. Vielleicht hilft es, anders zu fragen."
            case "bad_request":
                return "Die Modelle konnten damit nichts anfangen. Bitte frag mit anderen Worten."
            case "exhausted":
                later = (
                    f"in etwa {self.duration(error.ready_in_s)}"
                    if error.ready_in_s
                    else "in ein paar Minuten"
                )
                return (
                    f"Gerade kann keines meiner Modelle antworten. Bitte frag {later} noch einmal oder "
                    "schreib dann /retry."
                )

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────

    FRESH_START = "Wir fangen neu an: An das, was wir vorher besprochen haben, denke ich nicht mehr."
    NOTHING_TO_STOP = "Es gibt gerade nichts anzuhalten."
    STOPPED = "Angehalten."
    NOTHING_TO_RETRY = "Es gibt noch keine Frage, die ich noch einmal beantworten könnte."
    PRIVATE_BARE = (
        "Schreib die Frage gleich dahinter: /private Welche Salbe hilft bei Ausschlag? "
        "Dann antwortet ein Modell hier im Haus, und sie verlässt es nie."
    )
    ADMIN_ONLY = "Das kann nur ein Admin."
    ONLY_IN_A_CHAT = (
        "Bitte sag mir das in einem Chat: Dort läuft vielleicht schon ein zweites Exemplar von mir."
    )
    PRIVATE_CHAT_ONLY = "Bitte schreib mir das in einem privaten Chat."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Meinst du /{close}?" if close else ""
        return f"/{name} kenne ich nicht.{hint} /help zeigt, was ich kann."

    def help_text(self, names: Sequence[str]) -> str:
        commands = "\n".join(f"- {self.usage(name)}: {self.ABOUT[name]}" for name in names)
        return f"Schreib mir einfach. Ich verstehe auch:\n\n{commands}"

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "hier geht es los",
            "ask": "mich etwas fragen",
            "help": "was ich kann",
            "new": "neu anfangen; ich vergesse das Bisherige",
            "stop": "die laufende Antwort anhalten",
            "retry": "die letzte Frage noch einmal beantworten",
            "private": "eine Frage, die nie das Haus verlässt",
            "research": "im Web nachschlagen, mit Quellen",
            "forget": "vergessen, was nachgeschlagen wurde",
            "models": "welche Modelle antworten können",
            "status": "wie es um alles steht",
            "reset": "ein ruhendes Modell gleich wieder fragen",
            "strategy": "wie sich Fragen auf Modelle verteilen",
            "settings": "deine Sprache und wie Antworten wachsen",
            "link": "auch ein anderes Konto von dir benutzen",
            "invite": "jemanden mit einem Link einladen",
            "people": "wer dabei ist, und in welcher Rolle",
            "role": "ändern, was jemand darf",
            "remove": "jemanden entfernen",
            "groups": "in welchen Gruppen ich mitrede",
        }
    )

    ARGUMENTS: Mapping[str, str] = MappingProxyType(
        {
            "start": "[Code]",
            "ask": "<Frage>",
            "new": "[Frage]",
            "private": "<Frage>",
            "research": "<Frage>",
            "link": "[Code]",
            "reset": "[Modell]",
            "strategy": "[Name]",
            "invite": "[Rolle] [Name]",
            "role": "[wer] [Rolle]",
            "remove": "[wer]",
        }
    )

    STATES: Mapping[State, tuple[str, str]] = MappingProxyType(
        {
            "ready": ("🟢", "aktiv"),
            "cooling": ("🟡", "macht Pause"),
            "open": ("🟠", "gestört"),
            "half-open": ("🟠", "gestört"),
            "out": ("🔴", "außer Betrieb"),
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

    def verdict(self, nodes: list[Node], now: float) -> str:
        ready = [node for node in nodes if node.is_ready(now)]
        ill = [node for node in nodes if node.state(now) != "ready"]
        if not nodes:
            return (
                "**Es ist kein Modell eingerichtet.** Trag eines in die Datei .env ein; wie das geht, "
                "steht in der README."
            )
        if not ready:
            due = min(node.due_in_s(now) for node in nodes)
            return (
                f"**Gerade bekommt niemand eine Antwort.** Das nächste Modell ist in {self.duration(due)} "
                "wieder dran; /reset versucht es sofort mit allen."
            )
        if not ill:
            return "**Alles in Ordnung.**"
        return f"**Antworten kommen.** Bei {len(ill)} von {len(nodes)} Modellen ist Pause oder Hilfe nötig."

    def node_line(self, node: Node, now: float) -> str:
        sign, word = self.STATES[node.state(now)]
        counters = node.counters
        facts = [word + (f", noch {self.duration(node.due_in_s(now))}" if node.due_in_s(now) else "")]
        failed = sum(counters.failures.values())
        if ended := counters.successes + failed:  # a stopped answer says nothing about the model
            answered = 100 * counters.successes / ended
            facts.append(f"{counters.requests}× gefragt, {answered:.0f} % beantwortet")
        if failed:
            kinds = sorted(counters.failures.items(), key=lambda kind: -kind[1])
            facts.append(", ".join(f"{count}× {self.FAILURES.get(kind, kind)}" for kind, count in kinds))
        if counters.first_token_s is not None:
            facts.append(f"erstes Wort nach {counters.first_token_s:.1f} s".replace(".", ","))
        if counters.answer_tokens:
            tokens = f"{counters.prompt_tokens:,} Tokens gelesen; {counters.answer_tokens:,} geschrieben"
            facts.append(tokens.replace(",", "."))
        if node.remedy:
            facts.append(f"**{node.remedy}**")
        elif node.last_error:
            facts.append(f"letzte Störung: {node.last_error}")
        return f"- {sign} {node.name}: {' · '.join(facts)}"

    def platform_line(self, name: str, heard_s: float | None) -> str:
        if heard_s is None:
            return f"- 🔴 {name}: noch nicht erreicht"
        sign = "🟢" if heard_s < 120 else "🟠"
        return f"- {sign} {name}: zuletzt gehört vor {self.duration(heard_s)}"

    def model_line(self, node: Node, now: float) -> str:
        sign, _ = self.STATES[node.state(now)]
        place = "im Haus" if node.spec.local else "in der Cloud"
        return f"- {sign} {node.name}: {node.spec.model} ({place})"

    NO_MODELS = "Es ist noch kein Modell eingerichtet."

    def models_text(self, lines: list[str]) -> str:
        return "Wer hier antworten kann:\n\n" + "\n".join(lines)

    def strategy_text(self, now: str, known: list[str]) -> str:
        choices = ", ".join(f"/strategy {name}" for name in known)
        return f"Fragen werden nach **{now}** verteilt. So änderst du es: {choices}"

    def strategy_set(self, name: str) -> str:
        return f"Ab der nächsten Frage: **{name}**."

    def strategy_unknown(self, name: str, known: list[str]) -> str:
        return f"Die Strategie {name} gibt es nicht. Es gibt: {', '.join(known)}."

    def reset_done(self, names: list[str]) -> str:
        return f"Neuer Anfang für {', '.join(names)}: ab der nächsten Frage wieder dabei."

    def reset_unknown(self, name: str, known: list[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"Das Modell {name} gibt es nicht. Es gibt: {', '.join(known)}."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            whole = max(1, round(seconds))
            return "1 Sekunde" if whole == 1 else f"{whole} Sekunden"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} Minuten"
        return f"{round(seconds / 3600)} Stunden"

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight ist da. Frag mich, was du möchtest; /help zeigt, was ich sonst noch verstehe."
    STOP_HINT = "Strg-C hält an"
    LEAVE_HINT = "noch einmal Strg-C oder Strg-D beendet"
    EARLIER = "Das hattest du gefragt, und es wurde nicht fertig:"
    NOT_SAVED = "Das konnte ich nicht annehmen."

    # ── Told to the admin ─────────────────────────────────────────────────────────────────────────────

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

    def model_out(self, name: str, remedy: str) -> str:
        return (
            f"🔴 Das Modell {name} antwortet nicht mehr. {remedy} Ich versuche es von selbst wieder; "
            "mit /reset geht es sofort."
        )
