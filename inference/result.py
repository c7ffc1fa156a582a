"""What every method hands back: exact laws or draws, the evidence, and what is known of their quality.

A method returns a `Result`; the interface adds the rest (summary, diagnostics, queries, files).
`pplc.inference.collect` assembles the arrays from runs of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.lang.diagnostics import Diagnostic

if TYPE_CHECKING:
    from pplc.inference.continuous.laws import Mixed
    from pplc.inference.continuous.piece import Numerical
    from pplc.inference.formulas.ends import Ends
    from pplc.semantics.values import Value

Array: TypeAlias = npt.NDArray[Any]
Probability: TypeAlias = Fraction | float
Index: TypeAlias = tuple[int, ...]

State: TypeAlias = Mapping[str, Any]
"""What a method needs to go on where it stopped: numbers, strings, lists, mappings and numpy arrays
of numbers, nested at will; it is stored in run files as it is."""


@dataclass(frozen=True)
class Draws:
    """Draws of the reported variables, as arrays with the axes [chain, draw, *shape].

    values:         name -> float64, int64 or bool; dtype object for strings, sum values, lists of
                    varying length, and where some runs do not reach the variable (None there).
                    Names are `theta`, `f.slope`, `y[3]` (a missing datum), `return`.
    log_weights:    [chain, draw], not normalised; None if all draws weigh the same.
    log_likelihood: observed site -> [chain, draw, *shape]: pointwise, for LOO and WAIC.
    families:       [chain, draw], whole numbers: draws of one family share an ancestor, so that their errors
                    are not independent; those of different families are. None if every draw is one.
    caveat:         why they are not draws of the posterior, in plain words; empty if they are.
    stats:          of the sampler, [chain, draw]: `lp diverging acceptance_rate tree_depth step_size
                    energy n_steps`, those that the method has.
    functions:      drawn functions by name, [chain, draw] of dtype object, None where a run has none; of the
                    methods that do not keep them they are found by running again (`pplc.inference.predict`).
    """

    values: Mapping[str, Array]
    log_weights: Array | None = None
    log_likelihood: Mapping[str, Array] = field(default_factory=dict[str, Array])
    stats: Mapping[str, Array] = field(default_factory=dict[str, Array])
    families: Array | None = None
    caveat: str = ""
    functions: Mapping[str, Array] = field(default_factory=dict[str, Array])

    @property
    def chains(self) -> int:
        """Number of chains; 1 for independent draws."""
        return int(self._first().shape[0])

    @property
    def count(self) -> int:
        """Number of draws in each chain."""
        return int(self._first().shape[1])

    def _first(self) -> Array:
        for table in (self.values, self.stats, self.log_likelihood):
            for array in table.values():
                return array
        return np.zeros((0, 0)) if self.log_weights is None else self.log_weights


class Moments(NamedTuple):
    """Mean and variance given that a variable is reached, and the probability of that: formulas."""

    mean: Fraction
    variance: Fraction
    reached: Fraction


@dataclass(frozen=True)
class Result:
    """The outcome of one method on one bound program.

    laws:         exact methods: name -> index -> value -> probability; the index is `()` for a variable
                  that is no array of sites. A law sums to less than 1 if some runs do not reach it.
    densities:    exact methods: the same of variables that have a density, perhaps beside atoms.
    moments:      exact methods with parameters left open: mean and variance as formulas, where these are no
                  rational functions; of variables that have a density, and of those in `laws`.
    left:         of variables whose laws miss some runs: an upper bound of the mass of these runs, as a
                  share of the mass of the others. The law is that of the others; what it says is
                  certain up to `pplc.inference.answers.enclosed`.
    draws:        all other methods.
    log_evidence: log Z in nats; None with the reason in `no_evidence` where it is unknown or undefined.
    diagnostics:  numbers about the run as a whole, such as `{"states": 8}` or `{"divergences": 0}`.
    cost:         what it was estimated to cost, and what other ways would have, in words.
    note:         what ran, in a few words: `8 states`, `AutoNormal guide, 5000 steps`.
    warnings:     in plain words, code W04xx or W05xx.
    state:        to resume from; None if the method cannot.
    replaces:     after a run was resumed: its draws take the place of those there were, as when a population
                  that had stopped half way has gone on. Otherwise they come on top.
    numerical:    exact methods: what is known of the integrals that the laws rest on; None if there are none.
    verified:     how the run is verified, if not in the way of its method.
    missing:      exact methods: variables that are not reported, as their laws have no rule.
    tried:        methods that `auto` tried first and that did not find the evidence.
    ends:         exact methods with parameters left open: what queries are answered from, if not `laws`.
    stopped:      the user or the time limit ended it early; what is here was computed before.
    """

    method: str
    laws: Mapping[str, Mapping[Index, Mapping[Value, Probability]]] | None = None
    densities: Mapping[str, Mapping[Index, Mixed]] = field(default_factory=dict[str, "Mapping[Index, Mixed]"])
    moments: Mapping[str, Mapping[Index, Moments]] = field(
        default_factory=dict[str, "Mapping[Index, Moments]"]
    )
    left: Mapping[str, float] = field(default_factory=dict[str, float])
    draws: Draws | None = None
    log_evidence: Exact | Bounds | Estimate | None = None
    no_evidence: str = ""
    diagnostics: Mapping[str, float] = field(default_factory=dict[str, float])
    note: str = ""
    cost: str = ""
    warnings: tuple[Diagnostic, ...] = ()
    state: State | None = None
    replaces: bool = False
    numerical: Numerical | None = None
    verified: str = ""
    missing: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    ends: Ends | None = None
    stopped: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is known of the posterior: no laws, and not one draw."""
        return self.laws is None and (self.draws is None or self.draws.count == 0)
