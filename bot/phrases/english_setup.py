"""In English, what the set-up says (bot/setup.py): to a parent, in a terminal, step by step."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType


class EnglishSetup:
    language = "en"

    WELCOME = (
        "Welcome to Porchlight. A few questions, and it runs; that takes about ten minutes. Enter takes what "
        "stands in [brackets]. Ctrl-C leaves: what you have answered is kept, and the same command goes on "
        "there."
    )
    WELCOME_BACK = "Welcome back. This is set already; what is missing comes next."
    TITLES: Mapping[str, str] = MappingProxyType(
        {
            "language": "Language",
            "time_zone": "Time zone",
            "models": "Models",
            "telegram": "Telegram",
            "discord": "Discord",
            "digest": "Morning digest",
        }
    )
    IS_SET = "set"
    NEXT = "Something to change? Its number, or Enter to go on"

    def step(self, number: int, count: int, title: str) -> str:
        return f"── {number} of {count}: {title} ──"

    def left(self, program: str) -> str:
        return f"What you have answered is kept. To go on: {program} setup"

    def set_elsewhere(self, names: str) -> str:
        return (
            f"{names} is set outside of this .env, too, and what stands there counts: change it there. (In a "
            "container that is the .env beside compose.yaml.)"
        )

    def not_written(self, why: str) -> str:
        return f"Nothing was changed, because your .env cannot be written: {why}."

    # ── Where and when ────────────────────────────────────────────────────────────────────────────────

    TIME_ZONE_HOW = (
        "Your day, and the morning digest, go by this: a city of your time zone, like Europe/Berlin."
    )
    TIME_ZONE = "Time zone"

    def no_time_zone(self, word: str, near: str) -> str:
        return f"I know no time zone called {word}." + (f" Is it {near}?" if near else "")

    DIGEST_HOW = "Every morning I tell you, in a few lines, how the last day was. When?"
    DIGEST = "Time"
    NO_TIME = "That is no time of day. Write it like 08:00."

    def digest_at(self, at: str) -> str:
        return f"It comes every day at {at}."

    # ── Models ────────────────────────────────────────────────────────────────────────────────────────

    OLLAMA_LOOKING = "I look whether an Ollama runs at home …"
    OLLAMA_NONE = (
        "I found none. If you want one later: https://ollama.com/download, then this command once more."
    )

    def ollama_empty(self, model: str) -> str:
        return f"Ollama runs, but has no model yet. In another window: ollama pull {model}"

    OLLAMA_AGAIN = "Look once more? (y, or Enter for no)"

    def ollama_found(self, count: int) -> str:
        models = "one model" if count == 1 else f"{count} models"
        return f"Ollama runs here, with {models}. What is asked at home stays at home, and costs nothing."

    LOADING = "I ask it something. A model at home may take a minute to wake up …"

    KEYS_HOW = (
        "Models in the cloud answer better. Paste a key, and I tell by its look what it is for:\n"
        "  • Cloudflare, free up to a daily limit: at https://dash.cloudflare.com, AI, Workers AI,\n"
        "    Use REST API; paste the account's ID and the token\n"
        "  • OpenAI, Groq, OpenRouter, Google, xAI, Hugging Face: paste the key\n"
        "  • another server that speaks OpenAI's protocol: paste its address and the key\n"
        "  • one at home, an Ollama on another machine, say: its address alone will do\n"
        "With two or three of them, nobody notices when one has reached its limit. What you paste is not "
        "shown."
    )
    KEY = "Key (Enter: no more)"
    CLOUDFLARE_KEY = "That is a Cloudflare account's ID. Now its token"
    CLOUDFLARE_ID = "That looks like a Cloudflare token. Now the account's ID (Enter: it is none)"
    ADDRESS = "I do not know this key by its look. The address it is for (Enter: skip it)"
    NO_KEY = "I cannot tell what this is. Paste the key alone, or its address and the key."
    KEY_KNOWN = "This key is set already."
    IN_ITS_PLACE = "Put the new key in its place? (Enter for yes; n: keep both)"

    def is_there(self, name: str) -> str:
        return f"{name} is set already."

    ASKING = "I ask it something …"

    def choose(self, count: int) -> str:
        return f"It offers {count} models:"

    def more_models(self, count: int) -> str:
        return f"  … and {count} more: write a part of the name"

    MODEL = "Which one? Its number, or a part of its name (0: skip it)"
    MODEL_NAME = "It does not list its models. The name of one (Enter: skip it)"
    NO_SUCH_MODEL = "There is none like that."

    def kept(self, name: str) -> str:
        return f"{name} is set."

    def resting(self, name: str) -> str:
        return f"The key is right, but {name} rests just now. It is set, and answers when it is back."

    KEEP_ANYWAY = "Keep it all the same? (y, or Enter for no)"
    YES: Sequence[str] = ("y", "yes")

    def models(self, cloud: int, home: int) -> str:
        return f"{cloud} in the cloud, {home} at home, without those added in a chat"

    ONLY_MINI = (
        "Then only the built-in mini model answers. It shows that all works, and is too small to be trusted."
    )

    # ── Telegram ──────────────────────────────────────────────────────────────────────────────────────

    TELEGRAM_HOW = (
        "On Telegram your bot needs a name and a key, and @BotFather gives out both:\n"
        "  1. Open https://t.me/BotFather and write /newbot\n"
        "  2. It asks for a name, such as “Family Porch”, and then for a username that ends in bot\n"
        "  3. It answers with a key. Copy it here; the whole message will do. It is not shown"
    )
    TELEGRAM_KEY = "Key (Enter: without Telegram)"
    NOT_A_TELEGRAM_KEY = "There is no key of a bot in that. It looks like 123456789:ABCdef…"
    TELEGRAM_REFUSES = "Telegram does not know this key. Ask @BotFather for it once more, with /token"

    def unreached(self, platform: str) -> str:
        return (
            f"{platform} cannot be reached just now. Look whether the network works and paste it again, or "
            "press Enter and come back later."
        )

    KEY_STAYS = "Key (Enter: it stays as it is)"
    TELEGRAM_READ_ELSEWHERE = (
        "One thing is in the way: another program reads what people write to this bot. End that one, or make "
        "this one a bot of its own, with /newbot."
    )

    def telegram_bot(self, name: str, username: str) -> str:
        return f"That is {name}, @{username}."

    TELEGRAM_NAME = "What shall it be called?"
    TELEGRAM_ABOUT = "The family's assistant. Ask me anything."
    NOT_NAMED = "Telegram did not take the name just now. @BotFather changes it too, with /setname"

    # ── Discord ───────────────────────────────────────────────────────────────────────────────────────

    DISCORD_HOW = (
        "On Discord your bot is an application:\n"
        "  1. Open https://discord.com/developers/applications and choose New Application\n"
        "  2. Under Bot, choose Reset Token, and copy the token here. It is not shown"
    )
    DISCORD_KEY = "Token (Enter: without Discord)"
    NOT_A_DISCORD_KEY = "That is no token of a bot. It has three parts with dots between them."
    DISCORD_REFUSES = "Discord does not know this token. Reset Token gives a new one."
    DISCORD_ELSEWHERE = (
        "One thing is in the way: under General Information, empty Interactions Endpoint URL, and save."
    )
    DISCORD_NEEDS_CODE = (
        "One thing is in the way: under Bot, switch off Requires OAuth2 Code Grant, and save."
    )

    def discord_server(self, link: str) -> str:
        return f"To add the bot to your server, open this link or let a phone read it:\n{link}"

    # ── The end ───────────────────────────────────────────────────────────────────────────────────────

    def family_group(self, link: str) -> str:
        return (
            "When it runs and has no admin yet, it shows a link that makes you one. After that, to have it "
            f"in the family group, open:\n{link}\nIn a group it answers commands, replies and mentions "
            "only."
        )

    RUNNING = "All is set. Porchlight is running; what you changed counts when it is started again."
    START = "All is set. Start Porchlight now? (Enter for yes, or n)"
    NO: Sequence[str] = ("n", "no")
    START_CONTAINER = (
        "All is set. To start it: docker compose up -d\nThe link that makes you the admin is then in: "
        "docker compose logs bot"
    )

    def start_later(self, program: str) -> str:
        return f"To start it: {program}"

    # ── The first admin ───────────────────────────────────────────────────────────────────────────────

    def claim(self, link: str, picture: str) -> str:
        return (
            "Nobody runs Porchlight yet. Open this link on your phone, or let it read the picture, and it is "
            f"you:\n{link}\n{picture}"
        )

    def claim_by_code(self, platform: str, group_link: str, link: str, code: str) -> str:
        return (
            f"Nobody runs Porchlight yet. On {platform}, add it to a server of yours:\n{group_link}\nThen "
            f"open {link}, press Message, write this, and it is you:\n{code}"
        )
