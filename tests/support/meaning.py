"""The meaning of a program, as something two programs can be compared by."""

from __future__ import annotations

from collections.abc import Mapping

from pplc.lang import core
from pplc.lang.check import check_program, check_text
from pplc.lang.diagnostics import Rejected
from pplc.lang.lower import lower_program
from pplc.lang.syntax import Program
from pplc.semantics.bound import Bound
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogWeight
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import Value


def lowered(program: Program | str, entry: str = "") -> core.Program:
    """Core as lowering makes it, before any pass."""
    checked = check_text(program) if isinstance(program, str) else check_program(program)
    return lower_program(checked.names, checked.types, entry or checked.entry)


def meaning(program: core.Program, arguments: Mapping[str, Value]) -> object:
    """The measure over the value and all named variables of a run; or the codes of the error it ends in."""
    try:
        measure = denote(
            Bound(program, arguments),
            Nested(),
            lambda run: (run.value, tuple(sorted(run.variables().items(), key=lambda entry: repr(entry[0])))),
        )
    except Rejected as rejected:
        return tuple(diagnostic.code for diagnostic in rejected.diagnostics)
    return measure.masses


def probabilities(text: str, arguments: Mapping[str, Value] | None = None) -> dict[Value, LogWeight]:
    """The unnormalised measure of a program's value."""
    measure = denote(Bound(lowered(text), arguments or {}), Nested(), lambda run: run.value)
    return dict(measure.masses)
