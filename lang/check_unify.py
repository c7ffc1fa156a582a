"""Which type fits where: unification, widening, joins. Knows nothing of syntax or messages.

`fits(found, wanted)` is the one relation: `found` may stand where `wanted` is expected. It widens
(`int` to `real`, `simplex[K]` to `real[K]`, `Dist` to `Model`), binds variables on both sides, and
answers `None` or the first place where the two disagree. A failed attempt leaves no traces.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pplc.lang.typesys import (
    REAL,
    UNKNOWN_SIZE,
    Array,
    Base,
    Dist,
    Extent,
    Fn,
    Int,
    List,
    Matrix,
    Model,
    Option,
    Real,
    Record,
    Size,
    SizeVariable,
    Tuple,
    Type,
    Unit,
    Variable,
    Vector,
    Wrong,
    array,
    children,
    dense,
    rebuilt,
    shifted,
)


@dataclass(frozen=True, slots=True)
class Clash:
    """Where two types disagree.

    what: `type`; `size` of an axis; `domain`: the numbers may lie outside the wanted interval or set.
    """

    what: Literal["type", "size", "domain"]
    found: Type | Extent
    wanted: Type | Extent


class Unifier:
    """What is known about the variables of one check.

    A *soft* variable stands for "what these have in common": a second, wider type widens it.
    """

    def __init__(self) -> None:
        self._types: dict[int, Type] = {}
        self._sizes: dict[int, Extent] = {}
        self._soft: set[int] = set()
        self._next = 0
        self._trail: list[tuple[bool, int, Type | Extent | None]] = []

    # -------------------------------------------------------------- variables

    def fresh(self, *, soft: bool = False) -> Variable:
        """A new type variable."""
        self._next += 1
        if soft:
            self._soft.add(self._next)
        return Variable(self._next)

    def fresh_size(self) -> SizeVariable:
        """A new size variable."""
        self._next += 1
        return SizeVariable(self._next)

    def mark(self) -> int:
        """A point to go back to."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Forget what was bound since the mark."""
        while len(self._trail) > mark:
            is_size, number, before = self._trail.pop()
            table: dict[int, Type | Extent] = self._sizes if is_size else self._types  # type: ignore[assignment]
            if before is None:
                del table[number]
            else:
                table[number] = before

    def _bind(self, variable: Variable, kind: Type) -> bool:
        if self._occurs(variable.number, kind):
            return False
        self._trail.append((False, variable.number, self._types.get(variable.number)))
        self._types[variable.number] = kind
        return True

    def _bind_size(self, variable: SizeVariable, size: Extent) -> None:
        self._trail.append((True, variable.number, self._sizes.get(variable.number)))
        self._sizes[variable.number] = shifted(size, -variable.offset)

    def _occurs(self, number: int, kind: Type) -> bool:
        pending, seen = [kind], set[int]()
        while pending:
            part = pending.pop()
            if isinstance(part, Variable):
                if part.number == number:
                    return True
                if part.number not in seen and part.number in self._types:
                    seen.add(part.number)
                    pending.append(self._types[part.number])
            else:
                pending.extend(children(part))
        return False

    # -------------------------------------------------------------- looking

    def head(self, kind: Type) -> Type:
        """The type with its outermost constructor known, if it is known."""
        while isinstance(kind, Variable) and kind.number in self._types:
            kind = self._types[kind.number]
        if isinstance(kind, Array) and isinstance(kind.element, Variable):
            return array(self.head(kind.element), kind.sizes)
        return kind

    def size(self, size: Extent) -> Extent:
        """The size with its variable, if any, replaced by what is known of it."""
        while isinstance(size, SizeVariable) and size.number in self._sizes:
            size = shifted(self._sizes[size.number], size.offset)
        return size

    def full(self, kind: Type) -> Type:
        """The type with everything known filled in."""
        kind = self.head(kind)
        return rebuilt(kind, self.full, self.size)

    def instantiate(self, kinds: Iterable[Type], names: dict[str, Extent]) -> tuple[Type, ...]:
        """Types of a library signature with new variables for `T`, `U` and for sizes not in `names`."""
        variables: dict[int, Variable] = {}

        def resize(size: Extent) -> Extent:
            if isinstance(size, Size) and size.name:
                if size.name not in names:
                    names[size.name] = self.fresh_size()
                return shifted(names[size.name], size.offset)
            return size

        def renew(kind: Type) -> Type:
            if isinstance(kind, Variable):
                if kind.number not in variables:
                    variables[kind.number] = self.fresh(soft=True)
                return variables[kind.number]
            return rebuilt(kind, renew, resize)

        return tuple(renew(kind) for kind in kinds)

    # -------------------------------------------------------------- fitting

    def fits(self, found: Type, wanted: Type, *, narrowing: bool = False) -> Clash | None:
        """None if `found` may stand where `wanted` is expected, else where they disagree.

        narrowing: a plain `real` is accepted where a narrower set is wanted (families check it when
        they run).
        """
        mark = self.mark()
        clash = self._fits(found, wanted, narrowing)
        if clash is not None:
            self.undo(mark)
        return clash

    def _fits(self, found: Type, wanted: Type, narrowing: bool) -> Clash | None:
        wanted_variable = wanted
        found, wanted = self.head(found), self.head(wanted)
        if found == wanted or isinstance(found, Wrong) or isinstance(wanted, Wrong):
            return None
        clash = Clash("type", found, wanted)
        if isinstance(wanted, Variable):
            return None if self._bind(wanted, found) else clash
        if isinstance(found, Variable):
            return None if self._bind(found, wanted) else clash
        if (
            isinstance(wanted_variable, Variable)
            and (last := self._last(wanted_variable)).number in self._soft
        ):
            return self._widen(found, wanted, last, narrowing)
        return self._fits_heads(found, wanted, narrowing, clash)

    def _last(self, variable: Variable) -> Variable:
        """The end of a chain of variables."""
        while isinstance(after := self._types.get(variable.number), Variable):
            variable = after
        return variable

    def _widen(self, found: Type, wanted: Type, variable: Variable, narrowing: bool) -> Clash | None:
        mark = self.mark()
        clash = self._fits_heads(found, wanted, narrowing, Clash("type", found, wanted))
        if clash is None and not self._loses(found, wanted):
            return None
        self.undo(mark)
        wider = self.join(found, wanted)
        if wider is None:
            return clash
        return None if self._bind(variable, wider) else clash

    def _loses(self, found: Type, wanted: Type) -> bool:
        """Whether `found` fits only because reading it may fail: `T?` for `T`."""
        return isinstance(found, Option) and not isinstance(wanted, Option)

    def _fits_heads(self, found: Type, wanted: Type, narrowing: bool, clash: Clash) -> Clash | None:
        match found, wanted:
            case Option(inner), Option(outer):
                return self._fits(inner, outer, narrowing)
            case _, Option(outer):
                return self._fits(found, outer, narrowing)
            case Option(inner), _:
                return self._fits(inner, wanted, narrowing)
            case Int() | Real(), Real(kind):
                return (
                    None if kind == "real" or narrowing or found == wanted else Clash("domain", found, wanted)
                )
            case (Array() | Vector() | Matrix() | List(), Array() | Vector() | Matrix() | List()):
                return self._fits_arrays(found, wanted, narrowing, clash)
            case (Tuple(ours), Tuple(theirs)) if len(ours) == len(theirs):
                return self._fits_all(ours, theirs, narrowing)
            case (Record(ours), Record(theirs)) if [name for name, _ in ours] == [name for name, _ in theirs]:
                return self._fits_all([t for _, t in ours], [t for _, t in theirs], narrowing)
            case (
                (Dist(inner), Model(outer) | Dist(outer) | Base(outer))
                | (Model(inner), Model(outer))
                | (Base(inner), Base(outer))
            ):
                return self._fits(inner, outer, narrowing)
            case Fn(ours, result, random), Fn(theirs, outer, may_draw):
                if len(ours) != len(theirs) or (random and not may_draw):
                    return clash
                return self._fits_all(theirs, ours, narrowing) or self._fits(result, outer, narrowing)
            case (Tuple(()), Unit()) | (Unit(), Tuple(())):
                return None
            case _:
                return clash

    def _fits_all(self, found: Iterable[Type], wanted: Iterable[Type], narrowing: bool) -> Clash | None:
        for ours, theirs in zip(found, wanted, strict=True):
            clash = self._fits(ours, theirs, narrowing)
            if clash is not None:
                return clash
        return None

    def _fits_arrays(self, found: Type, wanted: Type, narrowing: bool, clash: Clash) -> Clash | None:
        match found, wanted:
            case List(inner), List(outer):
                return self._fits(inner, outer, narrowing)
            case (Array() | Vector() | Matrix(), List(outer)):
                return self._fits(self.element(found), outer, narrowing)
            case List(inner), _:
                if isinstance(self.size(_first_size(wanted)), Size) or isinstance(self.head(inner), List):
                    return clash  # a list is of any length, perhaps ragged
                return self._same_size(UNKNOWN_SIZE, _first_size(wanted)) or self._fits(
                    inner, self.element(wanted), narrowing
                )
            case (Vector(kind, size), Vector(other, length)) | (Matrix(kind, size), Matrix(other, length)):
                if kind != other and not narrowing and (kind, other) != ("corr", "cov"):
                    return Clash("domain", found, wanted)
                return self._same_size(size, length)
            case _, (Vector() | Matrix()):
                plain = self._fits(dense(found), dense(wanted), True)
                return plain or (None if narrowing else Clash("domain", found, wanted))
            case (Vector() | Matrix(), _):
                return self._fits(dense(found), wanted, narrowing)
            case Array(), Array():
                axis = self._same_size(found.sizes[0], wanted.sizes[0])
                return axis or self._fits(self.element(found), self.element(wanted), narrowing)
            case _:
                return clash

    def element(self, kind: Type) -> Type:
        """What indexing an array, vector, matrix or list once gives; a wrong type for anything else."""
        match self.head(kind):
            case Array(element, sizes):
                return array(element, sizes[1:])
            case (Vector() | Matrix()) as vector:
                return self.element(dense(vector))
            case List(element):
                return element
            case Option(element):
                return self.element(element)
            case _:
                return Wrong()

    # -------------------------------------------------------------- sizes

    def same_size(self, found: Extent, wanted: Extent) -> Clash | None:
        """None if the two may be equal; binds size variables."""
        mark = self.mark()
        clash = self._same_size(found, wanted)
        if clash is not None:
            self.undo(mark)
        return clash

    def _same_size(self, found: Extent, wanted: Extent) -> Clash | None:
        found, wanted = self.size(found), self.size(wanted)
        match found, wanted:
            case SizeVariable(number), SizeVariable(other) if number == other:
                return None if found == wanted else Clash("size", found, wanted)
            case SizeVariable(), _:
                self._bind_size(found, wanted)
            case _, SizeVariable():
                self._bind_size(wanted, found)
            case Size(name, offset, declared), Size(other, shift, known):
                if name == other:
                    return None if offset == shift else Clash("size", found, wanted)
                return Clash("size", found, wanted) if declared and known else None
            case _:
                pass
        return None

    # -------------------------------------------------------------- joins

    def join(self, left: Type, right: Type) -> Type | None:
        """The narrowest type that both fit, as for the branches of an `if`; None if there is none."""
        left, right = self.head(left), self.head(right)
        match left, right:
            case _ if left == right or isinstance(right, Wrong):
                return left
            case Wrong(), _:
                return right
            case Variable(), _:
                return right if self._bind(left, right) else None
            case _, Variable():
                return left if self._bind(right, left) else None
            case Option(inner), Option(outer):
                return self._wrap(Option, self.join(inner, outer))
            case (Option(inner), other) | (other, Option(inner)):
                return self._wrap(Option, self.join(inner, other))
            case (Int() | Real(), Int() | Real()):
                return REAL
            case (Array() | Vector() | Matrix() | List(), Array() | Vector() | Matrix() | List()):
                return self._join_arrays(left, right)
            case (Tuple(ours), Tuple(theirs)) if len(ours) == len(theirs):
                items = [self.join(a, b) for a, b in zip(ours, theirs, strict=True)]
                return None if None in items else Tuple(tuple(i for i in items if i is not None))
            case (Record(ours), Record(theirs)) if [n for n, _ in ours] == [n for n, _ in theirs]:
                fields = [(name, self.join(a, b)) for (name, a), (_, b) in zip(ours, theirs, strict=True)]
                return (
                    None
                    if any(t is None for _, t in fields)
                    else Record(tuple((name, t) for name, t in fields if t is not None))
                )
            case Dist(inner), Dist(outer):
                return self._wrap(Dist, self.join(inner, outer))
            case (Dist(inner) | Model(inner), Dist(outer) | Model(outer)):
                return self._wrap(Model, self.join(inner, outer))
            case (Dist(inner) | Base(inner), Dist(outer) | Base(outer)):
                return self._wrap(Base, self.join(inner, outer))
            case (Fn(ours, result, random), Fn(theirs, outer, draws)) if len(ours) == len(theirs):
                if self._fits_all(ours, theirs, False) or self._fits_all(theirs, ours, False):
                    return None
                joined = self.join(result, outer)
                return None if joined is None else Fn(ours, joined, random or draws)
            case _:
                return None

    def _wrap(self, outer: type[Option | Dist | Model | Base], inner: Type | None) -> Type | None:
        return None if inner is None else outer(inner)

    def _join_arrays(self, left: Type, right: Type) -> Type | None:
        """Arrays of different known lengths have only being lists in common."""
        inner = self.join(self.element(left), self.element(right))
        if inner is None:
            return None
        if isinstance(left, List) or isinstance(right, List):
            return List(inner)
        match left, right:
            case (Vector(kind, size), Vector(other, length)) if kind == other:
                return List(inner) if self.same_size(size, length) else left
            case (Matrix(kind, size), Matrix(other, length)) if kind == other:
                return List(inner) if self.same_size(size, length) else left
            case _:
                ours, theirs = self.size(_first_size(left)), self.size(_first_size(right))
                if self.same_size(ours, theirs) or isinstance(inner, List):
                    return List(inner)
                return array(inner, (ours if ours == theirs else UNKNOWN_SIZE,))


def _first_size(kind: Type) -> Extent:
    match kind:
        case Vector(_, size) | Matrix(_, size):
            return size
        case Array(_, sizes):
            return sizes[0]
        case _:
            return UNKNOWN_SIZE
