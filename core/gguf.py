"""What a model file in the GGUF format says about itself, without loading it.

The format (the GGUF page of the ggml documentation) is a header, typed metadata, a list of tensors with
their place in the file, and then the tensors. All but the last part is read here, which is enough to tell
how many parameters the model has and how long the file must be. It does not look into the tensors, and of
the metadata it uses the alignment only.
"""

import math
import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

VERSIONS = (2, 3)
DIMENSIONS_MAX = 4
"""What ggml allows a tensor."""

_HEADER = struct.Struct("<4sIQQ")  # magic, version, tensors, metadata entries
_ALIGNMENT_KEY = b"general.alignment"
_ALIGNMENT_DEFAULT = 32

_VALUE_BYTES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Metadata types of a fixed size. Besides them there are:"""
_UINT32, _STRING, _ARRAY = 4, 8, 9

_BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    9: (32, 40),  # Q8_1
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    16: (256, 66),  # IQ2_XXS
    17: (256, 74),  # IQ2_XS
    18: (256, 98),  # IQ3_XXS
    19: (256, 50),  # IQ1_S
    20: (32, 18),  # IQ4_NL
    21: (256, 110),  # IQ3_S
    22: (256, 82),  # IQ2_S
    23: (256, 136),  # IQ4_XS
    24: (1, 1),  # I8
    25: (1, 2),  # I16
    26: (1, 4),  # I32
    27: (1, 8),  # I64
    28: (1, 8),  # F64
    29: (256, 56),  # IQ1_M
    30: (1, 2),  # BF16
    34: (256, 54),  # TQ1_0
    35: (256, 66),  # TQ2_0
    39: (32, 17),  # MXFP4
    40: (64, 36),  # NVFP4
}
"""Tensor types: how many values are stored together, and in how many bytes. One that is not listed is
taken to need no room, so that a newer format is never called cut short."""


class NotAModel(ValueError):
    """The file is not GGUF of a version we know; says why in a few words."""


class CutShort(ValueError):
    """The file begins as a model and ends too soon."""


@dataclass(frozen=True, slots=True)
class Summary:
    parameters: int
    bytes_needed: int
    """How long the file must be at least."""


def read(path: Path) -> Summary:
    """Raises `NotAModel`, `CutShort` or `OSError`. A few tenths of a second at most: a vocabulary of
    hundreds of thousands of words is stepped over word by word."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise NotAModel("it does not begin as a GGUF file does")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                summary = _read(data)
            except (struct.error, OverflowError):
                raise CutShort("it ends within its list of contents") from None
            if len(data) < summary.bytes_needed:
                raise CutShort(f"it has {len(data)} of {summary.bytes_needed} bytes")
            return summary


def _read(data: mmap.mmap) -> Summary:
    _, version, tensors, entries = _HEADER.unpack_from(data)
    if version not in VERSIONS:
        raise NotAModel(f"its GGUF version is {version}, not one of {VERSIONS}")
    at = _HEADER.size
    alignment = _ALIGNMENT_DEFAULT
    for _ in range(entries):
        key, at = _string(data, at)
        (kind,) = struct.unpack_from("<I", data, at)
        if key == _ALIGNMENT_KEY and kind == _UINT32:
            (alignment,) = struct.unpack_from("<I", data, at + 4)
        at = _after_value(data, at + 4, kind)
    parameters = 0
    tensors_end = 0
    for _ in range(tensors):
        _, at = _string(data, at)
        (dimensions,) = struct.unpack_from("<I", data, at)
        if dimensions > DIMENSIONS_MAX:
            raise NotAModel(f"it has a tensor of {dimensions} dimensions")
        *shape, kind, offset = struct.unpack_from(f"<{dimensions}QIQ", data, at + 4)
        at += 4 + 8 * dimensions + 12
        values = math.prod(shape)
        values_together, bytes_together = _BLOCKS.get(kind, (1, 0))
        parameters += values
        tensors_end = max(tensors_end, offset + values // values_together * bytes_together)
    if not tensors or not alignment:
        raise NotAModel("it holds no tensors")
    return Summary(parameters, at + -at % alignment + tensors_end)


def _string(data: mmap.mmap, at: int) -> tuple[bytes, int]:
    """The string at `at`, and where the next thing begins."""
    (length,) = struct.unpack_from("<Q", data, at)
    return data[at + 8 : at + 8 + length], at + 8 + length


def _after_value(data: mmap.mmap, at: int, kind: int) -> int:
    if kind in _VALUE_BYTES:
        return at + _VALUE_BYTES[kind]
    if kind == _STRING:
        return _string(data, at)[1]
    if kind == _ARRAY:
        kind, length = struct.unpack_from("<IQ", data, at)
        at += 12
        if kind in _VALUE_BYTES:
            return at + _VALUE_BYTES[kind] * int(length)
        if kind == _STRING:
            for _ in range(length):
                at = _string(data, at)[1]
            return at
    raise NotAModel(f"it holds metadata of the unknown type {kind}")
