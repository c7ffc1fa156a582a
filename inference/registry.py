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

from pplc.inference.options import Options

if TYPE_CHECKING:
    from pplc.inference.progress import Progress
    from pplc.inference.result import Result
    from pplc.semantics.bound import Bound


class Run(Protocol):
    """An inference method as a function. Raises `Rejected` (E04xx, E05xx) with a place in the model."""

    def __call__(self, bound: Bound, options: Options, progress: Progress) -> Result: ...


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    doc:      one sentence for `pplc infer --help`.
    verified: the level at which the method is checked, in the words that the output prints.
    options:  fields of `Options` that it reads; `seed` and `time` among them where they mean something.
    defaults: where they differ from those of `Options`.
    module:   has `run`, a `Run`, and `refuses(bound) -> str`: why the method cannot handle the program,
              empty if it can, decided from the program and its data alone, without running it.
    """

    name: str
    doc: str
    verified: str
    options: frozenset[str]
    module: str
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])

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
_OPTIMISER = frozenset({"draws", "seed", "init", "time", "steps", "learning_rate"})

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        method.name: method
        for method in (
            Method(
                "exact",
                "enumerates a finite program, merging equal states; answers are rational where possible",
                "law-exact: equal, as rationals, to the meaning of the program",
                frozenset({"seed", "time"}),
                "pplc.inference.exact",
            ),
            Method(
                "importance",
                "weighs independent draws from the prior by the likelihood; estimates the evidence",
                "law-exact on finite programs, by enumerating every choice of the sampler",
                frozenset({"draws", "seed", "time"}),
                "pplc.inference.importance",
                {"draws": 10_000, "chains": 1},
            ),
            Method(
                "nuts",
                "Hamiltonian Monte Carlo that chooses its own path lengths; needs a differentiable density",
                "density and gradient against the reference; draws by tests with a stated false-alarm rate",
                _CHAINS | {"max_depth"},
                "pplc.inference.nuts",
            ),
            Method(
                "hmc",
                "Hamiltonian Monte Carlo with a fixed path length; needs a differentiable density",
                "density and gradient against the reference; draws by tests with a stated false-alarm rate",
                _CHAINS | {"path_length"},
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

LATER = ("smc", "mh", "pimh", "pmmh", "pgibbs", "rmsmc", "smc2", "ais", "pathfinder")
"""Methods of later versions: refused by name, so that nobody wonders about the spelling."""
