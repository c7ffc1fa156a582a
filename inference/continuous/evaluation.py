"""Numbers that depend on variables, where these have values: arrays of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference.continuous.piece import Piece
from pplc.semantics.symbolic.elementary import Number
from pplc.semantics.symbolic.expression import (
    Applied,
    Base,
    Coefficient,
    Exponent,
    Latent,
    Monomial,
    Unknown,
    logit_of,
)
from pplc.semantics.symbolic.special import NEARLY

Floats: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = Mapping[Latent, Floats]
"""Values of variables, arrays of one shape."""


def values_at(number: Number, points: Points) -> Floats:
    """A number at every point; NaN where it is not defined."""
    shape = next(iter(points.values())).shape if points else ()
    with np.errstate(all="ignore"):
        return np.broadcast_to(np.asarray(_value(number, points, {}), dtype=np.float64), shape)


def sizes_at(number: Number, points: Points) -> Floats:
    """The sum of the sizes of the terms of a number at every point: how large what cancels in it is."""
    shape = next(iter(points.values())).shape if points else ()
    if not isinstance(number, Unknown):
        return np.full(shape, abs(float(number)))
    known: dict[object, Any] = {}
    with np.errstate(all="ignore"):
        terms = (
            _term(monomial, coefficient, points, known) for monomial, coefficient in number.terms.items()
        )
        return np.broadcast_to(np.asarray(sum(map(np.abs, terms)), dtype=np.float64), shape)


def inside(piece: Piece, points: Points) -> npt.NDArray[np.bool_]:
    """Which points lie in the region of a piece."""
    shape = next(iter(points.values())).shape
    kept = np.ones(shape, dtype=np.bool_)
    for bound in piece.region:
        kept &= values_at(bound, points) > 0
    return kept


def _value(number: Number, points: Points, known: dict[object, Any]) -> Any:
    if not isinstance(number, Unknown):
        return float(number)
    total: Any = 0.0
    for monomial, coefficient in number.terms.items():
        total = total + _term(monomial, coefficient, points, known)
    return total


def _term(monomial: Monomial, coefficient: Coefficient, points: Points, known: dict[object, Any]) -> Any:
    term: Any = float(coefficient)
    for atom, exponent in monomial:
        term = term * _power(atom, exponent, points, known)
    return term


def _power(
    atom: Latent | Applied | Base, exponent: Exponent, points: Points, known: dict[object, Any]
) -> Any:
    """A power; whole ones by squaring, as polynomials have many of one variable and `**` is slow."""
    if exponent == 1:
        return _atom(atom, points, known)
    if not (type(exponent) is int and exponent > 1):
        return _atom(atom, points, known) ** (exponent if type(exponent) is int else float(exponent))
    found = known.get((atom, exponent))
    if found is None:
        half = _power(atom, exponent // 2, points, known)
        found = half * half
        if exponent % 2:
            found = found * _atom(atom, points, known)
        known[atom, exponent] = found
    return found


def _atom(atom: Latent | Applied | Base, points: Points, known: dict[object, Any]) -> Any:
    if isinstance(atom, Latent):
        return points[atom]
    found = known.get(atom)
    if found is None:
        match atom:
            case Base(total):
                found = _value(total, points, known)
            case Applied("log", Unknown() as argument) if (logit := logit_of(argument)) is not None:
                found = function("log_sigmoid")(_value(logit, points, known))
            case Applied(name, argument):
                found = function(name)(_value(argument, points, known))
        known[atom] = found
    return found


def _log1mexp(x: Floats) -> Floats:
    return np.asarray(np.where(x > -np.log(2), np.log(-np.expm1(x)), np.log1p(-np.exp(x))))


def _log_laplace(x: Floats) -> Floats:
    return np.asarray(np.where(x < 0, x - np.log(2), np.log1p(-0.5 * np.exp(-np.abs(x)))))


def _log_gumbel_tail(x: Floats) -> Floats:
    return np.asarray(np.where(x > NEARLY, -x, _log1mexp(-np.exp(-x))))


def _dilog_near_0(x: Floats) -> Floats:
    """Σ x^k / k², for sizes below 1/4: 4^-27 / 27^2 is nothing. As spence(1 - x) it loses digits there."""
    total = np.zeros_like(x)
    for k in range(27, 0, -1):
        total = total * x + 1 / k**2
    return total * x


def function(name: str) -> Callable[[Any], Any]:
    """A function of arrays by its name; scipy is imported for those that numpy has not."""
    plain: dict[str, Callable[[Any], Any]] = {
        "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tan": np.tan, "atan": np.arctan,
        "tanh": np.tanh, "rounded": np.float64,
    }  # fmt: skip
    if name in plain:
        return plain[name]
    from scipy import special

    made: dict[str, Callable[[Any], Any]] = {
        "lgamma": special.gammaln,
        "erf": special.erf,
        "dilog": lambda x: np.where(np.abs(x) < 0.25, _dilog_near_0(x), special.spence(1.0 - x)),
        "erfcx": special.erfcx,
        "ndtr": special.ndtr,
        "log_ndtr": special.log_ndtr,
        "sigmoid": special.expit,
        "log_sigmoid": special.log_expit,
        "log_laplace": _log_laplace,
        "log_cauchy": lambda x: np.log(np.arctan2(1.0, -x) / np.pi),
        "log_gumbel_tail": _log_gumbel_tail,
        "log1mexp": _log1mexp,
    }
    return made[name]


def owens_t(h: Floats, a: Floats) -> Floats:
    """Owen's T: the integral of exp(-h² (1 + x²) / 2) / (1 + x²) / 2π over x from 0 to a."""
    from scipy import special

    return np.asarray(special.owens_t(h, a), dtype=np.float64)
