"""What is reported about each variable: moments, quantiles, probabilities, and the errors of all of these.

A `Variable` holds one array for each number, in the shape of the variable, whether it comes from an
exact law, from chains or from weighted draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import fsum, nan, sqrt
from typing import Any, Literal, TypeAlias, TypeVar, cast

import numpy as np
import numpy.typing as npt

from pplc.inference import diagnostics, weights
from pplc.inference.answers import Bounds, enclosed
from pplc.inference.collect import extents
from pplc.inference.continuous.laws import Mixed
from pplc.inference.result import Array, Draws, Index, Moments, Probability, Result
from pplc.semantics.closed_form import ClosedForm
from pplc.semantics.formula import Formula, as_rational, is_open, mentioned
from pplc.semantics.values import Value, shape_of, show

Floats: TypeAlias = npt.NDArray[np.float64]
TypeName: TypeAlias = Literal["bool", "int", "real", "string", "other"]

N = TypeVar("N", float, Fraction)

MOST_PROBABILITIES = 20
"""Different values of an element up to which its probabilities are listed."""

MOST_BOUNDS = 2000
"""The same for laws of which some runs are missing, whose probabilities have bounds."""


@dataclass(frozen=True)
class Variable:
    """The summary of one variable.

    shape:         extents; `()` for a scalar.
    numbers:       `mean sd q05 q95`, and for draws `mcse_mean ess_bulk ess_tail rhat` (chains) or
                   `mcse_mean ess` (weighted draws): arrays of the shape. Empty unless it is numeric.
    probabilities: index -> value as text -> probability, for finite variables.
    exact:         the same as rationals, where they are.
    reached:       the probability that a run defines the variable at all; NaN if it is a formula.
    formulas:      `mean` and `variance` of each element, if some parameters are left open; `exact` are
                   then formulas as well, and there are no `numbers` and `probabilities`.
    left:          if some runs were not followed, an upper bound of their mass, as a share of the others'.
                   `probabilities` and `numbers` are then those of the others; `bounds` hold for all.
    """

    name: str
    type: TypeName
    shape: tuple[int, ...]
    numbers: Mapping[str, Floats]
    probabilities: Mapping[Index, Mapping[str, float]] = field(
        default_factory=dict[Index, "Mapping[str, float]"]
    )
    exact: Mapping[Index, Mapping[str, Fraction]] = field(
        default_factory=dict[Index, "Mapping[str, Fraction]"]
    )
    reached: float = 1.0
    left: float = 0.0
    formulas: Mapping[str, Mapping[Index, Fraction]] = field(
        default_factory=dict[str, "Mapping[Index, Fraction]"]
    )

    @property
    def bounds(self) -> Mapping[Index, Mapping[str, Bounds]]:
        """Index -> value as text -> bounds of its probability, if some runs were not followed."""
        if not self.left:
            return {}
        return {
            index: {value: enclosed(probability, self.left) for value, probability in law.items()}
            for index, law in self.probabilities.items()
        }

    @property
    def mean(self) -> Floats:
        """The mean of each element; a numpy scalar if the variable is one."""
        return self.numbers["mean"][()]

    @property
    def sd(self) -> Floats:
        """The standard deviation of each element."""
        return self.numbers["sd"][()]

    def element(self, index: Index) -> Variable:
        """One element as a variable of its own."""
        name = f"{self.name}[{', '.join(map(str, index))}]" if index else self.name
        return Variable(
            name,
            self.type,
            (),
            {key: np.asarray(array[index]) for key, array in self.numbers.items()},
            {(): self.probabilities[index]} if index in self.probabilities else {},
            {(): self.exact[index]} if index in self.exact else {},
            self.reached,
            self.left,
            {key: {(): made[index]} for key, made in self.formulas.items() if index in made},
        )

    def elements(self) -> Iterator[Variable]:
        """The elements in row-major order; the variable itself if it is a scalar."""
        return (self.element(index) for index in np.ndindex(*self.shape))


def summarise(result: Result) -> dict[str, Variable]:
    """Every variable of a result, in the order in which the model makes them."""
    if result.laws is not None:
        found = {
            name: of_law(name, elements, result.left.get(name, 0.0), result.moments.get(name))
            for name, elements in result.laws.items()
        }
        found |= {
            name: of_densities(name, elements, result.left.get(name, 0.0))
            for name, elements in result.densities.items()
        }
        dense = {name: elements for name, elements in result.moments.items() if name not in result.laws}
        found |= {name: of_moments(name, elements) for name, elements in dense.items()}
        if "return" in found:
            found["return"] = found.pop("return")  # last, as it is made last
    elif result.draws is not None:
        draws = result.draws
        found = {name: of_draws(name, values, draws) for name, values in draws.values.items()}
    else:
        return {}
    # What a model without `return` gives is `()`, of which there is nothing to say.
    return {n: v for n, v in found.items() if v.numbers or v.probabilities or v.exact or v.type != "other"}


# ------------------------------------------------------------------ exact laws


ROUNDING = 1e-9
"""By how much probabilities that are floats may miss 1 in their sum."""


def of_law(
    name: str,
    elements: Mapping[Index, Mapping[Value, Probability]],
    left: float = 0.0,
    moments: Mapping[Index, Moments] | None = None,
) -> Variable:
    """The summary of exact laws, one for each element; `left` and `moments` as in `Result`."""
    spread = {index: element for index, law in elements.items() for index, element in _entries(index, law)}
    shape = extents(spread)
    every = [value for law in spread.values() for value in law]
    kind = _type_of(every)
    if moments is not None:
        return _of_closed_forms(name, kind, spread, moments)
    if any(map(mentioned, (*every, *(p for law in spread.values() for p in law.values())))):
        return _of_formulas(name, kind, spread)
    numbers: dict[str, Floats] = {}
    if kind in ("bool", "int", "real"):
        numbered = {index: _moments(law) for index, law in spread.items()}
        for k, key in enumerate(("mean", "sd", "q05", "q95")):
            array = np.full(shape, nan)
            for index, row in numbered.items():
                array[index] = row[k]
            numbers[key] = array
    reached = max((float(sum(law.values())) for law in spread.values()), default=0.0)
    if abs(reached - 1) < ROUNDING:
        reached = 1.0
    most = MOST_BOUNDS if left else MOST_PROBABILITIES
    listed = {index: law for index, law in spread.items() if len(law) <= most}
    return Variable(
        name,
        kind,
        shape,
        numbers,
        {index: _texts(law, float) for index, law in listed.items()},
        {index: _texts(law, Fraction) for index, law in listed.items() if _rational(law)},
        reached,
        left,
    )


def of_densities(name: str, elements: Mapping[Index, Mixed], left: float = 0.0) -> Variable:
    """The summary of laws with a density, one for each element."""
    shape = extents(elements)
    numbers = {key: np.full(shape, nan) for key in ("mean", "sd", "q05", "q95")}
    for index, law in elements.items():
        for key, value in zip(numbers, law.table, strict=True):
            numbers[key][index] = value
    reached = max(float(law.reached) for law in elements.values())
    whole = 1.0 if abs(reached - 1) < ROUNDING else reached
    return Variable(name, "real", shape, numbers, reached=whole, left=left)


def of_moments(name: str, elements: Mapping[Index, Moments]) -> Variable:
    """The summary of laws with a density in which the values of some parameters are left open."""
    formulas = {
        key: {index: getattr(made, key) for index, made in elements.items()} for key in ("mean", "variance")
    }
    reached = {made.reached for made in elements.values()}
    whole = nan if any(map(is_open, reached)) else float(max(reached))
    return Variable(name, "real", extents(elements), {}, {}, {}, whole, formulas=formulas)


def _of_closed_forms(
    name: str,
    kind: TypeName,
    laws: Mapping[Index, Mapping[Value, Probability]],
    moments: Mapping[Index, Moments],
) -> Variable:
    """The same where what follows from the laws is known: arithmetic of closed forms takes long."""
    found = of_moments(name, moments)
    exact = {index: {show(v): as_rational(p) for v, p in law.items()} for index, law in laws.items()}
    found = replace(found, type=kind, exact=exact)
    return found if kind in ("bool", "int", "real") else replace(found, formulas={})


def _of_formulas(name: str, kind: TypeName, spread: Mapping[Index, Mapping[Value, Probability]]) -> Variable:
    """The summary of laws in which the values of some parameters are left open."""
    formulas: dict[str, dict[Index, Fraction]] = {}
    exact: dict[Index, dict[str, Fraction]] = {}
    whole: Fraction = Fraction(1)
    for index, law in spread.items():
        shares = {value: as_rational(p) for value, p in law.items()}
        whole = sum(shares.values(), Fraction(0))
        exact[index] = {show(value): share for value, share in shares.items()}
        if kind in ("bool", "int", "real"):
            pairs = [(as_rational(cast("int | Fraction", value)), p) for value, p in shares.items()]
            mean = sum((value * p for value, p in pairs), Fraction(0)) / whole
            square = sum(((value - mean) ** 2 * p for value, p in pairs), Fraction(0)) / whole
            formulas.setdefault("mean", {})[index] = mean
            formulas.setdefault("variance", {})[index] = square
    reached = nan if is_open(whole) else float(whole)
    return Variable(name, kind, extents(spread), {}, {}, exact, reached, formulas=formulas)


def _entries(
    index: Index, law: Mapping[Value, Probability]
) -> Iterator[tuple[Index, Mapping[Value, Probability]]]:
    """A law of vectors of numbers as the laws of their entries; any other law as it is."""
    shapes = {shape_of(value) if _numeric_vector(value) else None for value in law}
    if len(shapes) != 1 or None in shapes or () in shapes:
        yield index, law
        return
    (shape,) = shapes
    for inner in np.ndindex(*(shape or ())):
        entry: dict[Value, Probability] = {}
        for value, probability in law.items():
            for i in inner:
                value = cast("tuple[Value, ...]", value)[i]
            entry[value] = entry.get(value, 0) + probability
        yield (*index, *inner), entry


def _numeric_vector(value: Value) -> bool:
    if isinstance(value, tuple):
        return all(_numeric_vector(item) for item in value)
    return isinstance(value, int | float | Fraction)


def _rational(law: Mapping[Value, Probability]) -> bool:
    return all(isinstance(probability, int | Fraction) for probability in law.values())


def _texts(law: Mapping[Value, Probability], to: Callable[[Any], N]) -> dict[str, N]:
    return {show(value): to(law[value]) for value in sorted(law, key=_order)}


def _order(value: Value) -> tuple[int, float, str]:
    """Numbers by size, false before true, the rest by name."""
    if isinstance(value, bool | int | float | Fraction):
        return 0, float(value), ""
    return 1, 0.0, show(value)


def _moments(law: Mapping[Value, Probability]) -> tuple[float, float, float, float]:
    """Mean, standard deviation, 5 % and 95 % quantiles, given that the variable is reached."""
    pairs = sorted((_number(value), probability) for value, probability in law.items())
    whole = sum(probability for _, probability in pairs)
    mean = sum(value * probability for value, probability in pairs) / whole
    variance = sum((value - mean) ** 2 * probability for value, probability in pairs) / whole
    return (
        float(mean),
        sqrt(float(variance)),
        _law_quantile(pairs, whole, 0.05),
        _law_quantile(pairs, whole, 0.95),
    )


def _number(value: Value) -> Fraction | float:
    return value if isinstance(value, float) else Fraction(cast("int | Fraction", value))


def _law_quantile(
    pairs: Sequence[tuple[Fraction | float, Probability]], whole: Probability, at: float
) -> float:
    below: Probability = 0
    for value, probability in pairs:
        below += probability
        if below >= at * whole * (1 - 1e-12):
            return float(value)
    return nan


def _type_of(values: Sequence[Value]) -> TypeName:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "bool"
    if kinds == {int}:
        return "int"
    if kinds and kinds <= {int, float, Fraction, Formula, ClosedForm}:
        return "real"
    return "string" if kinds == {str} else "other"


# ------------------------------------------------------------------ draws


def of_draws(name: str, values: Array, draws: Draws) -> Variable:
    """The summary of draws [chain, draw, *shape]."""
    shape = values.shape[2:]
    columns = {index: values[(slice(None), slice(None), *index)] for index in np.ndindex(*shape)}
    there = {index: _reached(column) for index, column in columns.items()}
    found = [
        value for index, column in columns.items() for value in column[there[index]].ravel().tolist()[:1000]
    ]
    kind = _type_of(found)
    numbers: dict[str, Floats] = {}
    if kind in ("bool", "int", "real"):
        for index, column in columns.items():
            for key, number in _numbers(column, there[index], draws).items():
                numbers.setdefault(key, np.full(shape, nan))[index] = number
    probabilities: dict[Index, Mapping[str, float]] = {}
    if kind != "real":
        for index, column in columns.items():
            law = _frequencies(column, there[index], draws.log_weights)
            if len(law) <= MOST_PROBABILITIES:
                probabilities[index] = _texts(law, float)
    share = _shares(values, draws.log_weights)
    reached = max((float(share[mask].sum()) for mask in there.values()), default=0.0)
    if abs(reached - 1) < ROUNDING:
        reached = 1.0
    return Variable(name, kind, shape, numbers, probabilities, reached=reached)


def _shares(values: Array, log_weights: Floats | None) -> Floats:
    """The part of the weight that each draw has, [chain, draw]."""
    if log_weights is None:
        count = values.shape[0] * values.shape[1]
        return np.full(values.shape[:2], 1 / count if count else nan)
    return weights.normalised(log_weights)


def _reached(column: Array) -> npt.NDArray[np.bool_]:
    if column.dtype == object:
        return np.array([[value is not None for value in chain] for chain in column], dtype=np.bool_)
    if column.dtype.kind == "f":
        return ~np.isnan(column)
    return np.ones(column.shape, dtype=np.bool_)


def _numbers(column: Array, there: npt.NDArray[np.bool_], draws: Draws) -> dict[str, float]:
    whole = bool(there.all())
    if draws.log_weights is not None:
        kept = column[there].astype(np.float64)
        logs = draws.log_weights[there]
        families = None if draws.families is None else draws.families[there]
        mean, error = weights.mean_and_error(kept, logs, families)
        spread = weights.spread(kept, logs)
        ess = weights.ess_weights(logs)
        return {
            "mean": mean,
            "sd": spread,
            "q05": weights.quantile(kept, logs, 0.05),
            "q95": weights.quantile(kept, logs, 0.95),
            "mcse_mean": error,
            "ess": ess if families is None or not error else min(ess, (spread / error) ** 2),
        }
    # Runs that do not reach the variable break the chains up: no diagnostics then.
    chains: Floats = column.astype(np.float64) if whole else column[there].astype(np.float64)[None, :]
    numbers = {
        "mean": float(chains.mean()),
        "sd": float(chains.std(ddof=1)) if chains.size > 1 else nan,
        "q05": diagnostics.quantile(chains, 0.05) if chains.size > 1 else float(chains.mean()),
        "q95": diagnostics.quantile(chains, 0.95) if chains.size > 1 else float(chains.mean()),
    }
    for key, number in (
        ("mcse_mean", diagnostics.mcse_mean),
        ("ess_bulk", diagnostics.ess_bulk),
        ("ess_tail", diagnostics.ess_tail),
        ("rhat", diagnostics.rhat),
    ):
        numbers[key] = number(chains) if whole else nan
    return numbers


def _frequencies(
    column: Array, there: npt.NDArray[np.bool_], log_weights: Floats | None
) -> dict[Value, Probability]:
    share = np.ones(column.shape) if log_weights is None else weights.normalised(log_weights)
    parts: dict[Value, list[float]] = {}
    for value, weight in zip(column[there].tolist(), share[there].tolist(), strict=True):
        if weight:  # what only runs of weight zero reach is not possible
            parts.setdefault(value, []).append(weight)
    whole = fsum(share.ravel())
    return {value: fsum(part) / whole for value, part in parts.items()}
