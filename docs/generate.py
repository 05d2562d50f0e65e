"""Writes docs/types.md and docs/reasons.md from the tables that the planner uses; --check only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from arrownd import _core

HERE = Path(__file__).parent

TYPES_HEAD = """\
# What each Arrow type becomes

<!-- Written by docs/generate.py from the type table (crates/arrownd/src/mapping/table.rs). Edit the table, then `make docs`. -->

*no nulls* is the dtype of a result in which nothing is missing. *nulls* is the dtype under `nulls="nan"`, the default,
when a value is missing. Under `nulls="masked"` or with `na_value=` the dtype is always that of *no nulls*.

*view* means: the result is the producer's memory where there is one non-empty chunk, no null, and the dtype isn't
changed. *copy* means: one pass from the Arrow buffers into the new array. `explain` says which of the two a given
input gets. `*` means: it depends on what is inside.

A list of variable size is a view too, where all lists have one length and their values lie in a row: `lists=` says what
else becomes of them.

`dtype=object` makes one Python object a value, for every type; lists and tensors are Python lists there.
"""

TYPES_LATER = """\
## Not in this version

These types raise `UnsupportedTypeError`, which names the type and the field. The columns say what they will become.
"""

DENSE_HEAD = """\
## What each dtype becomes

<!-- From the table in crates/arrownd/src/dense/table.rs. -->

What `from_numpy` makes of an array when `type=` isn't passed. *view* means: the memory is shared where the values lie next to
each other in C order, aligned and in the machine's byte order; otherwise it is copied in one pass. A mask never makes a copy:
the bitmap lies beside the values. More dimensions than one are nested `fixed_size_list`s over one buffer.
"""

REASONS_HEAD = """\
# Why a copy is made

<!-- Written by docs/generate.py from the reasons (crates/arrownd/src/plan/reason.rs). Edit those, then `make docs`. -->

The reasons are a closed set. `explain(...).reasons` and `CopyNotAllowedError.reasons` hold `Reason` objects with
`code`, `text` and `remedy`. Numbers and dtypes in the sentences are examples. Codes that come twice are said the second way on
the way from NumPy to Arrow; `misaligned`, `strided` and `byte-order` occur only there. `realigned` doesn't occur yet,
`borrowed` and `optional` only in Rust.
"""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def code(text: str) -> str:
    return f"`{text}`"


def types_page() -> str:
    rows = _core.type_table()
    head = ["Arrow type", "no nulls", "nulls", "", "note"]

    def lines(supported: bool) -> list[list[str]]:
        return [
            [
                code(row["name"]),
                code(row["dtype"]),
                code(row["with_nulls"]),
                "view" if row["view"] else "copy",
                row["note"].replace("|", "\\|"),
            ]
            for row in rows
            if row["supported"] is supported
        ]

    page = f"{TYPES_HEAD}\n{table(head, lines(True))}"
    later = lines(False)
    page += f"\n{TYPES_LATER}\n{table(head, later)}" if later else ""
    return f"{page}\n{DENSE_HEAD}\n{table(['dtype', 'Arrow type', '', 'note'], dense_lines())}"


def dense_lines() -> list[list[str]]:
    return [
        [code(row["dtype"]), code(row["type"]), "view" if row["view"] else "copy", row["note"].replace("|", "\\|")]
        for row in _core.dense_type_table()
    ]


def reasons_page() -> str:
    rows = [[code(row["code"]), row["text"], row["remedy"]] for row in _core.reason_table()]
    return f"{REASONS_HEAD}\n{table(['code', 'sentence', 'to view instead'], rows)}"


def pages() -> dict[Path, str]:
    return {HERE / "types.md": types_page(), HERE / "reasons.md": reasons_page()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is out of date")
    stale = [path for path, page in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != page]
    if parser.parse_args().check:
        for path in stale:
            print(f"docs/{path.name} is out of date: run `make docs`", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path], encoding="utf-8")
        print(f"docs/{path.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
