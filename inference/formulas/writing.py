"""Sums of products of powers, exponentials and special functions of open parameters, as formulas.

Quotients of such sums are brought to a normal form: rational functions of the parameters and of further
generators, which are chosen so that no rational function of them is zero where it does not look it.
Exponentials: where all exponents have one denominator D, every monomial m of the numerators has its own
generator exp(g m / D), with the largest g of which all coefficients are multiples; these monomials are
linearly independent over the rationals, hence the exponentials algebraically independent (Ax 1971). Roots
are taken of irreducible factors, and Γ(u + n) is Γ(u) times a product.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import floor, gcd, inf, lcm
from typing import Any, NamedTuple

from pplc.semantics.closed_form import ClosedField, ClosedForm
from pplc.semantics.formula import Field, Formula
from pplc.semantics.symbolic.elementary import LOG_2PI, LOG_PI, Number
from pplc.semantics.symbolic.expression import Applied, Atom, Base, Latent, Monomial, NoRule, terms_of

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

    def __init__(self, parameters: Mapping[Latent, Formula], ranges: Mapping[Latent, tuple[float, float]]) -> None:
        self.parameters = {latent: formula.sympy() for latent, formula in parameters.items()}
        self.ranges = {self.parameters[latent]: found for latent, found in ranges.items()}
        self.means: dict[Any, Any] = {}
        self.made: dict[object, Any] = {}
        self.exponents: list[Any] = []
        self.basis: Basis | None = None

    def written(self, sums: Sequence[Sequence[Term]]) -> list[Any]:
        """The sums as expressions in the parameters and generators."""
        for terms in sums:  # to know all exponents
            self._sum(terms)
        self.basis = Basis(self, self.exponents)
        return [self._sum(terms) for terms in sums]

    def generator(self, key: object, meaning: Any, *, positive: bool) -> Any:
        """The symbol that stands for an expression."""
        from sympy import Dummy

        if key not in self.made:
            symbol = self.made[key] = Dummy()
            self.means[symbol] = self.meaning(meaning)
            if positive:
                self.ranges[symbol] = (0.0, inf)
        return self.made[key]

    def meaning(self, expression: Any) -> Any:
        """An expression with what its generators stand for."""
        return expression.xreplace(self.means)

    def _sum(self, terms: Iterable[Term]) -> Any:
        from sympy import Add

        return Add(*(self._term(term) for term in terms))

    def _term(self, term: Term) -> Any:
        return rational(term.weight) * self.number(term.factor) * self.exponential(term.exponent)

    # ------------------------------------------------------------------ products of powers

    def number(self, number: Number) -> Any:
        """A number as an expression."""
        from sympy import Add

        return Add(*(self.coefficient(c) * self._monomial(m) for m, c in terms_of(number).items()))

    def coefficient(self, number: float | Fraction) -> Any:
        """A known number; a float that is not whole stands by itself, as it may be rounded."""
        if isinstance(number, Fraction) or float(number).is_integer():
            return rational(number)
        from sympy import Float

        size = self.generator(("float", abs(number)), Float(abs(number)), positive=True)
        return size if number > 0 else -size

    def _monomial(self, monomial: Monomial) -> Any:
        from sympy import Mul

        return Mul(*(self._power(atom, Fraction(exponent)) for atom, exponent in monomial))

    def _power(self, atom: Atom, exponent: Fraction) -> Any:
        match atom:
            case Latent():
                return self.power(self.parameters[atom], exponent)
            case Base(total):
                return self.power(self.number(total), exponent)
            case Applied("exp", argument):
                return self.exponential(argument * exponent)
            case Applied("log", argument):
                return self.power(self.logarithm(self.number(argument)), exponent)
            case Applied("erf", argument):
                return self.power(self.erf(self.number(argument)), exponent)
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
        """A positive expression to a power between 0 and 1: by its irreducible factors where these are positive."""
        from sympy import Mul, factor_list, fraction, together

        top, bottom = (factor_list(part) for part in fraction(together(base)))
        powers = [(p, k) for p, k in top[1]] + [(p, -k) for p, k in bottom[1]]
        content = Fraction(int(top[0].p), int(top[0].q)) / Fraction(int(bottom[0].p), int(bottom[0].q))
        if content < 0 or not all(self.positive(p) for p, _ in powers):
            return self.generator((base, exponent), base ** rational(exponent), positive=True)
        found = [(number, k) for number, k in primes(content)] + powers
        return Mul(*(self._of_factor(p, k * exponent) for p, k in found))

    def _of_factor(self, base: Any, exponent: Fraction) -> Any:
        whole = floor(exponent)
        left = exponent - whole
        if not left:
            return base**whole
        meaning = base ** rational(left)
        return base**whole * self.generator((base, left), meaning, positive=True)

    def positive(self, expression: Any) -> bool:
        """Whether the ranges of its symbols show that a polynomial is positive, inside them."""
        from sympy import Poly

        symbols = sorted(expression.free_symbols, key=str)
        low = 0.0
        for powers, coefficient in Poly(expression, *symbols).terms() if symbols else [((), expression)]:
            ends = [1.0, 1.0]
            for symbol, power in zip(symbols, powers, strict=True):
                lower, upper = self.ranges.get(symbol, (-inf, inf))
                if lower < 0 and power:
                    ends = [0.0, inf] if power % 2 == 0 else [-inf, inf]
                    break
                ends = [ends[0] * lower**power, ends[1] * upper**power if power else ends[1]]
            size = float(coefficient)
            low += min(size * end if end else 0.0 for end in ends)
        return low >= 0

    # ------------------------------------------------------------------ exponentials

    def exponential(self, exponent: Number) -> Any:
        """e to a number."""
        from sympy import Add, Dummy, Mul

        factors: list[Any] = []
        rest: list[Any] = []
        for monomial, c in terms_of(exponent).items():
            made = self._known(monomial, Fraction(c))
            if made is None:
                rest.append(self.coefficient(c) * self._monomial(monomial))
            else:
                factors.append(made)
        if rest:
            whole = Add(*rest)
            if self.basis is None:
                self.exponents.append(whole)
                factors.append(Dummy())  # anything but a number, until the basis is known
            else:
                factors.append(self.basis.of(whole))
        return Mul(*factors)

    def _known(self, monomial: Monomial, times: Fraction) -> Any:
        """e to a multiple of a logarithm; None if a monomial is none."""
        from sympy import pi

        if len(monomial) != 1:
            return None
        ((atom, exponent),) = monomial
        if not isinstance(atom, Applied) or exponent != 1:
            return None
        match atom.name:
            case "log":
                return self.power(self.number(atom.argument), times)
            case "rounded":
                circle = self.generator("pi", pi, positive=True)
                for named, value in ((LOG_2PI, 2 * circle), (LOG_PI, circle)):
                    if named.terms.keys() == {monomial}:
                        return self.power(value, times)
                from sympy import Float, exp

                size = self.generator(atom, exp(Float(float(atom.argument))), positive=True)
                return self.power(size, times)
            case "lgamma":
                return self.power(self.gamma(self.number(atom.argument)), times)
            case "log_ndtr":
                return self.power((1 + self.erf(self.number(atom.argument) / self._root_of_2())) / 2, times)
            case "log_sigmoid":
                return self.power(1 / (1 + self.exponential(-atom.argument)), times)
            case "log1mexp":
                return self.power(1 - self.exponential(atom.argument), times)
            case _:
                return None if atom.name == "exp" else _refuse(atom)

    def _root_of_2(self) -> Any:
        from sympy import Integer

        return self._root(Integer(2), Fraction(1, 2))

    # ------------------------------------------------------------------ functions

    def logarithm(self, argument: Any) -> Any:
        """The logarithm of a positive expression, by those of its irreducible factors where these are positive."""
        from sympy import Add, factor_list, fraction, log, together

        top, bottom = (factor_list(part) for part in fraction(together(argument)))
        powers = [(p, k) for p, k in top[1]] + [(p, -k) for p, k in bottom[1]]
        content = Fraction(int(top[0].p), int(top[0].q)) / Fraction(int(bottom[0].p), int(bottom[0].q))
        if content < 0 or not all(self.positive(p) for p, _ in powers):
            return self.generator(("log", argument), log(self.meaning(argument)), positive=False)
        found = [*primes(content), *powers]
        return Add(*(k * self.generator(("log", p), log(self.meaning(p)), positive=False) for p, k in found))

    def gamma(self, argument: Any) -> Any:
        """The gamma function of a positive expression."""
        from sympy import Mul, cancel, gamma

        if argument.is_Integer:
            return gamma(argument)
        for key, symbol in self.made.items():
            if isinstance(key, tuple) and key[0] == "gamma":
                apart = cancel(argument - key[1])
                if apart.is_Integer and abs(apart) <= FAR:
                    steps = range(int(apart)) if apart > 0 else range(int(apart), 0)
                    product = Mul(*(key[1] + i for i in steps))
                    return symbol * product if apart > 0 else symbol / product
        return self.generator(("gamma", argument), gamma(self.meaning(argument)), positive=True)

    def erf(self, argument: Any) -> Any:
        """The error function, which is odd."""
        from sympy import cancel, erf

        argument = cancel(argument)
        if ("erf", -argument) in self.made:
            return -self.made["erf", -argument]
        return self.generator(("erf", argument), erf(self.meaning(argument)), positive=False)


class Basis:
    """Generators for the exponentials of rational expressions."""

    def __init__(self, writer: Writer, exponents: Sequence[Any]) -> None:
        from sympy import QQ
        from sympy.polys.fields import FracField

        self.writer = writer
        symbols = sorted({s for e in exponents for s in e.free_symbols}, key=str)
        self.field = FracField(symbols, QQ) if symbols else None
        found = [self._element(e) for e in exponents]
        if self.field is None:
            self.bottom: Any = None
        else:
            self.bottom = reduce(lambda a, b: a.lcm(b), (e.denom for e in found), self.field.ring.one)
        self.shares: dict[Any, Fraction] = {}
        for element in found:
            for monomial, coefficient in self._numerator(element):
                old = self.shares.get(monomial)
                self.shares[monomial] = abs(coefficient) if old is None else _common(old, abs(coefficient))

    def _element(self, expression: Any) -> Any:
        if self.field is None:
            return Fraction(int(expression.p), int(expression.q))
        return self.field.from_expr(expression)

    def _numerator(self, element: Any) -> list[tuple[Any, Fraction]]:
        if self.field is None:
            return [((), element)] if element else []
        top = element.numer * self.bottom.exquo(element.denom)
        return [(m, Fraction(int(c.numerator), int(c.denominator))) for m, c in top.terms()]

    def of(self, exponent: Any) -> Any:
        """e to one of the exponents."""
        from sympy import Integer, Mul, exp

        product: Any = Integer(1)
        for monomial, coefficient in self._numerator(self._element(exponent)):
            share = self.shares[monomial]
            meaning = rational(share)
            if self.field is not None:
                named = zip(self.field.symbols, monomial, strict=True)
                meaning = meaning * Mul(*(s**k for s, k in named)) / self.bottom.as_expr()
            generator = self.writer.generator(
                ("exp", monomial), exp(self.writer.meaning(meaning)), positive=True
            )
            product = product * generator ** int(coefficient / share)
        return product


def _refuse(atom: Applied) -> Any:
    raise NoRule(f"{atom.name}(…)")


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The largest rational of which two are whole multiples."""
    return Fraction(gcd(a.numerator, b.numerator), lcm(a.denominator, b.denominator))


def rational(number: float | Fraction) -> Any:
    """A known number in sympy; a float is the rational that it is."""
    from sympy import Rational

    exact = Fraction(number)
    return Rational(exact.numerator, exact.denominator)


def primes(number: Fraction) -> list[tuple[Any, int]]:
    """A positive rational as powers of primes, of what is small enough to be factored."""
    from sympy import Integer, factorint

    found: list[tuple[Any, int]] = []
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        split = factorint(part) if part <= MOST_PRIMES else {part: 1}
        found += [(Integer(p), sign * k) for p, k in split.items() if p != 1]
    return found


# ------------------------------------------------------------------ answers


class Quotients:
    """Numbers that are sums of terms divided by one of them, as formulas.

    sums: by name; the shared denominator stands under `whole`.
    """

    def __init__(
        self,
        parameters: Mapping[Latent, Formula],
        ranges: Mapping[Latent, tuple[float, float]],
        sums: Mapping[str, Sequence[Term]],
    ) -> None:
        from sympy import ZZ
        from sympy.polys.fields import FracField

        self.home: Field = next(iter(parameters.values())).field
        self.writer = Writer(parameters, ranges)
        expressions = self.writer.written(list(sums.values()))
        used = {symbol for e in expressions for symbol in e.free_symbols}
        further = [symbol for symbol in self.writer.means if symbol in used]
        self.field = FracField([*self.home.ring.symbols, *further], ZZ)
        self.elements = {
            name: self.field.from_expr(e) for name, e in zip(sums, expressions, strict=True)
        }

    def formula(self, element: Any) -> Fraction:
        """An element as a number: rational, a rational function, or a closed form."""
        expression = element.as_expr()
        if not expression.free_symbols & self.writer.means.keys():
            return self.home.made(self.home.ring.from_expr(expression))
        home = self.home
        wide = ClosedField(home.ring, home.names, home.assumed, home)
        return ClosedForm(wide, self.writer.meaning(expression.factor()))
