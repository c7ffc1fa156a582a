"""Numbers that depend on continuous random variables: sums of products of powers, in a normal form.

An `Unknown` is a `Fraction` to everything that adds, multiplies, divides and takes powers, so that a
program runs on it as it is. It is a sum of terms, each a coefficient times powers of atoms; an atom is a
random variable (`Latent`), a function of an expression (`Applied`), or a sum that stands under a power
(`Base`). Equal expressions that are sums and products of the same atoms are written alike, once powers of
sums are multiplied out (`expanded`). A constant expression is a plain number again.

Coefficients are rationals as long as everything was rational, floats afterwards. A comparison is decided
by the `Space` the variables live in: by their ranges, or by what the run that is going has assumed; if
neither says, it is `Undecided`, and whoever drives the run has to try both answers. Ties have probability
zero: variables have densities.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isinf
from typing import TYPE_CHECKING, Any, Never, Protocol, Self, TypeAlias, cast

from pplc.semantics.formula import Formula, Open, Symbolic
from pplc.semantics.values import Address, Fault, show_address

Coefficient: TypeAlias = Fraction | float
Exponent: TypeAlias = int | Fraction
Known: TypeAlias = int | float | Fraction
"""A number whose value is known."""

MOST_EXPANDED = 5_000
"""Terms up to which a power of a sum is multiplied out."""


class NeedsValue(Fault, TypeError):
    """The value of a continuous random variable was needed."""

    def __init__(self, what: object) -> None:
        super().__init__(
            "E0525",
            f"exact inference would need the value of `{_short(str(what))}`, which is continuous",
            "no exact rule applies here",
            "continuous variables may be added, multiplied, compared and be parameters; for anything else"
            " choose a method that draws, such as `--method nuts` or `--method importance`",
        )


class NoRule(NeedsValue):
    """A law with unknown parameters has no formula: for its family, or for the value that is asked about."""

    def __init__(self, law: str, value: str = "") -> None:
        place = f" at `{_short(value)}`" if value else ""
        Fault.__init__(
            self,
            "E0525",
            f"`{_short(law)}` has no exact rule{place} while its parameters are unknown",
            "no exact rule applies here",
            "choose a method that draws, such as `--method nuts` or `--method importance`",
        )


LONGEST = 60
"""Characters of an expression that a message shows."""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class Undecided(Exception):
    """Whether an expression is positive is not known: it is for some values of its variables."""

    def __init__(self, number: Unknown) -> None:
        super().__init__(str(number))
        self.number = number


class Space(Protocol):
    """What is known of the variables of the run that is going."""

    def positive(self, number: Unknown) -> bool:
        """Whether an expression is positive, almost surely; `Undecided` if that depends."""
        ...

    def formula(self, number: Unknown) -> Formula | None:
        """The rational function of parameters left open that a number is; None if it is none."""
        ...

    def is_open(self, number: Unknown) -> bool:
        """Whether a number depends on parameters that are left open, and on nothing else."""
        ...


class _Constants:
    """The space of numbers that depend on no variable: logarithms and exponentials of known ones."""

    def positive(self, number: Unknown) -> bool:
        from pplc.semantics.symbolic.ranges import range_of

        return range_of(number, {}).lower > 0

    def formula(self, number: Unknown) -> Formula | None:
        return None

    def is_open(self, number: Unknown) -> bool:
        return False


CONSTANTS: Space = _Constants()


def _joined(left: Unknown, right: Unknown) -> Space:
    return right.space if left.space is CONSTANTS else left.space


@dataclass(frozen=True, slots=True, eq=False)
class Latent:
    """A continuous random variable, by the address of its draw."""

    address: Address
    space: Space = field(compare=False, repr=False)
    hashed: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashed", hash(self.address))

    def __hash__(self) -> int:
        return self.hashed

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Latent) and self.address == other.address)

    def __str__(self) -> str:
        return show_address(self.address)


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of an expression: `exp`, `log`, `lgamma`, …; of a constant, a rational, only `log`, `dilog`
    and `rounded`, which is the number itself: a float that is kept apart from exact ones.
    """

    name: str
    argument: Unknown | Fraction
    hashed: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashed", hash((self.name, self.argument)))

    def __hash__(self) -> int:
        return self.hashed

    def __str__(self) -> str:
        return f"{self.name}({self.argument})"


@dataclass(frozen=True, slots=True)
class Base:
    """A sum that stands under a power, scaled so that its leading coefficient is 1 or -1."""

    sum: Unknown
    hashed: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashed", hash(("base", self.sum)))

    def __hash__(self) -> int:
        return self.hashed

    def __str__(self) -> str:
        return f"({self.sum})"


Atom: TypeAlias = Latent | Applied | Base
Monomial: TypeAlias = frozenset[tuple[Atom, Exponent]]
Terms: TypeAlias = Mapping[Monomial, Coefficient]

ONE: Monomial = frozenset()


class Unknown(Symbolic):
    """A number that is not constant: coefficient of each product of powers.

    terms: none of them zero, and not the constant one alone. space: of its variables.
    """

    __slots__ = ("_atoms", "_hash", "space", "terms")

    terms: Terms
    space: Space
    _hash: int
    _atoms: frozenset[Latent] | None

    def __new__(cls, space: Space, terms: Terms) -> Self:
        self = object.__new__(cls)
        self.space, self.terms = space, terms
        self._hash = 0
        self._atoms = None
        return self

    def __str__(self) -> str:
        return " + ".join(sorted(map(_shown, self.terms.items()))).replace("+ -", "- ")

    def __repr__(self) -> str:
        return f"Unknown({self})"

    @property
    def latents(self) -> frozenset[Latent]:
        """The random variables that the number depends on."""
        if self._atoms is None:
            self._atoms = frozenset(latent for monomial in self.terms for latent in latents_of(monomial))
        return self._atoms

    # ------------------------------------------------------------------ arithmetic

    def __add__(self, other: object) -> Any:
        if isinstance(other, Unknown):
            if len(other.terms) > len(self.terms):
                return other + self
            terms = dict(self.terms)
            for monomial, coefficient in other.terms.items():
                _put(terms, monomial, coefficient)
            return made(_joined(self, other), terms)
        if isinstance(other, int | float | Fraction):
            terms = dict(self.terms)
            _put(terms, ONE, coefficient_of(other))
            return made(self.space, terms)
        return NotImplemented

    def __radd__(self, other: object) -> Any:
        return self + other

    def __neg__(self) -> Any:
        return Unknown(self.space, {monomial: -c for monomial, c in self.terms.items()})

    def __pos__(self) -> Any:
        return self

    def __sub__(self, other: object) -> Any:
        return self + (-cast("Unknown", other))

    def __rsub__(self, other: object) -> Any:
        return -self + other

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Unknown):
            return _product(self, other)
        if isinstance(other, int | float | Fraction):
            by = coefficient_of(other)
            if by == 0:
                return Fraction(0)
            return Unknown(self.space, {monomial: c * by for monomial, c in self.terms.items()})
        return NotImplemented

    def __rmul__(self, other: object) -> Any:
        return self * other

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, Unknown):
            return self * power(other, -1)
        if isinstance(other, int | float | Fraction):
            return self * (1 / coefficient_of(other))
        return NotImplemented

    def __rtruediv__(self, other: object) -> Any:
        return power(self, -1) * other

    def __pow__(self, exponent: object) -> Any:
        if isinstance(exponent, int | Fraction) and not isinstance(exponent, Symbolic):
            return power(self, exponent)
        return NotImplemented

    def __rpow__(self, base: object) -> Never:
        raise NeedsValue(self)

    # ------------------------------------------------------------------ comparison

    if not TYPE_CHECKING:  # typeshed takes `Complex` for unhashable

        def __eq__(self, other: object) -> bool:
            return self is other or (isinstance(other, Unknown) and self.terms == other.terms)

        def __hash__(self) -> int:
            if not self._hash:
                self._hash = hash(frozenset(self.terms.items()))
            return self._hash

    def __bool__(self) -> bool:
        return True

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __lt__(self, other: object) -> bool:
        return is_positive(-self + other)

    def __gt__(self, other: object) -> bool:
        return is_positive(self - other)

    def __le__(self, other: object) -> bool:
        return _not_negative(-self + other)

    def __ge__(self, other: object) -> bool:
        return _not_negative(self - other)

    # ------------------------------------------------------------------ what needs the value

    def _needed(self, *_: object) -> Never:
        raise Open(self) if self.space.is_open(self) else NeedsValue(self)

    @property
    def numerator(self) -> int:
        self._needed()

    @property
    def denominator(self) -> int:
        self._needed()

    __float__ = __int__ = __trunc__ = __floor__ = __ceil__ = __round__ = _needed  # type: ignore[assignment]
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _needed  # type: ignore[assignment]

    def __abs__(self) -> Any:
        return self if is_positive(self) else -self


def _not_negative(difference: object) -> bool:
    """Whether a difference is at least 0: 0 only if it is always, as ties have probability zero."""
    whole = expanded(difference)
    return is_positive(difference) if isinstance(whole, Unknown) else bool(whole >= 0)


def _shown(term: tuple[Monomial, Coefficient]) -> str:
    monomial, coefficient = term
    parts = sorted(str(atom) if power == 1 else f"{atom}^{power}" for atom, power in monomial)
    if not parts:
        return str(coefficient)
    if coefficient == 1:
        return " * ".join(parts)
    return f"{coefficient} * " + " * ".join(parts)


# ------------------------------------------------------------------ making


def latent(address: Address, space: Space) -> Unknown:
    """A random variable as a number."""
    return Unknown(space, {frozenset({(Latent(address, space), 1)}): Fraction(1)})


def of_atom(atom: Atom, space: Space, exponent: Exponent = 1) -> Unknown:
    """A power of one atom as a number."""
    return Unknown(space, {frozenset({(atom, exponent)}): Fraction(1)})


def made(space: Space, terms: Mapping[Monomial, Coefficient]) -> Any:
    """The number with these terms: plain if it is constant."""
    if not terms:
        return Fraction(0)
    if len(terms) == 1 and ONE in terms:
        return terms[ONE]
    return Unknown(space, terms)


def coefficient_of(number: float | Fraction) -> Coefficient:
    """A known number as a coefficient."""
    return Fraction(number) if isinstance(number, int) else number


def terms_of(number: object) -> Terms:
    """The terms of a number, also of a known one."""
    if isinstance(number, Unknown):
        return number.terms
    known = coefficient_of(cast("Known", number))
    return {ONE: known} if known else {}


def _put(terms: dict[Monomial, Coefficient], monomial: Monomial, coefficient: Coefficient) -> None:
    found = terms.get(monomial)
    if found is None:
        if coefficient:
            terms[monomial] = coefficient
        return
    total = found + coefficient
    if total:
        terms[monomial] = total
    else:
        del terms[monomial]


def added(space: Space, terms: Iterable[tuple[Monomial, Coefficient]]) -> Any:
    """The number that is the sum of these terms."""
    total: dict[Monomial, Coefficient] = {}
    for monomial, coefficient in terms:
        _put(total, monomial, coefficient)
    return made(space, total)


def _product(left: Unknown, right: Unknown) -> Any:
    terms: dict[Monomial, Coefficient] = {}
    for one, a in left.terms.items():
        for two, b in right.terms.items():
            _put(terms, times(one, two), a * b)
    return made(_joined(left, right), terms)


def times(left: Monomial, right: Monomial) -> Monomial:
    """The product of two products of powers; exponentials are joined."""
    if not left:
        return right
    if not right:
        return left
    powers = dict(left)
    for atom, exponent in right:
        _raise(powers, atom, exponent)
    return _joined_exponentials(powers)


def _joined_exponentials(powers: dict[Atom, Exponent]) -> Monomial:
    """A product of powers with at most one exponential, whose own power is 1."""
    exponentials = [atom for atom in powers if isinstance(atom, Applied) and atom.name == "exp"]
    if len(exponentials) > 1 or (exponentials and powers[exponentials[0]] != 1):
        total: Any = Fraction(0)
        for atom in exponentials:
            total = total + atom.argument * powers.pop(atom)
        if isinstance(total, Unknown):
            powers[Applied("exp", total)] = 1
        elif total:
            powers[Applied("exp", Fraction(total))] = 1
    return frozenset(powers.items())


def _raise(powers: dict[Atom, Exponent], atom: Atom, exponent: Exponent) -> None:
    total = powers.get(atom, 0) + exponent
    if total:
        powers[atom] = total.numerator if isinstance(total, Fraction) and total.denominator == 1 else total
    else:
        del powers[atom]


def expanded(number: Any) -> Any:
    """The number with sums under whole positive powers multiplied out, as far as that is not too long."""
    if not isinstance(number, Unknown):
        return number
    if not any(_opens(atom, exponent) for monomial in number.terms for atom, exponent in monomial):
        return number
    total: Any = Fraction(0)
    for monomial, coefficient in number.terms.items():
        product: Any = coefficient
        closed = frozenset(pair for pair in monomial if not _opens(*pair))
        for atom, exponent in monomial - closed:
            assert isinstance(atom, Base)
            whole = expanded(atom.sum)
            for _ in range(int(exponent)):
                product = product * whole
        total = total + product * made(number.space, {closed: Fraction(1)})
    return total


def _opens(atom: Atom, exponent: Exponent) -> bool:
    return (
        isinstance(atom, Base)
        and type(exponent) is int
        and exponent > 0
        and len(atom.sum.terms) ** exponent <= MOST_EXPANDED
    )


def power(number: Unknown, exponent: Exponent) -> Any:
    """A power with a known rational exponent; one of a sum is not multiplied out."""
    if exponent == 0:
        return Fraction(1)
    if exponent == 1:
        return number
    exponent = exponent.numerator if exponent.denominator == 1 else exponent
    if len(number.terms) == 1:
        ((monomial, coefficient),) = number.terms.items()
        whole = type(exponent) is int
        if whole or (coefficient > 0 and all(is_positive_atom(atom) for atom, _ in monomial)):
            powers: dict[Atom, Exponent] = {}
            for atom, old in monomial:
                _raise(powers, atom, old * exponent)
            return made(number.space, {_joined_exponentials(powers): _known_power(coefficient, exponent)})
    scale, base = scaled(number)
    if type(exponent) is not int and not is_positive(number):
        raise NeedsValue(f"({number})^({exponent})")
    return made(number.space, {frozenset({(Base(base), exponent)}): _known_power(scale, exponent)})


def _known_power(base: Coefficient, exponent: Exponent) -> Coefficient:
    if isinstance(base, Fraction) and exponent.denominator == 1:
        return base ** int(exponent)
    if base == 1:
        return base
    try:
        return math.pow(base, exponent)
    except OverflowError:
        raise NeedsValue(f"({base})^({exponent})") from None


def scaled(number: Unknown) -> tuple[Coefficient, Unknown]:
    """A positive factor and what is left, whose leading coefficient is 1 or -1."""
    lead = ONE if ONE in number.terms else min(number.terms, key=_order)
    found = number.terms[lead]
    scale = found if found > 0 else -found
    return scale, number if scale == 1 else number * (1 / scale)


def divisor(number: Unknown, positive: Callable[[Atom], bool]) -> Unknown | None:
    """The positive powers that a number is divided by, as a number; None if it is by none.

    positive: whether an atom is known to be.
    """
    least: dict[Atom, Exponent] = {}
    for monomial in number.terms:
        for atom, exponent in monomial:
            if exponent < least.get(atom, 0):
                least[atom] = exponent
    by = frozenset((atom, -exponent) for atom, exponent in least.items() if positive(atom))
    return Unknown(number.space, {by: Fraction(1)}) if by else None


def logit_of(number: Unknown) -> Any:
    """What a number is the logistic function of; None if it is no such function.

    Its logarithm is one function to whoever computes it: the function may be too small for a float, and
    a ball around very different values of it holds too much.
    """
    if len(number.terms) != 1:
        return None
    ((monomial, coefficient),) = number.terms.items()
    match tuple(monomial):
        case ((Applied("sigmoid", argument), 1),) if coefficient == 1:
            return argument
        case _:
            return None


def _order(monomial: Monomial) -> tuple[int, str]:
    return len(monomial), str(sorted((str(atom), exponent) for atom, exponent in monomial))


def is_positive_atom(atom: Atom) -> bool:
    """Whether what stands under a power is positive."""
    match atom:
        case Latent(_, space):
            return space.positive(of_atom(atom, space))
        case Applied("exp"):
            return True
        case Applied(_, Unknown() as argument):
            return argument.space.positive(of_atom(atom, argument.space))
        case Applied("log", argument):
            return argument > 1
        case Applied(_, argument):
            return argument > 0
        case Base(total):
            return is_positive(total)


# ------------------------------------------------------------------ asking


def is_positive(number: object) -> bool:
    """Whether a number is positive, almost surely; `Undecided` if that depends on its variables."""
    if not isinstance(number, Unknown):
        return cast("float", number) > 0
    constant = number.terms.get(ONE, 0)
    if isinstance(constant, float) and isinf(constant):
        return constant > 0
    return number.space.positive(number)


def latents_of(monomial: Monomial) -> Iterator[Latent]:
    """The random variables that a product of powers mentions."""
    for atom, _ in monomial:
        match atom:
            case Latent():
                yield atom
            case Applied(_, Unknown() as argument) | Base(argument):
                yield from argument.latents
            case _:
                pass


def mentions(number: object, variable: Latent) -> bool:
    """Whether a number depends on a variable."""
    return isinstance(number, Unknown) and variable in number.latents


def depends(value: object) -> bool:
    """Whether a number or array depends on continuous random variables."""
    return isinstance(value, Unknown) or (
        isinstance(value, tuple) and any(map(depends, cast("tuple[object, ...]", value)))
    )
