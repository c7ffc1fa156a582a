"""Progress on standard error: one line that is written over, once a run has taken more than a second."""

from __future__ import annotations

from time import monotonic
from typing import TextIO

from pplc.lang.diagnostics import Diagnostic
from pplc.lang.render import render

PATIENCE = 1.0
"""Seconds before anything is shown."""

INTERVAL = 0.1
WIDTH = 78


class Line:
    """`pplc.inference.progress.Progress` on a stream; also holds the deadline, and the wish to stop."""

    def __init__(self, stream: TextIO, *, shown: bool, seconds: float | None) -> None:
        self._stream = stream
        self._shown = shown
        self._start = monotonic()
        self._deadline = None if seconds is None else self._start + seconds
        self._next = self._start + PATIENCE
        self._asked = False
        self._dirty = False

    def advance(self, task: str, done: int, total: int | None = None, note: str = "") -> None:
        """Shows how far the task is, at most ten times a second, until it is asked to stop."""
        now = monotonic()
        if not self._shown or self._asked or now < self._next:
            return
        self._next = now + INTERVAL
        share = f"{done:,}" if total is None else f"{done:,}/{total:,} ({done / max(total, 1):.0%})"
        text = f"{task} {share} {now - self._start:.0f} s {note}".rstrip()
        self._write(text[:WIDTH])

    def warn(self, warning: Diagnostic) -> None:
        """Shows it at once, whether or not progress is shown."""
        self.clear()
        self._stream.write(render(warning, colour=self._stream.isatty()).rstrip("\n") + "\n\n")
        self._stream.flush()

    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed or the time is up."""
        return self._asked or (self._deadline is not None and monotonic() >= self._deadline)

    def late(self) -> bool:
        """Never: what is asked for is waited for."""
        return False

    def ask(self) -> None:
        """Wishes for the end."""
        self._asked = True
        self._stream.write("\nstopping at the next chance (Ctrl-C again: give up)\n")
        self._stream.flush()

    def clear(self) -> None:
        """Wipes the line."""
        if self._dirty:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._dirty = False

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\x1b[K{text}")
        self._stream.flush()
        self._dirty = True
