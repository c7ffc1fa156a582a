"""What the acceptance cases expect: exact laws as rationals, others as numbers.

Every number is that of the case's source, not of this program. Values are written as the JSON
output writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction as F
from math import comb, cosh, exp, log, sqrt, tanh


@dataclass(frozen=True)
class Finite:
    """A finite program: the law of its value and its evidence, exactly."""

    law: Mapping[str, F]
    evidence: F


@dataclass(frozen=True)
class Sampled:
    """A program for methods that draw.

    means, sds:      of variables by name (elements in brackets).
    log_evidence:    None where the case has none.
    method, draws:   for the means; draws in all chains together.
    evidence_method: for the evidence, if that is another one, with `evidence_draws`.
    set:             values of the model's parameters.
    """

    means: Mapping[str, float]
    log_evidence: float | None = None
    sds: Mapping[str, float] = field(default_factory=dict[str, float])
    method: str = "importance"
    draws: int = 4000
    evidence_method: str = "importance"
    evidence_draws: int = 4000
    set: Mapping[str, float] = field(default_factory=dict[str, float])


def _over(whole: int, **parts: int) -> dict[str, F]:
    return {name: F(part, whole) for name, part in parts.items()}


def _ints(values: Mapping[int, F]) -> dict[str, F]:
    return {str(value): p for value, p in values.items()}


_SUMS = (13860, 18480, 20790, 22176, 23100, 23760, 17325, 12320, 8316, 5040, 2310)

FINITE: Mapping[str, Finite] = {
    "D01_sprinkler_hard": Finite(_over(359, true=39, false=320), F(2513, 5000)),
    "D02_sprinkler_soft": Finite(_over(359, true=39, false=320), F(2513, 5000)),
    "D03_dice_hard": Finite(
        _ints(
            dict(
                zip(
                    range(5, 13),
                    (F(2, 15), F(1, 6), F(1, 5), F(1, 6), F(2, 15), F(1, 10), F(1, 15), F(1, 30)),
                    strict=True,
                )
            )
        ),
        F(5, 6),
    ),
    "D04_dice_soft": Finite(
        _ints({s: F(n, 167477) for s, n in zip(range(2, 13), _SUMS, strict=True)}), F(167477, 997920)
    ),
    "D05_burglary": Finite(
        _over(2084100239, true=592242590, false=2084100239 - 592242590), F(2084100239, 10**12)
    ),
    "D07_grass": Finite(_over(719, true=509, false=210), F(6471, 10000)),
    "D08_noisy_or": Finite(_over(160000, true=130307, false=29693), F(1)),
    "D10_evidence_in_branch": Finite(_over(3, true=2, false=1), F(3, 4)),
    "D12_bertrand": Finite(_ints({1: F(2, 3), 3: F(1, 3)}), F(1, 2)),
    "D13_tuesday": Finite(_over(27, true=13, false=14), F(27, 196)),
    "D14_monty_hall": Finite(_over(3, C=2, A=1), F(1, 6)),
    "D15_birthdays": Finite(_over(49, true=19, false=30), F(1)),
    "D16_until_repeat": Finite(_ints({2: F(1, 3), 3: F(4, 9), 4: F(2, 9)}), F(1)),
    "D18_random_list": Finite(_ints({0: F(47, 70), 1: F(23, 210), 2: F(23, 210), 3: F(23, 210)}), F(1)),
    "D20_caesar": Finite(_ints({0: F(1, 274), 1: F(8, 137), 2: F(128, 137), 3: F(1, 274)}), F(137, 8192)),
    "R08_varying_factors": Finite(_ints({1: F(1, 3), 2: F(2, 3)}), F(3, 4)),
    "R11_smaller_support": Finite(_over(2, true=1, false=1), F(1)),
    "H01_mem": Finite(_ints({0: F(1, 4), 1: F(1, 2), 2: F(1, 4)}), F(1)),
    "H04_map_flip": Finite(_over(24, true=1, false=23), F(1)),
    "H07_random_function": Finite(_ints({2: F(1, 2), 4: F(1, 2)}), F(1)),
    "H09_rsa_square": Finite(_over(9, SaySquare=5, SayShape=2, SayNothing=2), F(3, 5)),
    "H09_rsa_circle": Finite(_over(2, SayShape=1, SayNothing=1), F(2, 5)),
    "H09_rsa_listener": Finite(_over(5, Square=2, Circle=3), F(1)),
    "S01_hmm": Finite(_ints({0: F(215, 297), 1: F(50, 297), 2: F(32, 297)}), F(297, 1000)),
    "K05_urn": Finite(
        _ints(dict(enumerate((F(1, 21), F(5, 42), F(4, 21), F(5, 21), F(5, 21), F(1, 6))))), F(1, 12)
    ),
}

D22 = {
    "not x and not y": F(12, 65),
    "not x and y": F(48, 65),
    "x and not y": F(3, 65),
    "x and y": F(2, 65),
}
"""D22: the joint law of x and y; its evidence is 13/25."""

FLOATS: Mapping[str, tuple[Mapping[str, float], float]] = {
    "D23_incremental_binomial": (
        {"0": 0.006127714049, "1": 0.156392134285, "2": 0.502918300659, "3": 0.334561851007},
        log(0.0505643735341),
    ),
    "R09_telescope": ({"false": 0.5, "true": 0.5}, 0.0),
    "S07_umbrella": ({"false": 1 - 0.883357041, "true": 0.883357041}, log(0.3515)),
}
"""Finite programs whose weights are not rational, or whose numbers are given rounded: to 1e-8."""


@dataclass(frozen=True)
class Endless:
    """A program without end, or with laws of infinitely many values.

    law:      probabilities of some values of `return`, as the source gives them.
    evidence: log Z.
    exact:    states come back, so that the law is rational; otherwise there are bounds.
    mean:     of `return`, of which there is no certificate; None where the case has none.
    set:      values of the model's parameters.
    """

    law: Mapping[str, F | float]
    evidence: float = 0.0
    exact: bool = False
    mean: float | None = None
    set: Mapping[str, F] = field(default_factory=dict[str, F])


ENDLESS: Mapping[str, Endless] = {
    "R01_geometric": Endless(_ints({k: F(1, 2**k) for k in range(1, 50)}), mean=2.0),
    "R03_pcfg": Endless(
        _ints({n: F(comb(2 * n - 2, n - 1), n) * F(2, 5) ** (n - 1) * F(3, 5) ** n for n in range(1, 40)}),
        mean=3.0,
    ),
    "R04_gamblers_ruin": Endless({"true": F(41553, 58025)}, exact=True, set={"p": F(3, 5)}),
    "R06_max_geometric": Endless(
        _ints({n: (1 - F(5, 6) ** n) ** 3 - (1 - F(5, 6) ** (n - 1)) ** 3 for n in range(1, 60)}),
        mean=10566 / 1001,
    ),
    "K17_even_poisson": Endless({"0": 1 / cosh(0.5)}, log(exp(-0.5) * cosh(0.5)), mean=0.5 * tanh(0.5)),
}
"""To 1e-12; R04 with p = 3/5, where (1 - (2/3)³) / (1 - (2/3)¹⁰) = 0.716122361051."""

SMOOTHED: Mapping[str, tuple[Mapping[int, tuple[float, ...]], float]] = {
    "S03_hmm_smoothing": (
        {
            0: (0.031797, 0.713775, 0.254429),
            5: (0.985632, 0.0002, 0.014169),
            11: (2.06e-6, 0.998598, 0.0014),
            15: (0.340712, 0.181489, 0.477799),
        },
        -44.6858415509,
    ),
    "S04_hmm_parameter": (
        {
            t: (1 - p, p)
            for t, p in enumerate(
                (
                    *(0.0421309457, 0.0004558741, 0.0010354468, 0.7566946503),
                    *(0.9787790534, 0.0225146524, 0.0026274321, 0.1948150427),
                )
            )
        },
        -14.443231987266,
    ),
}
"""Posterior of z[t]; exact engine, in floating point, to the digits given."""

_THETA = (6.2118842, 4.9401784, 3.9270044, 4.7570983, 3.6154770, 4.0426126, 6.2967241, 4.8542533)
_THETA_SD = (5.5931, 4.6743, 5.2626, 4.7803, 4.6575, 4.8269, 5.0778, 5.2908)
_Z = (0.0455583637, 0.0455583637, 0.9544416363, 0.9544416363)

SAMPLED: Mapping[str, Sampled] = {
    "R01_geometric": Sampled({"return": 2.0}, 0.0, {"return": sqrt(2)}),
    "R03_pcfg": Sampled({"return": 3.0}, 0.0),
    "R04_gamblers_ruin": Sampled({"return": 0.716122361051}, 0.0, set={"p": 0.6}),
    "R06_max_geometric": Sampled({"return": 10566 / 1001}, 0.0),
    "R10_telegraph": Sampled({"return": 1.0}, log((1 - exp(-10)) / 2)),
    "H03_dpmem": Sampled({"return": 0.25}, 0.0, set={"alpha": 3}),
    "H14_nested_continuous": Sampled({"return": 0.159420806057}, None, {"return": 0.326780406143}),
    "S05_kalman": Sampled(
        {"return": 1295 / 89},
        -12.299685008193,
        {"return": sqrt(76 / 89)},
        method="nuts",
        evidence_method="laplace",
    ),
    "K01_normal_mean": Sampled(
        {"mu": 16 / 3},
        -7.186489355077,
        {"mu": 2 / 3},
        method="nuts",
        draws=10_000,
        evidence_method="laplace",
    ),
    "K02_normal_gamma": Sampled({"tau": 3.0}, -4.650074822597, {"tau": 1.0}, draws=36_000),
    "K04_beta_bernoulli": Sampled({"p": 5 / 7}, log(1 / 30), {"p": 0.15971914125}, draws=6000),
    "K05_latent": Sampled({"return": 3.0}, log(1 / 12)),
    "K06_beta_prior": Sampled({"theta": 12 / 23}, -2.128231705849, {"theta": 0.101965559996}),
    "K07_gamma_poisson": Sampled(
        {"rate": 102.227722772}, None, {"rate": 1.006059477}, method="nuts", draws=10_000
    ),
    "K09_mixture_component": Sampled({"return": 0.3}),
    "K10_mixture": Sampled(
        {"mu1": 1.071541120129, "mu2": 3.928458879871, **{f"z[{i}]": p for i, p in enumerate(_Z)}},
        -7.385979956653,
        method="nuts",
        evidence_draws=10_000,
    ),
    "K11_spike_slab": Sampled({"return": 0.524124650688, "w": 0.237937674656}, log(0.230833184627)),
    "K12_gpa_between": Sampled({"return": 5 / 7}, log(0.3465), draws=9000),
    "K12_gpa_exactly": Sampled({"return": 1.0}, log(0.005)),
    "K14_parabola": Sampled({"return": 13 / 24}, 0.0),
    "K14_stick": Sampled({"return": 0.38629436112}, 0.0),
    "K14_segments": Sampled({"return": 1 / 16}, 0.0),
    "K14_distance": Sampled({"return": 0.521405433165}, 0.0),
    "K15_weekend": Sampled({"return": 0.374206175427}),
    "K17_even_poisson": Sampled({"return": 0.5 * tanh(0.5)}, log(0.683939720586)),
    "K19_underflow": Sampled(
        {"p": 1201 / 2002}, -1349.6187728235, method="nuts", draws=10_000, evidence_method="laplace"
    ),
    "K20_normal_evidence": Sampled({"mu": 1.0}, -2.265512123485, {"mu": sqrt(0.5)}, draws=6500),
    "K22_eight_schools": Sampled(
        {"mu": 4.396820714, "tau": 3.597705484, **{f"theta[{j}]": m for j, m in enumerate(_THETA)}},
        -31.311347352,
        {"mu": 3.317704463, "tau": 3.219958415, **{f"theta[{j}]": s for j, s in enumerate(_THETA_SD)}},
        method="nuts",
        draws=6000,
        evidence_draws=6000,
    ),
}
"""Programs with continuous or unboundedly many values."""
