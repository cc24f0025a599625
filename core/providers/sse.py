"""Server-sent events out of bytes, wherever the network has cut them.

`Events.feed()` takes what came and returns the events that are whole; nothing here waits or reads.
The rules are those of the HTML standard, section 9.2: lines end in LF, CRLF or CR, a blank line ends an
event, several `data:` lines are one text, a line that begins with a colon is a comment (a ping), and a
byte order mark may come first. It works on bytes, because in UTF-8 no part of a letter looks like a line
end, and because a letter cut in two is then whole again before anybody decodes it. Ids and retry times
are skipped: nobody resumes the stream of an answer.
"""

from core.errors import Unavailable

EVENT_BYTES_MAX = 1024 * 1024
"""A piece of an answer has a few hundred bytes; what is this long is no event, but a flood."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Event = tuple[str, bytes]
"""Its name, mostly none, and its data."""


class Events:
    def __init__(self) -> None:
        self._rest = bytearray()
        """Lines whose event has not ended yet; line ends are LF by now."""
        self._begun = False
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes. Raises `Unavailable` if one is too long."""
        if self._after_cr or chunk.find(b"\r") >= 0:
            chunk = self._with_lf(chunk)
        if self._rest or not self._begun:
            # Only what is new is searched, or a long event in small chunks would take quadratic time.
            searched = max(0, len(self._rest) - 1)
            self._rest += chunk
            if self._rest.find(b"\n\n", searched) < 0:
                self._check_rest()
                return []
            chunk = bytes(self._rest)
            self._rest.clear()
            if not self._begun:
                self._begun = True
                chunk = chunk.removeprefix(BYTE_ORDER_MARK)
        blocks = chunk.split(b"\n\n")
        if rest := blocks.pop():
            self._rest += rest
            self._check_rest()
        events: list[Event] = []
        for block in blocks:
            if block.startswith(b"data: ") and block.find(b"\n") < 0:  # nearly all of them
                events.append(("", block[6:]))
            elif event := _event(block):
                events.append(event)
        return events

    def end(self) -> list[Event]:
        """The connection has ended: what the last, unfinished event holds. The standard throws it away,
        but some servers forget the blank line after their last one."""
        return self.feed(b"\n\n")

    def _with_lf(self, chunk: bytes) -> bytes:
        """`chunk` with every line end an LF, also where a CRLF came in two halves."""
        if not chunk:
            return chunk
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _check_rest(self) -> None:
        if len(self._rest) > EVENT_BYTES_MAX:
            raise Unavailable("malformed", f"an event of more than {EVENT_BYTES_MAX} bytes")


def _event(block: bytes) -> Event | None:
    """The event in the lines of `block`; None if there are only comments."""
    name = ""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode(errors="replace")
    return (name, b"\n".join(data)) if data else None
