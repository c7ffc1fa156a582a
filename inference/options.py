"""The options of inference, after defaults are filled in; which apply to which method stands in `registry`.

Imports no numpy: the command line reads this to know its flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Guide: TypeAlias = Literal["AutoNormal", "AutoMultivariateNormal"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a method runs. What a run of the program may use up is `Bound.budget`.

    draws:         kept per chain, after thinning.
    warmup:        adaptation steps per chain, thrown away.
    chains:        independent chains; chain k uses its own stream of the seed.
    thin:          keep every `thin`-th draw.
    seed:          equal seeds give equal draws, whatever `threads` is.
    target_accept: mean acceptance that adaptation aims at, between 0 and 1.
    max_depth:     of NUTS trees; a trajectory has at most 2^max_depth steps.
    path_length:   of HMC trajectories: the step size times the number of steps.
    guide:         family of approximations for `svi`, by its name in Pyro.
    steps:         of the optimiser.
    learning_rate: of the optimiser.
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
    path_length: float = 1.5707963267948966
    guide: Guide = "AutoNormal"
    steps: int = 5000
    learning_rate: float = 0.01
    threads: int = 1
    init: Mapping[str, Any] = field(default_factory=dict[str, Any])
    time: float | None = None
    state: Mapping[str, Any] | None = None
