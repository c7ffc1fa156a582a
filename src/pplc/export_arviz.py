"""Runs as ArviZ InferenceData, and as netCDF. The only file that knows ArviZ."""

# ArviZ ships no types.
# pyright: basic

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from pplc.data_files import reject
from pplc.inference.collect import arrays
from pplc.inference.exact_draws import predicted, repeated
from pplc.inference.predict import affordable, in_order, places, posterior_runs, prior_runs
from pplc.inference.progress import Progress, Silent
from pplc.inference.result import Array, Draws
from pplc.inference.sites import observed
from pplc.inference.weights import normalised
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.run import Run
from pplc.semantics.values import show, to_numbers

PRIOR_DRAWS = 500
"""Most draws in the groups `prior` and `prior_predictive`."""


def to_arviz(run: Run, predictive: int | None = None, progress: Progress | None = None) -> Any:
    """InferenceData with the groups `posterior sample_stats log_likelihood posterior_predictive prior
    prior_predictive observed_data constant_data`, those that the model and the method have.

    Weighted draws are resampled in proportion to their weights, so that every function of ArviZ is
    right about them. The predictions have the numbers of the draws that they are made from.

    predictive: draws of each chain to predict from, taken evenly; by default all, or as many as
                `pplc.inference.predict.affordable` says.
    """
    import arviz

    draws = run.posterior
    equal = resampled(draws, run.options.seed)
    seen = observed(run.bound.program)
    progress = progress or Silent()
    numbers, anew, likelihood = _predicted(run, equal, predictive, progress)
    groups: dict[str, Any] = {
        "posterior": plain(equal.values),
        "sample_stats": plain(equal.stats),
        "log_likelihood": plain(likelihood),
        "posterior_predictive": plain(in_order(anew, seen)),
        **_prior(run, seen, progress),
        **_data(run, seen),
    }
    attributes = {"inference_library": "pplc", "model_name": run.model, "method": run.method.name}
    data: Any
    with catch_warnings():
        simplefilter("ignore")  # of more chains than draws, which is as it was asked for
        data = arviz.from_dict(
            **{name: group for name, group in groups.items() if group},
            posterior_attrs=attributes,
        )
    if groups["posterior_predictive"]:
        data.posterior_predictive = data.posterior_predictive.assign_coords(draw=numbers)
    return data


def left_out(run: Run, data: Any, predictive: int | None = None) -> tuple[Diagnostic, ...]:
    """What to say where predictions were made from fewer draws than wanted; nothing if there are none."""
    draws = run.posterior
    if "posterior_predictive" not in data.groups():
        return ()
    found = data.posterior_predictive.sizes["draw"]
    if found >= min(draws.count, draws.count if predictive is None else predictive):
        return ()
    message = f"predictions were made from {found} of the {draws.count} draws of each chain"
    advice = "`--predictive` sets the number; `pplc simulate --from` makes predictions alone"
    return (Diagnostic("W0304", message, help=advice, severity="warning"),)


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


def _predicted(
    run: Run, draws: Draws, wanted: int | None, progress: Progress
) -> tuple[list[int], Mapping[str, Array], Mapping[str, Array]]:
    """The numbers of draws, and what would be observed anew, [chain, draw, *shape]; the log likelihood.

    Nothing if it cannot be drawn (as with `Flat`). Exact draws have their log likelihood if all of them
    are predicted from.
    """
    seed = run.options.seed
    try:
        count = affordable(run.bound, draws.chains, draws.count, seed) if wanted is None else wanted
        count = min(count, draws.count)
        if run.result.draws is None:
            return _repeated(run, places(draws.count, count), progress)
        chains = posterior_runs(run.bound, draws, count, seed, progress)
    except Rejected:
        return [], {}, draws.log_likelihood
    return places(draws.count, count)[: len(chains[0])], arrays(chains), draws.log_likelihood


def _repeated(
    run: Run, numbers: list[int], progress: Progress
) -> tuple[list[int], Mapping[str, Array], Mapping[str, Array]]:
    """`_predicted` of an exact run, whose draws are whole runs."""
    drawn = run.drawing.drawn
    runs = repeated(run.bound, [drawn[k] for k in numbers], progress)
    found = predicted(run.bound, runs, run.options.seed, progress)
    whole = len(runs) == len(drawn)
    likelihood = arrays([[one.likelihood for one in runs]]) if whole else {}
    return numbers[: len(found)], arrays([found]), likelihood


def _prior(run: Run, seen: frozenset[str], progress: Progress) -> dict[str, dict[str, Array]]:
    """The groups of the prior; none if it cannot be drawn from."""
    seed = run.options.seed
    try:
        count = affordable(run.bound, 1, PRIOR_DRAWS, seed)
        prior = arrays([prior_runs(run.bound, count, seed, progress)])
    except Rejected:
        return {}
    predictive = in_order(prior, seen)
    return {
        "prior_predictive": plain(predictive),
        "prior": plain({name: a for name, a in prior.items() if name not in predictive}),
    }


def _data(run: Run, seen: frozenset[str]) -> dict[str, dict[str, Array]]:
    groups: dict[str, dict[str, Array]] = {"observed_data": {}, "constant_data": {}}
    for name, value in run.bound.arguments.items():
        packed = arrays([[{(name,): to_numbers(value, exact=False)}]])
        if name in packed and packed[name].dtype != object:
            group = "observed_data" if name in seen else "constant_data"
            groups[group][name] = packed[name][0, 0]
    return groups


def write_netcdf(
    run: Run, path: str, predictive: int | None = None, progress: Progress | None = None
) -> tuple[Diagnostic, ...]:
    """Writes InferenceData, with everything that going on needs in a group `pplc`; says what it left out."""
    import arviz
    import xarray

    from pplc.stored import stored

    data: Any
    notes: tuple[Diagnostic, ...]
    if run.result.empty:  # nothing but what going on needs
        data, notes = arviz.InferenceData(), ()
    else:
        data = to_arviz(run, predictive, progress)
        notes = left_out(run, data, predictive)
    text = json.dumps(stored(run), ensure_ascii=False, allow_nan=False).encode()
    packed = np.frombuffer(zlib.compress(text), dtype=np.uint8)
    data.add_groups({"pplc": xarray.Dataset({"run": ("byte", packed)})}, warn_on_custom_groups=False)
    data.to_netcdf(path, engine="h5netcdf")
    return notes


def embedded(path: str) -> bytes:
    """The compressed run object in a netCDF file that `write_netcdf` wrote."""
    import xarray

    try:
        with xarray.open_dataset(path, group="pplc", engine="h5netcdf") as dataset:
            return bytes(dataset["run"].to_numpy().astype(np.uint8).tobytes())
    except (OSError, KeyError, ValueError) as error:
        reject("E0314", f"`{path}` is not a run file: {str(error).splitlines()[0]}")
