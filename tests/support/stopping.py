"""A run that is stopped half way, at the same place each time."""

from __future__ import annotations

from pplc.inference.progress import Silent


class StopAfter(Silent):
    """Asks to stop after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def stopped(self) -> bool:
        """Whether the looks are used up."""
        self.left -= 1
        return self.left < 0
