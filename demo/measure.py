"""How long a call takes beside others, and how much memory it needs at its peak."""

from __future__ import annotations

import ctypes
import gc
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow as pa

from contenders import CONTENDERS

SAMPLE_SECONDS = 0.004


def interleaved_times(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds a call, by round. Every round runs every call once, each time starting with the next one,
    so that a slow moment of the machine strikes all of them."""
    names = list(calls)
    repeats = {name: repeats_for(calls[name]) for name in names}
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    gc.disable()
    try:
        for i in range(rounds):
            first = i % len(names)
            for name in names[first:] + names[:first]:
                times[name].append(seconds_a_call(calls[name], repeats[name]))
    finally:
        gc.enable()
    return times


def median_ratio(times: list[float], reference: list[float]) -> float:
    """The median of the rounds' own ratios."""
    return median(a / b for a, b in zip(times, reference, strict=True))


def repeats_for(call: Callable[[], object]) -> int:
    call()
    return max(1, round(SAMPLE_SECONDS / seconds_a_call(call, 1)))


def seconds_a_call(call: Callable[[], object], repeats: int) -> float:
    """Freeing the last result is not timed; with several repeats the others' is."""
    result: object = None
    start = time.perf_counter()
    for _ in range(repeats):
        result = call()
    seconds = (time.perf_counter() - start) / repeats
    del result
    return seconds


def peak_memory(file: Path, contender: str, job: str) -> int:
    """The bytes by which one call raises the peak of the resident memory, in a process of its own."""
    command = [sys.executable, __file__, str(file), contender, job]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure_peak(file: str, contender: str, job: str) -> int:
    (chosen,) = (each for each in CONTENDERS if each.name == contender)
    call = chosen.job(job)
    table = pa.ipc.open_file(pa.OSFile(file)).read_all()
    call(chosen.frame(table.slice(0, 1000)))  # lazy imports and thread pools aren't the job's
    frame = chosen.frame(table)
    gc.collect()
    before = settle()
    result = call(frame)
    growth = peak_bytes() - before
    del result
    return max(0, growth)


STATUS = Path("/proc/self/status")


def settle() -> int:
    """Give free memory back, forget the peak so far where the system can (Linux), and say what is the peak now."""
    if STATUS.exists():
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    return peak_bytes()


def peak_bytes() -> int:
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    print(measure_peak(*sys.argv[1:]))
