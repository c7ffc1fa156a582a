"""What a check leaves behind: a program with its types, and its models as data and queries see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pplc.lang.diagnostics import Diagnostic, Span
from pplc.lang.scope import Resolution
from pplc.lang.syntax import Program, Query
from pplc.lang.typesys import Type


@dataclass(frozen=True, slots=True)
class ModelSignature:
    """A model of the program, as data binding and queries see it.

    parameters: names, types and places of what it takes.
    result:     what it returns.
    variables:  the types of what queries may speak of, by name; drawn in a loop, with the loop's axes.
    calls:      of variables drawn from other models of the file, which: `f ~ line()` has `f.slope`.
    """

    parameters: tuple[tuple[str, Type, Span], ...]
    result: Type
    variables: Mapping[str, Type] = field(default_factory=dict[str, Type])
    calls: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Checked:
    """A program with its types.

    types:   of expressions, patterns, targets and parameters, by `id(node)`.
    models:  in the order of the file.
    entry:   the last model of the file; empty if it has none.
    queries: those of the file, in order.
    """

    program: Program
    names: Resolution
    types: Mapping[int, Type]
    models: Mapping[str, ModelSignature]
    entry: str
    queries: tuple[Query, ...]
    warnings: tuple[Diagnostic, ...]
