"""Exact inference beside other exact systems: times, growth, and that the answers agree.

    python bench/exact.py [--peers PYTHON] [--sppl PYTHON] [--repetitions 5]

`--peers` names an interpreter that has pyagrum, pgmpy or problog, and `--sppl` one that has SPPL, whose
dependencies go with nothing else; those they lack are left out. Each peer runs in processes of its own, on
the same numbers, and hands back its answers, which must agree to 1e-9.
The times are medians of processor time: of ours `build` is everything from the text to the answers, of the
peers everything before the first answer; `run` is one more answer after that, of all laws and the evidence.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np

import pplc
from pplc.inference.chain import chain
from pplc.inference.exact import run
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.semantics.bound import Bound
from pplc.semantics.values import Value

PEERS = Path(__file__).with_name("exact_peers.py")
TOLERANCE = 1e-9

HMM = """
model hmm(y: int[T], trans: array[K] simplex[K], emit: array[K] simplex[M]) {
  z[0] ~ Categorical(trans[0])
  observe y[0] ~ Categorical(emit[z[0]])
  for t in 1..T {
    z[t] ~ Categorical(trans[z[t - 1]])
    observe y[t] ~ Categorical(emit[z[t]])
  }
  return z[T - 1]
}
"""

CHAIN = """
model chain(n: int) {
  z[0] ~ Bernoulli(0.5)
  for t in 1..n { z[t] ~ Bernoulli(if z[t - 1] { 0.9 } else { 0.2 }) }
  observe true ~ Bernoulli(if z[n - 1] { 0.6 } else { 0.3 })
  return z[n - 1]
}
"""

NOISY_OR = """
model noisy_or(p: unit[n], q: unit[n]) {
  var lit = false
  for i in 0..n {
    cause[i] ~ Bernoulli(p[i])
    if cause[i] { lit = lit or flip(q[i]) }
  }
  condition(lit)
  return lit
}
"""


@dataclass(frozen=True)
class Case:
    """A model with data, the same as plain numbers for the peers, and which answers are compared."""

    name: str
    size: int
    model: str
    data: dict[str, Value]
    numbers: Mapping[str, object]
    variable: str


def simplex(random: np.random.Generator, size: int) -> tuple[Fraction, ...]:
    """Random probabilities with small denominators."""
    weights = random.integers(1, 100, size).tolist()
    return tuple(Fraction(weight, sum(weights)) for weight in weights)


def hmm(steps: int, states: int = 10, symbols: int = 5) -> Case:
    """A hidden Markov model."""
    random = np.random.default_rng(1)
    trans = tuple(simplex(random, states) for _ in range(states))
    emit = tuple(simplex(random, symbols) for _ in range(states))
    y = tuple(random.integers(0, symbols, steps).tolist())
    numbers = {
        "y": y,
        "trans": [[float(p) for p in row] for row in trans],
        "emit": [[float(p) for p in row] for row in emit],
    }
    return Case("hmm", steps, HMM, {"y": y, "trans": trans, "emit": emit}, numbers, "z")


def binary_chain(steps: int) -> Case:
    """A chain of binary variables with evidence at its end."""
    return Case("chain", steps, CHAIN, {"n": steps}, {"n": steps}, "z")


def noisy_or(causes: int) -> Case:
    """Many causes of one effect, which is seen."""
    random = np.random.default_rng(2)
    p = tuple(Fraction(int(k), 1000) for k in random.integers(1, 30, causes))
    q = tuple(Fraction(int(k), 1000) for k in random.integers(1, 999, causes))
    numbers: dict[str, object] = {"p": [float(x) for x in p], "q": [float(x) for x in q]}
    return Case("noisy_or", causes, NOISY_OR, {"p": p, "q": q}, numbers, "cause")


def timed(action: Callable[[], object], repetitions: int) -> float:
    """Median seconds."""
    found: list[float] = []
    for _ in range(repetitions):
        start = process_time()
        action()
        found.append(process_time() - start)
    return median(found)


@dataclass(frozen=True)
class Answer:
    """What a system says of a case: log evidence, the law of every variable, and the times in seconds."""

    evidence: float
    laws: Sequence[Sequence[float]]
    build: float
    run: float


def ours(case: Case, repetitions: int) -> Answer:
    """This engine, from the text; `run` is the pass through the tabulated chain."""

    def whole() -> object:
        return run(Bound(pplc.compile(case.model).program, case.data), Options(), Silent())

    build = timed(whole, repetitions)
    bound = Bound(pplc.compile(case.model).program, case.data)
    result = run(bound, Options(), Silent())
    tabulated = chain(bound, Silent(), fewest=0)
    assert tabulated is not None
    again = timed(tabulated.laws, repetitions)
    assert result.laws is not None
    assert isinstance(result.log_evidence, pplc.Exact)
    laws = [[float(p) for _, p in sorted(law.items())] for law in result.laws[case.variable].values()]
    return Answer(result.log_evidence.value, laws, build, again)


def theirs(python: str, peer: str, case: Case, repetitions: int) -> Answer | str:
    """A peer's answer, or why there is none."""
    asked = json.dumps({"peer": peer, "case": case.name, "repetitions": repetitions, **case.numbers})
    try:
        done = subprocess.run(
            [python, str(PEERS)], input=asked, capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return "> 60 s"
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1][:40] if done.stderr.strip() else "no answer"
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if "none" in found:
        return str(found["none"])
    return Answer(found["evidence"], found["laws"], found["build"], found["run"])


def compared(mine: Answer, other: Answer) -> str:
    """Whether two answers agree."""
    worst = max(
        (abs(a - b) for x, y in zip(mine.laws, other.laws, strict=True) for a, b in zip(x, y, strict=True)),
        default=0.0,
    )
    if other.evidence == other.evidence:  # a peer that has none says NaN
        worst = max(worst, abs(mine.evidence - other.evidence) / max(1.0, abs(mine.evidence)))
    return "agrees" if worst <= TOLERANCE else f"DIFFERS by {worst:.1g}"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peers", default="", help="an interpreter that has the peers")
    parser.add_argument("--sppl", default="", help="an interpreter that has SPPL")
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    pythons = dict.fromkeys(("pyagrum", "pgmpy", "problog"), arguments.peers) | {"sppl": arguments.sppl}
    peers = {name: python for name, python in pythons.items() if python}
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, numpy {version('numpy')}")
    print("\n| case | system | build ms | run ms | run beside ours | answers |\n|---|---|---|---|---|---|")
    for case in (hmm(100), binary_chain(1000), noisy_or(20), noisy_or(200)):
        mine = ours(case, arguments.repetitions)
        print(f"| {case.name} {case.size} | pplc | {mine.build * 1e3:.1f} | {mine.run * 1e3:.2f} | 1 | |")
        for peer, python in peers.items():
            other = theirs(python, peer, case, arguments.repetitions)
            if isinstance(other, str):
                print(f"| {case.name} {case.size} | {peer} | – | – | – | {other} |")
                continue
            ratio = other.run / mine.run
            print(
                f"| {case.name} {case.size} | {peer} | {other.build * 1e3:.1f} | {other.run * 1e3:.2f} "
                f"| {ratio:.1f} | {compared(mine, other)} |"
            )
    print("\n| case | size | build ms | run ms | run µs per step |\n|---|---|---|---|---|")
    for make, sizes in (
        (hmm, (100, 1000, 10_000, 100_000)),
        (binary_chain, (100, 1000, 10_000)),
        (noisy_or, (10, 100, 1000)),
    ):
        for size in sizes:
            case = make(size)
            mine = ours(case, 1 if size > 10_000 else 3)
            print(
                f"| {case.name} | {size:,} | {mine.build * 1e3:.1f} | {mine.run * 1e3:.2f} "
                f"| {mine.run / size * 1e6:.1f} |"
            )


if __name__ == "__main__":
    main()
