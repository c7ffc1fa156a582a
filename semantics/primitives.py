"""The table of primitive operations that Core's `Prim` names: `(static, exact, *arguments) -> value`.

exact: whether the run keeps rational numbers; only what makes a number of nothing else (`/` of
ints, `sqrt`, `zeros`, …) looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pplc.semantics.primitives_arithmetic import ARITHMETIC, Primitive
from pplc.semantics.primitives_functions import FUNCTIONS
from pplc.semantics.primitives_laws import LAWS
from pplc.semantics.primitives_linear import LINEAR
from pplc.semantics.primitives_reductions import REDUCTIONS
from pplc.semantics.primitives_structure import STRUCTURE

__all__ = ["PRIMITIVES", "Primitive"]

PRIMITIVES: Mapping[str, Primitive] = MappingProxyType(
    {**ARITHMETIC, **STRUCTURE, **FUNCTIONS, **REDUCTIONS, **LINEAR, **LAWS}
)
