"""Plain text for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, indent

WIDTH = 98


def heading(number: int, title: str) -> None:
    print(f"\n── {number}  {title} ".ljust(WIDTH + 2, "─") + "\n")


def text(words: str) -> None:
    print(fill(" ".join(words.split()), WIDTH) + "\n")


def code(lines: str) -> None:
    print(indent(lines, ">>> ") + "\n")


def output(lines: str) -> None:
    print("\n".join(hang("    ", line) for line in lines.splitlines()) + "\n")


def hang(label: str, words: str) -> str:
    """The label, then the words in a column of their own beside it."""
    return fill(words, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """Columns as wide as their widest cell; the first `left` of them flush left, the others flush right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(("    " + "  ".join(cells)).rstrip())
    print()


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"
