"""How values can lie in Arrow memory: chunks, slices at any bit offset, nulls in every pattern.

A layout is applied to a case; what comes out knows which value each row holds and which rows are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from cases import Case, Chunk

Valid = Callable[[int, int, int], "np.ndarray | None"]


def rows(total: int) -> np.ndarray:
    return np.arange(total)


# Which rows hold a value, from the total length of the buffers and the slice taken of them. None: no bitmap at all.
NULLS: dict[str, Valid] = {
    "no bitmap": lambda total, start, stop: None,
    "all valid": lambda total, start, stop: rows(total) >= 0,
    "all null": lambda total, start, stop: rows(total) < 0,
    "every other null": lambda total, start, stop: rows(total) % 2 == 1,
    "one in 67 null": lambda total, start, stop: rows(total) % 67 != 40,
    "first null": lambda total, start, stop: rows(total) != start,
    "last null": lambda total, start, stop: rows(total) != stop - 1,
    "a run of nulls": lambda total, start, stop: (rows(total) < 60) | (rows(total) >= 140),
    "nulls outside the slice": lambda total, start, stop: (rows(total) >= start) & (rows(total) < stop),
}


@dataclass(frozen=True)
class Piece:
    """One chunk: `length` rows from `start` on, of an array that goes on for `after` more."""

    length: int
    start: int = 0
    after: int = 0
    nulls: str = "no bitmap"


@dataclass(frozen=True)
class Placed:
    """A producer, and what it holds as the layout put it there."""

    name: str
    obj: Any
    idx: np.ndarray
    missing: np.ndarray
    filled_chunks: int
    address: int | None
    ranges: tuple[tuple[int, int], ...]
    keep: tuple[Chunk, ...]
    hollow: bool = False

    @property
    def length(self) -> int:
        return len(self.idx)

    @property
    def nulls(self) -> int:
        """How many rows have missing values in the result."""
        return 0 if self.hollow else int(self.missing.sum())

    @property
    def empty(self) -> bool:
        """No value comes out of it, though there may be rows."""
        return self.hollow or self.length == 0


@dataclass(frozen=True)
class Layout:
    name: str
    pieces: tuple[Piece, ...]
    chunked: bool = False

    def of(self, case: Case) -> Placed:
        chunks, idx, missing = [], [np.zeros(0, "int64")], [np.zeros(0, bool)]
        for number, piece in enumerate(self.pieces):
            total = piece.start + piece.length + piece.after
            stop = piece.start + piece.length
            # Steps of 3 through the values, so that neighbours differ and no two chunks begin alike.
            held = (np.arange(total) * 3 + number) % len(case.clean)
            valid = NULLS[piece.nulls](total, piece.start, stop)
            chunks.append(case.chunk(held, valid, piece.start, piece.length))
            idx.append(held[piece.start : stop])
            invalid = np.zeros(total, bool) if valid is None else ~valid
            missing.append(invalid[piece.start : stop] | case.all_missing)
        filled = [c for c in chunks if c.length]
        gone = np.concatenate(missing)
        return Placed(
            name=self.name,
            obj=case.stream(chunks) if self.chunked else chunks[0].producer,
            idx=np.concatenate(idx),
            missing=gone,
            filled_chunks=len(filled),
            address=filled[0].address if len(filled) == 1 else None,
            ranges=tuple(r for c in chunks for r in c.ranges),
            keep=tuple(chunks),
            hollow=case.hollow(gone),
        )


def one(name: str, **piece) -> Layout:
    return Layout(name, (Piece(**piece),))


def many(name: str, *pieces: Piece) -> Layout:
    return Layout(name, pieces, chunked=True)


def all_layouts() -> list[Layout]:
    found = [one(f"{n} rows", length=n) for n in (0, 1, 63, 64, 65, 200)]
    found += [one(f"{n} rows, bitmap all ones", length=n, nulls="all valid") for n in (1, 65, 200)]
    found += [one(f"{n} rows, all null", length=n, nulls="all null") for n in (1, 65)]
    for nulls in ("every other null", "one in 67 null", "first null", "last null", "a run of nulls"):
        found.append(one(f"200 rows, {nulls}", length=200, nulls=nulls))
    for start in (1, 7, 8, 9, 63, 64, 65):
        found.append(one(f"sliced from {start}", length=70, start=start, after=3))
        found.append(
            one(f"sliced from {start}, {'every other null'}", length=70, start=start, nulls="every other null")
        )
        found.append(
            one(f"sliced from {start}, nulls only outside", length=70, start=start, after=5,
                nulls="nulls outside the slice")
        )  # fmt: skip
    found.append(one("sliced from 9, last null", length=64, start=9, after=9, nulls="last null"))
    found.append(one("sliced from 30, a run of nulls", length=128, start=30, after=60, nulls="a run of nulls"))
    found.append(one("sliced to nothing", length=0, start=9, after=9, nulls="every other null"))
    empty, sliced_empty = Piece(0), Piece(0, start=3, after=2, nulls="every other null")
    plain, sliced = Piece(63), Piece(65, start=9, after=4)
    holes = Piece(70, start=7, after=2, nulls="every other null")
    found += [
        many("no chunk"),
        many("one empty chunk", empty),
        many("empty chunks only", empty, sliced_empty, empty),
        many("one chunk of a stream", sliced),
        many("one chunk among empty ones", empty, sliced, sliced_empty),
        many("one chunk with nulls among empty ones", empty, holes, empty),
        many("two chunks", plain, sliced),
        many("two single rows", Piece(1), Piece(1)),
        many("five chunks, two empty", plain, empty, sliced, sliced_empty, Piece(1)),
        many("nulls in one chunk of three", plain, holes, sliced),
        many("nulls in every chunk", holes, Piece(1, nulls="all null"), Piece(130, start=1, nulls="one in 67 null")),
        many(
            "twenty chunks",
            *(Piece(1 + n % 9, start=n, nulls="first null" if n % 4 else "no bitmap") for n in range(20)),
        ),
    ]
    return found


LAYOUTS = all_layouts()
