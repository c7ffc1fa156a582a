"""The evidence and the laws of a program as formulas in parameters that are left open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

from pplc.inference.answers import UNOBSERVED, exact_log
from pplc.inference.collect import RETURN, variables
from pplc.inference.continuous.piece import Piece
from pplc.inference.formulas.ends import Ends, Part, follow
from pplc.inference.formulas.quotients import Quotients
from pplc.inference.forward import BY_RULES, no_runs, weighs
from pplc.inference.progress import Progress
from pplc.inference.reports import numbers_of
from pplc.inference.result import Index, Moments, Probability, Result
from pplc.lang.wording import counted
from pplc.semantics.bound import Bound
from pplc.semantics.closed_form import product
from pplc.semantics.evaluate import located
from pplc.semantics.formula import as_rational
from pplc.semantics.growing import Growing
from pplc.semantics.laws_base import is_opaque
from pplc.semantics.number import LogRat
from pplc.semantics.symbolic.contents import numbers_in
from pplc.semantics.values import Address, Fault, Value

WHOLE = "whole"

Valued: TypeAlias = tuple[Value, Fraction, Piece]


def by_formulas(bound: Bound, progress: Progress) -> Result:
    """The result, with the ways to the end that queries are answered from."""
    ends = follow(bound, progress)
    span = bound.program.model.span
    try:
        found = ends.quotients({WHOLE: ends.parts()})
    except Fault as fault:
        raise located(fault, span) from None
    whole = found.elements[WHOLE]
    if not whole:
        raise no_runs(span)
    evidence = found.formula(whole)
    with ends.assuming() as assumed:
        laws, moments, without = _reports(ends)
    ends = replace(ends, reported=assumed)
    note = counted(ends.states, "state")
    if without:
        note += f"; not reported, having no rule: {', '.join(without)}"
    observed = weighs(bound.program)
    return Result(
        "exact",
        laws=laws,
        moments=moments,
        log_evidence=exact_log(LogRat(evidence)) if observed else UNOBSERVED,
        note=note,
        verified=BY_RULES,
        ends=ends,
    )


Laws: TypeAlias = dict[str, dict[Index, dict[Value, Probability]]]


def _reports(ends: Ends) -> tuple[Laws, dict[str, dict[Index, Moments]], list[str]]:
    """The laws and the moments of all variables, and the names of those that have none."""
    finite, dense = _recorded(ends)
    laws: Laws = {}
    moments: dict[str, dict[Index, Moments]] = {}
    for name, elements in _by_variable(finite).items():
        every = {index: law_of(ends, ends.parts(), finite[address]) for index, address in elements.items()}
        laws[name] = {index: law for index, (law, _) in every.items()}
        moments[name] = {index: found for index, (_, found) in every.items()}
    known: dict[tuple[Part, ...], Moments] = {}  # what is returned is often one of the variables

    def moments_at(address: Address) -> Moments:
        parts = tuple(dense[address])
        if parts not in known:
            known[parts] = moments_of(ends, ends.parts(), parts)
        return known[parts]

    without: list[str] = []
    for name, elements in _by_variable(dense).items():
        try:
            moments[name] = {index: moments_at(address) for index, address in elements.items()}
        except Fault:
            without.append(f"`{name}`")
    return laws, moments, without


def law_of(
    ends: Ends, whole: Sequence[Part], parts: Iterable[Valued]
) -> tuple[dict[Value, Probability], Moments]:
    """The probability of every value, given that a run ends in one of `whole`, with what follows from these.

    Of values that are no numbers mean and variance are those of 0.
    """
    sums: dict[Value, list[Part]] = {}
    for value, weight, piece in parts:
        sums.setdefault(value, []).append((Fraction(1), weight, piece))
    named = {str(k): listed for k, listed in enumerate(sums.values())}
    found = ends.quotients({WHOLE: whole, **named})
    shares = [found.elements[name] / found.elements[WHOLE] for name in named]
    law: dict[Value, Probability] = {
        value: found.formula(share) for value, share in zip(sums, shares, strict=True) if share
    }
    reached = sum(shares, found.field.zero)
    if reached == found.field.one and all(isinstance(value, bool) for value in law):
        true = as_rational(law.get(True, Fraction(0)))
        return law, Moments(true, product(true, as_rational(law.get(False, Fraction(0)))), Fraction(1))
    first, second = found.field.zero, found.field.zero
    for value, share in zip(sums, shares, strict=True):
        number = Fraction(value) if isinstance(value, int | float | Fraction) else Fraction(0)
        first += found.field(number.numerator) / number.denominator * share
        second += found.field(number.numerator**2) / number.denominator**2 * share
    mean = first / reached
    return law, _moments(found, mean, second / reached - mean**2, reached)


def _moments(found: Quotients, mean: Any, variance: Any, reached: Any) -> Moments:
    return Moments(found.formula(mean), found.formula(variance), found.formula(reached))


def mean_of(ends: Ends, whole: Sequence[Part], parts: Sequence[Part]) -> Fraction:
    """The mean of a number that is always reached."""
    found = ends.quotients({WHOLE: whole, "mean": parts})
    return found.formula(found.elements["mean"] / found.elements[WHOLE])


def moments_of(ends: Ends, whole: Sequence[Part], parts: Sequence[Part]) -> Moments:
    """Mean and variance of a number, given that it is reached, and the probability of that."""
    sums = {str(k): [(number**k, weight, piece) for number, weight, piece in parts] for k in (0, 1, 2)}
    found = ends.quotients({WHOLE: whole, **sums})
    every, reached, first, second = (found.elements[name] for name in (WHOLE, "0", "1", "2"))
    mean = first / reached
    return _moments(found, mean, second / reached - mean**2, reached / every)


def _recorded(ends: Ends) -> tuple[dict[Address, list[Valued]], dict[Address, list[Part]]]:
    """What was recorded, by address: values that are known, and numbers that depend on variables."""
    every: dict[Address, list[Valued]] = {}
    for recorded, weight, piece in ends.ends:
        for address, value in recorded.items():
            if not is_opaque(value):
                known = value.freeze() if isinstance(value, Growing) else value
                every.setdefault(address, []).append((known, weight, piece))
    dense: dict[Address, list[Part]] = {}
    for address in [a for a, parts in every.items() if any(numbers_in(value) for value, _, _ in parts)]:
        for value, weight, piece in every.pop(address):
            for place, number in numbers_of(address, value):
                dense.setdefault(place, []).append((number, weight, piece))
    for address in [a for a, parts in every.items() if all(_is_row(value) for value, _, _ in parts)]:
        for value, weight, piece in every.pop(address):
            for place, number in numbers_of(address, value):
                every.setdefault(place, []).append((number, weight, piece))
    return every, dense


def _is_row(value: Value) -> bool:
    """Whether a value is an array of numbers, the law of which is shown by its entries."""
    return isinstance(value, tuple) and bool(value) and all(map(_is_number, value))


def _is_number(value: Value) -> bool:
    return isinstance(value, int | Fraction) or _is_row(value)


def _by_variable(addresses: Iterable[Address]) -> dict[str, dict[Index, Address]]:
    return variables(sorted(addresses, key=lambda address: address[0] == RETURN[0]))
