"""All the faults, by name."""

from __future__ import annotations

from . import (
    faults_buffers,
    faults_capsule,
    faults_children,
    faults_content,
    faults_encodings,
    faults_extension,
    faults_lengths,
    faults_protocol,
    faults_random,
    faults_schema,
    faults_streams,
)
from .faults import Fault

MODULES = (
    faults_schema,
    faults_children,
    faults_lengths,
    faults_buffers,
    faults_content,
    faults_encodings,
    faults_extension,
    faults_protocol,
    faults_capsule,
    faults_streams,
    faults_random,
)


def registry() -> dict[str, Fault]:
    found: dict[str, Fault] = {}
    for module in MODULES:
        for fault in module.faults():
            assert fault.name not in found, f"two faults are named {fault.name}"
            found[fault.name] = fault
    return found
