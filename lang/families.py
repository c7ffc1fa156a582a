"""The signatures of distribution families and combinators: what the type checker reads.

One record per family: parameter names in order, their domains, the support, the source. The numerics
stand in `pplc.semantics.families`, one table entry per record here.

Shapes are written with size names, as in the language: `Categorical(probabilities: simplex[K])`. A
parameter given with more axes than its `rank` makes a law of independent elements (lifting).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias


class Domain(Enum):
    """The values a parameter may take: how to say it, the rank of one such value, whether it is integer."""

    def __init__(self, describe: str, rank: int, integer: bool) -> None:
        self.describe = describe
        self.rank = rank
        self.integer = integer

    REAL = ("a number", 0, False)
    POSITIVE = ("a positive number", 0, False)
    NONNEGATIVE = ("a number that is not negative", 0, False)
    UNIT = ("a number between 0 and 1", 0, False)
    OPEN_UNIT = ("a number strictly between 0 and 1", 0, False)
    POSITIVE_UNIT = ("a number above 0 and at most 1", 0, False)
    INT = ("an integer", 0, True)
    NATURAL = ("an integer that is not negative", 0, True)
    POSITIVE_INT = ("a positive integer", 0, True)
    REAL_VECTOR = ("a vector of numbers", 1, False)
    POSITIVE_VECTOR = ("a vector of positive numbers", 1, False)
    ORDERED = ("a vector of strictly increasing numbers", 1, False)
    SIMPLEX = ("a vector of probabilities that sum to 1", 1, False)
    COV = ("a symmetric positive definite matrix", 2, False)
    PRECISION = ("a symmetric positive definite matrix (an inverse covariance)", 2, False)
    CHOL_COV = ("a lower triangular matrix with a positive diagonal", 2, False)
    CHOL_CORR = ("a lower triangular matrix with a positive diagonal and rows of length 1", 2, False)


Default: TypeAlias = int | float | None
Bound: TypeAlias = int | float | str | None
"""A constant, the name of a parameter, or None: unbounded."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a family.

    default: the value when it is left out; None if it must be given.
    size:    name of the length of a vector, or of both sides of a square matrix; None for scalars.
    """

    name: str
    domain: Domain
    default: Default = None
    size: str | None = None

    @property
    def rank(self) -> int:
        """Number of axes of one value: 0 scalar, 1 vector, 2 matrix."""
        return self.domain.rank


class Kind(Enum):
    """The kind of value that a support holds; the text names it in messages."""

    BOOLEAN = "`true` or `false`"
    INTEGER = "integers"
    REAL = "real numbers"
    COUNTS = "vectors of counts"
    SIMPLEX = "vectors of probabilities that sum to 1"
    ORDERED = "increasing vectors"
    REAL_VECTOR = "real vectors"
    COV = "symmetric positive definite matrices"
    CORR = "correlation matrices"
    CHOL_CORR = "Cholesky factors of correlation matrices"
    CIRCLE = "angles from -pi to pi"
    LIST = "the elements of a list"
    ANY = "any values"


@dataclass(frozen=True, slots=True)
class Support:
    """Where the density or mass is positive.

    lower, upper: bounds of scalar kinds (inclusive for integers); of every entry for COUNTS.
    size:         the length of a vector or side of a matrix: a size name, or an integer parameter's name.
    """

    kind: Kind
    lower: Bound = None
    upper: Bound = None
    size: str | None = None


class Relation(Enum):
    """A condition that joins two parameters; the text is a template for messages."""

    BELOW = "`{left}` must be less than `{right}`"
    AT_MOST = "`{left}` must be at most `{right}`"
    ABOVE_SIZE = "`{left}` must be greater than the number of rows of `{right}`, less 1"
    BOUNDED_OR_ABOVE_ONE = "`{left}` must be greater than 1 unless `{right}` is given"


@dataclass(frozen=True, slots=True)
class Constraint:
    """`left` and `right` are names of parameters."""

    relation: Relation
    left: str
    right: str

    @property
    def describe(self) -> str:
        """The condition as a phrase for a message."""
        return self.relation.value.format(left=self.left, right=self.right)


@dataclass(frozen=True, slots=True)
class Family:
    """The signature of a distribution family.

    discrete:     it has a mass function, not a density.
    event_rank:   axes of one draw: 0 scalar, 1 vector, 2 matrix.
    finite:       for every parameter the support is a finite set that can be listed.
    alternatives: complete parameter lists that may be given by name instead of `parameters`.
    constraints:  conditions between parameters.
    """

    name: str
    parameters: tuple[Parameter, ...]
    support: Support
    discrete: bool
    source: str
    doc: str
    event_rank: int = 0
    finite: bool = False
    alternatives: tuple[tuple[Parameter, ...], ...] = ()
    constraints: tuple[Constraint, ...] = ()


def _real(name: str) -> Parameter:
    return Parameter(name, Domain.REAL)


def _positive(name: str) -> Parameter:
    return Parameter(name, Domain.POSITIVE)


def _natural(name: str) -> Parameter:
    return Parameter(name, Domain.NATURAL)


def _integer(name: str) -> Parameter:
    return Parameter(name, Domain.INT)


def _unit(name: str) -> Parameter:
    return Parameter(name, Domain.UNIT)


def _vector(name: str, domain: Domain = Domain.REAL_VECTOR) -> Parameter:
    return Parameter(name, domain, size="K")


_LOCATION_SCALE = (_real("location"), _positive("scale"))
_REALS = Support(Kind.REAL)
_POSITIVES = Support(Kind.REAL, lower=0)
_UNIT_INTERVAL = Support(Kind.REAL, lower=0, upper=1)
_NATURALS = Support(Kind.INTEGER, lower=0)
_UP_TO_N = Support(Kind.INTEGER, lower=0, upper="n")
_VECTORS = Support(Kind.REAL_VECTOR, size="K")
_COVARIANCES = Support(Kind.COV, size="K")

_JKK = "Johnson, Kemp & Kotz (2005), Univariate Discrete Distributions, "
_JKB1 = "Johnson, Kotz & Balakrishnan (1994), Continuous Univariate Distributions 1, "
_JKB2 = "Johnson, Kotz & Balakrishnan (1995), Continuous Univariate Distributions 2, "
_GELMAN = "Gelman (2006), Bayesian Analysis 1, 515-534"
_GUPTA = "Gupta & Nagar (2000), Matrix Variate Distributions, "

# fmt: off
_DISCRETE = (
    Family("Bernoulli", (_unit("p"),), Support(Kind.BOOLEAN), True, _JKK + "ch. 3",
           "True with probability `p`.", finite=True, alternatives=((_real("logit"),),)),
    Family("Binomial", (_natural("n"), _unit("p")), _UP_TO_N, True, _JKK + "ch. 3",
           "The number of successes in `n` independent trials.", finite=True, alternatives=((_natural("n"),
           _real("logit")),)),
    Family("Categorical", (_vector("probabilities", Domain.SIMPLEX),), _NATURALS, True, _JKK + "ch. 1",
           "An index from 0 to K - 1, drawn in proportion to its probability.", finite=True,
           alternatives=((_vector("logits"),),)),
    Family("Geometric", (Parameter("p", Domain.POSITIVE_UNIT),), _NATURALS, True, _JKK + "ch. 5",
           "The number of failures before the first success, each trial succeeding with probability `p`."),
    Family("NegativeBinomial", (_positive("successes"), Parameter("p", Domain.POSITIVE_UNIT)), _NATURALS,
           True, _JKK + "ch. 5",
           "The number of failures before `successes` successes, each trial succeeding with probability `p`;"
           " by `mean` and `dispersion`, the variance is mean + mean^2 / dispersion.",
           alternatives=((_positive("mean"), _positive("dispersion")),)),
    Family("Poisson", (Parameter("rate", Domain.NONNEGATIVE),), _NATURALS, True, _JKK + "ch. 4",
           "The number of events when `rate` are expected; rate 0 is the constant 0."),
    Family("UniformInt", (_integer("lower"), _integer("upper")), Support(Kind.INTEGER, lower="lower",
           upper="upper"), True, _JKK + "ch. 6", "An integer from `lower` to `upper`, both included.",
           finite=True, constraints=(Constraint(Relation.AT_MOST, "lower", "upper"),)),
    Family("Hypergeometric", (_natural("population"), _natural("successes"), _natural("draws")),
           Support(Kind.INTEGER, lower=0, upper="draws"), True, _JKK + "ch. 6",
           "The successes among `draws` taken without replacement from a population that holds `successes`.",
           finite=True, constraints=(Constraint(Relation.AT_MOST, "successes", "population"),
           Constraint(Relation.AT_MOST, "draws", "population"))),
    Family("BetaBinomial", (_natural("n"), _positive("a"), _positive("b")), _UP_TO_N, True, _JKK + "ch. 6",
           "Binomial with a success probability drawn from `Beta(a, b)`.", finite=True),
    Family("OrderedLogistic", (_real("location"), _vector("cutpoints", Domain.ORDERED)), _NATURALS, True,
           "McCullagh (1980), J. R. Statist. Soc. B 42, 109-142",
           "An index from 0 to K: the number of the K `cutpoints` below a logistic variable at `location`.",
           finite=True),
    Family("Zipf", (Parameter("exponent", Domain.NONNEGATIVE), Parameter("n", Domain.NATURAL, default=0)),
           Support(Kind.INTEGER, lower=1), True, _JKK + "sec. 11.2.20",
           "A rank from 1 on, of mass proportional to rank^-exponent; at most `n` if that is positive.",
           constraints=(Constraint(Relation.BOUNDED_OR_ABOVE_ONE, "exponent", "n"),)),
    Family("Multinomial", (_natural("n"), _vector("probabilities", Domain.SIMPLEX)), Support(Kind.COUNTS,
           lower=0, upper="n", size="K"), True,
           "Johnson, Kotz & Balakrishnan (1997), Discrete Multivariate Distributions, ch. 35",
           "How often each of K categories comes up in `n` independent draws.", event_rank=1, finite=True),
)

_CONTINUOUS = (
    Family("Normal", (_real("mean"), _positive("sd")), _REALS, False, _JKB1 + "ch. 13",
           "The normal law; the second parameter is the standard deviation.", alternatives=((_real("mean"),
           _positive("variance")), (_real("mean"), _positive("precision")))),
    Family("StudentT", (_positive("df"), *_LOCATION_SCALE), _REALS, False, _JKB2 + "ch. 28",
           "Student's t law with `df` degrees of freedom, moved and scaled."),
    Family("Cauchy", _LOCATION_SCALE, _REALS, False, _JKB1 + "ch. 16",
           "The Cauchy law with its median at `location`; it has no mean."),
    Family("Laplace", _LOCATION_SCALE, _REALS, False, _JKB2 + "ch. 24", "The double exponential law."),
    Family("Logistic", _LOCATION_SCALE, _REALS, False, _JKB2 + "ch. 23",
           "The logistic law; `scale` is not its standard deviation."),
    Family("Gumbel", _LOCATION_SCALE, _REALS, False, _JKB2 + "ch. 22",
           "The type I extreme value law of maxima, with its mode at `location`."),
    Family("LogNormal", (_real("meanlog"), _positive("sdlog")), _POSITIVES, False, _JKB1 + "ch. 14",
           "The exponential of a normal variable with mean `meanlog` and standard deviation `sdlog`."),
    Family("HalfNormal", (_positive("sd"),), _POSITIVES, False, _JKB1 + "ch. 13",
           "The absolute value of a normal variable with mean 0 and standard deviation `sd`."),
    Family("HalfCauchy", (_positive("scale"),), _POSITIVES, False, _GELMAN,
           "The absolute value of a Cauchy variable at 0; `scale` is its median."),
    Family("HalfStudentT", (_positive("df"), _positive("scale")), _POSITIVES, False, _GELMAN,
           "The absolute value of a Student t variable at 0."),
    Family("Exponential", (_positive("rate"),), _POSITIVES, False, _JKB1 + "ch. 19",
           "The waiting time for an event that comes at `rate`; its mean is 1 / rate.",
           alternatives=((_positive("scale"),), (_positive("mean"),))),
    Family("Gamma", (_positive("shape"), _positive("rate")), _POSITIVES, False, _JKB1 + "ch. 17",
           "The gamma law with mean shape / rate.", alternatives=((_positive("shape"), _positive("scale")),
           (_positive("shape"), _positive("mean")), (_positive("mean"), _positive("sd")))),
    Family("InverseGamma", (_positive("shape"), _positive("scale")), _POSITIVES, False, _JKB1 + "ch. 17",
           "The reciprocal of a gamma variable of rate `scale`."),
    Family("ChiSquared", (_positive("df"),), _POSITIVES, False, _JKB1 + "ch. 18",
           "The sum of `df` squared standard normal variables."),
    Family("Weibull", (_positive("shape"), _positive("scale")), _POSITIVES, False, _JKB1 + "ch. 21",
           "The Weibull law with survival exp(-(x / scale)^shape)."),
    Family("Pareto", (_positive("shape"), _positive("scale")), Support(Kind.REAL, lower="scale"), False,
           _JKB1 + "ch. 20", "The power law from `scale` on with survival (scale / x)^shape."),
    Family("Beta", (_positive("a"), _positive("b")), _UNIT_INTERVAL, False, _JKB2 + "ch. 25",
           "The beta law with mean a / (a + b); `concentration` is a + b.", alternatives=((Parameter("mean",
           Domain.OPEN_UNIT), _positive("concentration")),)),
    Family("Uniform", (_real("lower"), _real("upper")), Support(Kind.REAL, lower="lower", upper="upper"),
           False, _JKB2 + "ch. 26", "Constant density from `lower` to `upper`.",
           constraints=(Constraint(Relation.BELOW, "lower", "upper"),)),
    Family("Kumaraswamy", (_positive("a"), _positive("b")), _UNIT_INTERVAL, False,
           "Kumaraswamy (1980), J. Hydrology 46, 79-88", "The law on (0, 1) with cdf 1 - (1 - x^a)^b."),
    Family("VonMises", (_real("location"), Parameter("concentration", Domain.NONNEGATIVE)),
           Support(Kind.CIRCLE), False, "Mardia & Jupp (2000), Directional Statistics, sec. 3.5.4",
           "An angle from -pi to pi around `location`; concentration 0 is uniform."),
    Family("SkewNormal", (*_LOCATION_SCALE, _real("shape")), _REALS, False,
           "Azzalini (1985), Scand. J. Statist. 12, 171-178",
           "The skew-normal law; `shape` 0 is the normal, and the sign of `shape` is that of the skewness."),
)

_MULTIVARIATE = (
    Family("Dirichlet", (_vector("concentration", Domain.POSITIVE_VECTOR),), Support(Kind.SIMPLEX, size="K"),
           False, "Kotz, Balakrishnan & Johnson (2000), Continuous Multivariate Distributions, ch. 49",
           "Probabilities that sum to 1, with mean concentration / sum(concentration).", event_rank=1),
    Family("MvNormal", (_vector("mean"), _vector("cov", Domain.COV)), _VECTORS, False,
           "Kotz, Balakrishnan & Johnson (2000), Continuous Multivariate Distributions, ch. 45",
           "The multivariate normal law, by its covariance, its Cholesky factor or its precision.",
           event_rank=1, alternatives=((_vector("mean"), _vector("chol", Domain.CHOL_COV)), (_vector("mean"),
           _vector("precision", Domain.PRECISION)))),
    Family("MvStudentT", (_positive("df"), _vector("location"), _vector("scale", Domain.COV)), _VECTORS,
           False, "Kotz & Nadarajah (2004), Multivariate t Distributions and Their Applications, ch. 1",
           "The multivariate t law; the covariance is scale * df / (df - 2).", event_rank=1,
           alternatives=((_positive("df"), _vector("location"), _vector("chol", Domain.CHOL_COV)),
           (_positive("df"), _vector("location"), _vector("precision", Domain.PRECISION)))),
    Family("Wishart", (_positive("df"), _vector("scale", Domain.COV)), _COVARIANCES, False, _GUPTA + "ch. 3",
           "The law of sums of `df` outer products of normal vectors; its mean is df * scale.", event_rank=2,
           constraints=(Constraint(Relation.ABOVE_SIZE, "df", "scale"),)),
    Family("InverseWishart", (_positive("df"), _vector("scale", Domain.COV)), _COVARIANCES, False,
           _GUPTA + "sec. 3.4", "The inverse of a Wishart matrix; its mean is scale / (df - K - 1).",
           event_rank=2, constraints=(Constraint(Relation.ABOVE_SIZE, "df", "scale"),)),
    Family("LKJ", (Parameter("dimension", Domain.POSITIVE_INT), _positive("concentration")),
           Support(Kind.CORR, size="dimension"), False,
           "Lewandowski, Kurowicka & Joe (2009), J. Multivariate Anal. 100, 1989-2001",
           "Correlation matrices with density proportional to det^(concentration - 1).", event_rank=2),
    Family("LKJCholesky", (Parameter("dimension", Domain.POSITIVE_INT), _positive("concentration")),
           Support(Kind.CHOL_CORR, size="dimension"), False,
           "Lewandowski, Kurowicka & Joe (2009), J. Multivariate Anal. 100, 1989-2001",
           "The lower Cholesky factor of a matrix drawn from `LKJ`.", event_rank=2),
)

# fmt: on

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {family.name: family for family in _DISCRETE + _CONTINUOUS + _MULTIVARIATE}
)


class Takes(Enum):
    """What an argument of a combinator is; T is the type of the values of its distribution."""

    DIST = "a distribution `Dist[T]`"
    DISTS = "a list of distributions `[Dist[T]]`"
    BOUND = "a bound of type T"
    COUNT = "an integer that is not negative"
    PROBABILITY = "a number between 0 and 1"
    WEIGHTS = "a vector of probabilities that sum to 1"
    VALUE = "a value of type T"
    VALUES = "a list of values `[T]`"
    REAL_BOUND = "a number"
    FUNCTION = "a function `T -> U`"


class Gives(Enum):
    """The type of a combinator's result."""

    DIST = "`Dist[T]`"
    ARRAY = "`Dist[array[n] T]`"
    ORDERED = "`Dist[ordered[n]]`"
    IMAGE = "`Dist[U]`"
    BASE = "`Base[real]`"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a combinator; an optional one may be left out."""

    name: str
    takes: Takes
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Combinator:
    """The signature of a distribution made of distributions, values or functions.

    needs_one: names of optional arguments of which at least one must be given.
    scalar:    T must be a number.
    """

    name: str
    arguments: tuple[Argument, ...]
    gives: Gives
    doc: str
    needs_one: tuple[str, ...] = ()
    scalar: bool = False


_BOUNDS = (Argument("lower", Takes.BOUND, optional=True), Argument("upper", Takes.BOUND, optional=True))
_BASE = Argument("d", Takes.DIST)

# fmt: off
COMBINATORS: Mapping[str, Combinator] = MappingProxyType(
    {
        combinator.name: combinator
        for combinator in (
            Combinator("Truncated", (_BASE, *_BOUNDS), Gives.DIST,
                       "`d` restricted to `lower` <= x <= `upper` and renormalised.", needs_one=("lower",
                       "upper"), scalar=True),
            Combinator("Censored", (_BASE, *_BOUNDS), Gives.DIST,
                       "`d` with values below `lower` or above `upper` recorded as that bound.",
                       needs_one=("lower", "upper"), scalar=True),
            Combinator("Mixture", (Argument("weights", Takes.WEIGHTS), Argument("dists", Takes.DISTS)),
                       Gives.DIST, "One of `dists`, chosen by `weights`."),
            Combinator("iid", (_BASE, Argument("n", Takes.COUNT)), Gives.ARRAY,
                       "`n` independent draws from `d`."),
            Combinator("Ordered", (_BASE, Argument("n", Takes.COUNT)), Gives.ORDERED,
                       "`n` independent draws from `d`, restricted to increasing order and renormalised.",
                       scalar=True),
            Combinator("ZeroInflated", (Argument("p", Takes.PROBABILITY), _BASE), Gives.DIST,
                       "0 with probability `p`, otherwise a draw from `d`.", scalar=True),
            Combinator("Transformed", (_BASE, Argument("f", Takes.FUNCTION)), Gives.IMAGE,
                       "The law of `f(x)` for x drawn from `d`."),
            Combinator("Delta", (Argument("value", Takes.VALUE),), Gives.DIST, "Always `value`."),
            Combinator("Empirical", (Argument("values", Takes.VALUES), Argument("weights", Takes.WEIGHTS,
                       optional=True)), Gives.DIST,
                       "One of `values`, by `weights` if given, otherwise each as often as it stands there."),
            Combinator("Uniform", (Argument("values", Takes.VALUES),), Gives.DIST,
                       "One of the elements of a list, all alike; with two numbers it is the family."),
            Combinator("Flat", (Argument("lower", Takes.REAL_BOUND, optional=True), Argument("upper",
                       Takes.REAL_BOUND, optional=True)), Gives.BASE,
                       "Constant density 1 between the bounds; improper where one is missing."),
        )
    }
)
