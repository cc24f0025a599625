"""In Vietnamese, what is said about the web."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_web import EnglishWeb
from core.research import Basis
from core.types import Status


class VietnameseWeb(EnglishWeb):
    RESEARCH_WHAT = "Bạn muốn mình tra cứu điều gì? Ví dụ: /research khi nào có nhật thực tiếp theo"
    RESEARCH_BUSY = "Đang có quá nhiều người nhờ mình tra cứu. Một phút nữa bạn hỏi lại nhé."
    RESEARCH_USED_UP: Mapping[str, str] = MappingProxyType(
        {
            "minute": "Bạn nhờ tra cứu hơi nhiều một lúc. Một phút nữa bạn hỏi lại nhé.",
            "day": "Hôm nay mình đã tra cứu đủ rồi. Mai mình tra tiếp nhé; hỏi bình thường thì vẫn được.",
        }
    )

    def progress(self, status: Status) -> str:
        match status.what:
            case "waiting" if not status.place:
                return "⏳ Mình đang tra cứu câu hỏi kia của bạn trước"
            case "waiting":
                return f"⏳ Người khác đang nhờ tra cứu: còn {status.place} lượt trước bạn"
            case "reading":
                return f"🔎 {status.count} kết quả · đang đọc {self.sites(status)} …"
            case "writing":
                return "✍️ Đang viết …"
            case _:
                return "🔎 Đang tìm …"

    def research_notice(self, basis: Basis) -> str:
        lines = []
        if basis.links_unread:
            lines.append("Mình không mở được đường link bạn gửi.")
        match basis.ground:
            case "private":
                lines.append("Mình không tra cứu gì: câu hỏi này ở lại trong nhà.")
            case "own_knowledge":
                lines.append("Mình không tìm thấy gì trên mạng; đây là điều mình nhớ, có thể đã cũ.")
            case "snippets":
                lines.append("Mình không mở được các trang, nên chỉ dựa vào kết quả tìm kiếm.")
            case "pages" if not basis.preferred and basis.rung == "wikipedia":
                lines.append("Các công cụ tìm kiếm không trả lời, nên đây chỉ là từ Wikipedia.")
            case "pages" if not basis.preferred:
                lines.append("Công cụ tìm kiếm quen thuộc không trả lời, nhưng một công cụ khác thì có.")
        return f"*{' '.join(lines)}*" if lines else ""

    def nothing_found(self, basis: Basis) -> str:
        if basis.links_unread and basis.rung is None:
            return "Mình không mở được đường link đó, nên không biết trong đó có gì."
        return "Mình đã tra cứu, nhưng những gì mình đọc không có câu trả lời. Bạn hỏi cách khác nhé."

    NOT_CONFIRMED = "⚠︎ các trang mình đọc không xác nhận"
    DIFFERS = "{source} ghi {figure}"
    SNIPPET_ONLY = "chưa mở"
    QUOTES_BUTTON = "Xem trích dẫn"
    DEEPER_BUTTON = "Tìm kỹ hơn"
    LOOK_UP_BUTTON = "Tra cứu"
    ONLY_WHO_ASKED = "Nút này dành cho người đã hỏi."
    NO_QUOTES = "Mình không còn giữ các câu trích cho câu trả lời đó."
    PRIVATE_NOT_LOOKED_UP = "Đó là câu hỏi riêng tư: mình không tra cứu nó trên mạng."
    FORGOTTEN = "Mình đã quên mọi điều tra cứu từ trước. (/new để quên cuộc trò chuyện.)"
