"""Sends faults to workers, and brings back what became of each attempt, also of those that killed their worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = __package__ or HERE.name
PATIENCE = 120  # seconds without a word after which an attempt counts as one that never ends

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
    worker = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(names))
    worker.stdin.close()
    lines: Queue[str | None] = Queue()
    last_words: list[str] = []
    threading.Thread(target=_pump, args=(worker.stdout, lines), daemon=True).start()
    listener = threading.Thread(target=lambda: last_words.append(worker.stderr.read()), daemon=True)  # type: ignore[union-attr]
    listener.start()
    at: dict[str, Any] | None = None
    done: set[str] = set()
    hung = False
    while True:
        try:
            line = lines.get(timeout=PATIENCE)
        except Empty:
            hung = True
            worker.kill()
            break
        if line is None:
            break
        said = json.loads(line)
        report = reports[said["fault"]]
        if "after" in said:
            report["after"] = said["after"]
            done.add(said["fault"])
            at = None
        elif "outcome" in said:
            report[said["attempt"]] = said["outcome"]
            at = {"fault": said["fault"], "attempt": "after"}
        else:
            at = said
    status = worker.wait()
    listener.join(timeout=10)
    tail = "".join(last_words)[-3000:]
    if at is not None:
        reports[at["fault"]][at["attempt"]] = {"died": "it never ended" if hung else f"status {status}", "stderr": tail}
        done.add(at["fault"])
    elif status or hung:
        raise RuntimeError(f"the worker failed outside of any fault, with status {status}:\n{tail}")
    return [name for name in names if name not in done]


def _pump(stream, lines: Queue) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)
