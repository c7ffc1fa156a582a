"""What a step hands the next is all there is to know of the new trace: two steps are the kernel twice."""

from __future__ import annotations

import pytest

from pplc.inference.metropolis import mh_step, single_site
from pplc.semantics.representations.traced import Traced
from pplc.semantics.source import Source
from tests.inference.test_mh_exact import acceptance
from tests.support.exact_kernels import image, matrix, table


@pytest.mark.parametrize("name", ["D02_sprinkler_soft", "R08_varying_factors"])
def test_two_steps_are_the_kernel_twice(name: str) -> None:
    program = table(acceptance(name))
    kernel = single_site()

    def step(traced: Traced, source: Source) -> Traced:
        return mh_step(program.machine, traced, kernel, source)[0]

    once = matrix(program, step)
    twice = matrix(program, lambda traced, source: step(step(traced, source), source))
    for state, row in twice.items():
        assert {after: p for after, p in row.items() if p} == image(once[state], once)
