"""In English, what is said about people: who comes in, who may do what, what somebody chose."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from core.access import Change, Member
from core.roles import Role
from core.types import Attachment, Person


class EnglishPeople:
    ROLES: Mapping[Role, str] = MappingProxyType(
        {"admin": "admin", "adult": "adult", "teen": "teen", "child": "child", "guest": "guest"}
    )

    # ── Coming in ─────────────────────────────────────────────────────────────────────────────────

    def welcome(self, name: str, role: Role) -> str:
        whom = f", {name}" if name else ""
        text = (
            f"Welcome{whom}! I am Porchlight, the family's assistant. Just write to me what you would like "
            "to know. /help shows what else I can do, and with /private only a model in the house is asked."
        )
        if role == "admin":
            text += "\n\nYou run me: /invite lets somebody in, /people shows who is, /status how I am doing."
        return text

    INVITE_WHOM = "Whom would you like to invite? With a name: /invite child Mia"

    def no_such_role(self, word: str) -> str:
        return f"There is no role {word}. There are: {', '.join(self.ROLES.values())}."

    def invitation(self, role: Role, name: str, links: Mapping[str, str], code: str) -> str:
        """`links` by platform: where the code is in the link, and where it has to be written."""
        whom = name or "one person"
        ways = [self.way_in(platform, link, code) for platform, link in links.items()]
        how = "\n\n".join(ways) or f"The code: {code}"
        return f"An invitation for {whom} ({self.ROLES[role]}). It works once, for a week.\n\n{how}"

    def way_in(self, platform: str, link: str, code: str) -> str:
        if code in link:
            return f"{platform}: send them this link, or let them read the picture: {link}"
        return f"{platform}: they open {link}, press Message, and write this code to me: `{code}`"

    def came_in(self, name: str, role: Role) -> str:
        return f"{name or 'Somebody'} used the invitation and is in, as {self.ROLES[role]}."

    STRANGER = "This is a private assistant, for one family only. Somebody of the family can invite you."
    REFUSALS: Mapping[str, str] = MappingProxyType(
        {
            "unknown": "This invitation is not known here. Please ask for a new one.",
            "used": "This invitation was used already. Please ask for a new one.",
            "expired": "This invitation is too old. Please ask for a new one.",
            "higher": (
                "This account may do more than the other one. Write /link here, and send what I answer there."
            ),
            "taken": "That person writes to me from this app already.",
        }
    )
    """Why a code lets nobody in; where nothing stands, nothing is said."""

    def stranger_card(self, person: Person, others: int) -> str:
        more = f" (Others who knocked as well: {others}.)" if others else ""
        return (
            f"👋 Somebody new wrote to me: **{person.name or 'without a name'}** ({person.platform} "
            f"{person.id}).{more} I told them that this is private, and kept nothing of what they wrote."
        )

    ALLOW = "Let in"
    BLOCK = "Block"
    ALLOW_AS_WHAT = "As what?"
    BLOCKED = "Blocked. Neither of us hears of them again. Should you think again, /people has a button."
    UNBLOCKED = "Not blocked any more. If they write to me again, I ask you about them."
    BUTTON_TOO_OLD = "That button does not work any more."

    def let_in(self, name: str, role: Role) -> str:
        return f"{name or 'They'} may talk with me now, as {self.ROLES[role]}."

    # ── One person, two accounts ──────────────────────────────────────────────────────────────────

    def link_code(self, code: str) -> str:
        return (
            "Do you also write to me elsewhere, with another account of yours? Then send me this there, "
            f"within a quarter of an hour:\n\n`/link {code}`\n\nFrom then on I know that both are you. Show "
            "it to nobody else: it lets them in as you."
        )

    LINKED: Mapping[str, str] = MappingProxyType(
        {
            "linked": (
                "Now I know both of your accounts. Your language and your questions for the day are shared; "
                "what you say here I still remember only here."
            ),
            "unchanged": "I know already that this is you.",
            "unknown": "I do not know this code. Write /link to me with your other account for a new one.",
            "used": "This code was used already. Write /link to me with your other account for a new one.",
            "expired": "This code is too old. Write /link to me with your other account for a new one.",
            "higher": (
                "This account may do more than the other one. Write /link here, and send what I answer there."
            ),
            "taken": "Whoever made this code writes to me from this app already, with another account.",
            "sure": (
                "I know you here already. If the code is your own, and both accounts shall be one person "
                "from now "
                "on, send the same again with yes behind it."
            ),
            "blocked": "I do not know this code. Write /link to me with your other account for a new one.",
            "too_often": "Too many wrong codes. Please wait an hour.",
        }
    )
    """What came of a code."""
    ALREADY_LINKED = "I know your other account, too. If that is not yours any more, part this one from it."
    PART_BUTTON = "Part this account"
    PARTED = "Done: this account is on its own now. Somebody of the family has to invite it again."

    def linked_by(self, member: str, platform: str, name: str) -> str:
        """To an admin."""
        return (
            f"🔗 {member or 'Somebody'} has linked another account: {name or 'without a name'} on {platform}."
        )

    LINK_FROM_A_CHAT = "Please write /link to me in a chat; whoever sits at this machine needs none."

    def linked_elsewhere(self, platform: str, name: str) -> str:
        whom = f"{name} on {platform}" if name else f"an account on {platform}"
        return f"🔗 Your code was used: {whom} is you, too, from now on. If it is not, tell whoever runs me."

    # ── Groups ────────────────────────────────────────────────────────────────────────────────────

    HELLO_GROUP = "Hello! I answer here when you mention me, reply to me, or use a command."
    LEAVING_GROUP = (
        "I am a private assistant and only talk in my family's groups, so I am leaving. All the best!"
    )
    GROUP_ALLOWED = "I may talk in that group now. If I have left it, please add me again."
    LEAVE = "Leave"
    GROUP_LEFT = "I have left that group."
    GROUP_NOT_LEFT = "I could not leave that group just now, but I do not talk there."
    GROUP_NOT_YET = "I do not know this group yet. I have asked whoever runs me whether I may talk here."

    def group_asks(self, title: str) -> str:
        what = f"the group {title}" if title else "a new group"
        return f"👋 I was put into {what}, and do not talk there unless you let me."

    def group_card(self, title: str, name: str) -> str:
        what = f"the group {title}" if title else "a group"
        return f"👋 {name or 'Somebody'} wanted me in {what}. It is not one of ours, so I left."

    def groups_text(self, titles: list[str]) -> str:
        if not titles:
            return "I am in no group. Add me to one yourself, and I stay there."
        return "I talk in these groups:\n\n" + "\n".join(f"- {title}" for title in titles)

    # ── Who is in ─────────────────────────────────────────────────────────────────────────────────

    def member_line(self, member: Member, today: int) -> str:
        role = self.ROLES[member.role] if member.role else "–"
        where = ", ".join(sorted({platform for platform, _ in member.accounts}))
        asked = f" · {today} asked today" if today else ""
        return f"- #{member.id} {member.name or 'without a name'}: {role} · {where}{asked}"

    def people_text(self, lines: list[str]) -> str:
        if not lines:
            return "Nobody is in yet but whoever sits at this machine. /invite lets somebody in."
        return "\n".join(lines) + "\n\n/role changes what somebody may do, /remove sends them off."

    def blocked_text(self, people: Sequence[Person]) -> str:
        names = [f"{it.name or 'without a name'} ({it.platform} {it.id})" for it in people]
        return f"Blocked: {', '.join(names)}"

    def unblock_button(self, name: str) -> str:
        return f"Unblock {name}"

    def who(self, tried: str) -> str:
        return f"I know nobody called {tried}. Who is meant?" if tried else "Who is meant?"

    def role_for(self, name: str) -> str:
        return f"What shall {name} be?"

    def role_set(self, name: str, role: Role) -> str:
        return f"{name} is {self.ROLES[role]} now."

    REMOVE_YES = "Yes, remove"

    def remove_sure(self, name: str) -> str:
        return f"Remove {name}? They can no longer talk with me then."

    def removed(self, name: str) -> str:
        return f"{name} is removed."

    def change(self, done: Change, name: str) -> str:
        """Why nothing was changed."""
        match done:
            case "unchanged":
                return f"{name or 'That'} was so already."
            case "named":
                return f"{name} is named an admin in .env (ADMIN_IDS), and only that can change it."
            case "last_admin":
                return f"{name} is the last admin; somebody has to look after me. Make another one first."
            case _:
                return "I do not know them."

    # ── What one may ──────────────────────────────────────────────────────────────────────────────

    def used_up(self, what: str, until: datetime) -> str:
        if what == "minute":
            return "That was a lot at once. Please ask again in a minute."
        return "That was all for today: your questions are used up. From tomorrow on there are new ones."

    PASSWORD_WANTED = "This changes something, so please write me the password now. I delete it at once."  # noqa: S105
    PASSWORD_FORM = "This changes something. Press the button to enter the password, out of the chat."  # noqa: S105 # a sentence
    PASSWORD_BUTTON = "Enter the password"  # noqa: S105 # a label
    PASSWORD_LABEL = "Password"  # noqa: S105 # a label
    DELETE_IT_YOURSELF = "I cannot delete what you wrote there. Please delete the message with your secret."
    UNLOCKED = "Thank you. For a quarter of an hour I ask no more."
    PASSWORD_WRONG = "Not the password. Please try once more, or send any command."  # noqa: S105 # a sentence
    PASSWORD_TOO_OFTEN = "Wrong too often. Please wait a quarter of an hour."  # noqa: S105 # a sentence

    # ── One's own ─────────────────────────────────────────────────────────────────────────────────

    DRAFTS_ON = "Smoother answers: switch on"
    DRAFTS_OFF = "Smoother answers: switch off"

    def settings_text(self, *, drafts: bool) -> str:
        how = "on" if drafts else "off"
        return (
            f"Which language shall I speak to you? (I answer in the language of your question.)\n\n"
            f"Smoother growing answers are {how}: they run without jerks, but vanish if I am interrupted."
        )

    # ── What came along ───────────────────────────────────────────────────────────────────────────

    ATTACHMENTS: Mapping[Attachment, str] = MappingProxyType(
        {
            "photo": "I cannot look at pictures yet. Describe what you see, and I gladly help.",
            "voice": "I cannot listen yet. Please write it to me.",
            "video": "I cannot watch videos yet. Please write to me what it is about.",
            "file": "I cannot read files yet. Please copy the words that matter into a message.",
            "sticker": "A fine sticker! I only understand words yet.",
            "other": "I only understand words yet. Please write it to me.",
        }
    )
    ONLY_THE_WORDS = "I read only the words, not what came along with them."
    LATE = "I was away for a while, so this took long."
    ABOUT_THIS = "Ask about this"
    """In the menu of a message."""
    ABOUT_THIS_QUESTION = "Please explain this message to me:"
    STOP_BUTTON = "Stop"
    RETRY_BUTTON = "Retry"
