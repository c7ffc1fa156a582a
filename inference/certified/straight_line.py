"""Numbers that depend on variables as one straight-line program, which any arithmetic can run."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import Applied, Base, Exponent, Latent, Unknown, logit_of

Scalar: TypeAlias = Any
"""A number of whatever arithmetic runs the program; it can be added and multiplied."""


class Arithmetic(Protocol):
    """What numbers there are, beside that they can be added and multiplied.

    Where a result does not exist, it is one that is not finite; or its own error is raised.
    """

    def constant(self, number: Fraction | float) -> Scalar:
        """A known number."""
        ...

    def power(self, base: Scalar, exponent: Exponent) -> Scalar:
        """A power; of a base that is positive, unless the exponent is an integer."""
        ...

    def apply(self, name: str, argument: Scalar) -> Scalar:
        """A function of `pplc.semantics.symbolic.expression.Applied` by its name, or `log_sigmoid`."""
        ...


Sum: TypeAlias = list[tuple[Scalar, tuple[int, ...]]]
"""Coefficients of products of registers; None for 1."""


class StraightLine:
    """Several numbers as functions of the same variables; what they share is computed once."""

    def __init__(
        self, numbers: Sequence[Number], variables: Sequence[Latent], arithmetic: Arithmetic
    ) -> None:
        self._arithmetic = arithmetic
        self._first = len(variables)
        self._places: dict[object, int] = {variable: place for place, variable in enumerate(variables)}
        self._steps: list[tuple[str | Exponent, Sum | int]] = []
        self._results = [self._sum(number) for number in numbers]

    def __call__(self, *values: Scalar) -> list[Scalar]:
        """The numbers where the variables have these values."""
        registers: list[Scalar] = [*values]
        power, apply = self._arithmetic.power, self._arithmetic.apply
        for operation, of in self._steps:
            argument = registers[of] if isinstance(of, int) else _total(of, registers)
            if isinstance(operation, str):
                registers.append(apply(operation, argument) if operation else argument)
            else:
                registers.append(power(argument, operation))
        return [_total(total, registers) for total in self._results]

    def _sum(self, number: Number) -> Sum:
        if not isinstance(number, Unknown):
            return [(self._constant(number), ())]
        return [
            (
                None if coefficient == 1 and monomial else self._constant(coefficient),
                tuple(self._place(atom, exponent) for atom, exponent in monomial),
            )
            for monomial, coefficient in number.terms.items()
        ]

    def _constant(self, number: Number) -> Scalar:
        return self._arithmetic.constant(number if isinstance(number, float) else Fraction(number))

    def _place(self, atom: Latent | Applied | Base, exponent: Exponent) -> int:
        """The register of a power of an atom."""
        found = self._places.get((atom, exponent))
        if found is None:
            place = self._atom(atom)
            found = place if exponent == 1 else self._step(exponent, place)
            self._places[atom, exponent] = found
        return found

    def _atom(self, atom: Latent | Applied | Base) -> int:
        found = self._places.get(atom)
        if found is None:
            match atom:
                case Latent():
                    raise KeyError(atom)
                case Base(total):
                    found = self._step("", self._sum(total))
                case Applied("log", Unknown() as inner) if (logit := logit_of(inner)) is not None:
                    found = self._step("log_sigmoid", self._sum(logit))
                case Applied(name, argument):
                    found = self._step(name, self._sum(argument))
            self._places[atom] = found
        return found

    def _step(self, operation: str | Exponent, of: Sum | int) -> int:
        self._steps.append((operation, of))
        return self._first + len(self._steps) - 1


def _total(terms: Sum, registers: list[Scalar]) -> Scalar:
    total: Scalar = None
    for coefficient, places in terms:
        for place in places:
            factor = registers[place]
            coefficient = factor if coefficient is None else coefficient * factor
        total = coefficient if total is None else total + coefficient
    return total
