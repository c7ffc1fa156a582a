"""The methods of inference: what each is, which options it takes, how it is verified, where it lives.

The command line, the Python API and the documentation read this table. An engine is imported when it
runs, so that reading the table costs nothing; this file imports no numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from pplc.inference.options import CHOICES, DOMAINS, Options
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean

if TYPE_CHECKING:
    from pplc.inference.progress import Progress
    from pplc.inference.result import Result
    from pplc.semantics.bound import Bound


class Run(Protocol):
    """An inference method as a function. Raises `Rejected` (E04xx, E05xx) with a place in the model."""

    def __call__(self, bound: Bound, options: Options, progress: Progress) -> Result: ...


CONSISTENT = "here the population itself decides on {}, so that the evidence is consistent, not unbiased"


def nothing_but(_: Options) -> str:
    """All that is said of a method holds."""
    return ""


def ladder_found(options: Options) -> str:
    """What is lost where the temperatures are found on the way."""
    return "" if options.temperatures else CONSISTENT.format("its temperatures")


def moved_when_resampled(options: Options) -> str:
    """What is lost where particles move when the population is resampled, and that depends on its weights."""
    return CONSISTENT.format("when it moves") if 0 < options.resample_below < 1 else ""


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    doc:      one sentence for `pplc infer --help`.
    verified: the level at which the method is checked, in the words that the output prints.
    but:      what these options take away from it, in words; empty if nothing.
    options:  fields of `Options` that it reads; `seed` and `time` among them where they mean something.
    defaults: where they differ from those of `Options`.
    evidence: whether it gives the evidence.
    module:   has `run`, a `Run`, and `refuses(bound) -> str`: why the method cannot handle the program,
              empty if it can, decided from the program and its data alone, without running it.
    """

    name: str
    doc: str
    verified: str
    options: frozenset[str]
    module: str
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: bool = False
    but: Callable[[Options], str] = nothing_but

    def fill(self, given: Mapping[str, Any]) -> Options:
        """The options of a run: those given, else the method's defaults."""
        return replace(Options(), **{**self.defaults, **given})

    def load(self) -> Run:
        """The engine; imports what it needs."""
        run: Run = import_module(self.module).run
        return run

    def refuses(self, bound: Bound) -> str:
        """Why the method cannot handle the program; empty if it can."""
        why: Callable[[Bound], str] = import_module(self.module).refuses
        return why(bound)


_CHAINS = frozenset({"draws", "warmup", "chains", "thin", "seed", "init", "time", "target_accept"})
_POPULATION = frozenset({"particles", "chains", "resampler", "resample_below", "lookahead", "seed", "time"})
_TEMPERED = frozenset({"particles", "chains", "temperatures", "moves", "seed", "time"})
_MARKOV = frozenset({"draws", "warmup", "chains", "thin", "seed", "time"})
_OPTIMISER = frozenset({"draws", "seed", "init", "time", "steps", "learning_rate"})

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "exact",
                "merges equal runs, passes along loops, sums variables out; rationals where it can, bounds",
                "law-exact: equal, as rationals, to the meaning of the program",
                frozenset({"draws", "seed", "time"}),
                "pplc.inference.exact",
                evidence=True,
            ),
            Method(
                "importance",
                "weighs independent draws from the prior by the likelihood; estimates the evidence",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                frozenset({"draws", "seed", "time"}),
                "pplc.inference.importance",
                {"draws": 10_000, "chains": 1},
                evidence=True,
            ),
            Method(
                "smc",
                "moves a population of runs from weight to weight and resamples it; estimates the evidence",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                _POPULATION | {"proposal"},
                "pplc.inference.populations",
                {"chains": 1},
                evidence=True,
            ),
            Method(
                "rmsmc",
                "SMC whose particles also take Metropolis-Hastings steps before every weight",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                _POPULATION | {"moves"},
                "pplc.inference.resample_move",
                {"chains": 1},
                evidence=True,
            ),
            Method(
                "pgibbs",
                "particle Gibbs: the path by conditional SMC, the parameters by Metropolis-Hastings",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                _CHAINS - {"target_accept"}
                | {"particles", "parameters", "resample_below", "ancestor_sampling"},
                "pplc.inference.particle_gibbs",
                {"particles": 50, "resample_below": 1.0, "draws": 500, "warmup": 100},
            ),
            Method(
                "mh",
                "Metropolis-Hastings on single choices, blocks, or by a proposal program; takes every model",
                "law-exact on finite programs: one step leaves the posterior as it is, as a matrix",
                _MARKOV | {"init", "blocks", "proposal"},
                "pplc.inference.mh",
            ),
            Method(
                "pimh",
                "Metropolis-Hastings that proposes runs picked from populations; estimates the evidence",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                _MARKOV | {"particles", "resampler", "resample_below", "lookahead"},
                "pplc.inference.pimh",
                {"particles": 50, "draws": 300, "warmup": 10},
                evidence=True,
            ),
            Method(
                "pmmh",
                "parameters by Metropolis-Hastings, their likelihood estimated by a population of runs",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                _MARKOV | {"init", "parameters", "particles", "resampler", "resample_below"},
                "pplc.inference.pmmh",
                {"particles": 50, "draws": 500, "warmup": 100},
            ),
            Method(
                "smc2",
                "a population of parameters, each with a population of runs; estimates the evidence",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                (_POPULATION - {"lookahead"}) | {"moves", "inner_particles", "parameters"},
                "pplc.inference.smc2",
                {"chains": 1, "particles": 200, "moves": 3},
                evidence=True,
                but=moved_when_resampled,
            ),
            Method(
                "rejection",
                "keeps runs from the prior by their weight: independent draws, where weights are bounded",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                frozenset({"draws", "seed", "time", "bound"}),
                "pplc.inference.rejection",
                {"chains": 1},
                evidence=True,
            ),
            Method(
                "ais",
                "annealed importance sampling: leads each run from the prior to the posterior in steps",
                "law-exact on finite programs with whole-number exponents, by enumerating every choice",
                _TEMPERED,
                "pplc.inference.ais",
                {"chains": 1, "temperatures": 100},
                evidence=True,
                but=ladder_found,
            ),
            Method(
                "tempered",
                "SMC of complete runs from the prior to the posterior, in steps that it finds itself",
                "law-exact on finite programs with whole-number exponents, by enumerating every choice",
                _TEMPERED | {"resampler", "resample_below"},
                "pplc.inference.tempered",
                {"chains": 1, "moves": 5},
                evidence=True,
                but=ladder_found,
            ),
            Method(
                "nuts",
                "Hamiltonian Monte Carlo that chooses its own path lengths; needs a differentiable density",
                "density and gradient against the reference; draws by tests with a stated false-alarm rate",
                _CHAINS | {"max_depth", "metric"},
                "pplc.inference.nuts",
            ),
            Method(
                "hmc",
                "Hamiltonian Monte Carlo with a fixed path length; needs a differentiable density",
                "density and gradient against the reference; draws by tests with a stated false-alarm rate",
                _CHAINS | {"path_length", "metric"},
                "pplc.inference.hmc",
            ),
            Method(
                "svi",
                "fits a normal approximation by stochastic optimisation of the evidence lower bound",
                "density and gradient against the reference; the approximation itself is not verified",
                _OPTIMISER | {"guide"},
                "pplc.inference.svi",
                {"chains": 1},
            ),
            Method(
                "laplace",
                "a normal approximation at the posterior mode, on the unconstrained scale",
                "density and gradient against the reference; the approximation itself is not verified",
                _OPTIMISER,
                "pplc.inference.laplace",
                {"chains": 1},
            ),
            Method(
                "map",
                "the point of highest posterior density, on the constrained scale, without uncertainty",
                "density and gradient against the reference",
                _OPTIMISER - {"draws"},
                "pplc.inference.map",
                {"chains": 1, "draws": 1},
            ),
        )
    }
)


def settle(method: str, given: Mapping[str, Any], spelled: Callable[[str], str] = str) -> Mapping[str, Any]:
    """The options as they are used; `Rejected` if there is no such method, or an option does not fit it.

    spelled: the name of an option as the user writes it.
    """
    if method in LATER:
        message = f"the method `{method}` is not available in this version"
        raise Rejected(Diagnostic("E0312", message, help=f"available are auto, {', '.join(METHODS)}"))
    if method != "auto" and method not in METHODS:
        advice = did_you_mean(method, ["auto", *METHODS, *LATER]) or f"there are auto, {', '.join(METHODS)}"
        raise Rejected(Diagnostic("E0312", f"there is no method `{method}`", help=advice))
    errors: list[Diagnostic] = []
    settled: dict[str, Any] = {}
    for name, value in given.items():
        if method != "auto" and name not in METHODS[method].options:
            takes = ", ".join(f"`{spelled(option)}`" for option in sorted(METHODS[method].options))
            message = f"`{spelled(name)}` does not apply to the method `{method}`"
            errors.append(Diagnostic("E0310", message, help=f"it takes {takes}"))
            continue
        try:
            settled[name] = fitted(name, value)
        except ValueError as error:
            errors.append(Diagnostic("E0317", f"`{spelled(name)}`: {error}"))
    if errors:
        raise Rejected(*errors)
    return settled


def fitted(name: str, value: Any) -> Any:
    """The value of an option as it is used; `ValueError`, in words, if it is none of its values."""
    if name in DOMAINS:
        return DOMAINS[name].fitted(value)
    if name in CHOICES and value not in CHOICES[name]:
        raise ValueError(f"`{value}` is not one of {', '.join(CHOICES[name])}")
    return value


LATER = ("pathfinder",)
"""Methods of later versions: refused by name, so that nobody wonders about the spelling."""
