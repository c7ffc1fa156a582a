"""The exact engine merges states; on generated programs it says what following every path says."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given, settings

from pplc.inference.answers import Exact
from pplc.inference.collect import RETURN, variables
from pplc.inference.exact import run
from pplc.inference.options import Options
from pplc.inference.progress import Silent
from pplc.lang.check import check_program
from pplc.lang.diagnostics import Rejected
from pplc.lang.lower import lower
from pplc.semantics.bound import Bound
from pplc.semantics.measure import is_zero
from pplc.semantics.nested import Nested
from pplc.semantics.number import LogRat
from pplc.semantics.representations.enumerated import denote
from pplc.semantics.values import Address, Value
from tests.support.programs import ARGUMENTS, Written, programs

Laws = dict[str, dict[tuple[int, ...], dict[Value, Fraction | float]]]


def laws_of_all_paths(bound: Bound) -> tuple[LogRat | float, Laws]:
    """The evidence, and of each variable the probabilities of its values."""
    measure = denote(bound, Nested(), lambda run: (tuple(run.variables().items()), run.value))
    if is_zero(measure.evidence):
        return measure.evidence, {}
    terms: dict[Address, dict[Value, Fraction | float]] = defaultdict(lambda: defaultdict(Fraction))
    for (recorded, value), probability in measure.probabilities().items():
        for address, found in (*recorded, (RETURN, value)):
            terms[address][found] += probability
    laws: Laws = {}
    for name, elements in variables(list(terms)).items():
        laws[name] = {index: dict(terms[address]) for index, address in elements.items()}
    return measure.evidence, laws


@settings(max_examples=100)
@given(written=programs())
def test_merging_states_changes_no_probability(written: Written) -> None:
    bound = Bound(lower(check_program(written.program)), ARGUMENTS)
    evidence, laws = laws_of_all_paths(bound)
    if is_zero(evidence):
        with pytest.raises(Rejected, match="E0403"):
            run(bound, Options(), Silent())
    else:
        result = run(bound, Options(), Silent())
        assert result.laws == laws
        assert isinstance(evidence, LogRat)
        assert result.log_evidence == Exact(float(evidence), evidence.value)
