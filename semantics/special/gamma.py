"""The gamma function and its kin on positive reals: logarithms that keep their digits.

Masses and densities of binomial, Poisson, gamma and beta kind go through `log_binomial` and `log_poisson`,
saddle-point forms that have full relative accuracy for parameters of any size: Loader (2000), Fast and
Accurate Computation of Binomial Probabilities.
"""

from __future__ import annotations

from pplc.semantics.kernel import CERTAIN, IMPOSSIBLE, LogW, f64, i64, inf, log, log1p, nan, pi, sin

_HALF_LOG_2PI = 0.91893853320467274178
_LOG_2PI = 1.8378770664093453
_ONE_MINUS_EULER = 0.42278433509846713939

# (-1)^n (zeta(n) - 1) / n for n = 2, 3, ...: Abramowitz & Stegun 6.1.33.
_ZETA = (
    0.32246703342411322,
    -0.067352301053198095,
    0.020580808427784548,
    -0.0073855510286739853,
    0.0028905103307415233,
    -0.001192753911703261,
    0.00050966952474304242,
    -0.00022315475845357938,
    9.9457512781808534e-5,
    -4.4926236738133142e-5,
    2.0507212775670692e-5,
    -9.4394882752683959e-6,
    4.3748667899074878e-6,
    -2.0392157538013662e-6,
    9.5514121304074198e-7,
    -4.492469198764566e-7,
    2.1207184805554666e-7,
    -1.00432248239681e-7,
    4.7698101693639806e-8,
    -2.2711094608943165e-8,
    1.0838659214896954e-8,
    -5.1834750419700467e-9,
    2.4836745438024783e-9,
    -1.1921401405860912e-9,
    5.731367241678862e-10,
    -2.7595228851242331e-10,
)

# B_2k / (2k (2k - 1)), B_2k / 2k and B_2k for k = 1, 2, ...: the series A&S 6.1.40, 6.3.18, 6.4.12.
_STIRLING = (
    0.083333333333333333,
    -0.0027777777777777778,
    0.00079365079365079365,
    -0.00059523809523809524,
    0.00084175084175084175,
    -0.0019175269175269175,
    0.0064102564102564103,
    -0.029550653594771242,
    0.17964437236883057,
    -1.3924322169059011,
)
_DIGAMMA = (
    0.083333333333333333,
    -0.0083333333333333333,
    0.0039682539682539683,
    -0.0041666666666666667,
    0.0075757575757575758,
    -0.021092796092796093,
    0.083333333333333333,
    -0.44325980392156863,
    3.0539543302701197,
    -26.456212121212121,
)
_TRIGAMMA = (
    0.16666666666666667,
    -0.033333333333333333,
    0.02380952380952381,
    -0.033333333333333333,
    0.075757575757575758,
    -0.25311355311355311,
    1.1666666666666667,
    -7.092156862745098,
    54.971177944862155,
    -529.12424242424242,
)

# From here on ten terms of those series are below rounding.
_LARGE = 10.0


def lgamma1p(t: f64) -> f64:
    """The log of gamma(1 + t) for |t| <= 1/2, with full relative accuracy at its zero t = 0."""
    series = 0.0
    for n in range(25, -1, -1):
        series = series * t + _ZETA[n]
    return series * t * t + t * _ONE_MINUS_EULER - log1p(t)


def stirling_series(x: f64) -> f64:
    """The log of gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x >= 10."""
    y = 1 / x
    z = y * y
    series = 0.0
    for k in range(9, -1, -1):
        series = series * z + _STIRLING[k]
    return series * y


def _stirling_slope(x: f64) -> f64:
    """The derivative of `stirling_series`, for x >= 10: A&S 6.3.18."""
    z = 1 / (x * x)
    series = 0.0
    for k in range(9, -1, -1):
        series = series * z + _DIGAMMA[k]
    return -series * z


def lgamma(x: f64) -> f64:
    """The log of |gamma(x)|; infinity at the poles 0, -1, -2, ..."""
    if x >= _LARGE:
        if x == inf:
            return inf
        return (x - 0.5) * (log(x) - 1) + stirling_series(x) + (_HALF_LOG_2PI - 0.5)
    if x > 1.5:
        product = 1.0
        while x > 2.5:
            x = x - 1
            product = product * x
        return log(product) + log1p(x - 2) + lgamma1p(x - 2)
    if x >= 0.5:
        return lgamma1p(x - 1)
    if x > 0:
        return lgamma1p(x) - log(x)
    if x != x:
        return nan
    if x == -inf or x - x // 1 == 0:
        return inf
    # A&S 6.1.17, the reflection formula.
    return log(pi / abs(sin(pi * x))) - lgamma(1 - x)


def stirling_error(x: f64) -> f64:
    """The log of gamma(x + 1) - ((x + 1/2) log x - x + log(2 pi) / 2) for x > 0: Loader's delta."""
    if x >= _LARGE:
        return stirling_series(x)
    return lgamma(x + 1) - (x + 0.5) * log(x) + x - _HALF_LOG_2PI


def deviance(x: f64, mean: f64) -> f64:
    """`x log(x / mean) + mean - x` for positive arguments, without cancellation: Loader's bd0."""
    if mean == 0:  # it has underflowed, with a tiny x: count it as the smallest float
        return x * (log(x) + 745) - x
    difference = x - mean
    if not abs(difference) < 0.1 * (x + mean):  # far from the mean, or NaN
        ratio = x / mean
        # Of numbers too far apart for their ratio to be one.
        log_ratio = log(ratio) if 1e-300 < ratio < 1e300 else log(x) - log(mean)
        return x * log_ratio - difference
    # log((1 + v) / (1 - v)) = 2 (v + v^3 / 3 + ...), and the first term cancels by algebra.
    v = difference / (x + mean)
    total = difference * v
    power = 2 * x * v
    square = v * v
    k = 3
    while True:
        power = power * square
        following = total + power / k
        if following == total:
            return total
        total = following
        k = k + 2


def log_binomial(k: f64, m: f64, p: f64, q: f64) -> LogW:
    """The log of (k + m over k) p^k q^m for real k, m >= 0 and q = 1 - p: k successes and m failures.

    Loader (2000), eq. 5. In exact runs k and m are integers.
    """
    if (p == 0 and k > 0) or (q == 0 and m > 0):
        return IMPOSSIBLE
    if k == 0:
        return _failures(m, p, q)
    if m == 0:
        return _failures(k, q, p)
    n = k + m
    errors = stirling_error(n) - stirling_error(k) - stirling_error(m)
    # k m / n without overflow or cancellation, and its log.
    return errors - deviance(k, n * p) - deviance(m, n * q) - 0.5 * (_LOG_2PI + log(k / n) + log(m))


def _failures(m: f64, p: f64, q: f64) -> LogW:
    """m log q, where q = 1 - p; 0 for m = 0."""
    if m == 0:
        return CERTAIN
    return m * log1p(-p) if p < q else m * log(q)


def log_poisson(k: f64, rate: f64) -> LogW:
    """The log of rate^k e^-rate / gamma(k + 1) for real k >= 0 and rate >= 0: Loader (2000), eq. 6."""
    if k == 0:
        return -rate
    if rate == 0 or rate == inf:
        return IMPOSSIBLE
    return -stirling_error(k) - deviance(k, rate) - 0.5 * (_LOG_2PI + log(k))


def lgamma_growth(x: f64, a: f64) -> f64:
    """The log of gamma(x + a) / gamma(x) for x > 0, a >= 0, accurate relative to itself for small a."""
    steps = 0.0
    while x < _LARGE:
        steps = steps + log1p(a / x)
        x = x + 1
    # The midpoint rule where the difference of two series would cancel; its error is of order a^3 / x^4.
    growth = a * _stirling_slope(x + 0.5 * a) if a < 1e-4 else stirling_series(x + a) - stirling_series(x)
    return (x - 0.5) * log1p(a / x) + a * (log(x + a) - 1) + growth - steps


def log_a_beta(a: f64, b: f64) -> f64:
    """`log(a B(a, b))`, accurate relative to itself for small a, where it tends to 0."""
    if a <= 0.5:
        return lgamma1p(a) - lgamma_growth(b, a)
    return log(a) + log_beta(a, b)


def log_beta(a: f64, b: f64) -> LogW:
    """The log of B(a, b) = log(gamma(a) gamma(b) / gamma(a + b)) for positive a and b."""
    low = a if a < b else b
    high = b if a < b else a
    if high < _LARGE:
        return lgamma(low) + lgamma(high) - lgamma(low + high)
    total = low + high
    if low < _LARGE:
        return lgamma(low) - lgamma_growth(high, low)
    errors = stirling_series(low) + stirling_series(high) - stirling_series(total)
    return (
        errors + _HALF_LOG_2PI - 0.5 * log(high) + (low - 0.5) * log(low / total) - high * log1p(low / high)
    )


def log_beta_growth(a: f64, b: f64, k: i64, m: i64) -> LogW:
    """`log(B(a + k, b + m) / B(a, b))` for integers k, m >= 0."""
    if k + m > a + b:
        return log_beta(a + k, b + m) - log_beta(a, b)
    return lgamma_growth(a, k) + lgamma_growth(b, m) - lgamma_growth(a + b, k + m)


def log_choose(n: i64, k: i64) -> LogW:
    """The log of the binomial coefficient of integers; minus infinity outside 0 <= k <= n."""
    if k < 0 or k > n:
        return IMPOSSIBLE
    if k == 0 or k == n:
        return CERTAIN
    if k == 1 or k == n - 1:
        return log(n)
    return -log1p(n) - log_beta(n - k + 1, k + 1)


def digamma(x: f64) -> f64:
    """The derivative of log gamma, for x > 0; absolute accuracy at its zero near 1.46."""
    if x <= 0:
        return nan
    steps = 0.0
    while x < _LARGE:
        steps = steps + 1 / x
        x = x + 1
    return log(x) - 0.5 / x + _stirling_slope(x) - steps


def trigamma(x: f64) -> f64:
    """The second derivative of log gamma, for x > 0."""
    if x <= 0:
        return nan
    steps = 0.0
    while x < _LARGE:
        steps = steps + 1 / (x * x)
        x = x + 1
    y = 1 / x
    z = y * y
    series = 0.0
    for k in range(9, -1, -1):
        series = series * z + _TRIGAMMA[k]
    return steps + y + 0.5 * z + series * z * y
