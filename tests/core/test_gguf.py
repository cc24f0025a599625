"""What a model file tells about itself, on files of a few hundred bytes made here."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import gguf

F32, Q4_1 = 0, 3


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def entry(key: str, kind: int, value: bytes) -> bytes:
    return string(key) + struct.pack("<I", kind) + value


def tensor(name: str, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    return string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def model_file(*, alignment: int = 64, version: int = 3) -> bytes:
    """A whole file: some metadata of every form, a tensor of 64 x 2 values (160 bytes), one of 3."""
    metadata = [
        entry("general.name", 8, string("tiny")),
        entry("general.alignment", 4, struct.pack("<I", alignment)),
        entry("tiny.scale", 6, struct.pack("<f", 0.5)),
        entry("tiny.flags", 9, struct.pack("<IQ", 7, 3) + b"\1\0\1"),
        entry("tokenizer.words", 9, struct.pack("<IQ", 8, 2) + string("a") + string("bc")),
    ]
    tensors = [tensor("embedding", (64, 2), Q4_1, 0), tensor("norm", (3,), F32, 192)]
    contents = struct.pack("<4sIQQ", b"GGUF", version, len(tensors), len(metadata))
    contents += b"".join(metadata + tensors)
    return contents + bytes(-len(contents) % alignment) + bytes(192 + 12)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


@pytest.mark.parametrize("alignment", [32, 64, 4096])
def test_size_and_parameters(path: Path, alignment: int) -> None:
    """A whole file is as long as it says it must be, and its parameters are counted over all tensors."""
    whole = model_file(alignment=alignment)
    path.write_bytes(whole)
    assert gguf.read(path) == gguf.Summary(parameters=64 * 2 + 3, bytes_needed=len(whole))


def test_every_cut_is_seen(path: Path) -> None:
    """A file that ends anywhere before its end is told from a whole one."""
    whole = model_file()
    for length in range(4, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(gguf.CutShort):
            gguf.read(path)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<!doctype html>", id="a page"),
        pytest.param(model_file(version=1), id="an older format"),
        pytest.param(struct.pack("<4sIQQ", b"GGUF", 3, 0, 0), id="no tensors"),
        pytest.param(
            struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + entry("x", 99, b""), id="metadata of no known type"
        ),
    ],
)
def test_not_a_model(path: Path, content: bytes) -> None:
    """What is not a model file is called that, not cut short."""
    path.write_bytes(content)
    with pytest.raises(gguf.NotAModel):
        gguf.read(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.integers(4, len(model_file()) - 9),
    change=st.binary(min_size=1, max_size=8) | st.just(b"\xff" * 8),
)
def test_damage_never_surprises(path: Path, at: int, change: bytes) -> None:
    """Whatever bytes are changed, the file is read or refused in one of the two ways, and at once."""
    damaged = bytearray(model_file())
    damaged[at : at + len(change)] = change
    path.write_bytes(damaged)
    try:
        summary = gguf.read(path)
    except (gguf.NotAModel, gguf.CutShort):
        return
    assert summary.bytes_needed <= len(damaged)
