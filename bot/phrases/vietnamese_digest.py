"""In Vietnamese, what an admin is told without having asked, and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_digest import EnglishDigest
from core.digests import Often
from core.history import Span
from core.troubles import Trouble


class VietnameseDigest(EnglishDigest):
    # ── What is to be done about a model ──────────────────────────────────────────────────────────

    REMEDIES: Mapping[str, str] = MappingProxyType(
        {
            "key": "Hãy kiểm tra khóa: khóa sai, hết hạn hoặc không được phép làm việc này.",
            "permission": "Khóa cần có quyền Workers AI.",
            "account": (
                "Hãy kiểm tra mã tài khoản: 32 chữ số và chữ cái a–f, như bảng điều "
                "khiển hiện trong mục Workers AI."
            ),
            "model": "Hãy chọn mô hình khác: nhà cung cấp không (còn) có mô hình này.",
            "retired": "Mô hình này đã ngừng phục vụ, hãy dùng",
            "address": "Hãy kiểm tra địa chỉ: ở đó không có gì như vậy.",
            "or_model": "Nếu địa chỉ đúng thì là do mô hình.",
            "moved": "Địa chỉ đã đổi: hãy điền địa chỉ mới.",
            "stray": "Hãy kiểm tra xem địa chỉ và khóa có ký tự thừa không.",
            "used_up": "Hạn mức hoặc tiền ở nhà cung cấp đã dùng hết.",
            "terms": (
                "Hãy đồng ý với điều khoản của mô hình này trong bảng điều khiển "
                "Cloudflare, hoặc chọn mô hình khác."
            ),
            "not_allowed": "Tài khoản này không được dùng mô hình này: hãy chọn mô hình khác.",
            "blocked": "Cloudflare đã chặn tài khoản này dùng Workers AI: hãy hỏi bộ phận hỗ trợ ở đó.",
            "paid_plan": "Mô hình này cần gói Workers Paid: hãy chọn một mô hình có trong gói miễn phí.",
            "pull": "Trên máy chạy Ollama: ollama pull",
            "cloud_model": (
                "Hãy chọn mô hình chạy trên máy này: mô hình kia được Ollama chuyển lên đám mây của họ."
            ),
            "digest": "Hãy tải mô hình có digest ghi trong cài đặt, hoặc ghi digest mới vào đó.",
            "file": "Hãy xóa tệp đó để tải lại, hoặc chọn tệp khác.",
        }
    )

    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        how = self.remedy(remedy)
        return f"🔴 Mô hình {name} không trả lời nữa. {how} Mình sẽ tự thử lại; gõ /reset để thử ngay."

    def trouble(self, it: Trouble) -> str:
        match it.kind:
            case "nobody" if it.tried_next:
                return (
                    "🟠 **Lần vừa rồi không mô hình nào trả lời được.** "
                    "Có câu hỏi mới là mình thử lại: bạn hỏi mình một câu nhé."
                )
            case "nobody":
                return (
                    "🔴 **Lúc này chưa trả lời được ai.** Gõ /status để xem các mô hình bị gì; gõ /reset để "
                    "thử lại tất cả ngay."
                )
            case "no_nodes":
                return (
                    "🔴 **Chưa có mô hình nào được cài đặt.** Gõ /nodes add rồi gửi khóa ngay tại đây, trong "
                    "cuộc trò chuyện này."
                )
            case "only_small":
                return (
                    "🟠 Lúc này chỉ có mô hình mini có sẵn trả lời, mà nó hay sai. /status cho "
                    "biết các mô hình khác bị gì."
                )
            case "platform":
                return self.TROUBLES[it.name]
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 Đã {it.days} ngày không có bản sao lưu mới. /backup sẽ sao lưu ngay và cho biết "
                    "vướng ở đâu."
                )
            case "trial":
                return (
                    "🔴 Bản sao lưu mới nhất không qua được lần thử khôi phục hằng tuần. Gõ /backup để tạo "
                    "bản khác, mình sẽ sớm thử lại; nếu vẫn không được, /logs cho biết vì sao."
                )
            case "disk":
                return (
                    f"🔴 Ổ đĩa sắp đầy: chỉ còn {it.free_bytes / 1e6:.0f} MB. Khi hết chỗ, mình không nhận "
                    "câu hỏi được nữa. Bạn dọn bớt giúp mình nhé."
                )

    def trouble_over(self, it: Trouble) -> str:
        match it.kind:
            case "node":
                return f"🟢 Mô hình {it.name} đã trả lời trở lại."
            case "backup":
                return "🟢 Đã có bản sao lưu mới."
            case "trial":
                return "🟢 Bản sao lưu mới nhất đã qua lần thử khôi phục."
            case "disk":
                return "🟢 Ổ đĩa đã có chỗ trống."
            case "platform":
                return f"🟢 {it.platform.title()} đã ổn trở lại."
            case "only_small":
                return "🟢 Các mô hình tốt hơn đã trả lời trở lại."
            case _:
                return "🟢 Các câu hỏi đã được trả lời trở lại."

    TROUBLES: Mapping[str, str] = MappingProxyType(
        {
            "telegram token": (
                "🔴 Telegram từ chối token của mình. Hãy xin @BotFather token mới rồi điền vào "
                "TELEGRAM_TOKEN trong .env."
            ),
            "telegram conflict": (
                "🔴 Một bản khác của mình đang đọc Telegram bằng cùng token, nên một số câu hỏi đến đó "
                "thay vì đến đây. Hãy tắt một trong hai."
            ),
            "discord token": (
                "🔴 Discord từ chối token của mình. Tại discord.com/developers/applications, mục Bot, bấm "
                "Reset Token để lấy token mới rồi điền vào DISCORD_TOKEN trong .env."
            ),
            "discord intents": (
                "🔴 Discord không cho mình kết nối (4014: intents không được phép). Bạn xem tại "
                "discord.com/developers/applications, mục Bot, ứng dụng có còn ổn không nhé."
            ),
            "discord access": (
                "🟠 Có người trên Discord hỏi mình ở nơi mình không được viết. Hãy cho vai trò của mình ở đó "
                "View Channel, Send Messages, Send Messages in Threads, Attach Files và Read Message History."
            ),
        }
    )

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **Mọi thứ đều ổn.**"

    def digest_look_at(self, count: int) -> str:
        return f"🟠 **Vẫn trả lời được. Nên xem qua: {count} việc**"

    DIGEST_SPAN: Mapping[Span, str] = MappingProxyType(
        {"day": "trong 24 giờ qua", "week": "trong 7 ngày qua"}
    )
    DIGEST_BEFORE: Mapping[Span, str] = MappingProxyType(
        {"day": "cùng ngày tuần trước", "week": "tuần trước đó"}
    )

    def digest_more(self, count: int) -> str:
        return f"… và {count} việc nữa: /status cho biết mọi thứ thế nào."

    def digest_waiting(self, count: int) -> str:
        return f"🟠 Đã chờ trả lời hơn một giờ: {count} câu hỏi. Khởi động lại mình thì mình sẽ làm tiếp."

    def digest_off(self, span: Span, hours: int) -> str:
        return f"🟠 Mình đã ngừng chạy khoảng {hours} giờ {self.DIGEST_SPAN[span]}."

    def digest_unanswered(self, span: Span, count: int, questions: int, before: int | None) -> str:
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"🟠 Chưa được trả lời: {count} trong {questions} câu hỏi{was}."

    def digest_weak(self, span: Span, name: str, share: float, kind: str, before: float | None) -> str:
        was = "" if before is None else f"; {self.DIGEST_BEFORE[span]}: {before:.0%}"
        return f"🟠 {name} chỉ trả lời được {share:.0%}, chủ yếu do: {kind}{was}."

    def digest_slow(self, span: Span, name: str, first_token_s: float, before_s: float) -> str:
        now, was = (f"{seconds:.1f}".replace(".", ",") for seconds in (first_token_s, before_s))
        return f"🟡 {name} đang chậm: chữ đầu tiên sau {now} giây ({self.DIGEST_BEFORE[span]}: {was} giây)."

    def digest_knocked(self, span: Span, count: int) -> str:
        return f"👋 Số người lạ đã nhắn cho mình {self.DIGEST_SPAN[span]}: {count}."

    def digest_questions(self, span: Span, questions: int, before: int | None) -> str:
        if not questions and not before:
            return f"Không có ai hỏi gì {self.DIGEST_SPAN[span]}."
        was = "" if before is None else f" ({self.DIGEST_BEFORE[span]}: {before})"
        return f"Số câu hỏi {self.DIGEST_SPAN[span]}: {questions}{was}."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        return f"Đã trả lời: {', '.join(f'{name} ({count})' for name, count in shares.items())}."

    NO_DIGEST_HERE = (
        "Ở cửa sổ dòng lệnh này không có bản tóm tắt nào tự gửi đến. Gõ /digest để xem bất cứ lúc nào."
    )
    LESS_BUTTON = "Ít tin này hơn"
    OFTEN: Mapping[Often, str] = MappingProxyType(
        {"daily": "Mỗi sáng", "weekly": "Mỗi tuần một lần", "off": "Không bao giờ"}
    )
    DIGEST_CHOSEN: Mapping[Often, str] = MappingProxyType(
        {
            "daily": "Bạn sẽ nhận bản tóm tắt mỗi sáng.",
            "weekly": "Bạn sẽ nhận bản tóm tắt mỗi tuần một lần, vào thứ Hai.",
            "off": "Bạn sẽ không nhận bản tóm tắt nữa. Khi muốn xem, bạn gõ /digest nhé.",
        }
    )

    # ── In pictures and tables ────────────────────────────────────────────────────────────────────

    CHART: Mapping[str, str] = MappingProxyType(
        {
            "title": "Các mô hình trong 24 giờ qua",
            "title_week": "Các mô hình trong tuần qua",
            "answered": "đã trả lời",
            "failed": "bị lỗi",
            "failover": "đã chuyển sang mô hình khác",
            "off": "không chạy",
            "others": "các mô hình khác",
            "nothing": "Trong khoảng này không có ai hỏi gì.",
        }
    )
    CHART_DAYS: Mapping[int, str] = MappingProxyType(
        {0: "T2", 1: "T3", 2: "T4", 3: "T5", 4: "T6", 5: "T7", 6: "CN"}
    )

    def chart_note(self, asked: int, answered: int, failed: int, failovers: int) -> str:
        bad = f", lỗi {failed}, chuyển tiếp {failovers}" if failed else ""
        return f"hỏi {asked} lượt, trả lời {answered}{bad}"

    def chart_off(self, hours: int) -> str:
        return f"Không chạy: khoảng {hours} giờ"
