"""From the domains and supports of families to types, and which written numbers lie outside them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from pplc.lang import syntax as s
from pplc.lang.check_constants import constant
from pplc.lang.check_state import Checker
from pplc.lang.families import Bound, Domain, Family, Kind
from pplc.lang.typesys import (
    BOOL,
    INT,
    POSITIVE,
    REAL,
    UNIT_INTERVAL,
    UNKNOWN_SIZE,
    WRONG,
    Array,
    Extent,
    Matrix,
    Real,
    Type,
    Vector,
)


def domain_type(c: Checker, domain: Domain, size: str | None, sizes: dict[str, Extent]) -> Type:
    """The type of one value of a parameter; `sizes` collects the variables of its size names."""
    extent = sizes.setdefault(size, c.unify.fresh_size()) if size is not None else UNKNOWN_SIZE
    match domain:
        case Domain.REAL | Domain.NONNEGATIVE:
            return REAL
        case Domain.POSITIVE:
            return POSITIVE
        case Domain.UNIT | Domain.OPEN_UNIT | Domain.POSITIVE_UNIT:
            return UNIT_INTERVAL
        case Domain.INT | Domain.NATURAL | Domain.POSITIVE_INT:
            return INT
        case Domain.REAL_VECTOR:
            return Array(REAL, (extent,))
        case Domain.POSITIVE_VECTOR:
            return Array(POSITIVE, (extent,))
        case Domain.ORDERED:
            return Vector("ordered", extent)
        case Domain.SIMPLEX:
            return Vector("simplex", extent)
        case Domain.COV | Domain.PRECISION:
            return Matrix("cov", extent)
        case Domain.CHOL_COV | Domain.CHOL_CORR:
            return Matrix("chol", extent)


def is_inside(domain: Domain, value: Fraction) -> bool:
    """Whether one number lies in the domain of a scalar, or of the entries of a vector."""
    match domain:
        case Domain.POSITIVE | Domain.POSITIVE_VECTOR:
            return value > 0
        case Domain.NONNEGATIVE:
            return value >= 0
        case Domain.UNIT | Domain.SIMPLEX:
            return 0 <= value <= 1
        case Domain.OPEN_UNIT:
            return 0 < value < 1
        case Domain.POSITIVE_UNIT:
            return 0 < value <= 1
        case Domain.INT:
            return value.denominator == 1
        case Domain.NATURAL:
            return value.denominator == 1 and value >= 0
        case Domain.POSITIVE_INT:
            return value.denominator == 1 and value > 0
        case _:
            return True


def check_domain(c: Checker, domain: Domain, written: s.Expr, what: str) -> None:
    """Report written numbers outside a domain: `Normal(0, -1)`, `Categorical([0.5, 0.6])`."""
    if isinstance(written, s.ListLiteral) and domain.rank < 2:
        values = [constant(c, item) for item in written.items]
        for item, value in zip(written.items, values, strict=True):
            if value is not None and not is_inside(domain, value):
                _outside(c, domain, item, value, what)
        known = [value for value in values if value is not None]
        if len(known) == len(values) and all(is_inside(domain, value) for value in known):
            _check_vector(c, domain, written, known, what)
        return
    value = constant(c, written)
    if value is not None and domain.rank == 0 and not is_inside(domain, value):
        _outside(c, domain, written, value, what)


def require(c: Checker, value: s.Expr, kind: Type, wanted: Type, what: str, *, help_: str = "") -> bool:
    """Check that a value fits; numbers that are written out are judged by what they are.

    `0.5` is a `unit`, and `[0.2, 0.8]` a `simplex[2]`, though the type of each is wider.
    """
    domain = _written_domain(c, value, wanted)
    fits = c.require(kind, wanted, value.span, what, narrowing=domain is not None, help_=help_)
    if domain is not None:
        check_domain(c, domain, value, what)
    return fits


def _written_domain(c: Checker, value: s.Expr, wanted: Type) -> Domain | None:
    match c.unify.head(wanted):
        case Real("positive"):
            domain = Domain.POSITIVE
        case Real("unit"):
            domain = Domain.UNIT
        case Vector("simplex"):
            domain = Domain.SIMPLEX
        case Vector("ordered"):
            domain = Domain.ORDERED
        case Array(Real("positive"), (_,)):
            domain = Domain.POSITIVE_VECTOR
        case _:
            return None
    if domain.rank == 0:
        return None if constant(c, value) is None else domain
    written = isinstance(value, s.ListLiteral) and all(constant(c, item) is not None for item in value.items)
    return domain if written else None


def _check_vector(c: Checker, domain: Domain, written: s.Expr, values: list[Fraction], what: str) -> None:
    if domain is Domain.SIMPLEX and sum(values) != 1:
        total = show_number(sum(values, Fraction()))
        c.report(
            "E0219", f"{what} must sum to 1, but these sum to {total}", written.span, f"the sum is {total}"
        )
    rising = all(a < b for a, b in pairwise(values))
    if domain is Domain.ORDERED and not rising:
        c.report("E0219", f"{what} must be strictly increasing", written.span, "not increasing")


def _outside(c: Checker, domain: Domain, written: s.Expr, value: Fraction, what: str) -> None:
    wanted = domain.describe
    if domain.rank:
        wanted = {Domain.POSITIVE_VECTOR: "positive numbers", Domain.SIMPLEX: "numbers between 0 and 1"}[
            domain
        ]
    c.report(
        "E0219",
        f"{what} must be {wanted}, but {show_number(value)} is not",
        written.span,
        f"not {wanted}" if not domain.rank else "outside",
    )


def show_number(value: Fraction) -> str:
    """A number as people write it: `0.1`, `3`; a quotient where no short decimal is exact."""
    if value.denominator == 1:
        return str(value.numerator)
    number = float(value)
    return f"{number:g}" if Fraction(f"{number:g}") == value else str(value)


# ------------------------------------------------------------------ supports


def support_type(
    family: Family,
    sizes: Mapping[str, Extent],
    lengths: Mapping[str, Extent],
    values: Mapping[str, Fraction],
) -> Type:
    """The type of one draw.

    sizes:   of the size names of the family's parameters.
    lengths: of integer parameters, where the support's size is one (`dimension` of `LKJ`).
    values:  of parameters that are written numbers, for bounds that depend on them.
    """
    support = family.support
    extent: Extent = UNKNOWN_SIZE
    if support.size is not None:
        extent = sizes.get(support.size, lengths.get(support.size, UNKNOWN_SIZE))
    match support.kind:
        case Kind.BOOLEAN:
            return BOOL
        case Kind.INTEGER:
            return INT
        case Kind.REAL | Kind.CIRCLE:
            lower = _bound(family, support.lower, values)
            return between(lower, _bound(family, support.upper, values))
        case Kind.COUNTS:
            return Array(INT, (extent,))
        case Kind.SIMPLEX:
            return Vector("simplex", extent)
        case Kind.ORDERED:
            return Vector("ordered", extent)
        case Kind.REAL_VECTOR:
            return Array(REAL, (extent,))
        case Kind.COV:
            return Matrix("cov", extent)
        case Kind.CORR:
            return Matrix("corr", extent)
        case Kind.CHOL_CORR:
            return Matrix("chol", extent)
        case Kind.LIST | Kind.ANY:
            return WRONG


def _bound(family: Family, bound: Bound, values: Mapping[str, Fraction]) -> Fraction | None:
    if isinstance(bound, str):
        if bound in values:
            return values[bound]
        domain = next(p.domain for p in family.parameters if p.name == bound)
        return Fraction(0) if domain is Domain.POSITIVE else None
    return None if bound is None else Fraction(bound)


def between(lower: Fraction | None, upper: Fraction | None) -> Real:
    """The type of a continuous variable between two bounds, None where there is none.

    That it is exactly at a bound has probability 0, so a lower bound of 0 makes it `positive`.
    """
    if lower is None or lower < 0:
        return REAL
    return UNIT_INTERVAL if upper is not None and upper <= 1 else POSITIVE
