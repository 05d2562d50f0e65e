"""One or more cases for every row of arrownd's type table; tests/test_type_table.py holds them to it."""

from __future__ import annotations

from .case import Case, Chunk
from .decimals import decimal_cases
from .encoded import encoded_cases
from .extensions import interval_case, leaf_extension_cases, tensor_cases
from .lists import list_cases
from .members import member_cases
from .moments import moment_cases
from .nested import nested_cases
from .numbers import number_cases
from .octets import octet_cases
from .storage import storage_struct_cases

PLAIN: list[Case] = [
    *number_cases(),
    *decimal_cases(),
    *moment_cases(),
    *octet_cases(),
    *leaf_extension_cases(),
    *member_cases(),
]
ENCODED: list[Case] = encoded_cases(PLAIN)
LEAVES: list[Case] = [*PLAIN, *ENCODED]
NESTED: list[Case] = [*nested_cases(LEAVES), *tensor_cases(), interval_case()]
CASES: list[Case] = [*LEAVES, *NESTED, *list_cases([*LEAVES, *NESTED]), *storage_struct_cases()]

__all__ = ["CASES", "LEAVES", "Case", "Chunk"]
