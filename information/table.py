"""Finite joint laws with named variables: what information is computed from.

A table holds one probability per joint value. Probabilities are floats, or `Fraction`s, which stay exact
until a logarithm is taken.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import fsum, prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.untyped import as_list, as_tuple

Floats: TypeAlias = npt.NDArray[np.float64]
Cells: TypeAlias = npt.NDArray[Any]
Probability: TypeAlias = Fraction | float
Outcome: TypeAlias = tuple[Hashable, ...]

MOST_CELLS = 4_000_000
"""Cells of the largest table: 32 MB of floats; of `Fraction`s some ten times as much."""

ROUNDING = 1e-9
"""How far floats that are meant to sum to 1 may be from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A joint law of finite variables.

    names:         of the variables, all different.
    values:        of each variable, all different, in the order of its axis.
    probabilities: shape [n1, n2, …]; floats, or objects that are all `Fraction`s; they sum to 1.

    Raises `Rejected` E0613 if this is no law.
    """

    names: tuple[str, ...]
    values: tuple[tuple[Hashable, ...], ...]
    probabilities: Cells

    def __post_init__(self) -> None:
        shape = tuple(len(values) for values in self.values)
        if len(set(self.names)) < len(self.names) or len(self.names) != len(shape):
            raise no_law(f"{len(shape)} variables need as many different names, not {list(self.names)}")
        if self.probabilities.shape != shape:
            raise no_law(f"the cells have shape {self.probabilities.shape}, the values say {shape}")
        # Most cells of variables that depend on each other are 0, which is quickly seen, also of `Fraction`s.
        flat: list[Any] = [p for p in self.probabilities.ravel().tolist() if p]
        if not all(p >= 0 for p in flat):
            raise no_law("a probability is negative or not a number")
        total = sum(flat, Fraction(0)) if self.exact else fsum(flat)
        if total != 1 if self.exact else not abs(total - 1) <= ROUNDING:
            raise no_law(f"the probabilities sum to {float(total):.12g}, not to 1")

    @property
    def exact(self) -> bool:
        """Whether the probabilities are `Fraction`s."""
        return self.probabilities.dtype == object

    @property
    def floats(self) -> Floats:
        """The probabilities, each rounded once."""
        found = np.zeros(self.probabilities.shape)
        happens = self.happens
        found[happens] = self.probabilities[happens].astype(np.float64)
        return found

    @property
    def happens(self) -> npt.NDArray[np.bool_]:
        """Where the probability is positive."""
        return self.probabilities.astype(np.bool_)

    def axis(self, name: str) -> int:
        """The axis of a variable; `Rejected` E0601 if there is none of this name."""
        if name not in self.names:
            advice = did_you_mean(name, self.names) or f"it has {', '.join(self.names)}"
            raise Rejected(Diagnostic("E0601", f"the table has no variable `{name}`", NOWHERE, help=advice))
        return self.names.index(name)

    def axes(self, names: Sequence[str]) -> tuple[int, ...]:
        """The axes of several variables."""
        return tuple(self.axis(name) for name in names)

    def items(self) -> Iterator[tuple[Outcome, Probability]]:
        """The joint values of positive probability, in the order of the axes."""
        for place in np.argwhere(self.happens).tolist():
            outcome = tuple(values[i] for values, i in zip(self.values, place, strict=True))
            yield outcome, self.probabilities[tuple(place)]

    def marginal(self, *names: str) -> Table:
        """The law of some of the variables, in the order asked for; a name given twice counts once."""
        kept = tuple(dict.fromkeys(self.axes(names)))
        gone = tuple(axis for axis in range(len(self.names)) if axis not in kept)
        left = sorted(kept)
        # The transpose puts what is left into the asked-for order.
        ordered = self._summed(left, gone).transpose([left.index(axis) for axis in kept])
        return Table(tuple(self.names[a] for a in kept), tuple(self.values[a] for a in kept), ordered)

    def _summed(self, left: Sequence[int], gone: tuple[int, ...]) -> Cells:
        """The cells summed over some axes; of `Fraction`s only those that are not 0 are touched."""
        if not gone:
            return self.probabilities
        if not self.exact:
            return _array(self.probabilities.sum(axis=gone), exact=False)
        sums: Cells = np.full([self.probabilities.shape[axis] for axis in left], Fraction(0), dtype=object)
        for place in np.argwhere(self.happens).tolist():
            sums[tuple(place[axis] for axis in left)] += self.probabilities[tuple(place)]
        return sums

    def given(self, event: Mapping[str, Hashable]) -> Table:
        """The law of the other variables where these have the given values.

        Raises `Rejected` E0604 if that has probability 0.
        """
        place: list[Any] = [slice(None)] * len(self.names)
        for name, value in event.items():
            axis = self.axis(name)
            if value not in self.values[axis]:
                raise _impossible(event)
            place[axis] = self.values[axis].index(value)
        cells = _array(self.probabilities[tuple(place)], exact=self.exact)
        total = cells.sum()
        if not total > 0:
            raise _impossible(event)
        left = [axis for axis, name in enumerate(self.names) if name not in event]
        names = tuple(self.names[axis] for axis in left)
        return Table(names, tuple(self.values[axis] for axis in left), cells / total)

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> Table:
        """Several variables as one: a new name stands for a tuple of old ones.

        The values of a group are the tuples of positive probability (of one variable: its values).
        """
        laws = {name: self.marginal(*parts) for name, parts in groups.items()}
        law: dict[Outcome, Probability] = {}
        axes = [laws[name].names for name in groups]
        for outcome, probability in self.items():
            by_name = dict(zip(self.names, outcome, strict=True))
            key = tuple(
                tuple(by_name[part] for part in parts) if len(parts) != 1 else by_name[parts[0]]
                for parts in axes
            )
            law[key] = law.get(key, 0) + probability
        return Table.of(law, tuple(groups))

    @staticmethod
    def of(law: Mapping[Any, Any], names: Sequence[str] | None = None) -> Table:
        """The table of a law that gives each outcome, a tuple or a string of values, its probability.

        Ints, `Fraction`s and `Decimal`s are exact; one float makes all floats. Unnamed variables are
        `x1`, `x2`, …

        >>> Table.of({"00": Fraction(1, 2), "11": Fraction(1, 2)}).marginal("x2").probabilities.tolist()
        [Fraction(1, 2), Fraction(1, 2)]
        """
        outcomes = {_outcome(key): p for key, p in law.items()}
        widths = {len(outcome) for outcome in outcomes}
        if len(widths) != 1:
            raise no_law("every outcome must name one value per variable")
        (width,) = widths
        values = tuple(_ordered({outcome[k] for outcome in outcomes}) for k in range(width))
        shape = tuple(len(v) for v in values)
        if prod(shape) > MOST_CELLS:
            raise too_many(prod(shape))
        exact = all(isinstance(p, int | Fraction | Decimal) for p in outcomes.values())
        cells: Cells = np.full(shape, Fraction(0), dtype=object) if exact else np.zeros(shape)
        places = [{value: k for k, value in enumerate(axis)} for axis in values]
        for outcome, p in outcomes.items():
            place = tuple(where[value] for where, value in zip(places, outcome, strict=True))
            cells[place] = Fraction(p) if exact else float(p)
        return Table(_named(names, width), values, cells)

    @staticmethod
    def of_array(probabilities: npt.ArrayLike, names: Sequence[str] | None = None) -> Table:
        """The table of an array of probabilities; the values of a variable are its indices."""
        given: Cells = np.asarray(probabilities)
        exact = given.dtype == object and all(isinstance(p, int | Fraction) for p in given.ravel().tolist())
        cells = _fractions(given) if exact else given.astype(np.float64)
        return Table(_named(names, given.ndim), tuple(tuple(range(n)) for n in given.shape), cells)

    @staticmethod
    def of_data(columns: Mapping[str, npt.ArrayLike]) -> Table:
        """The empirical law of columns of data, one row per observation: counts over their number.

        Its information is the plug-in estimate, which is biased: `pplc.information.estimators` corrects it.
        """
        lists = [_hashable(np.asarray(column).tolist()) for column in columns.values()]
        if not lists or len({len(column) for column in lists}) != 1 or not lists[0]:
            raise no_law("the columns must be of one length, and not empty")
        counts: dict[Outcome, int] = {}
        for row in zip(*lists, strict=True):
            counts[row] = counts.get(row, 0) + 1
        rows = len(lists[0])
        return Table.of({row: Fraction(count, rows) for row, count in counts.items()}, tuple(columns))


def no_law(reason: str) -> Rejected:
    """The error of a table that is no law."""
    return Rejected(Diagnostic("E0613", f"this is no law: {reason}", NOWHERE))


def too_many(cells: int, most: int = MOST_CELLS) -> Rejected:
    """The error of a table that would not fit."""
    message = f"the joint law has {cells} cells, more than the {most} that are searched or held here"
    return Rejected(
        Diagnostic("E0613", message, NOWHERE, help="ask about fewer variables, or values, at once")
    )


def _impossible(event: Mapping[str, Hashable]) -> Rejected:
    shown = ", ".join(f"{name} = {value}" for name, value in event.items())
    return Rejected(Diagnostic("E0604", f"the event {shown} has probability 0", NOWHERE))


def _named(names: Sequence[str] | None, width: int) -> tuple[str, ...]:
    return tuple(f"x{k}" for k in range(1, width + 1)) if names is None else tuple(names)


def _ordered(values: set[Hashable]) -> tuple[Hashable, ...]:
    """Numbers and strings by size; what cannot be compared by its text, so that runs agree."""
    listed: list[Any] = list(values)
    try:
        return tuple(sorted(listed))
    except TypeError:
        return tuple(sorted(listed, key=repr))


def _array(cells: Any, *, exact: bool) -> Cells:
    """Cells as an array again: numpy makes the sum over all axes a bare number."""
    return np.asarray(cells, dtype=object if exact else np.float64)


def _fractions(cells: Cells) -> Cells:
    flat: list[Any] = cells.ravel().tolist()
    exact: Cells = np.empty(len(flat), dtype=object)
    exact[:] = [Fraction(p) for p in flat]
    return exact.reshape(cells.shape)


def _outcome(key: Any) -> Outcome:
    items = tuple(key) if isinstance(key, str) else as_tuple(key)
    return (key,) if items is None else items


def _hashable(column: Any) -> Any:
    """Rows of an array of several dimensions become tuples: one value each."""
    rows = as_list(column)
    return column if rows is None else tuple(_hashable(row) for row in rows)
