"""The signature table is consistent with itself and with the language's list of families."""

import pytest

from pplc.lang.families import COMBINATORS, FAMILIES, Domain, Family, Kind

LIBRARY = (
    "Bernoulli Binomial Categorical Geometric NegativeBinomial Poisson UniformInt Hypergeometric BetaBinomial"
    " Multinomial OrderedLogistic Zipf Normal StudentT Cauchy Laplace Logistic Gumbel LogNormal HalfNormal"
    " HalfCauchy HalfStudentT Exponential Gamma InverseGamma ChiSquared Weibull Pareto Beta Uniform"
    " Kumaraswamy VonMises SkewNormal Dirichlet MvNormal MvStudentT Wishart InverseWishart LKJ LKJCholesky"
)

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)


def test_the_table_holds_exactly_the_library() -> None:
    assert sorted(FAMILIES) == sorted(LIBRARY.split(" "))


def test_the_combinators_are_those_of_the_language() -> None:
    library = "Truncated Censored Mixture iid Ordered ZeroInflated Transformed Delta Empirical Uniform Flat"
    assert set(COMBINATORS) == set(library.split(" "))


@every_family
def test_parameter_lists_have_distinct_names_and_differ(family: Family) -> None:
    lists = [
        frozenset(p.name for p in parameters) for parameters in (family.parameters, *family.alternatives)
    ]
    assert len(set(lists)) == len(lists)
    for parameters, names in zip((family.parameters, *family.alternatives), lists, strict=True):
        assert len(names) == len(parameters)


@every_family
def test_vectors_and_matrices_have_a_size_and_scalars_none(family: Family) -> None:
    for parameter in (*family.parameters, *(p for other in family.alternatives for p in other)):
        assert (parameter.size is not None) == (parameter.rank > 0)


@every_family
def test_supports_speak_of_parameters_that_exist(family: Family) -> None:
    names = {p.name for p in family.parameters}
    for bound in (family.support.lower, family.support.upper):
        assert not isinstance(bound, str) or bound in names
    sizes = {p.size for p in family.parameters}
    assert family.support.size is None or family.support.size in sizes | names
    assert (family.support.size is not None) == (family.event_rank > 0)


@every_family
def test_constraints_speak_of_parameters_that_exist(family: Family) -> None:
    names = {p.name for p in family.parameters}
    for constraint in family.constraints:
        assert {constraint.left, constraint.right} <= names
        assert "{" not in constraint.describe


@every_family
def test_discreteness_agrees_with_the_support(family: Family) -> None:
    assert family.discrete == (family.support.kind in {Kind.BOOLEAN, Kind.INTEGER, Kind.COUNTS})
    assert family.discrete or not family.finite


def test_defaults_come_last() -> None:
    for family in FAMILIES.values():
        given = [p.default is None for p in family.parameters]
        assert given == sorted(given, reverse=True)


def test_every_domain_has_its_own_description() -> None:
    assert len({domain.describe for domain in Domain}) == len(Domain)
