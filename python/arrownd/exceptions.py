"""What can go wrong. Each message says what, where, and what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arrownd._core import Reason


class ArrowndError(Exception):
    """The base of every error that arrownd raises for data (misuse of options is a TypeError)."""


class CopyNotAllowedError(ArrowndError, RuntimeError, ValueError):
    """``allow_copy=False``, and a copy is needed.

    Attributes
    ----------
    reasons : tuple of Reason
        The same reasons that ``explain`` gives.
    """

    reasons: tuple[Reason, ...] = ()


class NullsError(ArrowndError, ValueError):
    """Values are missing where the request leaves no place for them."""


class LossyCastError(ArrowndError, ValueError):
    """A value can't be held exactly. The message names the value and its position."""


class RaggedError(ArrowndError, ValueError):
    """Lists of unequal length where a dense array was asked for."""


class UnsupportedTypeError(ArrowndError, TypeError):
    """There is no conversion from that Arrow type to that dtype. The message names both."""


class InvalidArrowError(ArrowndError, ValueError):
    """The producer handed over data that breaks the Arrow specification."""
