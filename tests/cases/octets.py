"""Text, bytes, fixed-size binary."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, case, fixed, listed, objects_of

TEXTS = ["", "a", "naïve", "日本語のテキスト", "a\x00b", "longer than twelve bytes"]
RAW = [b"", b"a", b"\x00\xff", b"longer than twelve bytes", b"\x80"]


def octet_cases() -> list[Case]:
    found = []
    for row, type in (("utf8", pa.utf8()), ("large_utf8", pa.large_utf8()), ("utf8_view", pa.string_view())):
        texts = objects_of(TEXTS)
        found.append(
            case(row, type, listed(type, TEXTS), texts, texts, object, view=False, copied_for=("objects",), fill="none")
        )
    for row, type in (("binary", pa.binary()), ("large_binary", pa.large_binary()), ("binary_view", pa.binary_view())):
        raw = objects_of(RAW)
        found.append(
            case(row, type, listed(type, RAW), raw, raw, object, view=False, copied_for=("objects",), fill=b"none")
        )
    found.extend(fixed_size_binary(width) for width in (1, 3, 16))
    return found


def fixed_size_binary(width: int) -> Case:
    type = pa.binary(width)
    raw = np.arange(5 * width, dtype="uint8").reshape(5, width)
    raw[1] = 0
    clean = np.ascontiguousarray(raw).view(f"V{width}").reshape(5)
    pythons = objects_of([bytes(r) for r in raw])
    return case("fixed_size_binary", type, fixed(type, clean), clean, pythons, object, fill=b"\xab" * width)
