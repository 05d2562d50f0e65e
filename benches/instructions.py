"""How many instructions a small call executes in arrownd's own code, beside the figures that are recorded in ``instructions.json``.

Run as ``python benches/instructions.py`` in an environment with arrownd in release mode, pyarrow, Polars, pandas, and Valgrind installed;
``make instructions`` does that, and ``make instructions ARGS=--record`` writes the figures down.

Callgrind counts; no clock is read, so a busy machine changes nothing. What is judged is the *own* column: instructions of arrownd's shared
object alone, as those of Python and of the producers change with their versions. *All* is everything that ran, the loop too. A figure is the
difference between twice as many calls and as many: what happens once cancels out. A call that became dearer fails, and so does one
that became cheaper, until that is recorded. The figures are those of one compiler and one kind of machine; elsewhere they are shown, not judged.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

RECORDED = Path(__file__).with_suffix(".json")
DUMPS = Path(__file__).parents[1] / "target" / "instructions"
CALLS = 100
PARTS = 3  # of each call: what came before, CALLS of them, twice as many
TOLERANCE = 0.05
LEAST = 20  # instructions that are no regression, however small the call


def calls() -> dict[str, Callable[[], object]]:
    """What is counted: small arrays, whose values cost less than the call."""
    import numpy as np
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    import arrownd
    from arrownd import explain, from_numpy, to_columns, to_masked, to_numpy

    class Capsule:
        """A producer that arrownd knows nothing about."""

        def __init__(self, array: pa.Array) -> None:
            self.array = array

        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return self.array.__arrow_c_array__(requested_schema)

    values = np.arange(16)
    ints = pa.array(values)
    chunked = pa.chunked_array([ints])
    some = pa.array([None if i % 3 == 0 else i for i in range(16)])
    moments = pa.array(values.astype("M8[us]"))
    lists = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(48, "f4")), 3)
    bools = pa.array(values % 2 == 0)
    texts = pa.array([f"text {i}" for i in range(16)])
    days = pa.array(values.astype("M8[D]"))
    table = pa.table({name: values.astype("f8") for name in "abc"})
    series = pl.Series(values)
    backed = pd.Series(pd.arrays.ArrowExtensionArray(chunked))
    capsule = Capsule(ints)
    out = np.empty(16)
    matrix = np.zeros((16, 4), "f4")
    columns, names = np.zeros((16, 4), order="F"), list("abcd")
    truths = values % 2 == 0
    masked = np.ma.MaskedArray(values, mask=truths)
    floats = np.where(truths, np.nan, 1.0)
    words = np.array([f"text {i}" for i in range(16)], "U")
    made = from_numpy(values)

    def refused() -> None:
        try:
            to_numpy(some, allow_copy=False)
        except arrownd.CopyNotAllowedError:
            return
        raise AssertionError("a copy without leave")

    return {
        "to_numpy pa.Array int64": lambda: to_numpy(ints),
        "to_numpy pa.Array timestamp[us]": lambda: to_numpy(moments),
        "to_numpy pa.ChunkedArray int64": lambda: to_numpy(chunked),
        "to_numpy pl.Series int64": lambda: to_numpy(series),
        "to_numpy pd.Series int64[pyarrow]": lambda: to_numpy(backed),
        "to_numpy a capsule of int64": lambda: to_numpy(capsule),
        "to_numpy fixed_size_list[float, 3]": lambda: to_numpy(lists),
        "to_numpy int64 with nulls": lambda: to_numpy(some),
        "to_numpy int64 with nulls, out=": lambda: to_numpy(some, out=out),
        "to_numpy bool": lambda: to_numpy(bools),
        "to_numpy date32": lambda: to_numpy(days),
        "to_numpy utf8": lambda: to_numpy(texts),
        "to_numpy int64, dtype=float64": lambda: to_numpy(ints, dtype="float64"),
        "to_numpy table of 3 columns": lambda: to_numpy(table),
        "to_columns table of 3 columns": lambda: to_columns(table),
        "to_masked int64 with nulls": lambda: to_masked(some),
        "to_numpy CopyNotAllowedError": refused,
        "explain int64 with nulls": lambda: explain(some),
        "from_numpy 1-D": lambda: from_numpy(values),
        "from_numpy 2-D": lambda: from_numpy(matrix),
        "from_numpy bool": lambda: from_numpy(truths),
        "from_numpy F-order with names": lambda: from_numpy(columns, names=names),
        "from_numpy masked": lambda: from_numpy(masked),
        "from_numpy NaN as null": lambda: from_numpy(floats, nan_as_null=True),
        "from_numpy U": lambda: from_numpy(words),
        "Array.__arrow_c_array__": lambda: made.__arrow_c_array__(),
    }


def count() -> None:
    """What Valgrind runs: `os.getppid` marks where each part ends."""
    every = calls()
    gc.disable()
    for call in every.values():
        for _ in range(CALLS):  # caches by type are filled, symbols are bound
            call()
        os.getppid()
        for _ in range(CALLS):
            call()
        os.getppid()
        for _ in range(2 * CALLS):
            call()
        os.getppid()
    print(json.dumps(list(every)), flush=True)
    os._exit(0)


def costs(dump: Path) -> Counter[str]:
    """Instructions by the object file that they are in."""
    sums: Counter[str] = Counter()
    current, of_callee = "", False
    for line in dump.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("ob="):
            current = line[3:]
        elif line.startswith("calls="):
            of_callee = True  # the next line is what the callee cost
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            fields = line.split()
            if not of_callee and len(fields) > 1:
                sums[current] += int(fields[1])
            of_callee = False
    return sums


def measured(valgrind: str, library: str) -> dict[str, tuple[int, int, Path]]:
    """By call: own instructions, all of them, and the dump that says where they are spent."""
    shutil.rmtree(DUMPS, ignore_errors=True)
    DUMPS.mkdir(parents=True)
    command = [valgrind, "--tool=callgrind", "--dump-before=getppid", "--compress-strings=no"]
    command += [f"--callgrind-out-file={DUMPS}/part", sys.executable, __file__, "--counted"]
    # Nothing of the caller's environment: its size alone moves the stack.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0", "POLARS_MAX_THREADS": "1"}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"valgrind couldn't run arrownd on this machine ({platform.machine()}):\n{done.stderr}")
    names = json.loads(done.stdout.splitlines()[-1])
    dumps = sorted(DUMPS.glob("part.*"), key=lambda file: int(file.suffix[1:]))
    if len(dumps) < PARTS * len(names):
        sys.exit(f"valgrind wrote {len(dumps)} parts for {len(names)} calls: does it know getppid?\n{done.stderr}")
    found = {}
    for name, at in zip(names, range(len(dumps) - PARTS * len(names), len(dumps), PARTS), strict=True):
        once, twice = costs(dumps[at + 1]), costs(dumps[at + 2])
        own = (twice[library] - once[library]) / CALLS
        found[name] = (round(own), round((twice.total() - once.total()) / CALLS), dumps[at + 2])
    return found


def built_by(library: str) -> str:
    """The compiler, as it has signed the library."""
    signature = re.search(rb"rustc version (\d+\.\d+\.\d+)", Path(library).read_bytes())
    return signature[1].decode() if signature else "unknown"


def kind_of_machine() -> str:
    """What decides which code runs: Valgrind has AVX2 where the CPU has it, and never AVX-512."""
    flags = Path("/proc/cpuinfo")
    has_avx2 = flags.exists() and re.search(r"^flags\b.*\bavx2\b", flags.read_text(), re.M)
    return platform.machine() + (", AVX2" if has_avx2 else "")


def main() -> int:
    parser = argparse.ArgumentParser(description="instructions of small calls, beside the recorded ones")
    parser.add_argument("--record", action="store_true", help=f"write the figures to {RECORDED.name}")
    parser.add_argument("--counted", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.counted:
        count()
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        print("NOT COUNTED: no valgrind here (apt-get install valgrind), so the call path was compared with nothing.")
        return 0
    import arrownd._core

    library = os.path.realpath(arrownd._core.__file__)
    figures = measured(valgrind, library)
    setting = {
        "machine": kind_of_machine(),
        "rustc": built_by(library),
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    if arguments.record:
        content = {**setting, "calls": {name: own for name, (own, _, _) in figures.items()}}
        RECORDED.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        recorded = content
    else:
        recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    failed = report(figures, recorded["calls"])
    if any(recorded[key] != value for key, value in setting.items()):
        theirs = ", ".join(f"{key} {recorded[key]}" for key in setting)
        ours = ", ".join(f"{key} {value}" for key, value in setting.items())
        print(f"NOT JUDGED: recorded with {theirs}; this is {ours}.")
        return 0
    return int(failed)


def report(figures: dict[str, tuple[int, int, Path]], recorded: dict[str, int]) -> bool:
    """Prints the table, and says whether anything in it is no longer what was recorded."""
    verdicts = []
    print(f"{'instructions a call':36}{'own':>8}{'recorded':>10}{'change':>9}{'all':>9}")
    for name, (own, everything, dump) in figures.items():
        before = recorded.get(name)
        if before is None:
            print(f"{name:36}{own:8}{'-':>10}{'':9}{everything:9}")
            verdicts.append(f"{name}: not recorded")
            continue
        change = own - before
        print(f"{name:36}{own:8}{before:10}{change:+9}{everything:9}")
        if abs(change) > max(LEAST, TOLERANCE * before):
            ratio = f"{own / before:.2f} of what was recorded" if before else "none recorded"
            where = f"callgrind_annotate {dump}"
            better = "" if change > 0 else ": record it"
            verdicts.append(f"{name}: {before} -> {own}, {ratio}{better} ({where})")
    verdicts += [f"{name}: recorded, and counted no longer" for name in recorded if name not in figures]
    if verdicts:
        print("\n".join(["", "Not what was recorded (make instructions ARGS=--record, if it is meant):", *verdicts]))
    return bool(verdicts)


if __name__ == "__main__":
    sys.exit(main())
