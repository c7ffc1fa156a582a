"""Narrowing of values of unknown type, of whose parts nothing is known either."""

# pyright: basic

from __future__ import annotations

from typing import Any


def as_list(value: object) -> list[Any] | None:
    """The value if it is a list, else None."""
    return value if isinstance(value, list) else None


def as_tuple(value: object) -> tuple[Any, ...] | None:
    """The value if it is a tuple, else None."""
    return value if isinstance(value, tuple) else None
