"""Runs as ArviZ InferenceData, and as netCDF. The only file that knows ArviZ."""

# ArviZ ships no types.
# pyright: basic

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from pplc.data_files import reject
from pplc.inference.collect import arrays
from pplc.inference.predict import in_order, posterior_runs, prior_runs
from pplc.inference.progress import Silent
from pplc.inference.result import Array, Draws
from pplc.inference.sites import observed
from pplc.inference.weights import normalised
from pplc.lang.diagnostics import Rejected
from pplc.run import Run
from pplc.semantics.values import show, to_numbers

PRIOR_DRAWS, PREDICTIVE_DRAWS = 500, 100
"""Draws in the groups `prior` and `prior_predictive`, and of each chain in `posterior_predictive`."""

SECONDS = 10.0
"""Time for either; what was drawn until then is kept."""


def to_arviz(run: Run) -> Any:
    """InferenceData with the groups `posterior sample_stats log_likelihood posterior_predictive prior
    prior_predictive observed_data constant_data`, those that the model and the method have.

    Weighted draws are resampled in proportion to their weights, so that every function of ArviZ is
    right about them.
    """
    import arviz

    draws = run.result.draws
    if draws is None:
        reject(
            "E0313", "an exact run has laws, not draws, so that ArviZ cannot hold it", advice="use `.json`"
        )
    equal = resampled(draws, run.options.seed)
    seen = observed(run.bound.program)
    groups: dict[str, Any] = {
        "posterior": plain(equal.values),
        "sample_stats": plain(equal.stats),
        "log_likelihood": plain(equal.log_likelihood),
        **_predictive(run, equal, seen),
        **_data(run, seen),
    }
    attributes = {"inference_library": "pplc", "model_name": run.model, "method": run.method.name}
    return arviz.from_dict(
        **{name: group for name, group in groups.items() if group},
        posterior_attrs=attributes,
    )


def plain(values: Mapping[str, Array]) -> dict[str, Array]:
    """Arrays that netCDF can hold: other objects become text."""
    return {
        name: np.vectorize(_text, otypes=[str])(array) if array.dtype == object else array
        for name, array in values.items()
        if array.size
    }


def _text(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else show(value)  # type: ignore[arg-type]


def resampled(draws: Draws, seed: int) -> Draws:
    """Draws of equal weight: systematic resampling within each chain; the same draws if they are already."""
    if draws.log_weights is None:
        return draws
    start = np.random.default_rng(seed).random(draws.chains)
    picks: list[Array] = []
    for chain in range(draws.chains):
        cumulative = np.cumsum(normalised(draws.log_weights[chain]))
        points = (np.arange(draws.count) + start[chain]) / draws.count
        picks.append(np.minimum(np.searchsorted(cumulative, points), draws.count - 1))

    def take(values: Mapping[str, Array]) -> dict[str, Array]:
        return {
            name: np.stack([array[chain, pick] for chain, pick in enumerate(picks)])
            for name, array in values.items()
        }

    return Draws(take(draws.values), None, take(draws.log_likelihood), take(draws.stats))


def _predictive(run: Run, draws: Draws, seen: frozenset[str]) -> dict[str, dict[str, Array]]:
    """The predictive groups; none if the prior cannot be drawn from (as with `Flat`)."""
    seed = run.options.seed
    groups: dict[str, dict[str, Array]] = {}
    try:
        new = arrays(posterior_runs(run.bound, draws, PREDICTIVE_DRAWS, seed, Silent(SECONDS)))
        groups["posterior_predictive"] = plain(in_order(new, seen))
        prior = arrays([prior_runs(run.bound, PRIOR_DRAWS, seed, Silent(SECONDS))])
    except Rejected:
        return groups
    groups["prior_predictive"] = plain(in_order(prior, seen))
    groups["prior"] = plain({name: a for name, a in prior.items() if name not in in_order(prior, seen)})
    return groups


def _data(run: Run, seen: frozenset[str]) -> dict[str, dict[str, Array]]:
    groups: dict[str, dict[str, Array]] = {"observed_data": {}, "constant_data": {}}
    for name, value in run.bound.arguments.items():
        packed = arrays([[{(name,): to_numbers(value, exact=False)}]])
        if name in packed and packed[name].dtype != object:
            group = "observed_data" if name in seen else "constant_data"
            groups[group][name] = packed[name][0, 0]
    return groups


def write_netcdf(run: Run, path: str) -> None:
    """Writes InferenceData, with everything that going on needs in a group `pplc`."""
    import xarray

    from pplc.stored import stored

    data = to_arviz(run)
    text = json.dumps(stored(run), ensure_ascii=False, allow_nan=False).encode()
    packed = np.frombuffer(zlib.compress(text), dtype=np.uint8)
    data.add_groups({"pplc": xarray.Dataset({"run": ("byte", packed)})}, warn_on_custom_groups=False)
    data.to_netcdf(path, engine="h5netcdf")


def embedded(path: str) -> bytes:
    """The compressed run object in a netCDF file that `write_netcdf` wrote."""
    import xarray

    try:
        with xarray.open_dataset(path, group="pplc", engine="h5netcdf") as dataset:
            return bytes(dataset["run"].to_numpy().astype(np.uint8).tobytes())
    except (OSError, KeyError, ValueError) as error:
        reject("E0314", f"`{path}` is not a run file: {str(error).splitlines()[0]}")
