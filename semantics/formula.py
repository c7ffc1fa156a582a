"""Numbers whose value is left open: rational functions of symbols, where exact runs have rationals.

A `Formula` is a `Fraction` to everything that only adds, multiplies and divides, so that kernels,
states and sums of weights run on it as they are. What needs its value is an error (`Open`): a
comparison, a float, a digit. A formula that is constant is a plain `Fraction` again, so no formula is
zero or one. The arithmetic is that of sympy's fields of fractions, which keep a reduced normal form:
formulas are equal if they are written alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any, Never, Self, cast

from pplc.semantics.values import Fault


class Open(Fault, TypeError):
    """The value of a formula was needed."""

    def __init__(self, formula: object) -> None:
        super().__init__(
            "E0560",
            f"what happens here depends on the value of `{formula}`, which is left open",
            "this needs a number",
            "symbols may be added, multiplied and divided, and be data and parameters of distributions; to"
            " compare them or to round them, give their values",
        )


@dataclass(eq=False, slots=True)
class Field:
    """The rational functions of some symbols over ℚ.

    ring:    sympy's field of fractions, with integer coefficients.
    names:   of the symbols, in the order of the generators.
    assumed: what has been assumed of formulas, in words, in the order in which it was; a key tells
             equal assumptions.
    base:    the field that this one contains, if it is a wider one.
    """

    ring: Any
    names: tuple[str, ...]
    assumed: dict[object, str] = field(default_factory=dict[object, str])
    base: Field | None = None

    def made(self, element: Any) -> Fraction:
        """The number that an element of the field is."""
        if element.numer.is_ground and element.denom.is_ground:
            return Fraction(int(element.numer.LC), int(element.denom.LC))
        return Formula(self, element)

    def element(self, number: Fraction | int) -> Any:
        """The element that a number is."""
        if isinstance(number, Formula):
            if number.field is not self:
                raise ValueError("formulas of different runs meet")
            return number.element
        ring = self.ring
        return ring(number.numerator) / ring(number.denominator)


class Symbolic(Fraction):
    """A number without a value that may stand where exact runs have rationals."""

    __slots__ = ()


class Formula(Symbolic):
    """A rational function that is not constant."""

    __slots__ = ("element", "field")

    element: Any
    field: Field

    def __new__(cls, field: Field, element: Any) -> Self:
        self = object.__new__(cls)
        self.field = field
        self.element = element
        return self

    # ------------------------------------------------------------------ what it is

    def __str__(self) -> str:
        """Factored, as sympy writes it."""
        return str(self.sympy())

    def __repr__(self) -> str:
        return f"Formula({self.element})"

    def sympy(self) -> Any:
        """The formula as a sympy expression, factored."""
        return self.element.as_expr().factor()

    def derivative(self, name: str) -> Fraction:
        """The partial derivative in a symbol."""
        generator = self.field.ring.gens[self.field.names.index(name)]
        return self.field.made(self.element.diff(generator))

    def at(self, values: Mapping[str, Fraction | int]) -> Fraction:
        """The value where every symbol has a value. `ZeroDivisionError` at a pole."""
        numbers = [Fraction(values[name]) for name in self.field.names]
        top, bottom = (
            sum((_term(powers, int(c), numbers) for powers, c in part.terms()), Fraction(0))
            for part in (self.element.numer, self.element.denom)
        )
        return top / bottom

    def assume_positive(self) -> None:
        """Notes that answers take for granted that this is positive."""
        self.field.assumed.setdefault((self.element, "positive"), self.against_zero(">", "<"))

    def against_zero(self, more: str, less: str) -> str:
        """A comparison with 0: what is added stands on one side, what is taken away on the other.

        more, less: the sign where this is on the left, and where it is on the right.
        """
        top, bottom = self.element.numer, self.element.denom
        if not bottom.is_ground:
            return f"{self} {more} 0"
        used = [k for k, degree in enumerate(top.degrees()) if degree]
        if len(used) == 1 and top.degrees()[used[0]] == 1:
            slope = Fraction(int(sum(c for powers, c in top.terms() if any(powers))))
            start = Fraction(int(sum(c for powers, c in top.terms() if not any(powers))))
            return f"{self.field.names[used[0]]} {more if slope > 0 else less} {-start / slope}"
        taken = self.field.ring.zero
        for powers, c in top.terms():
            if c < 0:
                taken += self.field.ring.field_new(top.ring.term_new(powers, -c))
        if not taken:
            return f"{self} {more} 0"
        left, right = (self.field.made(element) for element in (taken, self.element * bottom.LC + taken))
        return f"{left} {less} {right}"

    def assume_probability(self) -> None:
        """Notes that answers take for granted that this is strictly between 0 and 1."""
        rest = 1 - self
        if isinstance(rest, Formula) and (rest.element, "probability") not in self.field.assumed:
            self.field.assumed.setdefault((self.element, "probability"), f"0 < {self} < 1")

    # ------------------------------------------------------------------ arithmetic

    def _other(self, other: object) -> Any:
        if isinstance(other, Formula) and other.field.base is self.field:
            return None  # the wider one knows how to
        if isinstance(other, int | Fraction):
            return self.field.element(other)
        if isinstance(other, float):
            raise Open(self)
        return None

    def __add__(self, other: object) -> Any:
        right = self._other(other)
        return NotImplemented if right is None else self.field.made(self.element + right)

    def __radd__(self, other: object) -> Any:
        return self + other

    def __sub__(self, other: object) -> Any:
        right = self._other(other)
        return NotImplemented if right is None else self.field.made(self.element - right)

    def __rsub__(self, other: object) -> Any:
        left = self._other(other)
        return NotImplemented if left is None else self.field.made(left - self.element)

    def __mul__(self, other: object) -> Any:
        right = self._other(other)
        return NotImplemented if right is None else self.field.made(self.element * right)

    def __rmul__(self, other: object) -> Any:
        return self * other

    def __truediv__(self, other: object) -> Any:
        right = self._other(other)
        if right is None:
            return NotImplemented
        if not right:
            raise ZeroDivisionError(f"{self} / 0")
        return self.field.made(self.element / right)

    def __rtruediv__(self, other: object) -> Any:
        left = self._other(other)
        return NotImplemented if left is None else self.field.made(left / self.element)

    def __pow__(self, power: object) -> Any:
        if isinstance(power, Formula) or not isinstance(power, int | Fraction) or power != int(power):
            raise Open(power if isinstance(power, Formula) else self)
        return self.field.made(self.element ** int(power))

    def __rpow__(self, base: object) -> Never:
        raise Open(self)

    def __neg__(self) -> Fraction:
        return self.field.made(-self.element)

    def __pos__(self) -> Fraction:
        return self

    # ------------------------------------------------------------------ equality

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and bool(self.element == other.element)

    if not TYPE_CHECKING:  # typeshed takes `Complex` for unhashable

        def __hash__(self) -> int:
            return hash(self.element)

    def __bool__(self) -> bool:
        return True

    def __copy__(self) -> Formula:
        return self

    def __deepcopy__(self, memo: object) -> Formula:
        return self

    # ------------------------------------------------------------------ what needs the value

    def _open(self, *_: object) -> Never:
        raise Open(self)

    @property
    def numerator(self) -> int:
        raise Open(self)

    @property
    def denominator(self) -> int:
        raise Open(self)

    def __lt__(self, other: object) -> Never:
        raise Open(self)

    def __le__(self, other: object) -> Never:
        raise Open(self)

    def __gt__(self, other: object) -> Never:
        raise Open(self)

    def __ge__(self, other: object) -> Never:
        raise Open(self)

    __float__ = __int__ = __trunc__ = __floor__ = __ceil__ = __round__ = __abs__ = _open  # type: ignore[assignment]
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _open  # type: ignore[assignment]


def _term(powers: Sequence[int], coefficient: int, numbers: Sequence[Fraction]) -> Fraction:
    product = Fraction(coefficient)
    for number, power in zip(numbers, powers, strict=True):
        product *= number**power
    return product


def algebra() -> Any:
    """The module sympy, imported where there is a formula: it takes a while."""
    return import_module("sympy")


def fractions(generators: Sequence[Any], *, whole: bool = True) -> Any:
    """The field of rational functions of symbols, with integer coefficients or rational ones."""
    sympy = algebra()
    return import_module("sympy.polys.fields").FracField(generators, sympy.ZZ if whole else sympy.QQ)


def symbols(names: Sequence[str]) -> dict[str, Formula]:
    """The formulas that are one symbol each, in a field of their own."""
    ring = fractions([algebra().Symbol(name) for name in names])
    made = Field(ring, tuple(names))
    return {name: Formula(made, generator) for name, generator in zip(names, ring.gens, strict=True)}


def is_open(value: object) -> bool:
    """Whether a number has no value: a formula, or an expression in continuous random variables."""
    return isinstance(value, Symbolic)


def formulas_in(value: object) -> Iterator[Formula]:
    """The formulas in a number or array, in order."""
    if isinstance(value, Formula):
        yield value
    elif isinstance(value, tuple):
        for item in cast("tuple[object, ...]", value):
            yield from formulas_in(item)


def mentioned(value: object) -> bool:
    """Whether a formula stands in a number or array."""
    return next(formulas_in(value), None) is not None


def as_rational(number: float | Fraction) -> Fraction:
    """A number as a `Fraction`; a formula stays one."""
    return number if isinstance(number, Fraction) else Fraction(number)


def bits(number: Fraction) -> int:
    """Binary digits of the longer of numerator and denominator; 0 for what has no value."""
    if isinstance(number, Symbolic):
        return 0
    return max(number.numerator.bit_length(), number.denominator.bit_length())
