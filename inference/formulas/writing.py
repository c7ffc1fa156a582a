"""Sums of products of powers, exponentials and special functions of open parameters, as expressions.

They are rational functions of the parameters and of generators that are independent of each other, as far as
is known: exponentials (`pplc.inference.formulas.exponentials`), roots of irreducible factors, one value of
the gamma function of those whose arguments differ by a whole number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor, inf
from typing import Any, NamedTuple

from pplc.inference.formulas.exponentials import Exponentials
from pplc.semantics.formula import Formula, algebra
from pplc.semantics.signs import sign_of
from pplc.semantics.symbolic.elementary import LOG_2PI, LOG_PI, Number
from pplc.semantics.symbolic.expression import Applied, Atom, Base, Latent, Monomial, NoRule, terms_of

sp = algebra()

FAR = 200
"""Whole number by which the arguments of two gamma functions may differ to be written by one."""

MOST_PRIMES = 10**12
"""Whole number up to which roots are split into those of primes."""


class Term(NamedTuple):
    """weight · factor · exp(exponent)."""

    weight: Fraction
    factor: Number
    exponent: Number


class Writer:
    """Writes sums of terms as expressions in symbols; sums that are to be divided need one writer.

    names:  the parameters as symbols. ranges: of these, ends included; generators that are positive have one.
    means:  what the generators that are no parameters stand for.
    """

    def __init__(
        self, parameters: Mapping[Latent, Formula], ranges: Mapping[Latent, tuple[float, float]]
    ) -> None:
        self.parameters = {latent: formula.sympy() for latent, formula in parameters.items()}
        self.ranges = {self.parameters[latent]: found for latent, found in ranges.items()}
        self.means: dict[Any, Any] = {}
        self.roots: set[Any] = set()
        self.made: dict[object, Any] = {}
        self.inside = 0  # how deep in the arguments of functions
        self.exponents: list[Any] = []
        self.exponentials: Exponentials | None = None

    def written(self, sums: Sequence[Sequence[Term]]) -> list[Any]:
        """The sums as expressions in the parameters and generators."""
        for terms in sums:  # to know all exponents
            self._sum(terms)
        self.exponentials = Exponentials(self.exponents)
        return [self._sum(terms) for terms in sums]

    def generator(self, key: object, meaning: Any, *, positive: bool) -> Any:
        """The symbol that stands for an expression."""
        if key not in self.made:
            symbol = self.made[key] = sp.Dummy()
            self.means[symbol] = self.meaning(meaning)
            if positive:
                self.ranges[symbol] = (0.0, inf)
        return self.made[key]

    def meaning(self, expression: Any) -> Any:
        """An expression with what its generators stand for."""
        return expression.xreplace(self.means)

    def _sum(self, terms: Iterable[Term]) -> Any:
        return sp.Add(*(self._term(term) for term in terms))

    def _term(self, term: Term) -> Any:
        return rational(term.weight) * self.number(term.factor) * self.exponential(term.exponent)

    # ------------------------------------------------------------------ products of powers

    def number(self, number: Number) -> Any:
        """A number as an expression."""
        return sp.Add(*(self.coefficient(c) * self._monomial(m) for m, c in terms_of(number).items()))

    def inner(self, number: Number) -> Any:
        """A number that a function is taken of; exponentials in it have generators of their own."""
        self.inside += 1
        try:
            return self.number(number)
        finally:
            self.inside -= 1

    def coefficient(self, number: float | Fraction) -> Any:
        """A known number; a float that is not whole stands by itself, as it may be rounded."""
        if isinstance(number, Fraction) or float(number).is_integer():
            return rational(number)
        size = self.generator(("float", abs(number)), sp.Float(abs(number)), positive=True)
        return size if number > 0 else -size

    def _monomial(self, monomial: Monomial) -> Any:
        return sp.Mul(*(self._power(atom, Fraction(exponent)) for atom, exponent in monomial))

    def _power(self, atom: Atom, exponent: Fraction) -> Any:
        match atom:
            case Latent():
                return self.power(self.parameters[atom], exponent)
            case Base(total):
                return self.power(self.number(total), exponent)
            case Applied("exp", argument):
                return self.exponential(argument * exponent)
            case Applied("log", argument):
                return self.power(self.logarithm(self.inner(argument)), exponent)
            case Applied("erf", argument):
                return self.power(self.erf(self.inner(argument)), exponent)
            case Applied("sigmoid", argument):
                return self.power(1 / (1 + self.exponential(-argument)), exponent)
            case Applied(name):
                raise NoRule(f"{name}(…)")

    def power(self, base: Any, exponent: Fraction) -> Any:
        """A power of a positive expression; of any, if the exponent is whole."""
        whole = floor(exponent)
        left = exponent - whole
        return base**whole * self._root(base, left) if left else base**whole

    def _root(self, base: Any, exponent: Fraction) -> Any:
        """A positive expression to a power between 0 and 1: by its factors, if these are positive."""
        top, bottom = (sp.factor_list(part) for part in sp.fraction(sp.together(base)))
        powers = [(p, k) for p, k in top[1]] + [(p, -k) for p, k in bottom[1]]
        content = Fraction(int(top[0].p), int(top[0].q)) / Fraction(int(bottom[0].p), int(bottom[0].q))
        if content < 0 or not all(self.positive(p) for p, _ in powers):
            return self._root_of((base, exponent))
        found = [(number, k) for number, k in primes(content)] + powers
        return sp.Mul(*(self._of_factor(p, k * exponent) for p, k in found))

    def _of_factor(self, base: Any, exponent: Fraction) -> Any:
        whole = floor(exponent)
        left = exponent - whole
        if not left:
            return base**whole
        return base**whole * self._root_of((base, left))

    def _root_of(self, power: tuple[Any, Fraction]) -> Any:
        base, exponent = power
        made = self.generator(power, base ** rational(exponent), positive=True)
        self.roots.add(made)
        return made

    def positive(self, expression: Any) -> bool:
        """Whether the ranges of its symbols show that a polynomial is positive, inside them."""
        symbols = sorted(expression.free_symbols, key=str)
        if not symbols:
            return bool(expression > 0)
        ends = [self.ranges.get(symbol, (-inf, inf)) for symbol in symbols]
        return sign_of(sp.Poly(expression, *symbols).terms(), ends) > 0

    # ------------------------------------------------------------------ exponentials

    def exponential(self, exponent: Number) -> Any:
        """e to a number."""
        factors: list[Any] = []
        rest: list[Any] = []
        for monomial, c in terms_of(exponent).items():
            made = self._known(monomial, Fraction(c))
            if made is None:
                self.inside += 1
                rest.append(self.coefficient(c) * self._monomial(monomial))
                self.inside -= 1
            else:
                factors.append(made)
        if rest:
            whole = sp.Add(*rest)
            if self.inside:
                factors.append(self._exp(whole))
            elif self.exponentials is None:
                self.exponents.append(whole)
                factors.append(sp.Dummy())  # anything but a number, until all exponents are known
            else:
                factors += [self._exp(part) ** k for part, k in self.exponentials.powers(whole)]
        return sp.Mul(*factors)

    def _exp(self, exponent: Any) -> Any:
        meaning = sp.exp(self.meaning(exponent)).rewrite(sp.Pow)  # a power, if a logarithm is in it
        return self.generator(("exp", exponent), meaning, positive=True)

    def _known(self, monomial: Monomial, times: Fraction) -> Any:
        """e to a multiple of a logarithm; None if a monomial is none."""
        if len(monomial) != 1:
            return None
        ((atom, exponent),) = monomial
        if not isinstance(atom, Applied) or exponent != 1:
            return None
        match atom.name:
            case "log":
                return self.power(self.number(atom.argument), times)
            case "rounded":
                circle = self.generator("pi", sp.pi, positive=True)
                for named, value in ((LOG_2PI, 2 * circle), (LOG_PI, circle)):
                    if named.terms.keys() == {monomial}:
                        return self.power(value, times)
                size = self.generator(atom, sp.exp(sp.Float(float(atom.argument))), positive=True)
                return self.power(size, times)
            case "lgamma":
                return self.power(self.gamma(self.inner(atom.argument)), times)
            case "log_ndtr":
                return self.power((1 + self.erf(self.inner(atom.argument) / self._root_of_2())) / 2, times)
            case "log_sigmoid":
                return self.power(1 / (1 + self.exponential(-atom.argument)), times)
            case "log1mexp":
                return self.power(1 - self.exponential(atom.argument), times)
            case _:
                return None if atom.name == "exp" else _refuse(atom)

    def _root_of_2(self) -> Any:
        return self._root(sp.Integer(2), Fraction(1, 2))

    # ------------------------------------------------------------------ functions

    def logarithm(self, argument: Any) -> Any:
        """The logarithm of a positive expression: by its irreducible factors, if these are positive."""
        top, bottom = (sp.factor_list(part) for part in sp.fraction(sp.together(argument)))
        powers = [(p, k) for p, k in top[1]] + [(p, -k) for p, k in bottom[1]]
        content = Fraction(int(top[0].p), int(top[0].q)) / Fraction(int(bottom[0].p), int(bottom[0].q))
        if content < 0 or not all(self.positive(p) for p, _ in powers):
            return self._log(argument)
        return sp.Add(*(k * self._log(p) for p, k in [*primes(content), *powers]))

    def _log(self, argument: Any) -> Any:
        return self.generator(("log", argument), sp.log(self.meaning(argument)), positive=False)

    def gamma(self, argument: Any) -> Any:
        """The gamma function of a positive expression."""
        if argument.is_Integer:
            return sp.gamma(argument)
        for key, symbol in self.made.items():
            if isinstance(key, tuple) and key[0] == "gamma":
                apart = sp.cancel(argument - key[1])
                if apart.is_Integer and abs(apart) <= FAR:
                    steps = range(int(apart)) if apart > 0 else range(int(apart), 0)
                    product = sp.Mul(*(key[1] + i for i in steps))
                    return symbol * product if apart > 0 else symbol / product
        return self.generator(("gamma", argument), sp.gamma(self.meaning(argument)), positive=True)

    def erf(self, argument: Any) -> Any:
        """The error function, which is odd."""
        argument = sp.factor(argument)
        if ("erf", -argument) in self.made:
            return -self.made["erf", -argument]
        return self.generator(("erf", argument), sp.erf(self.meaning(argument)), positive=False)


def _refuse(atom: Applied) -> Any:
    raise NoRule(f"{atom.name}(…)")


def rational(number: float | Fraction) -> Any:
    """A known number in sympy; a float is the rational that it is."""
    exact = Fraction(number)
    return sp.Rational(exact.numerator, exact.denominator)


def primes(number: Fraction) -> list[tuple[Any, int]]:
    """A positive rational as powers of primes, of what is small enough to be factored."""
    found: list[tuple[Any, int]] = []
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        split = sp.factorint(part) if part <= MOST_PRIMES else {part: 1}
        found += [(sp.Integer(p), sign * k) for p, k in split.items() if p != 1]
    return found
