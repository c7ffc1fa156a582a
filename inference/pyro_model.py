"""A bound program as a Pyro model, and its log density on R^n.

`to_pyro` gives the model itself: an ordinary callable with `pyro.sample` sites named as the program
names its variables. `Density` is what gradient methods need: one unconstrained vector in, log density
out, with finite discrete draws summed out by Pyro's enumeration.
"""

# pyright: basic
# mypy: disable-error-code="no-any-return"
# Some of torch's operators are typed as giving anything.

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyro
import torch
from pyro import poutine
from pyro.infer import config_enumerate
from pyro.infer.mcmc.util import TraceEinsumEvaluator
from pyro.poutine.messenger import Messenger
from torch import Tensor

from pplc.inference.enumerated_types import Numbered, numbered
from pplc.inference.pyro_sites import Place, PyroSites
from pplc.inference.summed import summed
from pplc.inference.torch_build import Certain, Known
from pplc.inference.torch_combinators import Iid, Ordered
from pplc.inference.torch_distribution import LawDistribution
from pplc.inference.torch_evaluate import Evaluator
from pplc.inference.torch_growing import addresses
from pplc.inference.torch_laws import Flat, TorchLaw
from pplc.inference.torch_plan import Plan, Replan
from pplc.inference.torch_spaces import Space, constrain, free_shape
from pplc.inference.torch_values import CannotVectorise, Content, Refused, from_value, lift
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.summing import Sum
from pplc.semantics.bound import Bound
from pplc.semantics.evaluate import LocatedFault, located
from pplc.semantics.values import Address, Fault

MOST_HISTORY = 3
"""Rounds of a loop after which a variable that is summed out can still be read; the sum grows with each."""
LOOKS = 8
"""Further runs that look for variables where which statements run depends on draws."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A continuous site in the unconstrained vector.

    offset, size: where it is there. free: the shape of its part. place: where it is drawn.
    """

    name: str
    offset: int
    size: int
    free: tuple[int, ...]
    shape: tuple[int, ...]
    place: Place


@dataclass(slots=True)
class Model:
    """A program with its data as tensors and the plan of its loops."""

    bound: Bound
    arguments: Mapping[str, Content]
    plan: Plan = field(default_factory=Plan)

    def __call__(
        self, *, record: bool = False, inspect: bool = False, join: bool = False, given: bool = False
    ) -> tuple[Content, PyroSites]:
        """Runs it as a Pyro model; the value, and what was recorded. The options are those of `PyroSites`."""
        sites = PyroSites(record=record, inspect=inspect, join=join, given=given)
        try:
            value = Evaluator(self.bound, self.plan, sites).run(self.arguments)
            sites.finish()
        except LocatedFault as fault:
            raise located(fault, fault.span) from None
        except Fault as fault:
            raise located(fault, self.bound.program.model.span) from None
        except Refused as refused:
            span = self.bound.program.model.span
            raise Rejected(Diagnostic(refused.code, refused.message, span, "", refused.help)) from None
        except CannotVectorise as why:  # outside every loop, so that doing rounds one by one is no help
            raise Rejected(
                Diagnostic(
                    "E0535",
                    f"gradient methods cannot compute with {why}",
                    why.span or self.bound.program.model.span,
                    "not a calculation with numbers",
                    "use `--method importance`",
                )
            ) from None
        return value, sites


def model_of(bound: Bound) -> Model:
    """The program with its data converted once."""
    return Model(bound, {name: from_value(bound.arguments[name]) for name in bound.program.model.parameters})


def to_pyro(bound: Bound) -> Callable[[], Any]:
    """The program as a Pyro model: a callable without arguments whose value is the program's.

    Tensors come back for numbers and arrays that depend on draws.
    """
    model = model_of(bound)

    def run() -> Any:
        while True:
            try:
                value, _ = model()
            except Replan:
                continue
            return getattr(value, "data", value)

    # One run outside any handler finds which loops are plates, so that handlers see a settled model.
    with poutine.block():
        run()
    return run


class Fixed(Messenger):
    """Gives continuous sites values at unconstrained points, and adds up the log Jacobians.

    position: one unconstrained vector [D], or several [S, D] inside a plate of that size; without one,
    a site that is new gets the next numbers of `fresh`, and a slot.
    first_values: discrete sites take the first value of their support, as they do without a position.
    given:        the values of discrete sites, [S] by address, if they are known.
    """

    def __init__(
        self,
        position: Tensor | None,
        slots: Mapping[str, Slot],
        fresh: Callable[[int], Tensor],
        *,
        first_values: bool = False,
        given: Mapping[Address, Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.given = given
        self.position = position
        self.slots = dict(slots)
        self.fresh = fresh
        self.offset = sum(slot.size for slot in slots.values())
        self.parts: list[Tensor] = []
        self.log_jacobian: Tensor | float = 0.0
        self.discrete: dict[str, LawDistribution] = {}
        self.improper = False
        self.first_values = first_values or position is None

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        law_of_site = getattr(msg["fn"], "law", None)
        if msg["is_observed"] or not isinstance(law_of_site, TorchLaw):
            return
        law: TorchLaw = law_of_site
        name = msg["name"]
        place = Place.of(name, msg["infer"]["statement"])
        batch = _batch(msg)
        shape = (*batch, *law.shape)
        if law.discrete:
            if self.given is not None:
                self._given(msg, law, shape)
            else:
                self._discrete(msg, law, shape, place)
            return
        self.improper |= is_improper(law)
        space = law.space
        _refuse_bounds(place, space, batch, law)
        free = (*batch, *free_shape(space, law.shape))
        if space.kind == "none":
            raise Refused(
                "E0545", f"{place.words} is drawn from `{law.name}`, whose draws have no unconstrained scale"
            )
        slot = self.slots.get(name)
        if slot is None:
            if self.position is not None:
                raise Refused("E0546", f"{place.words} is drawn in some runs only")
            size = 1
            for n in free:
                size *= n
            slot = self.slots[name] = Slot(name, self.offset, size, free, shape, place)
            self.offset += size
            part = self.fresh(size)
            self.parts.append(part)
        elif self.position is None:
            part = torch.cat(self.parts)[slot.offset : slot.offset + slot.size]
        else:
            # Several positions at once are rounds of one more plate, the outermost.
            several = self.position.dim() - 1
            if slot.free != free[several * (len(free) - len(slot.free)) :]:
                raise Refused("E0546", f"{place.words} has a shape that depends on other draws")
            part = self.position.narrow(-1, slot.offset, slot.size)
        value, log_jacobian = constrain(space, part.reshape(free))
        msg["value"] = value
        # Not `done`: Pyro draws nothing where there is a value, but enumeration must still see the site.
        self.log_jacobian = self.log_jacobian + log_jacobian.sum()

    def _discrete(self, msg: dict[str, Any], law: TorchLaw, shape: tuple[int, ...], place: Place) -> None:
        """Discrete sites are summed out elsewhere; a run that only looks takes their first value."""
        values = law.support()
        if values is None or law.rank:
            raise Rejected(discrete_refusal(place, law))
        self.discrete[msg["name"]] = msg["fn"]
        if self.first_values:
            msg["value"] = values[0].expand(shape)
            msg["done"] = True

    def _given(self, msg: dict[str, Any], law: TorchLaw, shape: tuple[int, ...]) -> None:
        """Puts in what is known of every round of the plates around, one value for each position."""
        assert self.given is not None
        msg["done"] = True
        if isinstance(law, Certain):
            msg["value"] = lift(law.value).data.expand(shape)
            return
        sizes = tuple(plate.size for plate in msg["infer"]["plates"])
        rounds = [self.given[address] for address in addresses(msg["infer"]["address"], sizes)]
        data = torch.stack(rounds, -1)  # [S, rounds]
        depth, count = len(sizes), data.shape[0]
        data = data.reshape(count, *sizes).permute(0, *range(depth, 0, -1))
        # Positions are the rounds of the outermost plate, if there are several.
        above = () if len(shape) == depth else (count, *([1] * (len(shape) - depth - 1)))
        msg["value"] = data.reshape((*above, *data.shape[1:])).expand(shape)


def discrete_refusal(place: Place, law: TorchLaw) -> Diagnostic:
    """A discrete draw that cannot be summed out."""
    help_ = "use `--method importance`"
    if law.rank:
        what, help_ = "an array of discrete draws at once", f"draw elements one by one, or {help_}"
    elif isinstance(law, Known):
        what, help_ = "a law of values that are no numbers", f"draw a number that stands for each, or {help_}"
    else:
        what, help_ = "a discrete law that is not finite", f"{help_}, or draw from a law with a largest value"
    return Diagnostic(
        "E0543",
        f"{place.words} is drawn from `{law.name}`, {what}, and gradient methods cannot sum it out",
        place.span,
        "discrete",
        help_,
    )


def _refuse_bounds(place: Place, space: Space, batch: tuple[int, ...], law: TorchLaw) -> None:
    for bound in (space.lower, space.upper):
        if bound is not None and bound.dim() > len(batch) + law.rank:
            raise Refused(
                "E0544",
                f"the bounds of {place.words} depend on a variable that is summed out",
                "draw from 0 to 1 and move and stretch it to the bounds, or use `--method importance`",
            )


def _batch(msg: dict[str, Any]) -> tuple[int, ...]:
    """The extents of the open plates, as batch axes."""
    sizes: dict[int, int] = {}
    for frame in msg["cond_indep_stack"]:
        if frame.dim is not None:
            sizes[frame.dim] = frame.size
    deepest = -min(sizes, default=0)
    return tuple(sizes.get(dim, 1) for dim in range(-deepest, 0))


@dataclass(frozen=True, slots=True)
class SummedModel:
    """A program without its finite variables, and the sums that stand for them."""

    model: Model
    sums: Mapping[str, Sum]


@dataclass(slots=True)
class Density:
    """The log density of a program over unconstrained vectors, up to nothing: constants are kept.

    size:     length of the vector.
    discrete: names of the sites that are summed out.
    improper: a draw has a law of infinite mass.
    summed:   the model that computes the density, if it is another one, without these sites.
    enumerations: which constructors the numbers of the program stand for.
    """

    model: Model
    slots: Mapping[str, Slot]
    size: int
    discrete: tuple[str, ...]
    improper: bool = False
    summed: SummedModel | None = None
    enumerations: Numbered | None = None

    @property
    def enumerated(self) -> bool:
        """Whether Pyro sums the discrete sites out, by enumerating their values."""
        return bool(self.discrete) and self.summed is None

    def __call__(self, position: Tensor, *, jacobian: bool = True) -> Tensor:
        """The log density at one vector, [D] -> []."""
        fixed = Fixed(position, self.slots, _nothing)
        # Pyro's checks look at values, which a traced run does not have.
        with pyro.validation_enabled(False):
            trace, _ = self.traced(fixed, join=not self.enumerated)
            if self.enumerated:
                total = TraceEinsumEvaluator(trace, True, self.model.plan.nesting).log_prob(trace)
            else:
                total = trace.log_prob_sum()
        return total + fixed.log_jacobian if jacobian else total + 0.0

    def traced(self, fixed: Fixed, *, join: bool = False) -> tuple[Any, PyroSites]:
        """The trace of a run at fixed continuous draws, enumerated if there are discrete ones; its sites."""
        found: list[PyroSites] = []
        running = self.model if self.summed is None else self.summed.model

        def run() -> Content:
            with fixed:
                value, sites = running(join=join)
            found.append(sites)
            return value

        model = run
        if self.enumerated:
            model = poutine.enum(
                config_enumerate(run, default="parallel"), first_available_dim=-1 - self.model.plan.nesting
            )
        trace = poutine.trace(model).get_trace()
        return trace, found[-1]

    def inspect(self, position: Tensor) -> None:
        """Raises `Outside` if a parameter of a law is outside its domain here, not rounded to its edge.

        Discrete sites take their first values, which is one of the runs that are summed.
        """
        fixed = Fixed(position, self.slots, _nothing, first_values=True)
        with pyro.validation_enabled(False), torch.no_grad(), poutine.block(), fixed:
            self.model(inspect=True)


def _nothing(size: int) -> Tensor:
    raise AssertionError(f"{size} numbers for a site without a slot")


def density_of(bound: Bound) -> Density:
    """Finds the sites of a program, by running it twice with different values.

    Refuses (E05xx, naming the site) programs whose sites or shapes depend on the draws.
    """
    enumerations = numbered(bound)
    bound = enumerations.bound
    model = model_of(bound)
    running, sums = model, None
    found = summed(bound)
    if found is not None:
        without, program = found
        bound = replace(bound, program=program)
        model = model_of(bound)
        running = Model(replace(bound, program=without.program), model.arguments)
        sums = SummedModel(running, without.sums)
        first = _discovered(running, _zeros)
        # A run reaches some of the variables; in branches that it does not take there may be more.
        met = _discovered(model, _zeros, given=True).discrete
        names = {name.split("[")[0] for name in met}
        known = {s.site.name for s in statements(bound.program.model.body) if isinstance(s, core.Draw)}
        unmet = dict.fromkeys(
            name for each in without.sums.values() if (name := each.site.name) in known - names
        )
        discrete = (*met, *unmet)
    else:
        first = _discovered(model, _zeros)
        discrete = tuple(first.discrete)
        if discrete:
            model.plan.enumerate = True
            first = _enumerated(model)
    generator = torch.Generator().manual_seed(1)

    def anywhere(size: int) -> Tensor:
        return 4 * torch.rand(size, generator=generator, dtype=torch.float64) - 2

    second = _discovered(running, anywhere)
    others = [_discovered(running, anywhere) for _ in range(LOOKS)] if running.plan.branches else []
    for other in (second, *others):
        _same_sites(first.slots, other.slots)
    density = Density(model, second.slots, second.offset, discrete, second.improper, sums, enumerations)
    if density.enumerated:
        # Whether everything can be summed out shows only when it is done.
        with torch.no_grad():
            density(_zeros(density.size))
    return density


def _enumerated(model: Model) -> Fixed:
    """The sites with discrete draws summed out, which may be read as few rounds later as will do."""
    for history in range(1, MOST_HISTORY):
        model.plan.history = history
        try:
            return _discovered(model, _zeros)
        except Rejected as rejected:
            if rejected.diagnostics[0].code != "E0544":
                raise
    model.plan.history = MOST_HISTORY
    return _discovered(model, _zeros)


def _same_sites(first: Mapping[str, Slot], second: Mapping[str, Slot]) -> None:
    """E0546 unless two runs have the same variables."""
    for name in [*first, *second]:
        a, b = first.get(name), second.get(name)
        if a is None or b is None or a.free != b.free:
            place = (first.get(name) or second[name]).place
            raise Rejected(
                Diagnostic(
                    "E0546",
                    f"which variables there are depends on the draws: {place.words} is not in every run",
                    place.span,
                    "drawn in some runs only",
                    "use `--method importance`",
                )
            )


def is_improper(law: TorchLaw) -> bool:
    """Whether a law has infinite mass."""
    match law:
        case Flat(lower, upper):
            return lower is None or upper is None
        case Iid(base) | Ordered(base):
            return is_improper(base)
        case _:
            return False


def _zeros(size: int) -> Tensor:
    return torch.zeros(size, dtype=torch.float64)


def _discovered(model: Model, fresh: Callable[[int], Tensor], *, given: bool = False) -> Fixed:
    """The sites of a run with new draws; `given` if those that are summed out elsewhere are known to it."""
    while True:
        fixed = Fixed(None, {}, fresh)
        try:
            with pyro.validation_enabled(False), poutine.block(), fixed:
                model(given=given)
        except Replan:
            continue
        return fixed


__all__ = ["Address", "Density", "Fixed", "Model", "Slot", "density_of", "model_of", "pyro", "to_pyro"]
