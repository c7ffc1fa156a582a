"""Every family on tensors: the density of the reference semantics, and the gradient of that density."""

from __future__ import annotations

import math
import warnings
from itertools import chain
from typing import Any

import pytest
import torch

from pplc.inference.torch_cumulative import log_ndtr
from pplc.inference.torch_families import family_law
from pplc.inference.torch_values import Batch, lift
from pplc.lang.families import FAMILIES, Domain, Parameter
from pplc.semantics.laws import make_law
from pplc.semantics.source import Seeded

SCALARS = {
    Domain.REAL: (-1.3, 0.4, 2.2),
    Domain.POSITIVE: (0.7, 1.9, 3.4),
    Domain.NONNEGATIVE: (0.3, 1.8, 4.1),
    Domain.UNIT: (0.2, 0.55, 0.9),
    Domain.OPEN_UNIT: (0.2, 0.55, 0.9),
    Domain.POSITIVE_UNIT: (0.2, 0.55, 0.9),
}
VECTORS: dict[Domain, Any] = {
    Domain.REAL_VECTOR: (0.3, -0.8, 1.1),
    Domain.POSITIVE_VECTOR: (0.6, 1.7, 3.1),
    Domain.ORDERED: (-0.9, 0.2, 1.4),
    Domain.SIMPLEX: (0.2, 0.5, 0.3),
    Domain.COV: ((1.5, 0.3, -0.2), (0.3, 0.9, 0.1), (-0.2, 0.1, 2.0)),
    Domain.PRECISION: ((1.5, 0.3, -0.2), (0.3, 0.9, 0.1), (-0.2, 0.1, 2.0)),
    Domain.CHOL_COV: ((1.2, 0.0, 0.0), (0.3, 0.9, 0.0), (-0.2, 0.1, 1.4)),
}
SPECIAL: dict[str, list[tuple[Any, ...]]] = {
    "UniformInt": [(-2, 5)],
    "Hypergeometric": [(20, 8, 6)],
    "Zipf": [(1.7, 0), (0.6, 9)],
    "Uniform": [(-1.5, 2.5)],
    "Wishart": [(4.6, VECTORS[Domain.COV])],
    "InverseWishart": [(4.6, VECTORS[Domain.COV])],
    "LKJ": [(3, 1.7), (4, 0.8)],
    "LKJCholesky": [(3, 1.7), (4, 0.8)],
    "Pareto": [(1.4, 0.8), (3.1, 2.0)],
}
CASES = [(name, k) for name, family in FAMILIES.items() for k in range(1 + len(family.alternatives))]


def signature(name: str, k: int) -> tuple[Parameter, ...]:
    family = FAMILIES[name]
    return family.alternatives[k - 1] if k else family.parameters


def arguments(name: str, k: int) -> list[tuple[Any, ...]]:
    if name in SPECIAL and k == 0:
        return SPECIAL[name]
    rows: list[tuple[Any, ...]] = []
    for turn in range(3):
        row: list[Any] = []
        for place, parameter in enumerate(signature(name, k)):
            if parameter.domain in VECTORS:
                row.append(VECTORS[parameter.domain])
            elif parameter.domain.integer:
                row.append(5 + turn)
            else:
                row.append(SCALARS[parameter.domain][(turn + place) % 3])
        rows.append(tuple(row))
    return rows


def reference(name: str, k: int, given: tuple[Any, ...]) -> Any:
    return make_law(name, given, k, exact=False, call=lambda *_: ())


def close(a: float, b: float, tolerance: float) -> bool:
    return a == b or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


@pytest.mark.parametrize(("name", "k"), CASES, ids=str)
def test_density_is_that_of_the_reference(name: str, k: int) -> None:
    source = Seeded(7)
    for given in arguments(name, k):
        law = reference(name, k, given)
        ours = family_law(name, k, given)
        for _ in range(4):
            value = law.draw(source)
            expected = float(law.log_density(value))
            found = float(ours.joint(lift(value)).data)
            assert close(found, expected, 1e-9), (given, value, found, expected)


def leaves(value: Any) -> list[float]:
    return list(chain.from_iterable(map(leaves, value))) if isinstance(value, tuple) else [value]


@pytest.mark.parametrize(("name", "k"), CASES, ids=str)
def test_gradient_in_the_parameters_is_that_of_the_density(name: str, k: int) -> None:
    """Central differences of our own density, which is that of the reference."""
    source = Seeded(8)
    parameters = signature(name, k)
    for given in arguments(name, k)[:2]:
        if name == "Zipf" and given[1] == 0:
            continue
        value = lift(reference(name, k, given).draw(source))
        free = [i for i, p in enumerate(parameters) if not p.domain.integer and isinstance(given[i], float)]
        if name in ("Uniform", "Pareto"):
            free = free[:1]
        points = [torch.tensor(float(given[i]), dtype=torch.float64, requires_grad=True) for i in free]

        def density(values: list[Any], given: Any = given, free: Any = free, value: Any = value) -> Any:
            parts: list[Any] = [lift(g) for g in given]
            for i, v in zip(free, values, strict=True):
                parts[i] = Batch(v, 0)
            return family_law(name, k, parts).joint(value).data

        total = density(points)
        if not points or not total.requires_grad:
            continue
        gradients: Any = torch.autograd.grad(total, points, allow_unused=True)
        for which, gradient in enumerate(gradients):
            step = 1e-5
            sides = []
            for sign in (1, -1):
                moved = [p.detach().clone() for p in points]
                moved[which] = moved[which] + sign * step
                sides.append(float(density(moved)))
            slope = (sides[0] - sides[1]) / (2 * step)
            found = 0.0 if gradient is None else float(gradient)
            assert close(found, slope, 1e-6), (given, which, found, slope)


@pytest.mark.parametrize(("name", "k"), CASES, ids=str)
def test_a_batch_of_parameters_gives_each_its_own_density(name: str, k: int) -> None:
    rows = arguments(name, k)[:2]
    if len(rows) == 1 or name in ("Zipf", "LKJ", "LKJCholesky"):
        return
    source = Seeded(9)
    values = [reference(name, k, row).draw(source) for row in rows]
    if isinstance(values[0], tuple) and len({len(v) for v in values}) > 1:
        return
    columns = []
    for place, parameter in enumerate(signature(name, k)):
        stacked = torch.stack([lift(row[place]).data for row in rows])
        columns.append(Batch(stacked, parameter.rank))
    together = family_law(name, k, columns).joint(
        Batch(torch.stack([lift(v).data for v in values]), FAMILIES[name].event_rank)
    )
    for i, (row, value) in enumerate(zip(rows, values, strict=True)):
        alone = float(family_law(name, k, row).joint(lift(value)).data)
        assert close(float(together.data[i]), alone, 1e-12)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("Exponential", (1.5,), -0.1),
        ("Beta", (2.0, 2.0), 1.2),
        ("Uniform", (0.0, 1.0), 1.5),
        ("Pareto", (2.0, 1.0), 0.5),
        ("Poisson", (2.0,), -1),
        ("Binomial", (4, 0.5), 5),
        ("Categorical", ((0.5, 0.5),), 2),
        ("LogNormal", (0.0, 1.0), 0.0),
        ("VonMises", (0.0, 1.0), 4.0),
        ("Multinomial", (3, (0.5, 0.5)), (2, 2)),
        ("Hypergeometric", (10, 4, 3), 4),
    ],
)
def test_values_outside_the_support_have_density_zero(name: str, given: Any, value: Any) -> None:
    assert float(family_law(name, 0, given).joint(lift(value)).data) == -math.inf


@pytest.mark.parametrize("name", ["Gamma", "StudentT", "Beta", "Poisson", "NegativeBinomial"])
def test_a_random_parameter_outside_its_domain_gives_nan(name: str) -> None:
    parameters = [Batch(torch.tensor(-1.5, dtype=torch.float64), 0) for _ in FAMILIES[name].parameters]
    assert math.isnan(float(family_law(name, 0, parameters).joint(lift(1)).data))


def test_the_normal_tail_and_its_slope_are_those_of_torch_without_its_warning() -> None:
    """torch's own function would be evaluated chain by chain, with a warning on standard error."""
    functional: Any = torch.func
    known: Any = torch.special.log_ndtr
    z = torch.tensor([-1e5, -30.0, -1.0 - 1e-9, -1.0, -0.5, 0.0, 3.0, 9.0], dtype=torch.float64)
    assert torch.allclose(log_ndtr(z), known(z), rtol=1e-13, atol=0)
    far, *near = z  # far out torch's slope is wrong in the seventh digit; Mills' ratio is -z - 1 / z there
    assert math.isclose(float(functional.grad(log_ndtr)(far)), 1e5 + 1e-5, rel_tol=1e-14)
    for x in near:
        slopes = [float(functional.grad(f)(x)) for f in (log_ndtr, known)]
        assert math.isclose(*slopes, rel_tol=1e-11)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert functional.vmap(log_ndtr)(z.reshape(4, 2)).shape == (4, 2)
