"""Answers computed from the frequencies of draws or of rows of data, with the jackknife's error."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, inf, isfinite, sqrt

import numpy as np
import numpy.typing as npt

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.information.asked import Asked, Found, word
from pplc.information.columns import located_answer
from pplc.information.estimators import FEW, Labels, Z, joined, unseen
from pplc.information.jackknife import jackknife
from pplc.information.table import Floats, Outcome, Probability
from pplc.lang.diagnostics import Diagnostic, Rejected

MAY_BE_NEGATIVE = frozenset(("ccs", "sx", "pm", "dep", "mes", "ig"))
"""Measures of decompositions that have atoms below 0."""

CLOSE = 1e-6
"""Bounds that are closer than this are taken as one number: no error of draws is as small."""


@dataclass(frozen=True)
class Column:
    """An expression in all draws: the number of its value in each, and the values."""

    labels: Labels
    values: Sequence[Hashable]


@dataclass(frozen=True)
class Drawn:
    """Draws of some columns.

    share:     the weights of the draws, of mean 1, shape [n].
    groups:    the jackknife's group of every draw, shape [n].
    effective: as how many independent draws they count.
    """

    columns: Mapping[str, Column]
    share: Floats
    groups: npt.NDArray[np.int64]
    effective: float


def frequent(asked: Asked, drawn: Drawn, flags: Sequence[str]) -> Found:
    """The answer of a query from frequencies; of `asked` all but the law is known."""
    labels = {text: column.labels for text, column in drawn.columns.items()}
    cells = joined(labels, tuple(labels))
    first: list[int] = np.unique(cells, return_index=True)[1].tolist()
    outcomes: list[Outcome] = [
        tuple(column.values[int(column.labels[k])] for column in drawn.columns.values()) for k in first
    ]

    def answer(share: Floats) -> Found:
        masses = np.bincount(cells, weights=share, minlength=len(outcomes))
        total = float(masses.sum())
        law: dict[Outcome, Probability] = {
            outcome: float(mass) / total for outcome, mass in zip(outcomes, masses, strict=True) if mass > 0
        }
        return located_answer(replace(asked, law=law))

    whole = answer(drawn.share)
    numbers = parts_of(whole)
    rests = [np.where(drawn.groups == group, 0.0, drawn.share) for group in np.unique(drawn.groups)]
    others = [parts_of(answer(rest)) for rest in rests if rest.any()]
    # A maximum has a kink where two decisions are as good: a correction overshoots there.
    kinked = asked.query.head == "decide"
    said = ["error by the jackknife" if kinked else "corrected for the bias of counts (jackknife)", *flags]
    seen = int((np.bincount(cells, weights=drawn.share) > 0).sum())
    if seen * FEW > drawn.effective:
        count = f"{drawn.effective:.0f} effective draws"
        said.insert(1, f"{seen} joint values among {count}: too few to rely on it")
    # Where the first order vanishes, as for independent variables, 2n I is χ² with so many degrees.
    second = sqrt(2 * (seen - 1)) / (2 * drawn.effective) if whole.informational else 0.0
    if seen == 1 and whole.informational:
        said.append("every draw agrees; the interval is what that proves")
        second = unseen(drawn.effective) / Z
    found: dict[str, Answer] = {}
    for name, pair in numbers.items():
        if not isfinite(pair[0]):
            raise _endless(asked)
        pairs = [other.get(name, (inf, inf)) for other in others] if len(others) == len(rests) else []
        if kinked and pairs:
            means = [fsum(part[side] for part in pairs) / len(pairs) for side in (0, 1)]
            pairs = [(low + pair[0] - means[0], high + pair[1] - means[1]) for low, high in pairs]
        found[name] = _number(pair, pairs, second, said, signed=_may_be_negative(asked, name))
    return Found(found if isinstance(whole.answer, Mapping) else found[""], whole.informational)


def _may_be_negative(asked: Asked, name: str) -> bool:
    """Whether a part of the answer may be below 0: an atom, a gain, or what a word that misleads tells."""
    match asked.query.head:
        case "pid":
            return word(asked.query, "measure", None, "broja") in MAY_BE_NEGATIVE
        case "decide":
            decision = asked.query.decision
            return decision is not None and decision.objective.head == "E"
        case "semantic":
            return name != "R"
        case _:
            return False


def _number(
    whole: tuple[float, float],
    parts: Sequence[tuple[float, float]],
    second: float,
    said: Sequence[str],
    *,
    signed: bool,
) -> Answer:
    low, high = (jackknife(whole[side], [part[side] for part in parts], second) for side in (0, 1))
    if not signed:
        low, high = not_negative(low), not_negative(high)
    if whole[1] - whole[0] <= CLOSE:
        middle = (whole[0] + whole[1]) / 2
        found = jackknife(middle, [(part[0] + part[1]) / 2 for part in parts], second)
        return replace(found if signed else not_negative(found), flags=tuple(said))
    return Bounds(low.interval[0], high.interval[1], 0.95)


def not_negative(found: Estimate) -> Estimate:
    """An estimate of what is not negative; if it is below 0, the interval is as wide as if it were 0."""
    (low, high), value = found.interval, max(found.value, 0.0)
    return replace(found, value=value, interval=(max(low, 0.0), high + (value - found.value)))


def parts_of(found: Found) -> dict[str, tuple[float, float]]:
    """Every number of an answer by its name, as an interval; the only one has the name ``."""
    match found.answer:
        case Mapping():
            return {name: _interval(part) for name, part in found.answer.items()}
        case answer:
            return {"": _interval(answer)}


def _interval(answer: Answer) -> tuple[float, float]:
    match answer:
        case Exact(value) | Truncated(value, _) | Estimate(value, _, _, _):
            return value, value
        case Bounds(lower, upper):
            return lower, upper


def _endless(asked: Asked) -> Rejected:
    """The error of a divergence that is infinite because some value was not drawn."""
    return Rejected(
        Diagnostic(
            "E0615",
            f"`{asked.query.head}` of the frequencies of draws is infinite: one of the laws has a value that"
            " the other does not have among the draws",
            asked.query.span,
            help="more draws may tell it; `js`, `tv` and `hellinger` are kinds that are always finite",
        )
    )
