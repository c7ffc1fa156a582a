"""Which values a list of patterns leaves out (Maranget 2007, Warnings for pattern matching, sec. 3, 5).

Rows are lists of patterns, matched against as many values. A column is split by the constructors of
its type; a type with infinitely many (numbers, strings) is never split completely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from pplc.lang import syntax as s
from pplc.lang.check_state import Checker
from pplc.lang.typesys import WRONG, Bool, Int, Option, Sum, Tuple, Type, Unit

MOST_STEPS: Final = 20_000
"""Splits of one `match`; ordinary ones need fewer than a hundred, contrived ones exponentially many."""

MOST_COLUMNS: Final = 100
"""Values matched at once, by tuples in tuples: every one is a level of recursion."""


class TooLarge(Exception):
    """The patterns cannot be checked within the bounds."""


@dataclass(frozen=True, slots=True)
class Any:
    """Fits everything."""


@dataclass(frozen=True, slots=True)
class Split:
    """Fits values of one constructor whose parts fit."""

    key: str
    parts: tuple[Shape, ...] = ()


Shape: TypeAlias = Any | Split
ANY = Any()
Constructors: TypeAlias = dict[str, tuple[Type, ...]]


class Covering:
    """The patterns of a `match` so far."""

    def __init__(self, c: Checker) -> None:
        self._c = c
        self._rows: list[list[Shape]] = []
        self._steps = 0

    def add(self, pattern: s.Pattern, kind: Type) -> bool:
        """Add a pattern; whether it fits anything that those before it do not."""
        row = [self._shape(pattern)]
        useful = self._useful(self._rows, row, [kind])
        self._rows.append(row)
        return useful

    def missing(self, kind: Type) -> str | None:
        """A pattern for values that fit none of the rows."""
        found = self._missing(self._rows, [kind])
        return None if found is None else found[0]

    # -------------------------------------------------------------- patterns and types

    def _shape(self, pattern: s.Pattern) -> Shape:
        match pattern:
            case s.LiteralPattern(value, negative):
                if isinstance(value, s.Number):
                    return Split(f"{'-' if negative else ''}{value.decimal.normalize()}")
                return Split(
                    ("true" if value.value else "false")
                    if isinstance(value, s.Boolean)
                    else f'"{value.value}"'
                )
            case s.Bind(name):
                known = self._c.names.of.get(id(pattern))
                return Split(name) if known is not None and known.kind == "constructor" else ANY
            case s.TuplePattern(items):
                return Split("", tuple(self._shape(item) for item in items))
            case s.ConstructorPattern(name, arguments):
                return Split(name, tuple(self._shape(argument) for argument in arguments))
            case s.Wildcard():
                return ANY

    def _constructors(self, kind: Type) -> Constructors | None:
        """All constructors of a type with the types of their parts; None if they are infinitely many."""
        match self._c.unify.head(kind):
            case Bool():
                return {"true": (), "false": ()}
            case Sum(name):
                known = self._c.constructors
                names = [one.name for one in self._c.names.sums[name]]
                return {one: tuple(part for _, part in known[one][1]) for one in names}
            case Tuple(items):
                return {"": items}
            case Unit():
                return {"": ()}
            case Option(element):
                return self._constructors(element)
            case _:
                return None

    def _count(self, columns: int) -> None:
        self._steps += 1
        if self._steps > MOST_STEPS or columns > MOST_COLUMNS:
            raise TooLarge

    # -------------------------------------------------------------- the two questions

    def _useful(self, rows: list[list[Shape]], row: list[Shape], kinds: list[Type]) -> bool:
        """Whether the row fits values that none of the rows fits."""
        self._count(len(row))
        if not row:
            return not rows
        first, kind = row[0], kinds[0]
        if isinstance(first, Split):
            return self._useful_for(rows, row, kinds, first.key, len(first.parts))
        known = self._constructors(kind)
        used = {one[0].key for one in rows if isinstance(one[0], Split)}
        if known is not None and used >= known.keys():
            return any(self._useful_for(rows, row, kinds, key, len(parts)) for key, parts in known.items())
        rest = [one[1:] for one in rows if isinstance(one[0], Any)]
        return self._useful(rest, row[1:], kinds[1:])

    def _useful_for(
        self, rows: list[list[Shape]], row: list[Shape], kinds: list[Type], key: str, arity: int
    ) -> bool:
        inner = [one for one in (_opened(r, key, arity) for r in rows) if one is not None]
        mine = _opened(row, key, arity)
        parts = (self._constructors(kinds[0]) or {}).get(key, ())
        types = list(parts) if len(parts) == arity else [WRONG] * arity
        return mine is not None and self._useful(inner, mine, [*types, *kinds[1:]])

    def _missing(self, rows: list[list[Shape]], kinds: list[Type]) -> list[str] | None:
        """Patterns, one for each type, of values that no row fits."""
        self._count(len(kinds))
        if not kinds:
            return None if rows else []
        known = self._constructors(kinds[0])
        used = {row[0].key for row in rows if isinstance(row[0], Split)}
        if known is not None and used >= known.keys():
            for key, parts in known.items():
                inner = [one for one in (_opened(row, key, len(parts)) for row in rows) if one is not None]
                found = self._missing(inner, [*parts, *kinds[1:]])
                if found is not None:
                    return [_written(key, found[: len(parts)]), *found[len(parts) :]]
            return None
        rest = self._missing([row[1:] for row in rows if isinstance(row[0], Any)], kinds[1:])
        if rest is None:
            return None
        unused = [key for key in known or {} if key not in used]
        if known is None and used and isinstance(self._c.unify.head(kinds[0]), Int):
            return [str(next(k for k in range(len(used) + 1) if str(k) not in used)), *rest]
        if known is None or not used:
            return ["_", *rest]
        return [_written(unused[0], ["_"] * len(known[unused[0]])), *rest]


def _opened(row: list[Shape], key: str, arity: int) -> list[Shape] | None:
    """The row for values of one constructor, its parts in place of the first column."""
    first = row[0]
    if isinstance(first, Any):
        return [ANY] * arity + row[1:]
    if first.key != key:
        return None
    parts = list(first.parts) if len(first.parts) == arity else [ANY] * arity
    return parts + row[1:]


def _written(key: str, parts: list[str]) -> str:
    inside = ", ".join(parts)
    return f"{key}({inside})" if parts or not key else key
