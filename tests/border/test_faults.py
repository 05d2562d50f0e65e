"""Each faulty producer ends in the right error, by every way in, without a crash, a panic, a leak or a consequence."""

from __future__ import annotations

import re

import pytest

from .courier import Report, run_faults
from .faults import PASSES, Attempt, Fault
from .registry import registry
from .rules import RULES

FAULTS = registry()

# What a reader of an error message has no use for.
RUST = re.compile(r"panick|unwrap|\.rs:|called `|rust_backtrace|c data interface error|some\(|none\)", re.IGNORECASE)


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest) -> dict[str, Report]:
    """Of all the faults that this session selected, worked through in one go."""
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    chosen = [given["fault"].name for given in parameters if isinstance(given.get("fault"), Fault)]
    return run_faults(dict.fromkeys(chosen))


def complaints(attempt: Attempt, outcome: dict) -> list[str]:
    """All that is wrong with how an attempt went."""
    if "died" in outcome:
        return [f"killed the process: {outcome['died']}\n{outcome['stderr']}"]
    wrong = []
    if outcome["error"] is None:
        if not attempt.may_succeed:
            wrong.append(f"let through, as {outcome['result'][:200]}")
        elif attempt.sound and outcome["result"] != outcome["sound"]:
            wrong.append(f"{outcome['result']} instead of {outcome['sound']}")
    else:
        wrong += error_complaints(attempt, outcome)
    if outcome["unreleased"]:
        wrong.append(f"never released: {outcome['unreleased']}")
    if outcome["released_twice"]:
        wrong.append("released twice")
    if outcome["references"]:
        wrong.append(f"{outcome['references']} references to the producer are left")
    if outcome["stderr"]:
        wrong.append(f"written to standard error: {outcome['stderr'][:500]}")
    return wrong


def error_complaints(attempt: Attempt, outcome: dict) -> list[str]:
    wrong = []
    message = outcome["message"]
    if attempt.expected == PASSES:
        if not outcome["own"]:
            wrong.append(f"not the producer's own exception: {outcome['error']}: {message[:300]}")
        return wrong
    if not set(attempt.expected) & set(outcome["classes"]):
        wrong.append(f"{outcome['error']} instead of {' or '.join(attempt.expected)}: {message[:300]}")
    if not re.search(attempt.message, message.lower(), re.DOTALL):
        wrong.append(f"the message lacks /{attempt.message}/: {message[:300]}")
    if RUST.search(message):
        wrong.append(f"the message speaks Rust: {message[:300]}")
    if not message.strip():
        wrong.append("the message is empty")
    return wrong


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_fault(fault: Fault, reports: dict[str, Report]) -> None:
    report = reports[fault.name]
    assert fault.attempts
    found = []
    for index, attempt in enumerate(fault.attempts):
        if index not in report:
            found.append(f"{attempt.label} {attempt.call}: not reached")
            continue
        found += [f"{attempt.label} {attempt.call}: {wrong}" for wrong in complaints(attempt, report[index])]
    assert not found, "\n".join(found)
    assert report["after"] is None, f"a sound conversion afterwards: {report['after']}"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_a_fault(rule: str) -> None:
    assert [fault for fault in FAULTS.values() if fault.rule == rule], RULES[rule].sentence


def test_each_fault_breaks_a_rule_and_is_attempted() -> None:
    assert {fault.rule for fault in FAULTS.values()} == set(RULES)
    assert all(fault.attempts for fault in FAULTS.values())
