"""In German, what is said about people.

A role stands behind a colon or in brackets wherever it can: so no sentence has to know anybody's gender.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.phrases.english_people import EnglishPeople
from core.access import Change, Member
from core.roles import Role
from core.types import Attachment, Person


class GermanPeople(EnglishPeople):
    ROLES: Mapping[Role, str] = MappingProxyType(
        {"admin": "Admin", "adult": "Erwachsen", "teen": "Teenager", "child": "Kind", "guest": "Gast"}
    )

    # ── Coming in ─────────────────────────────────────────────────────────────────────────────────

    def welcome(self, name: str, role: Role) -> str:
        whom = f", {name}" if name else ""
        text = (
            f"Willkommen{whom}! Ich bin Porchlight, der Assistent der Familie. Schreib mir einfach, was du "
            "wissen möchtest. /help zeigt, was ich sonst noch kann, und mit /private frage ich nur ein "
            "Modell im Haus."
        )
        if role == "admin":
            text += (
                "\n\nDu betreust mich: /invite lädt jemanden ein, /people zeigt, wer dabei ist, und "
                "/status, wie es mir geht."
            )
        return text

    INVITE_WHOM = "Wen möchtest du einladen? Mit Namen: /invite Kind Mia"

    def no_such_role(self, word: str) -> str:
        return f"Die Rolle {word} gibt es nicht. Es gibt: {', '.join(self.ROLES.values())}."

    def invitation(self, role: Role, name: str, links: Mapping[str, str], code: str) -> str:
        whom = name or "eine Person"
        ways = [self.way_in(platform, link, code) for platform, link in links.items()]
        how = "\n\n".join(ways) or f"Code: {code}"
        return (
            f"Eine Einladung für {whom} (Rolle: {self.ROLES[role]}). Sie gilt nur einmal, eine Woche lang."
            f"\n\n{how}"
        )

    def way_in(self, platform: str, link: str, code: str) -> str:
        if code in link:
            return f"{platform}: Schick diesen Link weiter oder lass das Bild abscannen: {link}"
        return f"{platform}: {link} öffnen, auf Nachricht tippen und mir diesen Code schreiben: `{code}`"

    def came_in(self, name: str, role: Role) -> str:
        return f"{name or 'Jemand'} hat die Einladung angenommen und ist dabei (Rolle: {self.ROLES[role]})."

    STRANGER = "Dies ist ein privater Assistent für eine Familie. Wer dazugehört, kann dich einladen."
    REFUSALS: Mapping[str, str] = MappingProxyType(
        {
            "unknown": "Diese Einladung kenne ich nicht. Bitte lass dir eine neue geben.",
            "used": "Diese Einladung wurde schon benutzt. Bitte lass dir eine neue geben.",
            "expired": "Diese Einladung ist zu alt. Bitte lass dir eine neue geben.",
            "higher": (
                "Dieses Konto darf mehr als das andere. Schreib hier /link und schick meine Antwort dort ab."
            ),
            "taken": "Diese Person schreibt mir schon über diese App.",
        }
    )

    def stranger_card(self, person: Person, others: int) -> str:
        more = f" (Außerdem haben angeklopft: {others}.)" if others else ""
        return (
            f"👋 Jemand Neues hat mir geschrieben: **{person.name or 'ohne Namen'}** ({person.platform} "
            f"{person.id}).{more} Ich habe gesagt, dass es hier privat ist, und nichts davon behalten."
        )

    ALLOW = "Zulassen"
    BLOCK = "Blockieren"
    ALLOW_AS_WHAT = "In welcher Rolle?"
    BLOCKED = "Blockiert. Von dort hören wir beide nichts mehr. Überlegst du es dir: /people hat einen Knopf."
    UNBLOCKED = "Nicht mehr blockiert. Wenn von dort wieder etwas kommt, frage ich dich."
    BUTTON_TOO_OLD = "Dieser Knopf geht nicht mehr."

    def let_in(self, name: str, role: Role) -> str:
        return f"{name or 'Diese Person'} darf jetzt mit mir sprechen (Rolle: {self.ROLES[role]})."

    # ── One person, two accounts ──────────────────────────────────────────────────────────────────

    def link_code(self, code: str) -> str:
        return (
            "Schreibst du mir auch anderswo, mit einem anderen Konto? Dann schick mir dort innerhalb einer "
            f"Viertelstunde:\n\n`/link {code}`\n\nVon da an weiß ich, dass du beides bist. Zeig den Code "
            "sonst niemandem: Wer ihn hat, kommt an deiner Stelle herein."
        )

    LINKED: Mapping[str, str] = MappingProxyType(
        {
            "linked": (
                "Jetzt kenne ich deine beiden Konten. Sprache und Fragen des Tages teilen sie sich; was du "
                "hier sagst, merke ich mir weiterhin nur hier."
            ),
            "unchanged": "Dass du das bist, weiß ich schon.",
            "unknown": "Diesen Code kenne ich nicht. Mit /link im anderen Konto bekommst du einen neuen.",
            "used": "Dieser Code wurde schon benutzt. Mit /link im anderen Konto bekommst du einen neuen.",
            "expired": "Dieser Code ist zu alt. Mit /link im anderen Konto bekommst du einen neuen.",
            "higher": (
                "Dieses Konto darf mehr als das andere. Schreib hier /link und schick meine Antwort dort ab."
            ),
            "taken": (
                "Wer diesen Code gemacht hat, schreibt mir schon über diese App, mit einem anderen Konto."
            ),
            "sure": (
                "Dich kenne ich hier schon. Wenn der Code dein eigener ist und beide Konten ab jetzt eine "
                "Person "
                "sein sollen, schick dasselbe noch einmal mit yes dahinter."
            ),
            "blocked": "Diesen Code kenne ich nicht. Mit /link im anderen Konto bekommst du einen neuen.",
            "too_often": "Zu viele falsche Codes. Bitte warte eine Stunde.",
        }
    )
    ALREADY_LINKED = "Dein anderes Konto kenne ich auch. Gehört es dir nicht mehr, trenn dieses davon."
    PART_BUTTON = "Dieses Konto trennen"
    PARTED = "Getrennt: Dieses Konto steht jetzt für sich. Jemand aus der Familie muss es neu einladen."

    def linked_by(self, member: str, platform: str, name: str) -> str:
        return (
            f"🔗 {member or 'Jemand'} hat ein weiteres Konto verbunden: {name or 'ohne Namen'} auf "
            f"{platform}."
        )

    LINK_FROM_A_CHAT = "Schreib mir /link bitte in einem Chat; wer an diesem Gerät sitzt, braucht es nicht."

    def linked_elsewhere(self, platform: str, name: str) -> str:
        whom = f"{name} auf {platform}" if name else f"ein Konto auf {platform}"
        return (
            f"🔗 Dein Code wurde benutzt: {whom} bist ab jetzt auch du. Falls nicht, sag es dem, der mich "
            "betreut."
        )

    # ── Groups ────────────────────────────────────────────────────────────────────────────────────

    HELLO_GROUP = (
        "Hallo! Ich antworte hier, wenn ihr mich erwähnt, auf mich antwortet oder einen Befehl schreibt."
    )
    LEAVING_GROUP = (
        "Ich bin ein privater Assistent und rede nur in den Gruppen meiner Familie mit, deshalb gehe ich "
        "wieder. Alles Gute!"
    )
    GROUP_ALLOWED = "In dieser Gruppe darf ich jetzt mitreden. Wenn ich gegangen bin, hol mich bitte wieder."

    LEAVE = "Verlassen"
    GROUP_LEFT = "Diese Gruppe habe ich verlassen."
    GROUP_NOT_LEFT = "Verlassen konnte ich die Gruppe gerade nicht, aber ich rede dort nicht mit."
    GROUP_NOT_YET = "Diese Gruppe kenne ich noch nicht. Ich habe gefragt, ob ich hier mitreden darf."

    def group_asks(self, title: str) -> str:
        what = f"in die Gruppe {title}" if title else "in eine neue Gruppe"
        return f"👋 Ich wurde {what} geholt und rede dort nur mit, wenn du mich lässt."

    def group_card(self, title: str, name: str) -> str:
        what = f"in der Gruppe {title}" if title else "in einer Gruppe"
        return f"👋 {name or 'Jemand'} wollte mich {what} haben. Es ist keine von uns, also bin ich gegangen."

    def groups_text(self, titles: list[str]) -> str:
        if not titles:
            return "Ich bin in keiner Gruppe. Füge mich selbst zu einer hinzu, dann bleibe ich dort."
        return "In diesen Gruppen rede ich mit:\n\n" + "\n".join(f"- {title}" for title in titles)

    # ── Who is in ─────────────────────────────────────────────────────────────────────────────────

    def member_line(self, member: Member, today: int) -> str:
        role = self.ROLES[member.role] if member.role else "–"
        where = ", ".join(sorted({platform for platform, _ in member.accounts}))
        asked = f" · heute {today}× gefragt" if today else ""
        return f"- #{member.id} {member.name or 'ohne Namen'}: {role} · {where}{asked}"

    def people_text(self, lines: list[str]) -> str:
        if not lines:
            return "Noch ist niemand dabei, außer wer an diesem Rechner sitzt. /invite lädt jemanden ein."
        return "\n".join(lines) + "\n\n/role ändert, was jemand darf, /remove entfernt jemanden."

    def blocked_text(self, people: Sequence[Person]) -> str:
        names = [f"{it.name or 'ohne Namen'} ({it.platform} {it.id})" for it in people]
        return f"Blockiert: {', '.join(names)}"

    def unblock_button(self, name: str) -> str:
        return f"{name} nicht mehr blockieren"

    def who(self, tried: str) -> str:
        return f"Ich kenne niemanden namens {tried}. Wer ist gemeint?" if tried else "Wer ist gemeint?"

    def role_for(self, name: str) -> str:
        return f"Welche Rolle soll {name} haben?"

    def role_set(self, name: str, role: Role) -> str:
        return f"Neue Rolle für {name}: {self.ROLES[role]}."

    REMOVE_YES = "Ja, entfernen"

    def remove_sure(self, name: str) -> str:
        return f"{name} entfernen? Dann ist kein Gespräch mit mir mehr möglich."

    def removed(self, name: str) -> str:
        return f"{name} ist nicht mehr dabei."

    def change(self, done: Change, name: str) -> str:
        match done:
            case "unchanged":
                return f"{name}: Das war schon so." if name else "Das war schon so."
            case "named":
                return f"{name} steht als Admin in .env (ADMIN_IDS), und nur dort lässt sich das ändern."
            case "last_admin":
                return (
                    f"Außer {name} gibt es keinen Admin, und jemand muss sich um mich kümmern. Bestimme "
                    "bitte zuerst jemand anderen."
                )
            case _:
                return "Diese Person kenne ich nicht."

    # ── What one may ──────────────────────────────────────────────────────────────────────────────

    def used_up(self, what: str, until: datetime) -> str:
        if what == "minute":
            return "Das war viel auf einmal. Bitte frag in einer Minute wieder."
        return "Das war alles für heute: Deine Fragen sind aufgebraucht. Ab morgen gibt es neue."

    PASSWORD_WANTED = "Das ändert etwas: Bitte schreib mir jetzt das Passwort. Ich lösche es sofort."  # noqa: S105 # a sentence
    PASSWORD_FORM = "Das ändert etwas. Drück den Knopf und gib das Passwort ein; im Chat steht es dann nicht."  # noqa: S105
    PASSWORD_BUTTON = "Passwort eingeben"  # noqa: S105 # a label
    PASSWORD_LABEL = "Passwort"  # noqa: S105 # a label
    DELETE_IT_YOURSELF = (
        "Was du geschrieben hast, kann ich nicht löschen. Bitte lösch die Nachricht mit deinem Geheimnis."
    )
    UNLOCKED = "Danke. In der nächsten Viertelstunde frage ich nicht mehr danach."
    PASSWORD_WRONG = "Das war nicht das Passwort. Versuch es noch einmal, oder schick einen Befehl."  # noqa: S105 # a sentence
    PASSWORD_TOO_OFTEN = "Zu oft falsch. Bitte warte eine Viertelstunde."  # noqa: S105 # a sentence

    # ── One's own ─────────────────────────────────────────────────────────────────────────────────

    DRAFTS_ON = "Flüssigere Antworten: einschalten"
    DRAFTS_OFF = "Flüssigere Antworten: ausschalten"

    def settings_text(self, *, drafts: bool) -> str:
        how = "an" if drafts else "aus"
        return (
            "In welcher Sprache soll ich mit dir sprechen? (Fragen beantworte ich in der Sprache der "
            f"Frage.)\n\nFlüssigere Antworten sind {how}: Sie wachsen ohne Ruckeln, verschwinden aber, "
            "wenn ich unterbrochen werde."
        )

    # ── What came along ───────────────────────────────────────────────────────────────────────────

    ATTACHMENTS: Mapping[Attachment, str] = MappingProxyType(
        {
            "photo": "Bilder kann ich noch nicht ansehen. Beschreib, was du siehst, dann helfe ich gern.",
            "voice": "Zuhören kann ich noch nicht. Bitte schreib es mir.",
            "video": "Videos kann ich noch nicht ansehen. Bitte schreib mir, worum es geht.",
            "file": "Dateien kann ich noch nicht lesen. Bitte kopier die wichtigen Stellen hierher.",
            "sticker": "Ein schöner Sticker! Ich verstehe nur leider erst Worte.",
            "other": "Ich verstehe bisher nur Worte. Bitte schreib es mir.",
        }
    )
    ONLY_THE_WORDS = "Ich lese nur die Worte, nicht das, was dabei war."
    LATE = "Ich war eine Weile nicht da, deshalb hat es gedauert."
    ABOUT_THIS = "Dazu fragen"
    ABOUT_THIS_QUESTION = "Bitte erkläre mir diese Nachricht:"
    STOP_BUTTON = "Anhalten"
    RETRY_BUTTON = "Noch einmal"
