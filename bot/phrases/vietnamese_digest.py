"""In Vietnamese, what an admin is told without having asked, and what stands in the pictures."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.phrases.english_digest import EnglishDigest
from core.digests import Often
from core.troubles import Trouble


class VietnameseDigest(EnglishDigest):
    # ── What is wrong ─────────────────────────────────────────────────────────────────────────────

    def model_out(self, name: str, remedy: str) -> str:
        return f"🔴 Mô hình {name} không trả lời nữa. {remedy} Mình sẽ tự thử lại; gõ /reset để thử ngay."

    def trouble(self, it: Trouble) -> str:
        match it.kind:
            case "nobody":
                return (
                    "🔴 **Lúc này chưa trả lời được ai.** Gõ /status để xem các mô hình bị gì; gõ /reset để "
                    "thử lại tất cả ngay."
                )
            case "no_nodes":
                return (
                    "🔴 **Chưa có mô hình nào được cài đặt.** Hãy thêm mô hình vào tệp .env; README có "
                    "hướng dẫn."
                )
            case "only_small":
                return (
                    "🟠 Lúc này chỉ có mô hình mini có sẵn trả lời, mà nó hay sai. /status cho "
                    "biết các mô hình khác bị gì."
                )
            case "node":
                return self.model_out(it.name, it.remedy)
            case "backup":
                return (
                    f"🔴 Đã {it.days} ngày không có bản sao lưu mới. /backup sẽ sao lưu ngay và cho biết "
                    "vướng ở đâu."
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
            case "disk":
                return "🟢 Ổ đĩa đã có chỗ trống."
            case _:
                return "🟢 Các câu hỏi đã được trả lời trở lại."

    # ── The digest ────────────────────────────────────────────────────────────────────────────────

    DIGEST_WELL = "🟢 **Mọi thứ đều ổn.**"

    def digest_look_at(self, count: int) -> str:
        return f"🟠 **Vẫn trả lời được. Nên xem qua: {count} việc**"

    def digest_off(self, hours: int) -> str:
        return f"🟠 Trong 24 giờ qua, mình đã ngừng chạy khoảng {hours} giờ."

    def digest_unanswered(self, count: int, questions: int, before: int) -> str:
        return f"🟠 Chưa được trả lời: {count} trong {questions} câu hỏi (tuần trước: {before})."

    def digest_weak(self, name: str, share: float, kind: str, before: float | None) -> str:
        was = "" if before is None else f"; tuần trước: {before:.0%}"
        return f"🟠 {name} chỉ trả lời được {share:.0%}, chủ yếu do: {kind}{was}."

    def digest_slow(self, name: str, first_token_s: float, before_s: float) -> str:
        now, was = (f"{seconds:.1f}".replace(".", ",") for seconds in (first_token_s, before_s))
        return f"🟡 {name} đang chậm: chữ đầu tiên sau {now} giây (tuần trước: {was} giây)."

    def digest_questions(self, questions: int, before: int) -> str:
        if not questions and not before:
            return "Trong 24 giờ qua không có ai hỏi gì."
        return f"Số câu hỏi trong 24 giờ qua: {questions} (tuần trước: {before})."

    def digest_nodes(self, shares: Mapping[str, int]) -> str:
        return f"Đã trả lời: {', '.join(f'{name} ({count})' for name, count in shares.items())}."

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
