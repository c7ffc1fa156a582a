"""The error function, the normal distribution function and their inverses, accurate in both tails.

erf, erfc and the scaled erfcx(x) = exp(x^2) erfc(x) use the rational Chebyshev approximations of Cody (1969),
Math. Comp. 23, 631-637, as in his CALERF; the normal quantile is PPND16 of Wichura (1988), Algorithm AS 241,
Appl. Statist. 37, 477-484.
"""

from __future__ import annotations

from pplc.semantics.kernel import exp, expm1, f64, floor, inf, log, log1p, nan, sqrt, sqrt_half

_ONE_OVER_SQRT_PI = 0.5641895835477563

# Cody's coefficients: |x| <= 0.46875, up to 4, and beyond.
_A = (
    3.16112374387056560, 113.864154151050156, 377.485237685302021, 3209.37758913846947, 0.185777706184603153,
)  # fmt: skip
_B = (23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062)
_C = (
    0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131, 881.952221241769090,
    1712.04761263407058, 2051.07837782607147, 1230.33935479799725, 2.15311535474403846e-8,
)  # fmt: skip
_D = (
    15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
    4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
)  # fmt: skip
_P = (
    0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766,
    6.58749161529837803e-4, 0.0163153871373020978,
)  # fmt: skip
_Q = (
    2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191,
    0.00233520497626869185,
)  # fmt: skip


def erf(x: f64) -> f64:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    y = abs(x)
    if y > 0.46875:
        tail = 1 - erfc(y)
        return tail if x > 0 else -tail
    z = y * y
    top = _A[4] * z
    bottom = z
    for i in range(3):
        top = (top + _A[i]) * z
        bottom = (bottom + _B[i]) * z
    return x * (top + _A[3]) / (bottom + _B[3])


def erfc(x: f64) -> f64:
    """1 - erf(x) without cancellation; underflows to 0 beyond 26.5."""
    if x < 0.46875:
        return 1 - erf(x) if x > -0.46875 else 2 - erfc(-x)
    if x > 27:
        return 0.0
    return exp_minus_square(x) * erfcx(x)


def erfcx(x: f64) -> f64:
    """exp(x^2) erfc(x); infinity below -26.7."""
    if x < 0.46875:
        if x < -26.7:
            return inf
        return exp(x * x) * erfc(x)
    if x <= 4:
        top = _C[8] * x
        bottom = x
        for i in range(7):
            top = (top + _C[i]) * x
            bottom = (bottom + _D[i]) * x
        return (top + _C[7]) / (bottom + _D[7])
    if x != x:
        return nan
    if x > 1e8:
        return _ONE_OVER_SQRT_PI / x
    z = 1 / (x * x)
    top = _P[5] * z
    bottom = z
    for i in range(4):
        top = (top + _P[i]) * z
        bottom = (bottom + _Q[i]) * z
    correction = z * (top + _P[4]) / (bottom + _Q[4])
    return (_ONE_OVER_SQRT_PI - correction) / x


def exp_minus_square(x: f64) -> f64:
    """exp(-x^2), the rounding error of x^2 made good by splitting x at a multiple of 1/16."""
    head = floor(x * 16) / 16
    return exp(-head * head) * exp(-(x - head) * (x + head))


def ndtr(x: f64) -> f64:
    """P(X <= x) of the standard normal law."""
    return 0.5 * erfc(-x * sqrt_half)


def log_ndtr(x: f64) -> f64:
    """log P(X <= x) of the standard normal law, for every x."""
    if x > 0:
        return log1p(-0.5 * erfc(x * sqrt_half))
    if x > -1:
        return log(ndtr(x))
    return log(0.5 * erfcx(-x * sqrt_half)) - 0.5 * x * x


# AS 241: the central region |p - 1/2| <= 0.425, the tails to exp(-25), and beyond.
_CENTRE_TOP = (
    3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
)  # fmt: skip
_CENTRE_BOTTOM = (
    1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
    39307.895800092710610, 28729.085735721942674, 5226.4952788528545610,
)  # fmt: skip
_TAIL_TOP = (
    1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
    1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833, 7.74545014278341407640e-4,
)  # fmt: skip
_TAIL_BOTTOM = (
    1.0, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550, 0.148103976427480074590,
    0.0151986665636164571966, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
)  # fmt: skip
_FAR_TOP = (
    6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
    0.0265321895265761230930, 0.00124266094738807843860, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
)  # fmt: skip
_FAR_BOTTOM = (
    1.0, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
    2.04426310338993978564e-15,
)  # fmt: skip


def _centre(r: f64) -> f64:
    top = 0.0
    bottom = 0.0
    for i in range(7, -1, -1):
        top = top * r + _CENTRE_TOP[i]
        bottom = bottom * r + _CENTRE_BOTTOM[i]
    return top / bottom


def _tail(r: f64) -> f64:
    top = 0.0
    bottom = 0.0
    for i in range(7, -1, -1):
        top = top * r + _TAIL_TOP[i]
        bottom = bottom * r + _TAIL_BOTTOM[i]
    return top / bottom


def _far(r: f64) -> f64:
    top = 0.0
    bottom = 0.0
    for i in range(7, -1, -1):
        top = top * r + _FAR_TOP[i]
        bottom = bottom * r + _FAR_BOTTOM[i]
    return top / bottom


def ndtri(p: f64) -> f64:
    """The x with P(X <= x) = p for the standard normal law; infinite at 0 and 1, NaN outside."""
    if not 0 <= p <= 1:
        return nan
    if p == 0:
        return -inf
    if p == 1:
        return inf
    q = p - 0.5
    if abs(q) <= 0.425:
        return ndtri_from_centre(q)
    x = _upper(-log(p) if q < 0 else -log1p(-p))
    return -x if q < 0 else x


def ndtri_from_centre(q: f64) -> f64:
    """The x with P(0 < X <= x) = q for |q| <= 0.425, accurate relative to itself near 0."""
    return q * _centre(0.180625 - q * q)


def _upper(minus_log: f64) -> f64:
    """The x with -log P(X > x) as given, above -log 0.075; good to 1e-15 up to 700, then a start value."""
    r = sqrt(minus_log)
    return _tail(r - 1.6) if r <= 5 else _far(r - 5)


def log_ndtri(log_p: f64) -> f64:
    """The x with log P(X <= x) = log_p, for every log_p <= 0: the inverse of `log_ndtr`."""
    if log_p > -2:
        return -ndtri(-expm1(log_p)) if log_p > -0.5 else ndtri(exp(log_p))
    if log_p < -1e300:
        return -sqrt(2.0) * sqrt(-log_p)
    x = -_upper(-log_p) if log_p > -700 else -sqrt(-2 * log_p)
    for _ in range(4):
        # Newton on log_ndtr, whose derivative is the Mills ratio 2 / (sqrt(2 pi) erfcx(-x / sqrt 2)).
        mills = 0.7978845608028654 / erfcx(-x * sqrt_half)
        x = x - (log_ndtr(x) - log_p) / mills
    return x
