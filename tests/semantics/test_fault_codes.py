"""The example of every run-time code of values and distributions gives that code, at a place in the file."""

from __future__ import annotations

from fractions import Fraction

import pytest

from pplc.lang.check import check_text
from pplc.lang.codes import CODES
from pplc.lang.diagnostics import NOWHERE, Rejected
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.machine import Machine
from pplc.semantics.nested import Nested
from pplc.semantics.representations import enumerated, weighted
from pplc.semantics.source import Seeded
from pplc.semantics.values import MISSING, Value

DATA: dict[str, dict[str, Value]] = {
    "E0424": {"x": Fraction(1)},
    "E0429": {"y": (Fraction(1), MISSING)},
    "E0432": {"p": Fraction(1, 10**30)},
}
OURS = (
    *("E0401", "E0402", "E0422", "E0423", "E0424", "E0425", "E0426", "E0427", "E0428", "E0429"),
    *("E0431", "E0432", "E0511", "E0521", "E0522", "E0523"),
)


def _run(code: str) -> None:
    bound = Bound(lower(check_text(CODES[code].example)), DATA.get(code, {}))
    if code == "E0521":
        enumerated.denote(bound, Nested(), lambda run: run.value)
    weighted.run(Machine(bound, exact=False, infer=Nested()), Seeded(1))


@pytest.mark.parametrize("code", OURS)
def test_the_example_of_a_code_gives_it(code: str) -> None:
    with pytest.raises(Rejected) as caught:
        _run(code)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span != NOWHERE
    assert diagnostic.label
