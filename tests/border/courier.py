"""Sends faults to workers, and brings back what became of each attempt, also of those that killed their worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

HERE = Path(__file__).resolve().parent
PACKAGE = __package__ or HERE.name
PATIENCE = 120  # seconds without a word after which an attempt counts as one that never ends

Place = tuple[str, Any]  # a fault and where in it: an attempt's index, or "after"
Report = dict[Any, Any]  # attempt -> outcome; "after" -> what the sound conversion afterwards did


def command_for(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """A Python that finds this package as this process does, and its environment."""
    root = HERE.parents[PACKAGE.count(".")]
    paths = os.pathsep.join([str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    return [sys.executable, "-X", "faulthandler", *arguments], {**os.environ, "PYTHONPATH": paths}


def run_faults(names: Iterable[str]) -> dict[str, Report]:
    """A report per fault. A worker that dies or hangs fails the attempt it was at; the faults after it go to a new one."""
    left = list(names)
    reports: dict[str, Report] = {name: {} for name in left}
    while left:
        left = _one_worker(left, reports)
    return reports


def _one_worker(names: list[str], reports: dict[str, Report]) -> list[str]:
    """Fills in reports and returns the faults that are left to do."""
    command, environment = command_for("-m", f"{PACKAGE}.worker")
    at: Place | None = None
    done: set[str] = set()
    with (
        tempfile.TemporaryFile("w+") as stderr,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment
        ) as worker,
    ):
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(names))
        worker.stdin.close()
        for said in _said_by(worker):
            fault = said["fault"]
            if "after" in said:
                reports[fault]["after"] = said["after"]
                done.add(fault)
                at = None
            elif "outcome" in said:
                reports[fault][said["attempt"]] = said["outcome"]
                at = fault, "after"
            else:
                at = fault, said["attempt"]
        status = worker.wait()
        stderr.seek(0)
        last_words = stderr.read()[-3000:]
    if at is not None:
        fault, attempt = at
        reports[fault][attempt] = {"died": f"status {status}", "stderr": last_words}
        done.add(fault)
    elif status:
        raise RuntimeError(f"the worker failed outside of any fault, with status {status}:\n{last_words}")
    return [name for name in names if name not in done]


def _said_by(worker: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What a worker says, until it ends; one that falls silent is killed."""
    assert worker.stdout is not None
    lines: Queue[str | None] = Queue()
    pump = threading.Thread(target=_pump, args=(worker.stdout, lines), daemon=True)
    pump.start()
    try:
        while (line := lines.get(timeout=PATIENCE)) is not None:
            yield json.loads(line)
    except Empty:
        worker.kill()
    pump.join()


def _pump(stream: IO[str], lines: Queue[str | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
