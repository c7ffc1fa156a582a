"""Population: a weighted set of draws of some inner representation, and the transformations of it.

Meaning: the measure f -> E[e^log_evidence * sum of w_i f(x_i)] over the randomness that made it. `spawn`,
`weigh`, `push_evidence`, `resample`, and `hoist` of a transformation that preserves the inner meaning, leave
it as it is, total mass included. So any composition of them is properly weighted, and the total mass is an
unbiased estimate of the evidence (Scibior et al., POPL 2018, section 5; Naesseth, Lindsten & Schon,
*Nested sequential Monte Carlo methods*, ICML 2015).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeAlias, TypeVar, cast

from pplc.semantics import resampling
from pplc.semantics.measure import ONE, is_zero, times, total
from pplc.semantics.number import LogWeight, Number, log_weight, weight
from pplc.semantics.source import Source

S = TypeVar("S")
R = TypeVar("R")

Scheme: TypeAlias = Callable[[Source, Sequence[Number], int], list[int]]
"""The ancestors of so many offspring, given weights of which one at least is positive."""


class Population(NamedTuple, Generic[S]):
    """Weighted draws.

    particles:    one per slot.
    log_weights:  of the particles.
    log_evidence: log of the factor that was taken out of the weights.
    """

    particles: Sequence[S]
    log_weights: Sequence[LogWeight]
    log_evidence: LogWeight

    @property
    def log_mass(self) -> LogWeight:
        """The log of the total mass: of the estimate of the evidence so far."""
        return times(self.log_evidence, total(self.log_weights))

    @property
    def dead(self) -> bool:
        """Whether every particle has weight zero."""
        return all(map(is_zero, self.log_weights))

    @property
    def weights(self) -> list[Number]:
        """The weights on the ordinary scale, divided by their sum; of a population that is not dead."""
        return [weight(w) for w in push_evidence(self).log_weights]


def spawn(particles: Sequence[S], log_weights: Sequence[LogWeight], *, exact: bool) -> Population[S]:
    """Independent weighted draws as one population: each counts for one part in their number."""
    share = part(len(particles), exact=exact)
    return Population(particles, [times(w, share) for w in log_weights], ONE(exact))


def part(count: int, *, exact: bool) -> LogWeight:
    """The log of one part in `count`."""
    return log_weight(Fraction(1, count) if exact else 1 / count)


def weigh(population: Population[S], particles: Sequence[R], factors: Sequence[LogWeight]) -> Population[R]:
    """The population after each particle has moved on and met a weight."""
    log_weights = [times(w, f) for w, f in zip(population.log_weights, factors, strict=True)]
    return Population(particles, log_weights, population.log_evidence)


def push_evidence(population: Population[S]) -> Population[S]:
    """The weights divided by their sum, which goes to the evidence; a dead population stays."""
    mass = total(population.log_weights)
    if is_zero(mass):
        return population
    log_weights = [times(w, -mass) for w in population.log_weights]
    return Population(population.particles, log_weights, times(population.log_evidence, mass))


def resample(
    population: Population[S], scheme: Scheme, source: Source
) -> tuple[Population[S], Sequence[int]]:
    """As many offspring, of equal weights, and their ancestors; the sum of the weights stays.

    A dead population has none to descend from: it stays.
    """
    count = len(population.particles)
    if population.dead:
        return population, range(count)
    pushed = push_evidence(population)
    ancestors = scheme(source, population.weights, count)
    exact = not isinstance(pushed.log_evidence, float)
    offspring = [population.particles[ancestor] for ancestor in ancestors]
    return Population(offspring, [part(count, exact=exact)] * count, pushed.log_evidence), ancestors


def hoist(kernel: Callable[[int, S], R], population: Population[S]) -> Population[R]:
    """A transformation of the inner representation, applied to the particle of every slot."""
    particles = [kernel(slot, particle) for slot, particle in enumerate(population.particles)]
    return Population(particles, population.log_weights, population.log_evidence)


def effective_size(weights: Sequence[Number]) -> Number:
    """The effective number of particles, (sum of w)^2 / sum of w^2, of weights that are not all zero.

    Kong, Liu & Wong, *Sequential imputations and Bayesian missing data problems* (JASA 1994).
    """
    return sum(weights) ** 2 / sum(w * w for w in weights)


def _running(weights: Sequence[Number]) -> list[float]:
    """The running sums; kernels are typed for floats and also run on rationals."""
    return list(accumulate(cast("Sequence[float]", weights)))


def _residual(source: Source, weights: Sequence[Number], count: int) -> list[int]:
    out = [0] * count
    running = _running(weights)
    resampling.residual(source, running, out, running[:])
    return out


def _scheme(kernel: Callable[[Source, Sequence[float], list[int]], None]) -> Scheme:
    def ancestors(source: Source, weights: Sequence[Number], count: int) -> list[int]:
        out = [0] * count
        kernel(source, _running(weights), out)
        return out

    return ancestors


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "systematic": _scheme(resampling.systematic),
        "stratified": _scheme(resampling.stratified),
        "residual": _residual,
        "multinomial": _scheme(resampling.multinomial),
    }
)
