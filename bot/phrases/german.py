"""Every sentence in German. Everybody is "du" here: it is a family.

It follows bot/phrases/english.py sentence by sentence, but not word by word.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english import English
from bot.phrases.german_admin import GermanAdmin
from bot.phrases.german_digest import GermanDigest
from bot.phrases.german_people import GermanPeople
from bot.phrases.german_web import GermanWeb
from core.errors import NoAnswer
from core.types import Done, Status


class German(GermanAdmin, GermanDigest, GermanPeople, GermanWeb, English):
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
                    "betreut, kann mit /nodes add eines hinzufügen."
                )
            case "no_node_at_home":
                return (
                    "Eine private Frage bekommt nur ein Modell im Haus, und dort ist noch keines "
                    "eingerichtet. Kein anderes wurde gefragt. Frag ohne /private oder sprich mit dem, der "
                    "mich betreut."
                )
            case "no_local_node":
                return (
                    "Eine private Frage bekommt nur ein Modell im Haus, und dort kann gerade keines "
                    "antworten. Kein anderes wurde gefragt. Frag ohne /private oder versuch es später noch "
                    "einmal."
                )
            case "not_for_minors":
                return self.NOT_FOR_MINORS
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
        "Dann wird nur ein Modell hier im Haus gefragt und sonst keines."
    )
    ADMIN_ONLY = "Das kann nur ein Admin."
    ONLY_IN_A_CHAT = (
        "Bitte sag mir das in einem Chat: Dort läuft vielleicht schon ein zweites Exemplar von mir."
    )
    PRIVATE_CHAT_ONLY = "Bitte schreib mir das in einem privaten Chat."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Meinst du /{close}?" if close else ""
        return f"/{name} kenne ich nicht.{hint} /help zeigt, was ich kann."

    def help_text(self, lines: Sequence[str]) -> str:
        return "Schreib mir einfach. Ich verstehe auch:\n\n" + "\n".join(lines)

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "hier geht es los",
            "ask": "mich etwas fragen",
            "help": "was ich kann",
            "new": "neu anfangen; ich vergesse das Bisherige",
            "stop": "die laufende Antwort anhalten",
            "retry": "die letzte Frage noch einmal beantworten",
            "private": "nur ein Modell in eurem Haus darf sie lesen",
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
            "digest": "die letzten 24 Stunden im Überblick",
            "nodes": "sich um die Modelle kümmern",
            "logs": "das Ende des Protokolls",
            "usage": "wer wie viel gefragt hat",
            "pause": "nichts beantworten bis /resume",
            "resume": "nach /pause weitermachen",
            "backup": "jetzt ein Backup machen",
            "why": "auf welchem Weg die letzte Antwort kam",
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
            "pause": "[Modell]",
            "resume": "[Modell]",
            "strategy": "[Name]",
            "invite": "[Rolle] [Name]",
            "role": "[wer] [Rolle]",
            "remove": "[wer]",
            "digest": "[wie oft]",
            "status": "[pin, unpin]",
            "nodes": "[add]",
            "logs": "[Zahl] [Stufe]",
        }
    )

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight ist da. Frag mich, was du möchtest; /help zeigt, was ich sonst noch verstehe."
    STOP_HINT = "Strg-C hält an"
    LEAVE_HINT = "noch einmal Strg-C oder Strg-D beendet"
    EARLIER = "Das hattest du gefragt, und es wurde nicht fertig:"
    NOT_SAVED = "Das konnte ich nicht annehmen."
