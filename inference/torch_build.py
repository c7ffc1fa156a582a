"""From Core's `Law` and evaluated arguments to laws of the Pyro back end."""

# pyright: basic

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from pplc.inference.torch_combinators import Censored, Iid, Mixture, Ordered, Truncated
from pplc.inference.torch_elementwise import elementwise
from pplc.inference.torch_families import family_law
from pplc.inference.torch_laws import Finite, Flat, Image, TorchLaw
from pplc.inference.torch_primitives import elements, frozen
from pplc.inference.torch_values import (
    FLOAT,
    Batch,
    CannotVectorise,
    Content,
    integer,
    lift,
    plain,
    settled,
    tensor,
)
from pplc.lang.families import COMBINATORS
from pplc.semantics.faults import outside_domain
from pplc.semantics.laws import Finite as ReferenceFinite
from pplc.semantics.laws import LawValue, make_law


@dataclass(frozen=True, eq=False)
class Certain(TorchLaw):
    """`Delta(value)` for a value of any type; draws are that value."""

    value: Content

    @property
    def name(self) -> str:
        return "Delta"

    @property
    def rank(self) -> int:
        return self._law.rank

    @property
    def event_rank(self) -> int:
        return self._law.event_rank

    @property
    def shape(self) -> tuple[int, ...]:
        return self._law.shape

    @property
    def discrete(self) -> bool:
        return True

    @property
    def parts(self) -> Sequence[Batch]:
        return self._law.parts

    @property
    def _law(self) -> Finite:
        part = lift(self.value)
        axis = part.data.dim() - part.rank
        return Finite(
            "Delta",
            Batch(part.data.unsqueeze(axis), part.rank + 1, part.known, part.owners),
            lift((0.0,)),
        )

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        return self._law.entries(x, inside=inside)

    def support(self) -> torch.Tensor | None:
        return self._law.support()


@dataclass(frozen=True, eq=False)
class Known(TorchLaw):
    """A law of the reference semantics over values that are not numbers; it can be observed when known."""

    law: LawValue
    rank: int = 0
    discrete: bool = True

    @property
    def name(self) -> str:
        return self.law.describe().strip("`")

    @property
    def shape(self) -> tuple[int, ...]:
        return ()

    @property
    def parts(self) -> Sequence[Batch]:
        return ()

    def entries(self, x: Batch, *, inside: bool = False) -> Batch:
        return lift(float(self.law.log_density(plain(settled(x.data, x.rank, x.known, x.owners)))))


def law_of(
    name: str,
    parametrisation: int,
    arguments: Sequence[Content],
    call: Callable[[Content, Content], Content],
    guard: Batch | None = None,
) -> TorchLaw:
    """The law of a family or combinator with these arguments, `None` for those left out."""
    arguments = [frozen(argument) for argument in arguments]
    if name not in COMBINATORS or (name == "Uniform" and len(arguments) == 2):
        return family_law(name, parametrisation, arguments, guard)
    match name:
        case "Truncated" | "Censored":
            base, lower, upper = (*arguments, None, None)[:3]
            kind = Truncated if name == "Truncated" else Censored
            return kind(_law(base), _bound(lower, -math.inf), _bound(upper, math.inf))
        case "Mixture":
            weights, bases = arguments
            laws = [_law(each) for each in elements_of_laws(bases)]
            return Mixture(_logs(lift(weights), len(laws)), laws)
        case "iid":
            return Iid(_law(arguments[0]), integer(arguments[1]))
        case "Ordered":
            return Ordered(_law(arguments[0]), integer(arguments[1]))
        case "ZeroInflated":
            p, base = lift(arguments[0]), _law(arguments[1])
            zero = Certain(0 if base.discrete else 0.0)
            logs = [
                elementwise(torch.log, p, real=True),
                elementwise(lambda t: torch.log1p(-t), p, real=True),
            ]
            return Mixture(logs, [zero, base], "ZeroInflated")
        case "Transformed":
            return Image(_law(arguments[0]), lambda x: call(arguments[1], x))
        case "Delta":
            return Certain(arguments[0])
        case "Flat":
            lower, upper = (*arguments, None, None)[:2]
            return Flat(_bound(lower, -math.inf), _bound(upper, math.inf))
        case _:
            return _listed(name, arguments)


def _law(value: Content) -> TorchLaw:
    assert isinstance(value, TorchLaw)  # the checker sees to it, and a random choice of laws is refused
    return value


def elements_of_laws(value: Content) -> Sequence[Content]:
    """The laws of a list of laws."""
    return value if isinstance(value, tuple) else elements(value)


def _bound(value: Content, nothing: float) -> Batch | None:
    if value is None or value == nothing:
        return None
    return elementwise(lambda t: t, value, real=True)


def _logs(weights: Batch, count: int) -> list[Batch]:
    if weights.shape[-1] != count:
        raise outside_domain("Mixture", "weights", weights.shape[-1], f"as long as `dists`, {count}")
    axis = -1
    return [
        elementwise(
            torch.log, Batch(weights.data.select(axis, k), weights.rank - 1, weights.known, weights.owners)
        )
        for k in range(count)
    ]


def _listed(name: str, arguments: Sequence[Content]) -> TorchLaw:
    """`Uniform` of a list, `Empirical`."""
    values = arguments[0]
    weights = arguments[1] if len(arguments) > 1 else None
    try:
        part = lift(values)
    except CannotVectorise:
        return Known(make_law(name, [plain(a) for a in arguments], 0, exact=False, call=_never))
    if part.rank == 0 or part.shape[0] == 0:
        raise outside_domain(name, "values", (), "a list that is not empty")
    count = part.shape[0]
    if weights is None:
        masses = Batch(tensor([-math.log(count)] * count), 1, True)
    else:
        masses = elementwise(torch.log, weights, real=True)
    return Finite(name, part, masses)


def _never(*_: object) -> Content:
    raise AssertionError("a list of values calls nothing")


def of_reference(law: LawValue) -> TorchLaw:
    """A law found by the reference semantics, such as what `infer` gives."""
    if isinstance(law, ReferenceFinite):
        values = tuple(law.table)
        try:
            part = lift(values)
        except CannotVectorise:
            return Known(law)
        logs = [math.log(p) if p > 0 else -math.inf for p in map(float, law.table.values())]
        return Finite(law.name, part, Batch(tensor(logs), 1, True))
    return Known(law)


__all__ = ["FLOAT", "Certain", "Known", "elements_of_laws", "law_of", "of_reference"]
