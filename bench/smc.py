"""Particle filters on the reference interpreter: time and memory per particle and step, and how they grow.

    python bench/smc.py [PARTICLES STEPS]

A linear-Gaussian state-space model. Processor time; memory is the peak of the process, so that each size
runs in one of its own.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import sys
import time

MODEL = """
model ssm(y: real[T]) {
  x[0] ~ Normal(0, 1)
  observe y[0] ~ Normal(x[0], 0.5)
  for t in 1..T {
    x[t] ~ Normal(0.9 * x[t-1], 1)
    observe y[t] ~ Normal(x[t], 0.5)
  }
  return x[T-1]
}
"""


def measure(particles: int, steps: int) -> None:
    """One run; prints its processor time and peak memory."""
    import pplc

    rng = random.Random(1)
    y, x = [], 0.0
    for _ in range(steps):
        x = 0.9 * x + rng.gauss(0, 1)
        y.append(x + rng.gauss(0, 0.5))
    model = pplc.compile(MODEL)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    run = model.infer({"y": y}, method="smc", particles=particles, seed=1)
    seconds = time.process_time() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    evidence = run.log_evidence
    print(
        f"{particles:7,} particles x {steps:5,} steps: {seconds:6.1f} s CPU,"
        f" {seconds / particles / steps * 1e6:5.0f} us per particle-step, {grown:6.0f} MiB,"
        f" log Z {evidence.value:.2f} +- {evidence.standard_error:.2f}",
        flush=True,
    )


def main() -> None:
    """One size from the command line, or three that double."""
    sizes = (
        [(int(sys.argv[1]), int(sys.argv[2]))]
        if len(sys.argv) == 3
        else [(500, 200), (1000, 200), (2000, 200)]
    )
    for size in sizes:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=size)
        process.start()
        process.join()


if __name__ == "__main__":
    main()
