"""Formulas where exact runs have numbers: their signs, the domains they may be in, closed forms."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pplc.lang.families import FAMILIES, Domain
from pplc.semantics.closed_form import ClosedField, ClosedForm, product, root
from pplc.semantics.evaluate import log_weight
from pplc.semantics.families.checks import check_parameters, inside
from pplc.semantics.formula import Formula, Open, algebra, formulas_in, mentioned, symbols
from pplc.semantics.number import LogRat
from pplc.semantics.signs import assumed_ends, assumed_sign, conditions, poles, sign

HALF = Fraction(1, 2)


def two() -> tuple[Any, Any]:
    """Two symbols of a field of their own, of which nothing is assumed."""
    found = symbols(["p", "q"])
    return found["p"], found["q"]


def assumed(formula: Formula) -> list[str]:
    return list(formula.field.assumed.values())


# ------------------------------------------------------------------ signs

BOX = ((0.0, 1.0), (0.0, 2.0))
IN_BOX = st.tuples(
    st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=50),
    st.fractions(Fraction(1, 50), Fraction(99, 50), max_denominator=50),
)


@st.composite
def rational_functions(draw: st.DrawFn) -> Any:
    """Quotients of products of sums of few powers."""
    p, q = two()

    def polynomial() -> Any:
        terms = draw(
            st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)), max_size=3)
        )
        return sum((c * p**j * q**k for c, j, k in terms), Fraction(draw(st.integers(-3, 3))))

    top, bottom = polynomial() * polynomial(), polynomial()
    return top / bottom if bottom else top


@given(rational_functions(), st.lists(IN_BOX, min_size=1, max_size=5))
def test_a_sign_that_is_said_holds_everywhere_in_the_box(number: Any, points: list[Any]) -> None:
    if not isinstance(number, Formula):
        return
    found = sign(number, BOX)
    for p, q in points:
        try:
            value = number.at({"p": p, "q": q})
        except ZeroDivisionError:
            assert found == 0
            continue
        assert found * value >= 0


def test_signs_of_sums_products_and_powers() -> None:
    p, q = two()
    signs: dict[Any, int] = {
        p: 1,
        -p: -1,
        1 - p: 1,
        p - 1: -1,
        p * (p - 1): -1,
        (p - q) ** 2: 1,
        p - q: 0,
        q / (p + 1): 1,
        q / (p - 2): -1,
        p**2 + q + 1: 1,
    }
    assert {number: sign(number, BOX) for number in signs} == signs


def test_what_is_assumed_of_symbols_bounds_them() -> None:
    p, q = two()
    assert assumed_ends(p.field) == [(-float("inf"), float("inf"))] * 2
    p.assume_probability()
    q.assume_positive()
    assert assumed_ends(p.field) == [(0.0, 1.0), (0.0, float("inf"))]


# ------------------------------------------------------------------ domains

TAKEN: dict[Domain, str] = {
    Domain.POSITIVE: "p > 0",
    Domain.NONNEGATIVE: "p > 0",
    Domain.UNIT: "0 < p < 1",
    Domain.OPEN_UNIT: "0 < p < 1",
    Domain.POSITIVE_UNIT: "0 < p < 1",
}


@pytest.mark.parametrize("domain", TAKEN, ids=lambda domain: domain.name)
def test_a_symbol_is_taken_to_be_in_a_domain(domain: Domain) -> None:
    p, _ = two()
    assert inside(domain, p)
    assert assumed(p) == [TAKEN[domain]]


def test_a_symbol_is_a_real_without_any_assumption() -> None:
    p, _ = two()
    assert inside(Domain.REAL, p)
    assert inside(Domain.REAL_VECTOR, (p, Fraction(1)))
    assert not assumed(p)


OUTSIDE: dict[str, tuple[Domain, Callable[[Any], Any]]] = {
    "a probability above 1": (Domain.UNIT, lambda p: p + 1),
    "a probability below 0": (Domain.UNIT, lambda p: -p),
    "a negative number": (Domain.POSITIVE, lambda p: p - 2),
    "probabilities that do not add up to 1": (Domain.SIMPLEX, lambda p: (p, p)),
    "a negative probability": (Domain.SIMPLEX, lambda p: (p, Fraction(-1), 2 - p)),
    "a negative concentration": (Domain.POSITIVE_VECTOR, lambda p: (p, Fraction(-1))),
    "an order that is not known": (Domain.ORDERED, lambda p: (Fraction(0), p)),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_a_formula_that_is_never_in_a_domain_is_outside(what: str) -> None:
    domain, make = OUTSIDE[what]
    p, _ = two()
    p.assume_probability()
    assert not inside(domain, make(p))


def test_vectors_of_formulas_are_simplices_if_they_add_up_to_one() -> None:
    p, q = two()
    assert inside(Domain.SIMPLEX, (p, q, 1 - p - q))
    assert assumed(p) == ["0 < p < 1", "0 < q < 1", "0 < -p - q + 1 < 1"]
    p, q = two()
    assert inside(Domain.POSITIVE_VECTOR, (p, Fraction(2)))
    assert assumed(p) == ["p > 0"]


def test_what_is_sure_to_be_in_a_domain_is_not_assumed() -> None:
    p, _ = two()
    p.assume_probability()
    for number in (p / 2, 1 - p, p**2, p * (1 - p)):
        assert inside(Domain.UNIT, number)
        assert inside(Domain.POSITIVE, number)
    assert assumed(p) == ["0 < p < 1"]


def test_a_probability_and_its_rest_are_one_assumption() -> None:
    p, q = two()
    assert inside(Domain.UNIT, p)
    assert inside(Domain.UNIT, 1 - p)
    assert assumed(p) == ["0 < p < 1"]
    assert assumed_sign(3 * p) == 1
    assert assumed_sign(p - 1) == -1
    assert assumed_sign(q) == 0


def test_conditions_are_said_once_and_without_what_follows_from_them() -> None:
    p, q = two()
    for positive in (p, 2 * p - 1, 4 * p - 2, 3 - q, p - q, p - q + 1):
        positive.assume_positive()
    assert list(conditions(p.field)) == ["p > 1/2", "q < 3", "q < p"]
    (2 * p).assume_probability()
    assert list(conditions(p.field)) == ["p > 1/2", "q < 3", "q < p", "0 < 2*p < 1"]
    assert assumed_sign(p + 4) == 1
    assert assumed_sign(q - 5) == -1
    assert sign((p + 1) * (q - p), [(-1e9, 1e9)] * 2) == -1


def test_what_follows_from_conditions_on_symbols_is_not_said() -> None:
    p, q = two()
    p.assume_positive()
    for positive in (2 * p - q, p - q, p * (p + 1) + 2):
        positive.assume_positive()
    assert list(conditions(p.field)) == ["p > 0", "q < p"]
    assert assumed_sign(p + q) == 0
    q.assume_positive()
    assert assumed_sign(p + q) == assumed_sign(p * p + q) == 1


def test_a_formula_has_holes_where_a_linear_factor_below_is_zero() -> None:
    p, q = two()
    p.assume_probability()
    q.assume_positive()
    assert list(poles(1 / ((p - q) ** 2 * (p + q) * (2 * p - 1) * (p * q - 1)))) == ["p != q", "p != 1/2"]
    assert list(poles(closed(q) / (q - 2))) == ["q != 2"]
    assert list(poles(p / (p + 1))) == []


def test_a_probability_is_positive_without_saying_so() -> None:
    p, q = two()
    for what in (p, q):
        what.assume_positive()
        what.assume_probability()
    assert list(conditions(p.field)) == ["0 < p < 1", "0 < q < 1"]


def test_parameters_in_order_are_assumed_to_be() -> None:
    p, q = two()
    uniform = FAMILIES["Uniform"]
    assert check_parameters(uniform, (p, q)) is None
    assert assumed(p) == ["p < q"]
    found = check_parameters(uniform, (p, p - 1))
    assert found is not None
    assert found.parameter == "lower"


def test_parameters_that_are_formulas_are_checked_against_each_other() -> None:
    p, _ = two()
    p.assume_probability()
    bernoulli = FAMILIES["Bernoulli"]
    assert check_parameters(bernoulli, (p,)) is None
    found = check_parameters(bernoulli, (p + 1,))
    assert found is not None
    assert found.parameter == "p"


# ------------------------------------------------------------------ weights


def test_weights_left_open_are_taken_to_be_weights() -> None:
    p, q = two()
    assert log_weight("weight", p, exact=True) == LogRat(p)
    assert log_weight("observe_soft", q, exact=True) == LogRat(q)
    assert assumed(p) == ["p > 0", "0 < q < 1"]
    with pytest.raises(Open, match="E0560"):
        log_weight("factor", p, exact=True)


# ------------------------------------------------------------------ closed forms


def closed(number: Any) -> Any:
    """A formula as an expression, under a root of its square."""
    found = root(number)
    assert isinstance(found, ClosedForm)
    return found


def test_the_square_root_of_a_formula_is_a_closed_form() -> None:
    p, q = two()
    found = closed(p + q)
    assert str(found) == "sqrt(p + q)"
    assert str(found * found) == "p + q"
    assert found.at({"p": 4, "q": 5}) == 3
    assert float(found.at({"p": 1, "q": 1})) == 2**0.5
    assert root(found * 4) == 2 * root(found)
    assert root(Fraction(9, 4)) == Fraction(3, 2)
    assert root(Fraction(2)) == 2**0.5


def test_closed_forms_are_numbers_again_where_they_are_rational() -> None:
    p, q = two()
    found = closed(p)
    assert found - found == 0
    assert type(found / found) is Fraction
    assert (found + q) - q == found
    assert q - (q - found) == found
    assert product(found, 2 * q) == found * (2 * q) == product(2 * q, found)
    assert product(p, q) == p * q
    home = found.field
    assert isinstance(home, ClosedField)
    assert home.element(HALF) == algebra().Rational(1, 2)


def test_derivatives_of_closed_forms() -> None:
    p, q = two()
    found = closed(p) * q
    assert found.derivative("q") == closed(p)
    assert found.derivative("p").at({"p": 4, "q": 3}) == Fraction(3, 4)


def test_a_closed_form_has_no_value_at_a_pole() -> None:
    p, _ = two()
    with pytest.raises(ZeroDivisionError, match="has no value"):
        (1 / closed(p)).at({"p": 0, "q": 1})


def test_formulas_are_found_in_arrays() -> None:
    p, q = two()
    assert list(formulas_in((p, (Fraction(1), q)))) == [p, q]
    assert mentioned((1, (p,)))
    assert not mentioned((1, (Fraction(2),)))


@pytest.mark.parametrize(
    "use", [float, int, round, abs, lambda x: x < 1, lambda x: 2**x, lambda x: x**HALF, lambda x: x.numerator]
)
def test_what_needs_the_value_of_a_formula_says_so(use: Callable[[Any], Any]) -> None:
    p, _ = two()
    with pytest.raises(Open, match="E0560"):
        use(p + 1)
