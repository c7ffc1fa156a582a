"""Parameters that are left open: `--symbolic p,q` gives them symbols, and answers become formulas in these.

Only exact inference knows what to do with a symbol, so that it is the method. Answers hold where the
probabilities that occur are probabilities; `assumptions` says where that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from pplc.data import Signature
from pplc.data_files import Table
from pplc.inference.answers import Answer, Exact, exactly
from pplc.inference.summary import Variable
from pplc.information.answers import Answered
from pplc.lang import typesys
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Extent, Type
from pplc.semantics.bound import Bound
from pplc.semantics.formula import Formula, formulas_in, symbols
from pplc.semantics.signs import conditions, poles
from pplc.semantics.values import Value

CODE = "E0346"


def split(signature: Signature, names: Sequence[str], tables: Sequence[Table]) -> tuple[Signature, Signature]:
    """What is bound to data, and what is left open. Names that cannot be are `Rejected`, all at once."""
    kinds = {name: kind for name, kind, _ in signature.parameters}
    errors: list[Diagnostic] = []
    for name in names:
        if name not in kinds:
            there = ", ".join(f"`{known}`" for known in kinds) or "none"
            advice = did_you_mean(name, kinds) or f"its parameters are {there}"
            errors.append(Diagnostic(CODE, f"`{signature.model}` has no parameter `{name}`", help=advice))
        elif not _may_be_open(kinds[name]):
            shown = typesys.show(kinds[name])
            errors.append(
                Diagnostic(
                    CODE,
                    f"`{name}` is declared as `{shown}`, which has no symbol",
                    help="left open can be parameters that are `real`, `positive` or `unit`, arrays of these,"
                    " and a `simplex`",
                )
            )
        elif any(name in table.values for table in tables):
            errors.append(Diagnostic(CODE, f"`{name}` is left open, but the data give it a value"))
    if errors:
        raise Rejected(*errors)
    closed = tuple(parameter for parameter in signature.parameters if parameter[0] not in names)
    left = tuple(parameter for parameter in signature.parameters if parameter[0] in names)
    return replace(signature, parameters=closed), replace(signature, parameters=left)


def _may_be_open(kind: Type) -> bool:
    match kind:
        case typesys.Real():
            return True
        case typesys.Vector("simplex"):
            return True
        case typesys.Array(element):
            return _may_be_open(element)
        case _:
            return False


def opened(left: Signature, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Symbols for the parameters left open: `p`, of arrays `p_0`, `p_1`, …

    The last entry of a simplex is 1 minus the others. arguments: the other parameters; sizes are read there.
    """
    shapes = {
        name: _shape(name, kind, arguments) + ((_size(name, last.size, arguments),) if last else ())
        for name, kind, _ in left.parameters
        for last in [_simplex(kind)]
    }
    names: list[str] = []
    for name, kind, _ in left.parameters:
        names += _symbols(name, shapes[name], simplex=_simplex(kind) is not None)
    made = symbols(names)
    found: dict[str, Value] = {}
    for name, kind, _ in left.parameters:
        found[name] = _filled(name, shapes[name], made, simplex=_simplex(kind) is not None)
        for formula in formulas_in(found[name]):
            _assume(kind, formula)
    return found


def _simplex(kind: Type) -> typesys.Vector | None:
    inner = kind.element if isinstance(kind, typesys.Array) else kind
    return inner if isinstance(inner, typesys.Vector) else None


def _assume(kind: Type, formula: Formula) -> None:
    """What the declaration says of a symbol."""
    match kind:
        case typesys.Array(element):
            _assume(element, formula)
        case typesys.Real("positive"):
            formula.assume_positive()
        case typesys.Real("unit") | typesys.Vector():
            formula.assume_probability()
        case _:
            pass


def _shape(name: str, kind: Type, arguments: Mapping[str, Value]) -> tuple[int, ...]:
    sizes = kind.sizes if isinstance(kind, typesys.Array) else ()
    return tuple(_size(name, size, arguments) for size in sizes)


def _size(name: str, size: Extent, arguments: Mapping[str, Value]) -> int:
    """An extent that is a number, or that an `int` parameter gives."""
    match size:
        case typesys.Size("", offset):
            return offset
        case typesys.Size(of, offset) if isinstance(known := arguments.get(of), int):
            return known + offset
        case _:
            raise Rejected(
                Diagnostic(
                    CODE,
                    f"the size `{typesys.show_size(size)}` of `{name}` is not known, as it has no data",
                    help="write the size as a number, or make it an `int` parameter",
                )
            )


def _symbols(name: str, shape: tuple[int, ...], *, simplex: bool) -> Iterator[str]:
    if not shape:
        yield name
        return
    for k in range(shape[0] - (1 if simplex and len(shape) == 1 else 0)):
        yield from _symbols(f"{name}_{k}", shape[1:], simplex=simplex)


def _filled(name: str, shape: tuple[int, ...], made: Mapping[str, Formula], *, simplex: bool) -> Value:
    if not shape:
        return made[name]
    if simplex and len(shape) == 1:
        first = [made[f"{name}_{k}"] for k in range(shape[0] - 1)]
        return (*first, 1 - sum(first, Fraction(0)))
    return tuple(_filled(f"{name}_{k}", shape[1:], made, simplex=simplex) for k in range(shape[0]))


# ------------------------------------------------------------------ answers


def names_of(bound: Bound) -> tuple[str, ...]:
    """The symbols of a run."""
    formula = next(iter(formulas_in(tuple(bound.arguments.values()))), None)
    return () if formula is None else formula.field.names


def assumptions(
    bound: Bound,
    queries: Sequence[Answered],
    tables: Iterable[Variable] = (),
    further: Mapping[object, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Where the answers of a run hold, in words: `0 < p < 1`; and where they have no value: `r != s`.

    further: what is assumed for the tables beside.
    """
    symbol = next(iter(formulas_in(tuple(bound.arguments.values()))), None)
    if symbol is None:
        return ()
    assumed = symbol.field.assumed
    before = dict(assumed)
    assumed.update(further)
    try:
        return (*conditions(symbol.field), *_exceptions(queries, tables))
    finally:
        assumed.clear()
        assumed.update(before)


def _exceptions(queries: Sequence[Answered], tables: Iterable[Variable]) -> Iterable[str]:
    variables = [*tables, *(variable for query in queries for variable in query.variables.values())]
    formulas: list[object] = [found for query in queries for found in map(_formula, query.numbers)]
    for variable in variables:
        formulas += [each for law in variable.exact.values() for each in law.values()]
        formulas += [each for moments in variable.formulas.values() for each in moments.values()]
    every = (pole for formula in formulas if isinstance(formula, Formula) for pole in poles(formula))
    return dict.fromkeys(every)


def _formula(answer: Answer) -> object:
    return answer.rational if isinstance(answer, Exact) else None


def derivatives(
    evidence: Answer | None, queries: Sequence[Answered], names: Sequence[str]
) -> tuple[Answered, ...]:
    """The partial derivatives of the evidence and of every number of the queries, in every symbol."""
    found: list[Answered] = []
    if isinstance(evidence, Exact):
        found += _derived("Z", evidence, names)
    for query in queries:
        if query.query == "evidence":
            continue
        if query.answer is not None:
            found += _derived(query.query, query.answer, names)
        for index, element in (query.elements or {}).items():
            found += _derived(f"{query.query}[{', '.join(map(str, index))}]", element, names)
        for name, variable in query.variables.items():
            for index, law in variable.exact.items():
                place = f"{name}[{', '.join(map(str, index))}]" if index else name
                for value, probability in law.items():
                    found += _derived(f"P({place} = {value})", exactly(probability), names)
    return tuple(found)


def _derived(text: str, answer: Answer, names: Sequence[str]) -> Iterator[Answered]:
    if not isinstance(answer, Exact) or answer.rational is None:
        return
    for name in names:
        rational = answer.rational
        slope = rational.derivative(name) if isinstance(rational, Formula) else Fraction(0)
        yield Answered(f"d/d{name} {text}", exactly(slope))
