"""In Vietnamese, what is said about people. How people are addressed is said in vietnamese.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.phrases.english_people import EnglishPeople
from core.access import Change, Member
from core.roles import Role
from core.types import Attachment, Person


class VietnamesePeople(EnglishPeople):
    ROLES: Mapping[Role, str] = MappingProxyType(
        {"admin": "admin", "adult": "người lớn", "teen": "teen", "child": "bé", "guest": "khách"}
    )

    # ── Coming in ─────────────────────────────────────────────────────────────────────────────────

    def welcome(self, name: str, role: Role) -> str:
        text = (
            f"Chào mừng {name or 'bạn'}! Mình là Porchlight, trợ lý của gia đình. Muốn biết điều gì, bạn "
            "cứ nhắn cho mình. Gõ /help để xem mình còn làm được gì, và với /private mình chỉ hỏi mô "
            "hình trong nhà."
        )
        if role == "admin":
            text += (
                "\n\nBạn là người phụ trách: /invite để mời thêm người, /people để xem có những ai, "
                "/status để xem mọi thứ có ổn không."
            )
        return text

    INVITE_WHOM = "Bạn muốn mời ai? Có thể kèm tên: /invite bé Mai"

    def no_such_role(self, word: str) -> str:
        return f"Không có vai trò {word}. Hiện có: {', '.join(self.ROLES.values())}."

    def invitation(self, role: Role, name: str, links: Mapping[str, str], code: str) -> str:
        whom = name or "một người"
        ways = [self.way_in(platform, link, code) for platform, link in links.items()]
        how = "\n\n".join(ways) or f"Mã mời: {code}"
        return (
            f"Lời mời cho {whom} (vai trò: {self.ROLES[role]}). Chỉ dùng được một lần, trong vòng một tuần."
            f"\n\n{how}"
        )

    def way_in(self, platform: str, link: str, code: str) -> str:
        if code in link:
            return f"{platform}: hãy gửi đường link này, hoặc đưa hình cho người được mời quét: {link}"
        return f"{platform}: người được mời mở {link}, bấm Nhắn tin rồi gửi cho mình mã này: `{code}`"

    def came_in(self, name: str, role: Role) -> str:
        return f"{name or 'Có người'} đã nhận lời mời và tham gia (vai trò: {self.ROLES[role]})."

    STRANGER = "Đây là trợ lý riêng của một gia đình. Người trong gia đình có thể mời bạn."
    REFUSALS: Mapping[str, str] = MappingProxyType(
        {
            "unknown": "Mình không biết lời mời này. Bạn xin một lời mời mới nhé.",
            "used": "Lời mời này đã được dùng rồi. Bạn xin một lời mời mới nhé.",
            "expired": "Lời mời này đã quá hạn. Bạn xin một lời mời mới nhé.",
            "higher": (
                "Tài khoản này có nhiều quyền hơn. Bạn nhắn /link ở đây, rồi gửi câu trả lời ở bên kia nhé."
            ),
            "taken": "Người đó đã nhắn cho mình qua ứng dụng này rồi.",
        }
    )

    def stranger_card(self, person: Person, others: int) -> str:
        more = f" (Còn {others} người khác cũng nhắn.)" if others else ""
        return (
            f"👋 Có người mới nhắn cho mình: **{person.name or 'không có tên'}** ({person.platform} "
            f"{person.id}).{more} Mình đã trả lời rằng đây là chỗ riêng tư, và không giữ lại nội dung nào."
        )

    ALLOW = "Cho phép"
    BLOCK = "Chặn"
    ALLOW_AS_WHAT = "Với vai trò gì?"
    BLOCKED = "Đã chặn. Người này sẽ không làm phiền chúng ta nữa. Nếu đổi ý, bạn bấm nút trong /people nhé."
    UNBLOCKED = "Đã bỏ chặn. Nếu người này nhắn lại cho mình, mình sẽ hỏi bạn."
    BUTTON_TOO_OLD = "Nút này không còn dùng được nữa."

    def let_in(self, name: str, role: Role) -> str:
        return f"{name or 'Người này'} giờ có thể trò chuyện với mình (vai trò: {self.ROLES[role]})."

    # ── One person, two accounts ──────────────────────────────────────────────────────────────────

    def link_code(self, code: str) -> str:
        return (
            "Bạn còn nhắn cho mình ở nơi khác, bằng một tài khoản khác? Trong vòng mười lăm phút, hãy gửi "
            f"cho mình ở đó:\n\n`/link {code}`\n\nTừ đó mình biết cả hai đều là bạn. Đừng cho ai khác xem: "
            "ai có mã này sẽ vào được với tên của bạn."
        )

    LINKED: Mapping[str, str] = MappingProxyType(
        {
            "linked": (
                "Giờ mình biết cả hai tài khoản của bạn. Ngôn ngữ và số câu hỏi trong ngày là chung; điều "
                "bạn nói ở đây mình vẫn chỉ nhớ ở đây."
            ),
            "unchanged": "Mình đã biết đây là bạn rồi.",
            "unknown": "Mình không biết mã này. Bạn nhắn /link từ tài khoản kia để lấy mã mới nhé.",
            "used": "Mã này đã được dùng rồi. Bạn nhắn /link từ tài khoản kia để lấy mã mới nhé.",
            "expired": "Mã này đã quá hạn. Bạn nhắn /link từ tài khoản kia để lấy mã mới nhé.",
            "higher": (
                "Tài khoản này có nhiều quyền hơn. Bạn nhắn /link ở đây, rồi gửi câu trả lời ở bên kia nhé."
            ),
            "taken": "Người tạo mã này đã nhắn cho mình qua ứng dụng này, bằng một tài khoản khác.",
            "sure": (
                "Mình đã biết bạn ở đây. Nếu mã này là của chính bạn, và từ giờ cả hai tài khoản là một "
                "người, "
                "bạn gửi lại y như vậy và thêm yes ở cuối nhé."
            ),
            "blocked": "Mình không biết mã này. Bạn nhắn /link từ tài khoản kia để lấy mã mới nhé.",
            "too_often": "Sai mã quá nhiều lần. Bạn chờ một giờ nhé.",
        }
    )
    ALREADY_LINKED = (
        "Mình cũng biết tài khoản kia của bạn. Nếu nó không còn là của bạn, hãy tách tài khoản này ra."
    )
    PART_BUTTON = "Tách tài khoản này"
    PARTED = "Đã tách: tài khoản này giờ đứng riêng. Người trong gia đình cần mời lại nó."

    def linked_by(self, member: str, platform: str, name: str) -> str:
        return f"🔗 {member or 'Có người'} đã liên kết thêm tài khoản {name or 'không tên'} trên {platform}."

    LINK_FROM_A_CHAT = "Bạn nhắn /link cho mình trong một cuộc trò chuyện nhé; ở máy này thì không cần."

    def linked_elsewhere(self, platform: str, name: str) -> str:
        whom = f"{name} trên {platform}" if name else f"một tài khoản trên {platform}"
        return (
            f"🔗 Mã của bạn đã được dùng: từ giờ {whom} cũng là bạn. Nếu không phải bạn, hãy báo cho người "
            "phụ trách mình."
        )

    # ── Groups ────────────────────────────────────────────────────────────────────────────────────

    HELLO_GROUP = (
        "Xin chào! Ở đây mình trả lời khi được nhắc tên, khi có người trả lời tin của mình, hoặc khi có lệnh."
    )
    LEAVING_GROUP = (
        "Mình là trợ lý riêng, chỉ trò chuyện trong các nhóm của một gia đình, nên xin phép rời nhóm này. "
        "Chúc mọi người vui khỏe!"
    )
    GROUP_ALLOWED = "Giờ mình được trò chuyện trong nhóm đó. Nếu mình đã rời đi, bạn thêm mình lại nhé."

    LEAVE = "Rời nhóm"
    GROUP_LEFT = "Mình đã rời nhóm đó."
    GROUP_NOT_LEFT = "Mình chưa rời được nhóm đó, nhưng mình không trò chuyện ở đó."
    GROUP_NOT_YET = "Mình chưa biết nhóm này. Mình đã hỏi người phụ trách xem có được trò chuyện ở đây không."

    def group_asks(self, title: str) -> str:
        what = f"nhóm {title}" if title else "một nhóm mới"
        return f"👋 Mình vừa được thêm vào {what}, và chỉ trò chuyện ở đó nếu bạn cho phép."

    def group_card(self, title: str, name: str) -> str:
        what = f"nhóm {title}" if title else "một nhóm"
        return (
            f"👋 {name or 'Có người'} muốn đưa mình vào {what}. Đó không phải nhóm của gia đình nên mình "
            "đã rời đi."
        )

    def groups_text(self, titles: list[str]) -> str:
        if not titles:
            return "Mình chưa ở trong nhóm nào. Bạn tự thêm mình vào nhóm nào thì mình ở lại nhóm đó."
        return "Mình trò chuyện trong các nhóm này:\n\n" + "\n".join(f"- {title}" for title in titles)

    # ── Who is in ─────────────────────────────────────────────────────────────────────────────────

    def member_line(self, member: Member, today: int) -> str:
        role = self.ROLES[member.role] if member.role else "–"
        where = ", ".join(sorted({platform for platform, _ in member.accounts}))
        asked = f" · hôm nay hỏi {today} câu" if today else ""
        return f"- #{member.id} {member.name or 'không có tên'}: {role} · {where}{asked}"

    def people_text(self, lines: list[str]) -> str:
        if not lines:
            return "Chưa có ai, ngoài người ngồi ở máy này. Gõ /invite để mời thêm người."
        return "\n".join(lines) + "\n\n/role để đổi vai trò, /remove để đưa ai đó ra khỏi danh sách."

    def blocked_text(self, people: Sequence[Person]) -> str:
        names = [f"{it.name or 'không có tên'} ({it.platform} {it.id})" for it in people]
        return f"Đang chặn: {', '.join(names)}"

    def unblock_button(self, name: str) -> str:
        return f"Bỏ chặn {name}"

    def who(self, tried: str) -> str:
        return f"Mình không biết ai tên {tried}. Ý bạn là ai?" if tried else "Ý bạn là ai?"

    def role_for(self, name: str) -> str:
        return f"{name} sẽ có vai trò gì?"

    def role_set(self, name: str, role: Role) -> str:
        return f"Vai trò mới của {name}: {self.ROLES[role]}."

    REMOVE_YES = "Đồng ý"

    def remove_sure(self, name: str) -> str:
        return f"Đưa {name} ra khỏi danh sách? Sau đó người này không trò chuyện với mình được nữa."

    def removed(self, name: str) -> str:
        return f"{name} không còn trong danh sách nữa."

    def change(self, done: Change, name: str) -> str:
        match done:
            case "unchanged":
                return f"{name} vốn đã như vậy rồi." if name else "Vốn đã như vậy rồi."
            case "named":
                return f"{name} được ghi là admin trong .env (ADMIN_IDS), và chỉ đổi được ở đó."
            case "last_admin":
                return (
                    f"{name} là admin duy nhất, mà mình cần có người phụ trách. Trước hết, bạn chọn thêm "
                    "một admin nữa nhé."
                )
            case _:
                return "Mình không biết người này."

    # ── What one may ──────────────────────────────────────────────────────────────────────────────

    def used_up(self, what: str, until: datetime) -> str:
        if what == "minute":
            return "Nhiều câu hỏi cùng lúc quá. Một phút nữa bạn hỏi tiếp nhé."
        return "Hôm nay bạn đã dùng hết số câu hỏi rồi. Từ ngày mai bạn lại hỏi tiếp được nhé."

    PASSWORD_WANTED = "Lệnh này sẽ thay đổi một điều, nên bạn nhắn mật khẩu nhé. Mình sẽ xóa tin đó ngay."  # noqa: S105 # a sentence
    PASSWORD_FORM = "Lệnh này sẽ thay đổi một điều. Bạn bấm nút để nhập mật khẩu, ngoài khung chat."  # noqa: S105 # a sentence
    PASSWORD_BUTTON = "Nhập mật khẩu"  # noqa: S105 # a label
    PASSWORD_LABEL = "Mật khẩu"  # noqa: S105 # a label
    DELETE_IT_YOURSELF = "Mình không xóa được tin bạn đã gửi. Bạn tự xóa tin có điều bí mật đó nhé."
    UNLOCKED = "Cảm ơn bạn. Trong mười lăm phút tới mình sẽ không hỏi lại."
    PASSWORD_WRONG = "Mật khẩu chưa đúng. Bạn thử lại, hoặc gửi một lệnh khác nhé."  # noqa: S105 # a sentence
    PASSWORD_TOO_OFTEN = "Sai quá nhiều lần. Bạn chờ mười lăm phút nhé."  # noqa: S105 # a sentence

    # ── One's own ─────────────────────────────────────────────────────────────────────────────────

    DRAFTS_ON = "Bật trả lời mượt hơn"
    DRAFTS_OFF = "Tắt trả lời mượt hơn"

    def settings_text(self, *, drafts: bool) -> str:
        how = "bật" if drafts else "tắt"
        return (
            "Bạn muốn mình nói ngôn ngữ nào? (Câu hỏi bằng ngôn ngữ nào, mình trả lời bằng ngôn ngữ đó.)"
            f"\n\nTrả lời mượt hơn đang {how}: chữ hiện ra không bị giật, nhưng sẽ biến mất nếu mình bị "
            "gián đoạn."
        )

    # ── What came along ───────────────────────────────────────────────────────────────────────────

    ATTACHMENTS: Mapping[Attachment, str] = MappingProxyType(
        {
            "photo": "Mình chưa xem được ảnh. Bạn tả lại những gì trong ảnh, mình sẵn lòng giúp.",
            "voice": "Mình chưa nghe được. Bạn viết ra giúp mình nhé.",
            "video": "Mình chưa xem được video. Bạn viết cho mình biết video nói về gì nhé.",
            "file": "Mình chưa đọc được tệp. Bạn chép phần quan trọng vào tin nhắn giúp mình nhé.",
            "sticker": "Nhãn dán dễ thương quá! Nhưng mình mới chỉ hiểu được chữ thôi.",
            "other": "Mình mới chỉ hiểu được chữ. Bạn viết ra giúp mình nhé.",
        }
    )
    ONLY_THE_WORDS = "Mình chỉ đọc phần chữ, không xem được phần gửi kèm."
    LATE = "Mình vắng một lúc nên trả lời hơi lâu."
    ABOUT_THIS = "Hỏi về tin này"
    ABOUT_THIS_QUESTION = "Hãy giải thích tin nhắn này cho mình:"
    STOP_BUTTON = "Dừng"
    RETRY_BUTTON = "Trả lời lại"
