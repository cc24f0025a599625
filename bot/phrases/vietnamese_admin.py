"""In Vietnamese, what is said to an admin who looks after everything."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.phrases.english_admin import EnglishAdmin
from bot.status_facts import NodeFacts, PlatformFacts
from core.node import State
from core.troubles import Kind
from core.types import Tried


class VietnameseAdmin(EnglishAdmin):
    # ── How everything is doing ───────────────────────────────────────────────────────────────────────

    ALL_WELL = "🟢 **Mọi thứ đều ổn.**"
    ALL_PAUSED = "⚪ **Mọi thứ đang tạm dừng.** Câu hỏi được giữ lại; gõ /resume để trả lời."
    NODES_PAUSED = "🔴 **Mọi mô hình đều đang tạm dừng.** Gõ /nodes để cho chạy tiếp."

    VERDICTS: Mapping[Kind, str] = MappingProxyType(
        {
            "nobody": "🔴 **Lúc này chưa trả lời được ai.** Gõ /reset để thử lại tất cả các mô hình ngay.",
            "no_nodes": (
                "🔴 **Chưa có mô hình nào được cài đặt.** Gõ /nodes add rồi gửi khóa, hoặc địa chỉ của một "
                "Ollama."
            ),
            "only_small": (
                "🟠 **Lúc này chỉ có mô hình mini có sẵn trả lời**, mà nó hay sai. Gõ /reset để thử lại các "
                "mô hình khác ngay."
            ),
        }
    )

    def resting(self, count: int, nodes: int) -> str:
        return f"🟢 **Vẫn trả lời được.** {count} trong {nodes} mô hình đang nghỉ và sẽ tự trở lại."

    def platform_quiet(self, name: str) -> str:
        return (
            f"🟠 **Lúc này không kết nối được với {name}.** Những gì được nhắn ở đó sẽ được trả lời khi có "
            "kết nối."
        )

    STATES: Mapping[State, str] = MappingProxyType(
        {
            "ready": "hoạt động",
            "cooling": "tạm nghỉ",
            "open": "chập chờn",
            "half-open": "chập chờn",
            "out": "ngừng hoạt động",
            "paused": "tạm dừng",
        }
    )

    FAILURES: Mapping[str, str] = MappingProxyType(
        {
            "refused": "không chạy ở đó",
            "unreachable": "không kết nối được",
            "offline": "mất mạng",
            "server": "lỗi máy chủ",
            "not_a_stream": "trả về thứ khác",
            "slow_start": "bắt đầu quá chậm",
            "stalled": "dừng giữa chừng",
            "dripping": "quá chậm",
            "malformed": "không đọc được",
            "error_inside": "lỗi giữa câu trả lời",
            "cut": "bị ngắt",
            "empty": "câu trả lời trống",
            "busy": "quá nhiều câu đang chờ",
            "broken": "lỗi của chính mình (xem nhật ký)",
            "RateLimited": "chạm giới hạn",
            "Rejected": "từ chối khóa, mô hình hoặc gói dịch vụ",
            "TooLong": "câu hỏi quá dài",
            "Refused": "từ chối câu hỏi",
            "BadRequest": "không hiểu yêu cầu",
        }
    )

    def node_line(self, node: NodeFacts, *, detailed: bool = False, steady: bool = False) -> str:
        left = ""
        if steady and node.until is not None:
            left = f" đến {node.until:%H:%M}"
        elif node.left_s:
            left = f", còn {self.duration(node.left_s)}"
        facts = [self.STATES[node.state] + left]
        if node.answered is not None:
            facts.append(f"được hỏi {node.requests} lần, trả lời {node.answered:.0%}")
        if node.rate_limits and not detailed:
            facts.append(f"{node.rate_limits}× chạm giới hạn")
        if node.first_token_s is not None:
            facts.append(f"chữ đầu tiên sau {_decimal(node.first_token_s)} giây")
        if detailed:
            facts += [", ".join(f"{count}× {self.failure(kind)}" for kind, count in node.failures)]
            if node.answer_tokens:
                tokens = f"đọc {node.prompt_tokens:,} token; viết {node.answer_tokens:,} token"
                facts.append(tokens.replace(",", "."))
            facts.append(node.model)
            facts.append(f"lỗi gần nhất: {node.trouble}" if node.trouble else "")
        if node.remedy:
            facts.append(f"**{self.remedy(node.remedy)}**")
        return f"- {node.sign} {node.name}: {' · '.join(filter(None, facts))}"

    def platform_line(self, it: PlatformFacts, *, steady: bool = False) -> str:
        if it.health == "unreached":
            return f"- {it.sign} {it.name}: chưa kết nối được"
        if steady or it.heard_s is None:
            return f"- {it.sign} {it.name}: {'đã kết nối' if it.health == 'well' else 'mất kết nối'}"
        return f"- {it.sign} {it.name}: liên lạc cách đây {self.duration(it.heard_s)}"

    def queue_line(self, waiting: int, answering: int) -> str:
        if not waiting and not answering:
            return "- Không có ai đang chờ"
        return f"- Câu hỏi: {answering} câu đang được trả lời, {waiting} câu đang chờ"

    def database_line(self, size_bytes: int, backup: datetime | float | None) -> str:
        match backup:
            case None:
                made = "chưa có bản sao lưu nào"
            case datetime():
                made = f"sao lưu gần nhất {backup:%Y-%m-%d %H:%M}"
            case _:
                made = f"sao lưu gần nhất cách đây {self.duration(backup)}"
        return f"- Cơ sở dữ liệu: {self.size(size_bytes)}, {made}"

    NOT_FOR_MINORS = (
        "Không mô hình nào của mình được phép trả lời trẻ em và thiếu niên. Người quản lý mình có thể đổi "
        "điều đó."
    )
    MEMBER_STATUS: Mapping[str, str] = MappingProxyType(
        {
            "well": "🟢 Mọi thứ đều ổn: bạn cứ hỏi.",
            "slow": "🟠 Mình trả lời được, nhưng chỉ bằng một mô hình nhỏ hay nhầm lẫn.",
            "nobody": "🔴 Lúc này mình chưa trả lời được. Người quản lý mình xem được lý do.",
            "doubtful": "🟠 Lần vừa rồi mình chưa trả lời được. Bạn cứ hỏi, mình sẽ thử lại.",
            "not_for_minors": f"🔴 {NOT_FOR_MINORS}",
            "paused": "⚪ Mình đang tạm nghỉ. Bạn hỏi gì, mình giữ lại và trả lời sau.",
        }
    )
    REFRESH_BUTTON = "Cập nhật"
    CHART_BUTTON = "Biểu đồ"
    DETAILS_BUTTON = "Chi tiết"
    RESET_BUTTON = "Bắt đầu lại"
    STRATEGY_BUTTON = "Cách chia"
    BACK_BUTTON = "Quay lại"
    DAY_BUTTON = "24 giờ"
    WEEK_BUTTON = "7 ngày"
    PIN_NOT_HERE = "Ở đây không ghim được. Trong ứng dụng trò chuyện thì được."
    UNPINNED = "Tin đã ghim không còn được cập nhật nữa."
    NOTHING_PINNED = "Ở đây chưa ghim gì."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            return f"{max(1, round(seconds))} giây"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} phút"
        if seconds < 48 * 3600:
            return f"{round(seconds / 3600)} giờ"
        return f"{round(seconds / 86400)} ngày"

    def size(self, size_bytes: int) -> str:
        return f"{_decimal(size_bytes / 1e6)} MB"

    # ── The models ────────────────────────────────────────────────────────────────────────────────────

    def model_line(self, node: NodeFacts) -> str:
        return f"- {node.sign} {node.name}: {node.model} ({'trong nhà' if node.local else 'trên đám mây'})"

    NO_MODELS = "Chưa có mô hình nào được cài đặt."

    def models_text(self, lines: Sequence[str]) -> str:
        return "Những mô hình có thể trả lời ở đây:\n\n" + "\n".join(lines)

    MODEL_FOR_WHICH = "Bạn muốn chọn mô hình khác cho bên nào?"

    def choose_model(self, name: str, now: str, shown: Sequence[str], others: int) -> str:
        current = f"{name} đang được hỏi bằng **{now}**." if now else f"Dùng mô hình nào của {name}?"
        more = f"\n\nCòn {others} mô hình nữa: viết một phần tên sau /choose {name}" if others else ""
        return f"{current} Các lựa chọn:\n\n" + "\n".join(f"- {model}" for model in shown) + more

    def no_model_like(self, name: str, word: str) -> str:
        return f"{name} không có mô hình nào có {word} trong tên. Gõ /choose {name} để xem những gì có."

    def lists_no_models(self, name: str) -> str:
        return f"{name} không cho biết có những gì. Hãy viết đầy đủ tên mô hình sau /choose {name}"

    def model_set(self, name: str, model: str) -> str:
        return f"{name}: **{model}**, từ câu hỏi tiếp theo."

    def model_fixed(self, name: str) -> str:
        return f"{name} là mô hình có sẵn: EMBEDDED_MODEL trong .env cho biết tệp khác, hoặc off để tắt."

    STRATEGIES: Mapping[str, str] = MappingProxyType(
        {
            "round_robin": "lần lượt",
            "random": "ngẫu nhiên",
            "least_used": "ít được hỏi nhất trước",
            "fastest": "nhanh nhất trước",
        }
    )

    def strategy_text(self, now: str, known: Sequence[str]) -> str:
        lines = [f"- /strategy {name}: {self.STRATEGIES[name]}" for name in known]
        return "\n".join([f"Câu hỏi đang được chia theo cách **{now}**. Để đổi:", "", *lines])

    def strategy_set(self, name: str) -> str:
        return f"Từ câu hỏi tiếp theo: **{name}**, {self.STRATEGIES[name]}."

    def strategy_unknown(self, name: str, known: Sequence[str]) -> str:
        return f"Không có cách chia {name}. Hiện có: {', '.join(known)}."

    def reset_done(self, names: Sequence[str]) -> str:
        return f"Đã bắt đầu lại: {', '.join(names)}. Từ câu hỏi tiếp theo sẽ được hỏi trở lại."

    def reset_unknown(self, name: str, known: Sequence[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"Không có mô hình {name}. Hiện có: {', '.join(known)}."

    # ── Looking after them ────────────────────────────────────────────────────────────────────────────

    NODES_TEXT = "Những mô hình mình hỏi. Bấm vào một mô hình để thử, tạm dừng hoặc gỡ bỏ."
    ADD_BUTTON = "Thêm"
    TEST_BUTTON = "Thử"
    PAUSE_BUTTON = "Tạm dừng"
    GO_ON_BUTTON = "Chạy tiếp"
    MODEL_BUTTON = "Mô hình khác"
    REMOVE_BUTTON = "Gỡ bỏ"
    REMOVE_NODE_YES = "Đúng, gỡ bỏ"
    TRY_AGAIN_BUTTON = "Thử lại"

    ADD_HOW = (
        "Trong tin nhắn tiếp theo, bạn dán những gì nhà cung cấp đã cho nhé. Mình hiểu được:\n\n"
        "- Cloudflare: mã tài khoản và token\n"
        "- Groq, OpenRouter, Google, OpenAI, xAI, Hugging Face: chỉ cần khóa\n"
        "- nơi khác dùng giao thức của OpenAI: địa chỉ và khóa\n"
        "- Ollama ở nhà: địa chỉ của nó, chẳng hạn http://192.168.1.5:11434\n\n"
        "Mình xóa tin nhắn đó ngay nếu được phép, thử khóa bằng một câu hỏi rất ngắn, rồi giữ khóa trong "
        "cơ sở dữ liệu trên máy này, chỉ chủ máy đọc được. Khóa không hiện ra ở đâu cả."
    )
    KEY_NOT_READ = (
        "Tin đó trông giống một khóa. Mình không nhận ra khóa của nơi nào nên không giữ lại gì. Bạn gửi địa "
        "chỉ và khóa cùng lúc, hoặc mã tài khoản Cloudflare cùng với token nhé."
    )
    KEY_LOCKED = "Tin đó trông giống một khóa nên mình không giữ lại gì. Trước tiên chỉ gõ /nodes add"

    def unfinished_line(self, name: str) -> str:
        return f"- ⚪ {name}: chưa dùng đến"

    def node_added(self, name: str, model: str, first_s: float | None) -> str:
        return f"🟢 {name} trả lời được{_after(first_s)}; từ giờ mình sẽ hỏi ở đó, bằng **{model}**."

    def node_answers(self, name: str, first_s: float | None) -> str:
        return f"🟢 {name} trả lời được{_after(first_s)}."

    def node_silent(self, name: str, why: str, remedy: str) -> str:
        return f"🔴 {name} không trả lời: {why}. {self.remedy(remedy)}".rstrip()

    def key_refused(self, name: str, remedy: str) -> str:
        return f"🔴 {name} không nhận khóa này, nên mình đã bỏ nó đi. {self.remedy(remedy)}".rstrip()

    def node_paused(self, name: str) -> str:
        return f"⚪ {name} đang tạm dừng: sẽ không được hỏi cho đến khi bạn cho chạy tiếp."

    def node_goes_on(self, name: str) -> str:
        return f"🟢 {name} sẽ được hỏi lại từ câu hỏi tiếp theo."

    def node_remove_sure(self, name: str) -> str:
        return f"Gỡ bỏ {name} cùng với khóa của nó?"

    def node_removed(self, name: str) -> str:
        return (
            f"Đã gỡ bỏ {name} và xóa khóa của nó. Khóa chỉ còn trong các bản sao lưu cũ: nếu người khác có "
            "thể đã thấy nó, bạn hãy hủy khóa ở nhà cung cấp."
        )

    def node_in_settings(self, name: str) -> str:
        return f"{name} nằm trong cài đặt (.env) nên chỉ gỡ bỏ được ở đó. Ở đây bạn có thể tạm dừng nó."

    # ── What happened ─────────────────────────────────────────────────────────────────────────────────

    NO_LOGS = "Trong nhật ký không có gì như vậy."
    LOGS_HOW = "Ví dụ: /logs 50 warning. Các mức là debug, info, warning, error và critical."

    def usage_line(self, name: str, today: int, week: int, month: int, from_the_web: int) -> str:
        web = f", trong đó {from_the_web} câu tra trên mạng" if from_the_web else ""
        return f"- {name}: hôm nay {today}, 7 ngày {week}, 30 ngày {month}{web}"

    def usage_text(self, lines: Sequence[str]) -> str:
        if not lines:
            return "Trong 30 ngày qua không ai hỏi gì."
        return "Số câu đã hỏi:\n\n" + "\n".join(lines)

    USAGE_OTHERS = "những người khác"

    PAUSED = "Mọi thứ đã tạm dừng. Câu hỏi được giữ lại và sẽ được trả lời sau /resume."
    RESUMED = "Mình tiếp tục đây. Những câu hỏi đã đến được trả lời ngay bây giờ."
    NOT_PAUSED = "Hiện không có gì tạm dừng."
    PAUSED_FOR_NOW = "Lúc này mình đang tạm nghỉ. Câu hỏi của bạn được giữ lại và sẽ được trả lời sau."

    def backup_made(self, name: str, size_bytes: int) -> str:
        return f"🟢 Đã sao lưu: {name}, {self.size(size_bytes)}."

    def backup_failed(self, why: str) -> str:
        return f"🔴 Không sao lưu được. {why}"

    WHY_NOTHING = "Ở đây không có câu hỏi nào để mình nói về điều đó."
    WHY_FORGOTTEN = "Mình không còn nhớ câu trả lời đó đến từ đâu."
    WHY_NOBODY = "Không mô hình nào trả lời được câu đó."
    WHY_NOTHING_FOUND = "Không tìm thấy gì để đọc, nên không mô hình nào được hỏi."
    WHY_STOPPED = "Câu trả lời đó đã bị dừng."

    def why_answered(self, it: Tried) -> str:
        return f"🟢 {it.node} đã trả lời ({it.model}): {self.times(it)}"

    def why_failed(self, it: Tried) -> str:
        return f"🔴 {it.node}: {self.failure(it.ended)}, sau {_decimal(it.took_s)} giây"

    def times(self, it: Tried) -> str:
        first = (
            f"chữ đầu tiên sau {_decimal(it.first_token_s)} giây, " if it.first_token_s is not None else ""
        )
        return f"{first}xong sau {_decimal(it.took_s)} giây"


def _after(first_s: float | None) -> str:
    return f" sau {_decimal(first_s)} giây" if first_s is not None else ""


def _decimal(number: float) -> str:
    return f"{number:.1f}".replace(".", ",")
