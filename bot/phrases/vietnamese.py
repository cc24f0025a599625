"""Every sentence in Vietnamese: "mình" speaks to "bạn", which fits every age.

Words of kinship (ông, bà, cháu, …) would need to know who is older; a "nhé" keeps it warm without them.
It follows bot/phrases/english.py sentence by sentence, but not word by word.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english import English
from bot.phrases.vietnamese_people import VietnamesePeople
from bot.phrases.vietnamese_web import VietnameseWeb
from core.errors import NoAnswer
from core.node import Node, State
from core.types import Done, Status


class Vietnamese(VietnamesePeople, VietnameseWeb, English):
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
                    "thêm mô hình vào tệp .env; README có hướng dẫn."
                )
            case "no_local_node":
                return (
                    "Câu hỏi riêng tư không bao giờ ra khỏi nhà, mà lúc này trong nhà không có mô hình nào "
                    "trả lời được. Không có gì bị gửi đi cả. Bạn có thể hỏi không kèm /private, hoặc thử "
                    "lại sau."
                )
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
        "Khi đó một mô hình ngay trong nhà sẽ trả lời, và câu hỏi không bao giờ ra khỏi nhà."
    )
    ADMIN_ONLY = "Chỉ admin mới làm được việc này."
    ONLY_IN_A_CHAT = (
        "Bạn nhắn điều này trong cuộc trò chuyện với mình nhé: có thể ở đó đang chạy một bản khác của mình."
    )
    PRIVATE_CHAT_ONLY = "Bạn nhắn riêng điều này cho mình nhé."

    def unknown_command(self, name: str, close: str | None) -> str:
        hint = f" Có phải ý bạn là /{close}?" if close else ""
        return f"Mình không biết /{name}.{hint} Gõ /help để xem mình làm được gì."

    def help_text(self, names: Sequence[str]) -> str:
        commands = "\n".join(f"- {self.usage(name)}: {self.ABOUT[name]}" for name in names)
        return f"Bạn cứ nhắn cho mình. Mình còn hiểu các lệnh này:\n\n{commands}"

    ABOUT: Mapping[str, str] = MappingProxyType(
        {
            "start": "bắt đầu tại đây",
            "ask": "hỏi mình một điều",
            "help": "mình làm được những gì",
            "new": "bắt đầu lại, quên những gì đã nói",
            "stop": "dừng câu trả lời đang viết",
            "retry": "trả lời lại câu hỏi vừa rồi",
            "private": "câu hỏi không bao giờ ra khỏi nhà",
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
            "strategy": "[tên]",
            "invite": "[vai trò] [tên]",
            "role": "[ai] [vai trò]",
            "remove": "[ai]",
        }
    )

    STATES: Mapping[State, tuple[str, str]] = MappingProxyType(
        {
            "ready": ("🟢", "hoạt động"),
            "cooling": ("🟡", "tạm nghỉ"),
            "open": ("🟠", "chập chờn"),
            "half-open": ("🟠", "chập chờn"),
            "out": ("🔴", "ngừng hoạt động"),
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

    def verdict(self, nodes: list[Node], now: float) -> str:
        ready = [node for node in nodes if node.is_ready(now)]
        ill = [node for node in nodes if node.state(now) != "ready"]
        if not nodes:
            return "**Chưa có mô hình nào được cài đặt.** Hãy thêm mô hình vào tệp .env; README có hướng dẫn."
        if not ready:
            due = min(node.due_in_s(now) for node in nodes)
            return (
                f"**Lúc này chưa trả lời được ai.** {self.duration(due)} nữa sẽ có một mô hình sẵn sàng; "
                "/reset để thử lại tất cả ngay."
            )
        if not ill:
            return "**Mọi thứ đều ổn.**"
        return f"**Vẫn trả lời được.** {len(ill)} trong {len(nodes)} mô hình đang nghỉ hoặc cần đến bạn."

    def node_line(self, node: Node, now: float) -> str:
        sign, word = self.STATES[node.state(now)]
        counters = node.counters
        facts = [word + (f", còn {self.duration(node.due_in_s(now))}" if node.due_in_s(now) else "")]
        failed = sum(counters.failures.values())
        if ended := counters.successes + failed:  # a stopped answer says nothing about the model
            facts.append(f"được hỏi {counters.requests} lần, trả lời {counters.successes / ended:.0%}")
        if failed:
            kinds = sorted(counters.failures.items(), key=lambda kind: -kind[1])
            facts.append(", ".join(f"{count}× {self.FAILURES.get(kind, kind)}" for kind, count in kinds))
        if counters.first_token_s is not None:
            facts.append(f"chữ đầu tiên sau {counters.first_token_s:.1f} giây".replace(".", ","))
        if counters.answer_tokens:
            tokens = f"đọc {counters.prompt_tokens:,} token; viết {counters.answer_tokens:,} token"
            facts.append(tokens.replace(",", "."))
        if node.remedy:
            facts.append(f"**{node.remedy}**")
        elif node.last_error:
            facts.append(f"lỗi gần nhất: {node.last_error}")
        return f"- {sign} {node.name}: {' · '.join(facts)}"

    def platform_line(self, name: str, heard_s: float | None) -> str:
        if heard_s is None:
            return f"- 🔴 {name}: chưa kết nối được"
        sign = "🟢" if heard_s < 120 else "🟠"
        return f"- {sign} {name}: liên lạc cách đây {self.duration(heard_s)}"

    def model_line(self, node: Node, now: float) -> str:
        sign, _ = self.STATES[node.state(now)]
        place = "trong nhà" if node.spec.local else "trên đám mây"
        return f"- {sign} {node.name}: {node.spec.model} ({place})"

    NO_MODELS = "Chưa có mô hình nào được cài đặt."

    def models_text(self, lines: list[str]) -> str:
        return "Những mô hình có thể trả lời ở đây:\n\n" + "\n".join(lines)

    def strategy_text(self, now: str, known: list[str]) -> str:
        choices = ", ".join(f"/strategy {name}" for name in known)
        return f"Câu hỏi đang được chia theo cách **{now}**. Để đổi: {choices}"

    def strategy_set(self, name: str) -> str:
        return f"Từ câu hỏi tiếp theo: **{name}**."

    def strategy_unknown(self, name: str, known: list[str]) -> str:
        return f"Không có cách chia {name}. Hiện có: {', '.join(known)}."

    def reset_done(self, names: list[str]) -> str:
        return f"Đã bắt đầu lại: {', '.join(names)}. Từ câu hỏi tiếp theo sẽ được hỏi trở lại."

    def reset_unknown(self, name: str, known: list[str]) -> str:
        if not known:
            return self.NO_MODELS
        return f"Không có mô hình {name}. Hiện có: {', '.join(known)}."

    def duration(self, seconds: float) -> str:
        if seconds < 90:
            return f"{max(1, round(seconds))} giây"
        if seconds < 90 * 60:
            return f"{round(seconds / 60)} phút"
        return f"{round(seconds / 3600)} giờ"

    # ── In the terminal ───────────────────────────────────────────────────────────────────────────────

    GREETING = "Porchlight đã sẵn sàng. Bạn cứ hỏi; gõ /help để xem mình còn hiểu những gì."
    STOP_HINT = "Ctrl-C để dừng"
    LEAVE_HINT = "Ctrl-C lần nữa hoặc Ctrl-D để thoát"
    EARLIER = "Câu này bạn đã hỏi trước đó và chưa được trả lời xong:"
    NOT_SAVED = "Mình chưa nhận được tin này."

    # ── Told to the admin ─────────────────────────────────────────────────────────────────────────────

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

    def model_out(self, name: str, remedy: str) -> str:
        return f"🔴 Mô hình {name} không trả lời nữa. {remedy} Mình sẽ tự thử lại; gõ /reset để thử ngay."
