"""Server-sent events out of bytes, wherever the network has cut them.

`Events.feed()` takes what came and returns the events that are whole; nothing here waits or reads.
The rules are those of the HTML standard, section 9.2: lines end in LF, CRLF or CR, a blank line ends an
event, several `data:` lines are one text, a line that begins with a colon is a comment (a ping), and a
byte order mark may come first. It works on bytes, because in UTF-8 no part of a letter looks like a line
end, and because a letter cut in two is then whole again before anybody decodes it. Ids and retry times
are skipped: nobody resumes the stream of an answer.
"""

from typing import NamedTuple

from core.errors import Unavailable

EVENT_BYTES_MAX = 1024 * 1024
"""A piece of an answer has a few hundred bytes; what is this long is no event, but a flood."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Event(NamedTuple):
    data: bytes
    name: str = ""
    """What an `event:` line said; mostly there is none."""


class Events:
    def __init__(self) -> None:
        self._rest = bytearray()
        """A line that has not ended yet."""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._name = ""
        self._first_line = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes. Raises `Unavailable` if one is too long."""
        if self._after_cr or b"\r" in chunk:
            chunk = self._with_lf(chunk)
        if b"\n" not in chunk:
            self._rest += chunk
            self._check_size(len(self._rest))
            return []
        lines = (bytes(self._rest) + chunk if self._rest else chunk).split(b"\n")
        self._rest = bytearray(lines.pop())
        events: list[Event] = []
        for line in lines:
            self._take(line, events)
        self._check_size(len(self._rest))
        return events

    def end(self) -> list[Event]:
        """The connection has ended: what the last, unfinished event holds. The standard throws it away,
        but some servers forget the blank line after their last one."""
        events: list[Event] = []
        self._take(bytes(self._rest), events)
        self._rest.clear()
        self._take(b"", events)
        return events

    def _take(self, line: bytes, events: list[Event]) -> None:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(BYTE_ORDER_MARK)
        if not line:
            if self._data:
                data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
                events.append(Event(data, self._name))
                self._data = []
                self._data_bytes = 0
            self._name = ""
        elif line.startswith(b"data:"):
            value = line[6:] if line.startswith(b" ", 5) else line[5:]
            self._data.append(value)
            self._data_bytes += len(value)
            self._check_size(self._data_bytes)
        elif line.startswith(b"event:"):
            self._name = line[6:].decode(errors="replace").strip()

    def _with_lf(self, chunk: bytes) -> bytes:
        """`chunk` with every line end an LF, also where a CRLF came in two halves."""
        if not chunk:
            return chunk
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _check_size(self, size: int) -> None:
        if size > EVENT_BYTES_MAX:
            raise Unavailable("malformed", f"an event of more than {EVENT_BYTES_MAX} bytes")
