"""The passes over Core, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pplc.lang import core

Pass: TypeAlias = Callable[[core.Program], core.Program]

PIPELINE: tuple[Pass, ...] = ()
