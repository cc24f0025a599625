"""Every sentence in Vietnamese: "mình" speaks to "bạn", which fits every age.

Words of kinship (ông, bà, cháu, …) would need to know who is older; a "nhé" keeps it warm without them.
It follows bot/phrases/english.py sentence by sentence, but not word by word.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english import English
from bot.phrases.vietnamese_admin import VietnameseAdmin
from bot.phrases.vietnamese_digest import VietnameseDigest
from bot.phrases.vietnamese_people import VietnamesePeople
from bot.phrases.vietnamese_web import VietnameseWeb
from core.errors import NoAnswer
from core.types import Done, Status


class Vietnamese(VietnameseAdmin, VietnameseDigest, VietnamesePeople, VietnameseWeb, English):
    language = "vi"
    name = "Tiếng Việt"

    # ── While an answer is on its way ─────────────────────────────────────────────────────────────────

    def note(self, status: Status) -> str:
        match status.what:
            case "asking":
                return f"{status.node} đang trả lời"
            case "thinking":
                return f"{status.node} đang suy nghĩ"
            case "queued":
                return f"Đang chờ {status.node}: còn {status.place} câu hỏi phía trước"
            case "retrying":
                return "Đang thử lại"
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
            notes.append("Mỗi câu trả lời chỉ dài được đến đây; bạn nhắn “tiếp” để mình viết tiếp nhé.")
        if done.small:
            notes.append(f"Do mô hình mini có sẵn ({done.model}) trả lời: nó hay sai.")
        return f"*{' '.join(notes)}*" if notes else ""

    # ── Instead of an answer ──────────────────────────────────────────────────────────────────────────

    BROKEN = (
        "Mình vừa gặp trục trặc nên câu hỏi của bạn chưa được trả lời. Bạn hỏi lại giúp mình nhé; nếu vẫn "
        "như vậy, hãy báo cho người phụ trách."
    )
    TRIED_TOO_OFTEN = (
        "Mình đã thử vài lần nhưng lần nào cũng bị gián đoạn nên đành dừng lại. Bạn hỏi lại nhé, có thể "
        "thử diễn đạt khác đi."
    )
    DISK = (
        "Mình không ghi được vào ổ đĩa nên chưa thể trả lời một cách an toàn. Câu hỏi của bạn vẫn được giữ "
        "lại và sẽ được trả lời khi mình khởi động lại. Người phụ trách nên xem dung lượng trống và nhật ký."
    )
    DAMAGED = "Mình không đọc lại được tin của bạn vì nó bị hỏng trên ổ đĩa. Bạn gửi lại giúp mình nhé."
    ASK_SOMETHING = "Tin nhắn này trống. Bạn muốn biết điều gì?"

    def no_answer(self, error: NoAnswer, *, private: bool) -> str:
        match error.reason:
            case "no_nodes":
                return (
                    "Chưa có mô hình nào được cài đặt nên mình chưa trả lời được. Người phụ trách có thể "
                    "dùng /nodes add để thêm."
                )
            case "no_node_at_home":
                return (
                    "Câu hỏi riêng tư chỉ được gửi đến mô hình trong nhà, mà trong nhà chưa cài đặt mô hình "
                    "nào. Mình không hỏi mô hình nào khác. Bạn có thể hỏi không kèm /private, hoặc nói với "
                    "người phụ trách."
                )
            case "no_local_node":
                return (
                    "Câu hỏi riêng tư chỉ được gửi đến mô hình trong nhà, mà lúc này trong nhà không có mô "
                    "hình nào trả lời được. Mình không hỏi mô hình nào khác. Bạn có thể hỏi không kèm "
                    "/private, hoặc thử lại sau."
                )
            case "not_for_minors":
                return self.NOT_FOR_MINORS
            case "offline":
                return "Lúc này mình không vào được internet. Khi có mạng, bạn hỏi lại hoặc nhắn /retry nhé."
            case "all_out":
                return (
                    "Hiện mọi mô hình đều từ chối mình, và chỉ người phụ trách mới sửa được. Người phụ "
                    "trách đã được báo tin. Bạn hỏi lại sau nhé."
                )
            case "too_long":
                return "Tin này dài quá, mình không đọc hết một lần được. Bạn chia nhỏ ra rồi gửi nhé."
            case "refused":
                return "Mô hình đã từ chối trả lời câu này. Bạn thử hỏi cách khác xem sao."
            case "bad_request":
                return "Các mô hình không hiểu được câu này. Bạn hỏi lại bằng cách khác nhé."
            case "exhausted":
                later = f"Khoảng {self.duration(error.ready_in_s)}" if error.ready_in_s else "Vài phút"
                return (
                    f"Lúc này không có mô hình nào trả lời được. {later} nữa, bạn hỏi lại hoặc nhắn "
                    "/retry nhé."
                )

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────

    FRESH_START = "Bắt đầu lại từ đầu nhé: những gì đã nói trước đó, mình không nghĩ đến nữa."
    NOTHING_TO_STOP = "Hiện không có gì để dừng."
    STOPPED = "Đã dừng."
    NOTHING_TO_RETRY = "Chưa có câu hỏi nào để trả lời lại."
    PRIVATE_BARE = (
        "Bạn viết câu hỏi ngay sau lệnh nhé: /private bị nổi mẩn thì nên bôi kem gì? "
        "Khi đó mình chỉ hỏi một mô hình ngay trong nhà, không hỏi ai khác."
    )
    ADMIN_ONLY = "Chỉ admin mới làm được việc này."
    ONLY_IN_A_CHAT = (
        "Bạn nhắn điều này trong cuộc trò chuyện với mình nhé: có thể ở đó đang chạy một bản khác của mình."
    )
    PRIVATE_CHAT_ONLY = "Bạn nhắn riêng điều này cho mình nhé."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Có phải ý bạn là /{close}?" if close else ""
        return f"Mình không biết /{name}.{hint} Gõ /help để xem mình làm được gì."

    def help_text(self, lines: Sequence[str]) -> str:
        return "Bạn cứ nhắn cho mình. Mình còn hiểu các lệnh này:\n\n" + "\n".join(lines)

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "bắt đầu tại đây",
            "ask": "hỏi mình một điều",
            "help": "mình làm được những gì",
            "new": "bắt đầu lại, quên những gì đã nói",
            "stop": "dừng câu trả lời đang viết",
            "retry": "trả lời lại câu hỏi vừa rồi",
            "private": "chỉ mô hình trong nhà được đọc",
            "research": "tra cứu trên mạng, có nguồn",
            "forget": "quên những gì đã tra cứu",
            "models": "những mô hình trả lời được",
            "status": "mọi thứ hiện thế nào",
            "reset": "dùng lại ngay mô hình đang nghỉ",
            "strategy": "cách chia câu hỏi cho các mô hình",
            "settings": "ngôn ngữ và cách hiện câu trả lời",
            "link": "dùng thêm tài khoản khác của bạn",
            "invite": "mời ai đó bằng đường link",
            "people": "có những ai, với vai trò gì",
            "role": "đổi vai trò của ai đó",
            "remove": "đưa ai đó ra khỏi danh sách",
            "groups": "mình trò chuyện trong những nhóm nào",
            "digest": "tóm tắt 24 giờ qua",
            "nodes": "quản lý các mô hình",
            "logs": "phần cuối của nhật ký",
            "usage": "ai đã hỏi bao nhiêu",
            "pause": "ngừng trả lời cho đến /resume",
            "resume": "tiếp tục sau /pause",
            "backup": "sao lưu ngay bây giờ",
            "why": "câu trả lời vừa rồi đến từ đâu",
        }
    )

    ARGUMENTS: Mapping[str, str] = MappingProxyType(
        {
            "start": "[mã]",
            "ask": "<câu hỏi>",
            "new": "[câu hỏi]",
            "private": "<câu hỏi>",
            "research": "<câu hỏi>",
            "link": "[mã]",
            "reset": "[mô hình]",
            "pause": "[mô hình]",
            "resume": "[mô hình]",
            "strategy": "[tên]",
            "invite": "[vai trò] [tên]",
            "role": "[ai] [vai trò]",
            "remove": "[ai]",
            "digest": "[bao lâu một lần]",
            "status": "[pin, unpin]",
            "nodes": "[add]",
            "logs": "[số dòng] [mức]",
        }
    )

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight đã sẵn sàng. Bạn cứ hỏi; gõ /help để xem mình còn hiểu những gì."
    STOP_HINT = "Ctrl-C để dừng"
    LEAVE_HINT = "Ctrl-C lần nữa hoặc Ctrl-D để thoát"
    EARLIER = "Câu này bạn đã hỏi trước đó và chưa được trả lời xong:"
    NOT_SAVED = "Mình chưa nhận được tin này."
