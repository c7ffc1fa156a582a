"""Exact inference by enumeration that merges equal states: linear where the program is a chain.

Invariants: the laws and the evidence equal those of `pplc.semantics.representations.enumerated`, as
rationals, as long as these fit their budget (`MOST_BITS`); after that in floats, which is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pplc.inference.answers import Exact
from pplc.inference.collect import RETURN, variables
from pplc.inference.options import Options
from pplc.inference.progress import Progress, Silent
from pplc.inference.result import Index, Probability, Result
from pplc.inference.states import Explorer, Graph
from pplc.lang import core
from pplc.lang.analysis import reachable, statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.families import FAMILIES
from pplc.semantics.bound import Bound
from pplc.semantics.growing import Growing
from pplc.semantics.laws import LawValue
from pplc.semantics.machine import Machine
from pplc.semantics.measure import ONE, Measure, collected, is_zero, share, total
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat, LogWeight
from pplc.semantics.values import Address, FunctionValue, MemoFunction, MemoModel, ModelValue, Value


def refuses(bound: Bound) -> str:
    """Why the program cannot be enumerated, as far as its text says; empty if it may be."""
    for function in reachable(bound.program):
        for statement in statements(function.body):
            match statement:
                case core.Draw(law=core.Law("Uniform", (_,))):
                    pass  # of a list, which is finite
                case core.Draw(site=site, law=core.Law(family)) if family in FAMILIES:
                    if not FAMILIES[family].discrete:
                        return f"`{site.name}` is continuous (`{family}`)"
                    if not FAMILIES[family].finite:
                        return f"`{site.name}` has infinitely many values (`{family}`)"
                case _:
                    pass
    return ""


def run(bound: Bound, options: Options, progress: Progress) -> Result:  # noqa: ARG001
    """The laws of all variables and the evidence of a finite program."""
    nested = Nested()
    machine = Machine(bound, exact=True, infer=nested)
    graph = Explorer(machine, progress, forgetful=True).explore()
    states = len(graph.nodes)
    if graph.stopped:
        return Result(
            "exact", note=f"stopped after {states:,} states", no_evidence="it was stopped", stopped=True
        )
    evidence = graph.evidence()
    if is_zero(evidence):
        raise impossible(graph, bound)
    note = f"{states:,} states"
    diagnostics: dict[str, float] = {"states": states}
    if graph.left:
        note += f"; runs of prior mass {graph.left:.0e} were left out"
        diagnostics["left_out"] = graph.left
    elif not isinstance(evidence, LogRat):
        note += "; in floating point"
    return Result(
        "exact",
        laws=_laws(graph, evidence),
        log_evidence=_exact(evidence, rational=not graph.left),
        diagnostics=diagnostics,
        note=note,
    )


def joint(
    bound: Bound,
    record: Callable[[Address], bool],
    key: Callable[[dict[Address, Value]], frozenset[tuple[Address, Value]]],
    progress: Progress | None = None,
) -> Measure[frozenset[tuple[Address, Value]]]:
    """The unnormalised joint law of what is recorded: `key` of each outcome (value under `RETURN`)."""
    machine = Machine(bound, exact=True, infer=Nested(), record=record)
    graph = Explorer(machine, progress or Silent(), forgetful=False).explore()
    ends = (
        (key(dict(edge.recorded)), float(mass) if graph.left else mass, edge.dimension)
        for edge, mass in graph.edges(ONE(True))
        if edge.target is None and not is_zero(mass)
    )
    return collected(ends)


def _laws(graph: Graph, evidence: LogWeight) -> dict[str, dict[Index, dict[Value, Probability]]]:
    terms: dict[Address, dict[Value, list[LogWeight]]] = {}
    for edge, mass in graph.edges(ONE(True)):
        if is_zero(mass):
            continue
        for address, value in edge.recorded.items():
            if not _opaque(value):
                known = value.freeze() if isinstance(value, Growing) else value
                terms.setdefault(address, {}).setdefault(known, []).append(mass)
    found: dict[str, dict[Index, dict[Value, Probability]]] = {}
    order = sorted(terms, key=lambda address: address == RETURN)
    for name, elements in variables(order).items():
        found[name] = {}
        for index, address in elements.items():
            law = {value: share(total(masses), evidence) for value, masses in terms[address].items()}
            if graph.left:  # right to the last digits of a float, but no rational
                law = {value: float(probability) for value, probability in law.items()}
            found[name][index] = {value: law[value] for value in _ordered(law)}
    return found


def _ordered(values: Iterable[Value]) -> list[Value]:
    """Values in their own order where they have one; else as they were found."""
    try:
        return sorted(values)  # type: ignore[type-var]
    except TypeError:
        return list(values)


def _opaque(value: Value) -> bool:
    return isinstance(value, FunctionValue | ModelValue | MemoModel | MemoFunction | LawValue)


def _exact(evidence: LogWeight, *, rational: bool) -> Exact:
    if isinstance(evidence, LogRat) and rational:
        return Exact(float(evidence), evidence.value)
    return Exact(float(evidence), None)


def impossible(graph: Graph, bound: Bound) -> Rejected:
    """The error when no run has positive weight."""
    span = graph.dead_end if graph.dead_end.line else bound.program.model.span
    return Rejected(
        Diagnostic(
            "E0403",
            "the evidence is impossible: no run of the model has positive weight (Z = 0)",
            span,
            "the last runs end here",
            "check the data, the conditions and the supports of the distributions",
        )
    )
