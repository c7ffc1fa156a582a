"""The passes over Core: each may change the program, never what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pplc.lang import core
from pplc.lang.passes.constants import fold_constants
from pplc.lang.passes.dead_code import drop_dead_code
from pplc.lang.passes.independence import find_independent_loops
from pplc.lang.passes.inlining import inline_functions

Pass: TypeAlias = Callable[[core.Program], core.Program]

PIPELINE: tuple[Pass, ...] = (
    fold_constants,  # first: it shows which function a call through a variable calls
    inline_functions,  # before the rest: calls hide constants, dead code and independence
    fold_constants,  # again: arguments and top-level `let`s have become visible
    drop_dead_code,  # after folding, which leaves the copies it has read through
    find_independent_loops,  # last: every other pass can only take obstacles away
)
