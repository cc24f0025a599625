"""Bằng tiếng Việt, những gì phần cài đặt nói. See english_setup.py."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.phrases.english_setup import EnglishSetup


class VietnameseSetup(EnglishSetup):
    language = "vi"

    WELCOME = (
        "Chào mừng bạn đến với Porchlight. Trả lời vài câu hỏi là dùng được, mất khoảng mười phút. Nhấn "
        "Enter để lấy giá trị trong [ngoặc]. Ctrl-C để thoát: những gì bạn đã trả lời vẫn được giữ, và "
        "cùng lệnh này sẽ đi tiếp từ đó."
    )
    WELCOME_BACK = "Chào mừng bạn trở lại. Những mục này đã cài; mục còn thiếu sẽ hỏi tiếp theo."
    TITLES: Mapping[str, str] = MappingProxyType(
        {
            "language": "Ngôn ngữ",
            "time_zone": "Múi giờ",
            "models": "Mô hình",
            "telegram": "Telegram",
            "discord": "Discord",
            "digest": "Bản tóm tắt buổi sáng",
        }
    )
    IS_SET = "đã cài"
    NEXT = "Muốn đổi gì không? Gõ số của mục, hoặc Enter để đi tiếp"

    def step(self, number: int, count: int, title: str) -> str:
        return f"── {number} trên {count}: {title} ──"

    def left(self, program: str) -> str:
        return f"Những gì bạn đã trả lời vẫn được giữ. Để đi tiếp: {program} setup"

    def set_elsewhere(self, names: str) -> str:
        return (
            f"{names} còn được đặt ở ngoài tệp .env này, và giá trị ở đó mới có hiệu lực: hãy đổi ở đó. "
            "(Trong container, đó là tệp .env cạnh compose.yaml.)"
        )

    def not_written(self, why: str) -> str:
        return f"Chưa có gì thay đổi, vì không ghi được vào tệp .env của bạn: {why}."

    # ── Ở đâu và khi nào ──────────────────────────────────────────────────────────────────────────────

    TIME_ZONE_HOW = (
        "Ngày của bạn và bản tóm tắt buổi sáng tính theo múi giờ này: một thành phố, ví dụ Asia/Ho_Chi_Minh."
    )
    TIME_ZONE = "Múi giờ"

    def no_time_zone(self, word: str, near: str) -> str:
        return f"Mình không biết múi giờ nào tên là {word}." + (f" Có phải {near} không?" if near else "")

    DIGEST_HOW = "Mỗi sáng mình kể cho bạn trong vài dòng ngày hôm qua thế nào. Lúc mấy giờ?"
    DIGEST = "Giờ"
    NO_TIME = "Đó không phải là giờ. Hãy viết như 08:00."

    def digest_at(self, at: str) -> str:
        return f"Bản tóm tắt đến vào {at} mỗi ngày."

    # ── Mô hình ───────────────────────────────────────────────────────────────────────────────────────

    OLLAMA_LOOKING = "Mình xem trong nhà có Ollama đang chạy không …"
    OLLAMA_NONE = (
        "Mình không thấy. Nếu sau này bạn muốn có: https://ollama.com/download, rồi chạy lại lệnh này."
    )

    def ollama_empty(self, model: str) -> str:
        return f"Ollama đang chạy nhưng chưa có mô hình nào. Ở một cửa sổ khác: ollama pull {model}"

    OLLAMA_AGAIN = "Xem lại lần nữa? (c, hoặc Enter nếu không)"

    def ollama_found(self, count: int) -> str:
        return f"Ollama đang chạy ở đây, có {count} mô hình. Câu hỏi ở lại trong nhà và không tốn tiền."

    LOADING = "Mình hỏi thử một câu. Mô hình trong nhà có thể cần một phút để thức dậy …"

    KEYS_HOW = (
        "Mô hình trên đám mây trả lời hay hơn. Dán khóa vào, mình nhìn là biết của ai:\n"
        "  • Cloudflare, miễn phí đến một mức mỗi ngày: tại https://dash.cloudflare.com, AI, Workers AI,\n"
        "    Use REST API; dán ID của tài khoản và token\n"
        "  • OpenAI, Groq, OpenRouter, Google, xAI, Hugging Face: dán khóa\n"
        "  • máy chủ khác dùng giao thức của OpenAI: dán địa chỉ và khóa\n"
        "  • máy chủ trong nhà, ví dụ Ollama trên máy khác: chỉ cần địa chỉ\n"
        "Có hai hay ba khóa thì khi một khóa hết lượt, không ai nhận ra. Những gì bạn dán không hiện lên."
    )
    KEY = "Khóa (Enter: không còn nữa)"
    CLOUDFLARE_KEY = "Đó là ID của một tài khoản Cloudflare. Bây giờ đến token của nó"
    CLOUDFLARE_ID = "Trông giống token của Cloudflare. Bây giờ đến ID của tài khoản (Enter: không phải)"
    ADDRESS = "Mình không nhận ra khóa này. Nó dùng cho địa chỉ nào? (Enter: bỏ qua)"
    NO_KEY = "Mình không biết đây là gì. Hãy dán riêng khóa, hoặc địa chỉ và khóa."
    KEY_KNOWN = "Khóa này đã cài rồi."
    IN_ITS_PLACE = "Thay bằng khóa mới? (Enter nếu có; k: giữ cả hai)"

    def is_there(self, name: str) -> str:
        return f"{name} đã cài rồi."

    ASKING = "Mình hỏi thử một câu …"

    def choose(self, count: int) -> str:
        return f"Ở đó có {count} mô hình:"

    def more_models(self, count: int) -> str:
        return f"  … và {count} mô hình nữa: gõ một phần của tên"

    MODEL = "Chọn mô hình nào? Gõ số, hoặc một phần của tên (0: bỏ qua)"
    MODEL_NAME = "Ở đó không cho biết có những gì. Tên một mô hình (Enter: bỏ qua)"
    NO_SUCH_MODEL = "Không có mô hình nào như vậy."

    def kept(self, name: str) -> str:
        return f"{name} đã cài xong."

    def resting(self, name: str) -> str:
        return f"Khóa đúng, nhưng {name} đang nghỉ. Đã cài xong, và sẽ trả lời khi nó trở lại."

    KEEP_ANYWAY = "Vẫn giữ lại? (c, hoặc Enter nếu không)"
    YES: Sequence[str] = ("c", "có", "co")

    def models(self, cloud: int, home: int) -> str:
        return f"{cloud} trên đám mây, {home} trong nhà, chưa kể những mô hình thêm trong chat"

    ONLY_MINI = (
        "Vậy thì chỉ có mô hình mini có sẵn trả lời. Nó cho thấy mọi thứ chạy được, nhưng quá nhỏ để tin."
    )

    # ── Telegram ──────────────────────────────────────────────────────────────────────────────────────

    TELEGRAM_HOW = (
        "Trên Telegram, bot của bạn cần một cái tên và một khóa; @BotFather cho cả hai:\n"
        "  1. Mở https://t.me/BotFather và viết /newbot\n"
        "  2. Nó hỏi một cái tên, ví dụ “Nhà mình”, rồi một tên người dùng kết thúc bằng bot\n"
        "  3. Nó trả lời bằng một khóa. Dán vào đây, cả tin nhắn cũng được. Khóa không hiện lên"
    )
    TELEGRAM_KEY = "Khóa (Enter: không dùng Telegram)"
    NOT_A_TELEGRAM_KEY = "Trong đó không có khóa của bot. Khóa trông như 123456789:ABCdef…"
    TELEGRAM_REFUSES = "Telegram không biết khóa này. Hỏi lại @BotFather bằng /token"

    def unreached(self, platform: str) -> str:
        return (
            f"Lúc này không kết nối được với {platform}. Hãy xem mạng có chạy không rồi dán lại, hoặc nhấn "
            "Enter và quay lại sau."
        )

    KEY_STAYS = "Khóa (Enter: giữ như cũ)"
    TELEGRAM_READ_ELSEWHERE = (
        "Còn một điều vướng: một chương trình khác đang đọc tin nhắn gửi cho bot này. Hãy tắt nó, hoặc tạo "
        "một bot riêng cho chương trình này bằng /newbot."
    )

    def telegram_bot(self, name: str, username: str) -> str:
        return f"Đó là {name}, @{username}."

    TELEGRAM_NAME = "Bạn muốn gọi nó là gì?"
    TELEGRAM_ABOUT = "Trợ lý của gia đình. Cứ hỏi mình nhé."
    NOT_NAMED = "Telegram chưa nhận tên này. @BotFather cũng đổi được, bằng /setname"

    # ── Discord ───────────────────────────────────────────────────────────────────────────────────────

    DISCORD_HOW = (
        "Trên Discord, bot của bạn là một ứng dụng:\n"
        "  1. Mở https://discord.com/developers/applications và chọn New Application\n"
        "  2. Ở mục Bot, chọn Reset Token, rồi dán token vào đây. Token không hiện lên"
    )
    DISCORD_KEY = "Token (Enter: không dùng Discord)"
    NOT_A_DISCORD_KEY = "Đó không phải token của bot. Token có ba phần, ở giữa là dấu chấm."
    DISCORD_REFUSES = "Discord không biết token này. Reset Token cho một token mới."
    DISCORD_ELSEWHERE = (
        "Còn một điều vướng: ở General Information, xóa trống Interactions Endpoint URL rồi lưu lại."
    )
    DISCORD_NEEDS_CODE = "Còn một điều vướng: ở mục Bot, tắt Requires OAuth2 Code Grant rồi lưu lại."

    def discord_server(self, link: str) -> str:
        return f"Để thêm bot vào máy chủ của bạn, mở liên kết này hoặc để điện thoại quét:\n{link}"

    # ── Kết thúc ──────────────────────────────────────────────────────────────────────────────────────

    def family_group(self, link: str) -> str:
        return (
            "Khi chạy mà chưa có admin, nó hiện một liên kết để bạn thành admin. Sau đó, để đưa bot vào nhóm "
            f"gia đình, mở:\n{link}\nTrong nhóm, nó chỉ trả lời lệnh, câu trả lời cho nó và khi được "
            "nhắc tên."
        )

    RUNNING = "Đã cài xong. Porchlight đang chạy; thay đổi của bạn có hiệu lực khi khởi động lại."
    START = "Đã cài xong. Khởi động Porchlight bây giờ? (Enter nếu có, hoặc k)"
    NO: Sequence[str] = ("k", "không", "khong")
    START_CONTAINER = (
        "Đã cài xong. Để khởi động: docker compose up -d\nLiên kết để bạn thành admin sẽ ở trong: docker "
        "compose logs bot"
    )

    def start_later(self, program: str) -> str:
        return f"Để khởi động: {program}"

    # ── Admin đầu tiên ────────────────────────────────────────────────────────────────────────────────

    def claim(self, link: str, picture: str) -> str:
        return (
            "Porchlight chưa có ai quản lý. Mở liên kết này trên điện thoại, hoặc để điện thoại quét hình, "
            f"và người đó là bạn:\n{link}\n{picture}"
        )

    def claim_by_code(self, platform: str, group_link: str, link: str, code: str) -> str:
        return (
            f"Porchlight chưa có ai quản lý. Trên {platform}, thêm nó vào một máy chủ của bạn:\n"
            f"{group_link}\nRồi mở {link}, bấm Nhắn tin, viết dòng này, và người đó là bạn:\n{code}"
        )
