"""Sums of powers, finite and infinite, by the Euler-Maclaurin formula (kernels)."""

from __future__ import annotations

from pplc.semantics.kernel import expm1, f64, i64, inf, log, power

# B_2k / (2k)! for k = 1 to 10: DLMF 2.10.1.
_COEFFICIENTS = (
    0.083333333333333333,
    -0.0013888888888888889,
    3.3068783068783069e-5,
    -8.2671957671957672e-7,
    2.0876756987868099e-8,
    -5.2841901386874932e-10,
    1.3382536530684679e-11,
    -3.3896802963225829e-13,
    8.5860620562778446e-15,
    -2.1748686985580619e-16,
)
# Terms that are added up as they are; from there on the expansion is below rounding.
_DIRECT = 15


def power_sum(s: f64, first: i64, last: i64) -> f64:
    """The sum of k^-s for k from `first` >= 1 to `last`; without end if `last` is 0, and then for s > 1."""
    if last == 0 and s <= 1:
        return inf
    if last != 0 and last < first:
        return 0.0
    total = 0.0
    k = first
    stop = first + _DIRECT
    while k < stop or k <= 10:
        total = total + power(k, -s)
        if k == last:
            return total
        k = k + 1
    near = _correction(s, k)
    if last == 0:
        return total + (power(k, 1 - s) / (s - 1) + near)
    return total + (_integral(s, k, last) + near + power(last, -s) - _correction(s, last))


def _integral(s: f64, low: f64, high: f64) -> f64:
    """The integral of x^-s from `low` to `high`, also for s near 1."""
    growth = log(high / low)
    t = (1 - s) * growth
    if t == 0:
        return growth
    return power(low, 1 - s) * growth * (expm1(t) / t)


def _correction(s: f64, k: f64) -> f64:
    """k^-s / 2 plus the terms in the odd derivatives of x^-s at k."""
    term = power(k, -s)
    total = 0.5 * term
    term = term * s / k
    for i in range(10):
        total = total + _COEFFICIENTS[i] * term
        odd = 2 * i + 1
        term = term * (s + odd) * (s + odd + 1) / (k * k)
    return total
