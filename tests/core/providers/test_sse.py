"""Server-sent events come out of bytes as the standard says, wherever the bytes were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unavailable
from core.providers.sse import EVENT_BYTES_MAX, Event, Events


def events(*chunks: bytes) -> list[Event]:
    splitter = Events()
    return [event for chunk in chunks for event in splitter.feed(chunk)] + splitter.end()


lines = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
sent = st.lists(st.tuples(st.sampled_from(["", "error", "ping"]), st.lists(lines, min_size=1, max_size=3)))


@given(
    sent=sent,
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    with_mark=st.booleans(),
    with_pings=st.booleans(),
    with_last_line_end=st.booleans(),
    data=st.data(),
)
def test_any_cut_gives_the_same_events(
    sent: list[tuple[str, list[str]]],
    line_end: str,
    with_mark: bool,
    with_pings: bool,
    with_last_line_end: bool,
    data: st.DataObject,
) -> None:
    """The events of a stream are the same for every way to cut its bytes, and they are what was sent."""
    stream = "\ufeff" if with_mark else ""
    for name, texts in sent:
        if with_pings:
            stream += f": a comment{line_end}{line_end}"
        if name:
            stream += f"event: {name}{line_end}"
        stream += "".join(f"data: {text}{line_end}" for text in texts) + line_end
    raw = stream.encode()
    if not with_last_line_end:
        raw = raw.removesuffix((line_end * 2).encode())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=20)))
    chunks = [raw[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert events(*chunks) == [(name, "\n".join(texts).encode()) for name, texts in sent]


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data:no space\n\n", [("", b"no space")]),
        (b"data:  two spaces\n\n", [("", b" two spaces")]),
        (b"data\n\n", [("", b"")]),
        (b"data: a: b\n\n", [("", b"a: b")]),
        (b"event: error\n\n", []),
        (b"id: 7\nretry: 100\ndata: x\nunknown: y\n\n", [("", b"x")]),
        (b": ping\n\n\n\n: ping\n\ndata: x\n\n", [("", b"x")]),
        (b"event: error\ndata: x\n\ndata: y\n\n", [("error", b"x"), ("", b"y")]),
        (b"\xef\xbb\xbfdata: x\n\n\xef\xbb\xbfdata: y\n\n", [("", b"x")]),
        (b"", []),
    ],
)
def test_fields_are_read_as_the_standard_says(stream: bytes, expected: list[Event]) -> None:
    """Optional spaces, names, comments, unknown fields and events without data are as in the standard."""
    assert events(stream) == expected


def test_an_event_is_given_as_soon_as_it_is_whole() -> None:
    """Nothing waits for the next event, and nothing is given before its blank line."""
    splitter = Events()
    assert splitter.feed(b"data: x\n") == []
    assert splitter.feed(b"\ndata: y") == [("", b"x")]
    assert splitter.feed(b"\r\n\r") == [("", b"y")]


@pytest.mark.parametrize("line", [b"data: ", b"data: x\n", b""])
def test_an_endless_event_is_malformed(line: bytes) -> None:
    """An event that never ends is given up at its limit, whether it is one line, many, or no field."""
    chunk = line + b"x" * 60_000
    with pytest.raises(Unavailable, match="malformed"):
        events(*[chunk] * (EVENT_BYTES_MAX // len(chunk) + 2))
