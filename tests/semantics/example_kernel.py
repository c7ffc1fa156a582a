"""A kernel that uses what no family needs: assignments with an operator, powers, functions without a twin."""

from __future__ import annotations

from pplc.semantics.kernel import cos, f64, i64, pi


def telescope(x: f64, n: i64) -> f64:
    """x^n / 2^n / n!, times 1."""
    total = 0.5**n
    for k in range(1, n + 1):
        total *= x
        total /= k
    total **= 1
    return total


def turn(x: f64) -> f64:
    return cos(x)


def half_circle(x: f64) -> f64:
    return x * pi


def leak(x: f64) -> f64:
    return float(x)
