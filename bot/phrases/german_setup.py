"""Auf Deutsch, was das Einrichten sagt. See english_setup.py."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english_setup import EnglishSetup


class GermanSetup(EnglishSetup):
    language = "de"

    WELCOME = (
        "Willkommen bei Porchlight. Ein paar Fragen, und es läuft; das dauert etwa zehn Minuten. Enter "
        "nimmt, was in [Klammern] steht. Strg-C geht hinaus: Was du beantwortet hast, bleibt, und derselbe "
        "Befehl macht dort weiter."
    )
    WELCOME_BACK = "Willkommen zurück. Das hier ist schon eingestellt; was noch fehlt, kommt danach."
    TITLES: Mapping[str, str] = MappingProxyType(
        {
            "language": "Sprache",
            "time_zone": "Zeitzone",
            "models": "Modelle",
            "telegram": "Telegram",
            "discord": "Discord",
            "digest": "Überblick am Morgen",
        }
    )
    IS_SET = "eingestellt"
    NEXT = "Etwas ändern? Seine Nummer, oder Enter, um weiterzugehen"

    def step(self, number: int, count: int, title: str) -> str:
        return f"── {number} von {count}: {title} ──"

    def left(self, program: str) -> str:
        return f"Was du beantwortet hast, bleibt. Weiter geht es mit: {program} setup"

    def set_elsewhere(self, names: str) -> str:
        return (
            f"{names} ist auch außerhalb dieser .env gesetzt, und was dort steht, gilt: Ändere es dort. (In "
            "einem Container ist das die .env neben compose.yaml.)"
        )

    def not_written(self, why: str) -> str:
        return f"Es hat sich nichts geändert, denn deine .env lässt sich nicht schreiben: {why}."

    # ── Wo und wann ───────────────────────────────────────────────────────────────────────────────────

    TIME_ZONE_HOW = (
        "Danach richten sich dein Tag und der Überblick am Morgen: eine Stadt deiner Zeitzone, etwa "
        "Europe/Berlin."
    )
    TIME_ZONE = "Zeitzone"

    def no_time_zone(self, word: str, near: str) -> str:
        return f"Eine Zeitzone namens {word} kenne ich nicht." + (f" Meinst du {near}?" if near else "")

    DIGEST_HOW = "Jeden Morgen sage ich dir in wenigen Zeilen, wie der letzte Tag war. Wann?"
    DIGEST = "Uhrzeit"
    NO_TIME = "Das ist keine Uhrzeit. Schreib sie so: 08:00."

    def digest_at(self, at: str) -> str:
        return f"Er kommt jeden Tag um {at}."

    # ── Modelle ───────────────────────────────────────────────────────────────────────────────────────

    OLLAMA_LOOKING = "Ich schaue, ob zu Hause ein Ollama läuft …"
    OLLAMA_NONE = (
        "Ich habe keines gefunden. Möchtest du später eines: https://ollama.com/download, dann noch einmal "
        "diesen Befehl."
    )

    def ollama_empty(self, model: str) -> str:
        return f"Ollama läuft, hat aber noch kein Modell. In einem anderen Fenster: ollama pull {model}"

    OLLAMA_AGAIN = "Noch einmal nachsehen? (j, oder Enter für nein)"

    def ollama_found(self, count: int) -> str:
        models = "einem Modell" if count == 1 else f"{count} Modellen"
        return (
            f"Hier läuft Ollama, mit {models}. Was zu Hause gefragt wird, bleibt zu Hause und kostet nichts."
        )

    LOADING = "Ich frage es etwas. Ein Modell zu Hause braucht manchmal eine Minute, um wach zu werden …"

    KEYS_HOW = (
        "Modelle in der Cloud antworten besser. Füge einen Schlüssel ein, ich sehe ihm an, wofür er ist:\n"
        "  • Cloudflare, kostenlos bis zu einer Grenze am Tag: auf https://dash.cloudflare.com unter AI, "
        "Workers AI,\n    Use REST API; füge die ID des Kontos und das Token ein\n"
        "  • OpenAI, Groq, OpenRouter, Google, xAI, Hugging Face: füge den Schlüssel ein\n"
        "  • ein anderer Server, der das Protokoll von OpenAI spricht: seine Adresse und den Schlüssel\n"
        "  • einer zu Hause, etwa Ollama auf einem anderen Rechner: seine Adresse genügt\n"
        "Bei zwei oder dreien merkt niemand, wenn einer am Ende ist. Was du einfügst, wird nicht gezeigt."
    )
    KEY = "Schlüssel (Enter: keiner mehr)"
    CLOUDFLARE_KEY = "Das ist die ID eines Kontos bei Cloudflare. Nun das Token dazu"
    CLOUDFLARE_ID = "Das sieht nach einem Token von Cloudflare aus. Nun die ID des Kontos (Enter: ist keines)"
    ADDRESS = "Diesen Schlüssel erkenne ich nicht. Für welche Adresse ist er? (Enter: auslassen)"
    NO_KEY = "Ich erkenne nicht, was das ist. Füge nur den Schlüssel ein, oder die Adresse und den Schlüssel."
    KEY_KNOWN = "Dieser Schlüssel ist schon eingestellt."
    IN_ITS_PLACE = "Den neuen Schlüssel an seine Stelle setzen? (Enter für ja; n: beide behalten)"

    def is_there(self, name: str) -> str:
        return f"{name} ist schon eingestellt."

    ASKING = "Ich frage es etwas …"

    def choose(self, count: int) -> str:
        return f"Es bietet {count} Modelle an:"

    def more_models(self, count: int) -> str:
        return f"  … und {count} weitere: schreib einen Teil des Namens"

    MODEL = "Welches? Seine Nummer oder ein Teil seines Namens (0: auslassen)"
    MODEL_NAME = "Es sagt nicht, was es hat. Der Name eines Modells (Enter: auslassen)"
    NO_SUCH_MODEL = "So eines gibt es nicht."

    def kept(self, name: str) -> str:
        return f"{name} ist eingestellt."

    def resting(self, name: str) -> str:
        return (
            f"Der Schlüssel stimmt, aber {name} ruht gerade. Es ist eingestellt und antwortet, wenn es "
            "wieder da ist."
        )

    KEEP_ANYWAY = "Trotzdem behalten? (j, oder Enter für nein)"
    YES: Sequence[str] = ("j", "ja")

    def models(self, cloud: int, home: int) -> str:
        return f"{cloud} in der Cloud, {home} zu Hause, ohne die im Chat dazugekommenen"

    ONLY_MINI = (
        "Dann antwortet nur das eingebaute Mini-Modell. Es zeigt, dass alles geht, und ist zu klein, um ihm "
        "zu trauen."
    )

    # ── Telegram ──────────────────────────────────────────────────────────────────────────────────────

    TELEGRAM_HOW = (
        "Auf Telegram braucht dein Bot einen Namen und einen Schlüssel; beides gibt @BotFather:\n"
        "  1. Öffne https://t.me/BotFather und schreib /newbot\n"
        "  2. Er fragt nach einem Namen, etwa „Familie Veranda“, und dann nach einem, der auf bot endet\n"
        "  3. Er antwortet mit einem Schlüssel. Füge ihn hier ein, gern die ganze Nachricht. Er wird nicht "
        "gezeigt"
    )
    TELEGRAM_KEY = "Schlüssel (Enter: ohne Telegram)"
    NOT_A_TELEGRAM_KEY = "Darin ist kein Schlüssel eines Bots. Er sieht so aus: 123456789:ABCdef…"
    TELEGRAM_REFUSES = "Telegram kennt diesen Schlüssel nicht. Frag @BotFather noch einmal, mit /token"

    def unreached(self, platform: str) -> str:
        return (
            f"{platform} ist gerade nicht zu erreichen. Schau, ob das Netz geht, und füge es noch einmal "
            "ein, oder drück Enter und komm später wieder."
        )

    KEY_STAYS = "Schlüssel (Enter: er bleibt, wie er ist)"
    TELEGRAM_READ_ELSEWHERE = (
        "Eines ist im Weg: Ein anderes Programm liest, was diesem Bot geschrieben wird. Beende es, oder gib "
        "diesem hier einen eigenen Bot, mit /newbot."
    )

    def telegram_bot(self, name: str, username: str) -> str:
        return f"Das ist {name}, @{username}."

    TELEGRAM_NAME = "Wie soll er heißen?"
    TELEGRAM_ABOUT = "Der Assistent der Familie. Frag mich etwas."
    NOT_NAMED = "Telegram hat den Namen gerade nicht genommen. @BotFather ändert ihn auch, mit /setname"

    # ── Discord ───────────────────────────────────────────────────────────────────────────────────────

    DISCORD_HOW = (
        "Auf Discord ist dein Bot eine Anwendung:\n"
        "  1. Öffne https://discord.com/developers/applications und wähle New Application\n"
        "  2. Wähle unter Bot Reset Token und füge das Token hier ein. Es wird nicht gezeigt"
    )
    DISCORD_KEY = "Token (Enter: ohne Discord)"
    NOT_A_DISCORD_KEY = "Das ist kein Token eines Bots. Es hat drei Teile mit Punkten dazwischen."
    DISCORD_REFUSES = "Discord kennt dieses Token nicht. Reset Token gibt ein neues."
    DISCORD_ELSEWHERE = (
        "Eines ist im Weg: Leere unter General Information das Feld Interactions Endpoint URL und speichere."
    )
    DISCORD_NEEDS_CODE = "Eines ist im Weg: Schalte unter Bot Requires OAuth2 Code Grant ab und speichere."

    def discord_server(self, link: str) -> str:
        return (
            f"Damit der Bot auf deinen Server kommt, öffne diesen Link oder lass ihn ein Handy lesen:\n{link}"
        )

    # ── Das Ende ──────────────────────────────────────────────────────────────────────────────────────

    def family_group(self, link: str) -> str:
        return (
            "Wenn es läuft und noch keinen Admin hat, zeigt es einen Link, der dich dazu macht. Danach kommt "
            f"der Bot so in die Familiengruppe:\n{link}\nIn einer Gruppe antwortet er nur auf Befehle, "
            "Antworten und Erwähnungen."
        )

    RUNNING = (
        "Alles ist eingestellt. Porchlight läuft gerade; was du geändert hast, gilt nach dem nächsten Start."
    )
    START = "Alles ist eingestellt. Porchlight jetzt starten? (Enter für ja, oder n)"
    NO: Sequence[str] = ("n", "nein")
    START_CONTAINER = (
        "Alles ist eingestellt. So startest du es: docker compose up -d\nDer Link, der dich zum Admin macht, "
        "steht dann in: docker compose logs bot"
    )

    def start_later(self, program: str) -> str:
        return f"So startest du es: {program}"

    # ── Der erste Admin ───────────────────────────────────────────────────────────────────────────────

    def claim(self, link: str, picture: str) -> str:
        return (
            "Noch leitet niemand Porchlight. Öffne diesen Link auf deinem Handy, oder lass es das Bild "
            f"lesen, und du bist es:\n{link}\n{picture}"
        )

    def claim_by_code(self, platform: str, group_link: str, link: str, code: str) -> str:
        return (
            f"Noch leitet niemand Porchlight. Nimm es auf {platform} in einen Server von dir auf:\n"
            f"{group_link}\nÖffne dann {link}, drück Nachricht, schreib das hier, und du bist es:\n{code}"
        )
