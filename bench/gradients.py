"""The log density and its gradient: finite variables written as draws, beside sums written by hand.

    python bench/gradients.py [MIXTURE ROUNDS]

Four chains in one call, as NUTS makes them; processor time, the least of several repeats.
"""

from __future__ import annotations

import random
import sys
import time
from fractions import Fraction

MIXTURE = """
model mixture(y: real[N]) {
  w ~ Beta(2, 2)
  mu ~ Ordered(Normal(0, 2), 2)
  s[k] ~ HalfNormal(2) for k in 0..2
  for n in 0..N {
    z[n] ~ Bernoulli(w)
    observe y[n] ~ Normal(if z[n] { mu[0] } else { mu[1] }, if z[n] { s[0] } else { s[1] })
  }
}
"""
MIXTURE_BY_HAND = """
model mixture(y: real[N]) {
  w ~ Beta(2, 2)
  mu ~ Ordered(Normal(0, 2), 2)
  s[k] ~ HalfNormal(2) for k in 0..2
  observe y ~ Mixture([w, 1 - w], [Normal(mu[0], s[0]), Normal(mu[1], s[1])])
}
"""
CHAIN = """
model chain(y: real[T]) {
  init ~ Dirichlet([1, 1])
  trans[k] ~ Dirichlet([1, 1]) for k in 0..2
  mu[k] ~ Normal(0, 5) for k in 0..2
  z[0] ~ Categorical(init)
  observe y[0] ~ Normal(mu[z[0]], 1)
  for t in 1..T {
    z[t] ~ Categorical(trans[z[t-1]])
    observe y[t] ~ Normal(mu[z[t]], 1)
  }
}
"""
CHAIN_BY_HAND = """
model chain(y: real[T]) {
  init ~ Dirichlet([1, 1])
  trans[k] ~ Dirichlet([1, 1]) for k in 0..2
  mu[k] ~ Normal(0, 5) for k in 0..2
  let into = log(transpose(trans))
  emission[t] := [Normal(mu[0], 1).logpdf(y[t]), Normal(mu[1], 1).logpdf(y[t])] for t in 0..T
  var forward = emission[0] + log(init)
  for t in 1..T {
    forward = emission[t] + [log_sum_exp(forward + into[0]), log_sum_exp(forward + into[1])]
  }
  factor(log_sum_exp(forward))
}
"""


def measure(text: str, size: int) -> tuple[float, float, int]:
    """Microseconds of a call, seconds until the first, and the unconstrained parameters."""
    import numpy as np
    import torch

    from pplc.inference.potential import Potential
    from pplc.inference.pyro_model import density_of
    from pplc.lang.check import check_text
    from pplc.lang.lower import lower
    from pplc.semantics.bound import Bound

    torch.set_num_threads(1)
    rng = random.Random(1)
    y = tuple(Fraction(round(rng.gauss(0, 1), 3)).limit_denominator(1000) for _ in range(size))
    start = time.process_time()
    density = density_of(Bound(lower(check_text(text)), {"y": y}))
    potential = Potential(density, 4)
    positions = 0.3 * np.random.default_rng(1).normal(size=(4, density.size))
    potential.value_and_gradient(positions)
    first = time.process_time() - start
    best = float("inf")
    for _ in range(10):
        begin = time.process_time()
        for _ in range(50):
            potential.value_and_gradient(positions)
        best = min(best, (time.process_time() - begin) / 50)
    return best * 1e6, first, density.size


def main() -> None:
    """One table."""
    points, rounds = (int(word) for word in sys.argv[1:3]) if len(sys.argv) > 2 else (1000, 100)
    for name, text, size in (
        ("mixture, indicators drawn", MIXTURE, points),
        ("mixture, summed by hand", MIXTURE_BY_HAND, points),
        ("chain, states drawn", CHAIN, rounds),
        ("chain, summed by hand", CHAIN_BY_HAND, rounds),
    ):
        call, first, parameters = measure(text, size)
        print(
            f"{name:26} {size:6,}: {call:8,.0f} us a gradient of four chains,"
            f" {first:5.1f} s before the first, {parameters} parameters",
            flush=True,
        )


if __name__ == "__main__":
    main()
