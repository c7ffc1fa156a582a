"""The options of inference, after defaults are filled in; which apply to which method stands in `registry`.

Imports no numpy: the command line reads this to know its flags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, isfinite
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

Metric: TypeAlias = Literal["diagonal", "dense"]
Guide: TypeAlias = Literal["AutoNormal", "AutoMultivariateNormal"]


@dataclass(frozen=True, slots=True)
class Domain:
    """The values of an option: a test, and what they are in words, after `is not`."""

    words: str
    whole: bool
    holds: Callable[[float], bool]

    def fitted(self, value: object) -> int | float:
        """A value as the number it stands for, numpy's included; `ValueError` if it is none of these."""
        try:
            if isinstance(value, bool | str):
                raise TypeError
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"`{value!r}` is not {self.words}") from None
        if self.whole and number - number == 0 and number == number // 1:
            number = int(value)  # type: ignore[call-overload]  # exactly, where the float is rounded
        elif self.whole:
            raise ValueError(f"`{value}` is not {self.words}")
        if not self.holds(number):
            raise ValueError(f"`{value}` is not {self.words}")
        return number


COUNT = Domain("a positive integer", True, lambda value: 1 <= value < inf)
NATURAL = Domain("an integer that is not negative", True, lambda value: 0 <= value < inf)
PROBABILITY = Domain("between 0 and 1", False, lambda value: 0 < value < 1)
SEED = Domain("an integer from 0 to 2^64 - 1", True, lambda value: 0 <= value < 2**64)
NUMBER = Domain("a number", False, isfinite)
SHARE = Domain("a number from 0 to 1", False, lambda value: 0 <= value <= 1)
POSITIVE = Domain("a positive number", False, lambda value: 0 < value < inf)

DOMAINS: Mapping[str, Domain] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "draws",
                "chains",
                "thin",
                "max_depth",
                "steps",
                "threads",
                "particles",
                "inner_particles",
                "moves",
            ),
            COUNT,
        ),
        **dict.fromkeys(("warmup", "temperatures"), NATURAL),
        "bound": NUMBER,
        "seed": SEED,
        **dict.fromkeys(("path_length", "learning_rate", "time"), POSITIVE),
        "target_accept": PROBABILITY,
        "resample_below": SHARE,
    }
)
"""Of the options that are numbers, which ones they may be: for the command line and Python alike."""

Resampler: TypeAlias = Literal["systematic", "stratified", "residual", "multinomial"]

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"guide": get_args(Guide), "metric": get_args(Metric), "resampler": get_args(Resampler)}
)
"""Of the options that are words, which ones there are."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a method runs. What a run of the program may use up is `Bound.budget`.

    draws:         kept per chain, after thinning; of an exact run how many are made if they are asked for.
    warmup:        adaptation steps per chain, thrown away.
    chains:        independent chains; chain k uses its own stream of the seed.
    thin:          keep every `thin`-th draw.
    seed:          equal seeds give equal draws, whatever `threads` is.
    target_accept: mean acceptance that adaptation aims at, between 0 and 1.
    max_depth:     of NUTS trees; a trajectory has at most 2^max_depth steps.
    metric:        of HMC and NUTS: whether adaptation learns the posterior's variances or its whole
                   covariance, in unconstrained coordinates; the latter where variables are correlated.
    path_length:   of HMC trajectories: the step size times the number of steps.
    guide:         family of approximations for `svi`, by its name in Pyro.
    steps:         of the optimiser.
    learning_rate: of the optimiser.
    particles:     runs in a population.
    resampler:     scheme by which particles have offspring.
    resample_below: resample when the effective number of particles is at most this share of them, from
                   0 (never) to 1 (before every step).
    lookahead:     resample for the weights that pilot runs meet next (auxiliary particle filter).
    moves:         Metropolis-Hastings steps that a particle takes whenever it is moved.
    inner_particles: of `smc2`: runs in the population of each particle, which is one of parameters.
    ancestor_sampling: in particle Gibbs: draw the past of the path that is kept anew at every resampling.
    blocks:        of `mh`: variables that also move together, such as `mu,tau;z`.
    proposal:      of `mh` and `smc`: a model of the same file that proposes.
    bound:         of `rejection`: the log of the largest weight that a run can have.
    temperatures:  of `ais` and `tempered`: steps from the prior to the posterior; 0 lets them be found.
    parameters:    of `pmmh`, `smc2` and `pgibbs`: the variables that move by Metropolis-Hastings; those drawn
                   before the first loop with weights, if empty.
    threads:       chains or blocks of draws at a time.
    init:          where chains start: variable -> value, nested lists or arrays (constrained scale);
                   variables left out start as the method likes.
    time:          seconds after which the method keeps what it has; None for no limit.
    state:         `Result.state` of the run to continue: the method then makes `draws` further draws,
                   the same that a longer run would have made. Warm-up is over.
    """

    draws: int = 1000
    warmup: int = 1000
    chains: int = 4
    thin: int = 1
    seed: int = 0
    target_accept: float = 0.8
    max_depth: int = 10
    metric: Metric = "diagonal"
    path_length: float = 1.5707963267948966
    guide: Guide = "AutoNormal"
    steps: int = 5000
    learning_rate: float = 0.01
    particles: int = 1000
    resampler: Resampler = "systematic"
    resample_below: float = 0.5
    lookahead: bool = False
    moves: int = 1
    inner_particles: int = 100
    ancestor_sampling: bool = True
    blocks: str = ""
    proposal: str = ""
    bound: float = 0.0
    temperatures: int = 0
    parameters: str = ""
    threads: int = 1
    init: Mapping[str, Any] = field(default_factory=dict[str, Any])
    time: float | None = None
    state: Mapping[str, Any] | None = None
