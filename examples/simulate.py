"""Writes the simulated data of the examples, with seed 1: `python examples/simulate.py FOLDER`.

The numbers from which they are simulated stand here, to compare with what is inferred.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

SEED = 1


def radon() -> dict[str, object]:
    """72 houses: intercepts 1.5 ± 0.5 and slopes -0.7 ± 0.3, correlated by 0.5; noise 0.5."""
    rng = np.random.default_rng(SEED)
    counties, houses = 12, 6
    cov = [[0.25, 0.075], [0.075, 0.09]]
    effects = rng.multivariate_normal([1.5, -0.7], cov, counties, method="cholesky")
    county = np.repeat(np.arange(counties), houses)
    ground = rng.integers(0, 2, counties * houses)
    y = effects[county, 0] + effects[county, 1] * ground + 0.5 * rng.standard_normal(len(county))
    return {
        "counties": counties,
        "county": county.tolist(),
        "ground": ground.tolist(),
        "y": y.round(2).tolist(),
    }


def stochastic_volatility() -> dict[str, object]:
    """30 days: log variances 0 ± 0.8, of persistence 0.9."""
    rng = np.random.default_rng(SEED)
    h = [0.8 * rng.standard_normal()]
    for _ in range(29):
        h.append(0.9 * h[-1] + 0.8 * np.sqrt(1 - 0.9**2) * rng.standard_normal())
    return {"change": (np.exp(np.array(h) / 2) * rng.standard_normal(30)).round(3).tolist()}


def item_response() -> dict[str, object]:
    """20 people of ability 0 ± 1.2, and questions of difficulty -1.5, -1, -0.5, 0, 1 and 2."""
    rng = np.random.default_rng(SEED)
    ability = 1.2 * rng.standard_normal((20, 1))
    chance = 1 / (1 + np.exp(np.array([-1.5, -1, -0.5, 0, 1, 2]) - ability))
    return {"right": (rng.random((20, 6)) < chance).astype(int).tolist()}


def gp_regression() -> dict[str, object]:
    """The sine of ten points from 0 to 6, with noise of 0.2; to be guessed at 3.1 and 7."""
    rng = np.random.default_rng(SEED)
    x = np.sort(rng.uniform(0, 6, 10)).round(2)
    y = np.sin(x) + 0.2 * rng.standard_normal(10)
    return {"x": x.tolist(), "y": y.round(3).tolist(), "new": [3.1, 7.0]}


def federated_fairness() -> dict[str, object]:
    """20,000 people like those of the census data Adult, counted by kind, and three ways to spread them.

    Two thirds are men. Who earns much depends on schooling, hours and sex; the prediction on schooling and
    hours, which depend on sex. Clients: at random; mostly by sex; by sex and prediction together.
    """
    rng = np.random.default_rng(SEED)
    people = 20_000
    man = rng.random(people) < 0.67
    school = rng.choice(3, people, p=[0.45, 0.3, 0.25])
    long_hours = rng.random(people) < np.where(man, 0.55, 0.25)
    chance = 1 / (1 + np.exp(3 - 1.1 * school - 1.2 * long_hours - 0.8 * man))
    earns = rng.random(people) < chance
    predicted = school + 1.1 * long_hours + 0.4 * rng.standard_normal(people) > 1.9
    even = rng.integers(0, 2, people)
    by_sex = np.where(rng.random(people) < 0.9, man, ~man).astype(int)
    by_both = np.where(rng.random(people) < 0.9, man ^ predicted, rng.random(people) < 0.5).astype(int)
    columns = {"man": man, "earns": earns, "predicted": predicted,
               "even": even, "by_sex": by_sex, "by_both": by_both}  # fmt: skip
    kinds, counts = np.unique(np.stack(list(columns.values()), axis=1), axis=0, return_counts=True)
    listed = {
        name: kinds[:, k].astype(column.dtype).tolist() for k, (name, column) in enumerate(columns.items())
    }
    return {**listed, "people": counts.tolist()}


def main(folder: Path) -> None:
    """Write one JSON file for each example into `folder`."""
    for example in (radon, stochastic_volatility, item_response, gp_regression, federated_fairness):
        (folder / f"{example.__name__}.json").write_text(json.dumps(example()) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
