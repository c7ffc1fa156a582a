"""How a running method speaks to the one who waits: how far it is, and whether to stop.

A method calls `advance` as often as it likes and looks at `stopped()` at least every tenth of a second;
when that is true it returns what it has, with `Result.stopped` set.
"""

from __future__ import annotations

from time import monotonic
from typing import Protocol

from pplc.lang.diagnostics import Diagnostic


class Progress(Protocol):
    """What a method is handed."""

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        """`done` of `total` units of `task` are finished; a total of None means nobody knows."""

    def warn(self, warning: Diagnostic) -> None:
        """Something that the one who waits should know before the end."""

    def stopped(self) -> bool:
        """Whether the user pressed Ctrl-C or the time is up."""
        ...

    def late(self) -> bool:
        """Whether one long computation is to be broken off, with nothing to show for it: only on trial."""
        ...


class TooLate(Exception):
    """A computation on trial was broken off."""


class Silent:
    """Says nothing; stops after `seconds`, if given."""

    def __init__(self, seconds: float | None = None) -> None:
        self._deadline = None if seconds is None else monotonic() + seconds

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        """Nothing is shown."""

    def warn(self, warning: Diagnostic) -> None:
        """Nothing is shown."""

    def stopped(self) -> bool:
        """Whether the time is up."""
        return self._deadline is not None and monotonic() >= self._deadline

    def late(self) -> bool:
        """Never: what is asked for is waited for."""
        return False
