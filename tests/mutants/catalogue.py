"""Realistic faults, each taken from a bug that shipped somewhere, as changes of a few lines of our code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Mutant:
    """A fault.

    file:   which file it changes. before, after: the text there and what it becomes.
    killer: the kind of check that must catch it. tests: where that check is, as pytest's words.
    """

    name: str
    file: str
    before: str
    after: str
    killer: Literal["validity", "specification"]
    tests: tuple[str, ...]


SMC = ("tests/inference/test_smc.py", "-k", "textbook and (sprinkler or branch or chain)")
RULES = ("tests/inference/test_smc.py", "-k", "every_rule and (sprinkler or branch)")
KNOWN = ("tests/inference/test_smc.py", "-k", "known_one and not multinomial-3")
SWEEP = ("tests/inference/test_particle_gibbs.py", "-k", "chain or sprinkler or branch")
MOVES = ("tests/inference/test_particles_exact.py", "-k", "D02 or D10")
LENGTH = ("tests/inference/test_mh_exact.py", "-k", "l05_the_length")
MH = ("tests/inference/test_mh_exact.py", "-k", "acceptance_programs and (D02 or D10 or D18 or R08)")
PMMH = ("tests/inference/test_pseudo_marginal_exact.py", "-k", "pmmh_leaves")

CATALOGUE = (
    Mutant(
        "Metropolis-Hastings without the term for the length of the trace",
        "inference/metropolis.py",
        "return ratio(len(sites(current, block)), len(sites(new, block)), exact=machine.exact)",
        "return ratio(1, 1, exact=machine.exact)",
        "validity",
        LENGTH,
    ),
    Mutant(
        "the term for the length of the trace upside down",
        "inference/metropolis.py",
        "return ratio(len(sites(current, block)), len(sites(new, block)), exact=machine.exact)",
        "return ratio(len(sites(new, block)), len(sites(current, block)), exact=machine.exact)",
        "validity",
        LENGTH,
    ),
    Mutant(
        "the ratio of densities upside down",
        "inference/metropolis.py",
        "log_ratio = times(log_ratio, minus(after, before))",
        "log_ratio = times(log_ratio, minus(before, after))",
        "validity",
        MH,
    ),
    Mutant(
        "every proposal accepted",
        "inference/metropolis.py",
        "chance = min(log_ratio.value, Fraction(1))",
        "chance = Fraction(1)",
        "validity",
        MH,
    ),
    Mutant(
        "the density from before a move kept after it",
        "inference/metropolis.py",
        "    return new, True\n",
        "    return new._replace(run=new.run._replace(log_weight=current.log_weight)), True\n",
        "specification",
        ("tests/inference/test_mh_composed.py",),
    ),
    Mutant(
        "weights kept after resampling",
        "semantics/representations/population.py",
        "Population(offspring, [part(count, exact=exact)] * count, pushed.log_evidence), ancestors",
        "Population(offspring, pushed.log_weights, pushed.log_evidence), ancestors",
        "validity",
        SMC,
    ),
    Mutant(
        "evidence forgotten",
        "semantics/representations/population.py",
        "    return Population(population.particles, log_weights, times(population.log_evidence, mass))",
        "    return Population(population.particles, log_weights, population.log_evidence)",
        "validity",
        SMC,
    ),
    Mutant(
        "evidence right only when every step resamples",
        "semantics/representations/population.py",
        "log_weights = [times(w, f) for w, f in zip(population.log_weights, factors, strict=True)]",
        "log_weights = [times(part(len(factors), exact=not isinstance(f, float)), f) for f in factors]",
        "validity",
        RULES,
    ),
    Mutant(
        "ancestors picked uniformly",
        "semantics/representations/population.py",
        "ancestors = scheme(source, population.weights, count)",
        "ancestors = scheme(source, [w and w / w for w in population.weights], count)",
        "validity",
        SMC,
    ),
    Mutant(
        "one ancestor for all",
        "semantics/representations/population.py",
        "ancestors = scheme(source, population.weights, count)",
        "ancestors = scheme(source, population.weights, 1) * count",
        "specification",
        SMC,
    ),
    Mutant(
        "systematic resampling with a fixed offset",
        "semantics/resampling.py",
        "    shift = source.uniform()\n",
        "    shift = 0.5 if isinstance(total, float) else total / total / 2\n",
        "validity",
        SMC,
    ),
    Mutant(
        "the effective number from the latest weights alone",
        "inference/smc.py",
        "    effective = effective_size(population.weights)\n",
        "    factors = [run.event.log_weight if hasattr(run.event, 'log_weight') else w for run, w in "
        "zip(map(engine.run_of, population.particles), population.log_weights, strict=True)]\n"
        "    effective = effective_size([weight(f) for f in factors])\n",
        "specification",
        ("tests/inference/test_smc.py", "-k", "effective"),
    ),
    Mutant(
        "the weight at the last statement dropped",
        "semantics/representations/sequential.py",
        "        weight = event.log_weight\n",
        "        last = event.state.position == len(event.state.block)\n"
        "        weight = ONE(machine.exact) if last else event.log_weight\n",
        "validity",
        SMC,
    ),
    Mutant(
        "a sum over the particles where their mean belongs",
        "semantics/representations/population.py",
        "share = part(len(particles), exact=exact)",
        "share = part(1, exact=exact)",
        "validity",
        SMC,
    ),
    Mutant(
        "conditional SMC whose other particles copy the reference",
        "inference/conditional.py",
        "runs, factors = engine.advance(population.particles[1:], alive[1:], sources[1:])",
        "copies = [population.particles[0]] * (len(alive) - 1)\n"
        "    runs, factors = engine.advance(copies, alive[1:], sources[1:])",
        "validity",
        SWEEP,
    ),
    Mutant(
        "conditional SMC that loses the reference",
        "inference/conditional.py",
        "engine.advance_along(population.particles[0], future.choices, sources[0])",
        "engine.advance_along(population.particles[0], {}, sources[0])",
        "validity",
        SWEEP,
    ),
    Mutant(
        "ancestor sampling without the density of the future",
        "inference/conditional.py",
        "w if is_zero(w) else times(w, future.weigh(run, left))",
        "w if is_zero(w) or is_zero(future.weigh(run, left)) else w",
        "validity",
        SWEEP,
    ),
    Mutant(
        "the look-ahead not taken back",
        "inference/smc.py",
        "[-scores[ancestor] for ancestor in ancestors]",
        "[scores[0] - scores[0] for _ in ancestors]",
        "validity",
        RULES,
    ),
    Mutant(
        "moves as long as there is something to move",
        "inference/smc.py",
        "        or state.generation >= rule.moving\n        and all(",
        "        or all(",
        "validity",
        MOVES,
    ),
    Mutant(
        "PMMH by the estimate of the wrong parameters",
        "inference/pmmh.py",
        "accept(times(ratio, minus(swept.log_mass, state.log_mass)), source)",
        "accept(times(ratio, minus(state.log_mass, swept.log_mass)), source)",
        "validity",
        PMMH,
    ),
    Mutant(
        "PMMH that keeps the old estimate with new parameters",
        "inference/pmmh.py",
        "return State(state.theta._replace(traced=new), swept.log_mass, swept.run)",
        "return State(state.theta._replace(traced=new), state.log_mass, swept.run)",
        "validity",
        PMMH,
    ),
    Mutant(
        "the prior of the parameters counted twice",
        "inference/parameter_moves.py",
        "log_ratio=minus(found.log_ratio, change)",
        "log_ratio=found.log_ratio",
        "validity",
        PMMH,
    ),
    Mutant(
        "PIMH that accepts the wrong way round",
        "inference/pimh.py",
        "not accept(minus(swept.log_mass, state.log_mass), source)",
        "not accept(minus(state.log_mass, swept.log_mass), source)",
        "validity",
        ("tests/inference/test_pseudo_marginal_exact.py", "-k", "pimh"),
    ),
    Mutant(
        "SMC^2 whose moves forget the likelihood",
        "inference/smc2.py",
        "accept(times(ratio, minus(mass, particle.log_mass)), source)",
        "accept(ratio, source)",
        "validity",
        ("tests/inference/test_pseudo_marginal_exact.py", "-k", "moves_of_smc2"),
    ),
    Mutant(
        "increments of the exponent with the wrong sign",
        "inference/tempering.py",
        "change = beta - before",
        "change = before - beta",
        "validity",
        ("tests/inference/test_tempering_exact.py", "-k", "annealed and sprinkler"),
    ),
    Mutant(
        "moves at the exponent before",
        "inference/tempering.py",
        "rule.kernel, sources[slot], beta)",
        "rule.kernel, sources[slot], before or 1)",
        "specification",
        ("tests/inference/test_tempering_exact.py", "-k", "annealing_is_the_textbooks"),
    ),
    Mutant(
        "the term of Hastings reversed",
        "inference/proposals.py",
        "ratio = minus(times(above, back), times(below, there))",
        "ratio = minus(times(above, there), times(below, back))",
        "validity",
        ("tests/inference/test_mh_exact.py", "-k", "proposal_programs"),
    ),
    Mutant(
        "the Jacobian of a bounded number with the wrong sign",
        "inference/steps.py",
        "log_jacobian(lower, upper, there) - log_jacobian(lower, upper, here)",
        "log_jacobian(lower, upper, here) - log_jacobian(lower, upper, there)",
        "validity",
        ("tests/inference/test_mh.py", "-k", "constrained and (positive or bounds)"),
    ),
    Mutant(
        "no Jacobian for simplexes and matrices",
        "inference/steps.py",
        "Step(_frozen(out), after - before)",
        "Step(_frozen(out), 0.0)",
        "validity",
        ("tests/inference/test_mh.py", "-k", "constrained and (simplex or covariance)"),
    ),
)
