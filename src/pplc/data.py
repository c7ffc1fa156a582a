"""Data bound to the parameters of a model: everything missing, extra or misshapen is found at once.

Tables come from `pplc.data_files` and `pplc.data_python`; `bind` matches their names with the parameters
of the entry model and converts the values with `pplc.data_convert`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pplc.data_convert import convert
from pplc.data_files import Raw, Table
from pplc.data_misfits import Context, Misfit, Sizes
from pplc.foreign import Python, foreign
from pplc.lang import typesys
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Rejected, Span
from pplc.lang.suggest import did_you_mean
from pplc.lang.typesys import Type
from pplc.semantics.values import Value

NO_FUNCTIONS: Mapping[str, Python] = {}

ALL_OF = "data"
"""The member of a JSON object that is taken for the whole of it (as in posteriordb's files)."""


@dataclass(frozen=True)
class Signature:
    """What data are bound to.

    parameters: name, type and place of each parameter of the entry model.
    sums:       sum type -> constructor -> number of values it carries.
    """

    model: str
    parameters: tuple[tuple[str, Type, Span], ...]
    sums: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Bindings:
    """The values of the parameters, and warnings."""

    arguments: Mapping[str, Value]
    warnings: tuple[Diagnostic, ...] = ()


def bind(
    signature: Signature,
    tables: Sequence[Table],
    settings: Table | None = None,
    functions: Mapping[str, Python] = NO_FUNCTIONS,
) -> Bindings:
    """The arguments that the tables give; `settings` (`--set`) override; functions come from Python alone.

    Raises `Rejected` with one diagnostic for each parameter that is missing or does not fit.
    """
    names = {name for name, _, _ in signature.parameters}
    sizes = frozenset(size for _, kind, _ in signature.parameters for size in typesys.size_names(kind))
    chosen = [_inner(table, names) for table in tables]
    notes = [note for _, note in chosen if note is not None]
    sources = [table for table, _ in chosen]
    errors = list(_given_twice(sources, names))
    found: dict[str, tuple[Raw, Table]] = {}
    for table in [*sources, *([] if settings is None else [settings])]:
        found.update({name: (value, table) for name, value in table.values.items()})

    known = Sizes()
    for name in sorted(sizes - names):
        value = found[name][0] if name in found else None
        if isinstance(value, int) and not isinstance(value, bool):
            known.known[name] = (value, f"`{name}` in `{found[name][1].origin}`")
    arguments: dict[str, Value] = {}
    # `int` parameters come first: a size may be named after one.
    for name, kind, span in sorted(signature.parameters, key=lambda p: not isinstance(p[1], typesys.Int)):
        if isinstance(kind, typesys.Fn):
            if name not in functions or name in found:
                errors.append(_no_function(name, kind, span, given=name in found))
            continue
        if name not in found:
            errors.append(_missing(name, kind, span, [n for n in found if n not in names]))
            continue
        value, table = found[name]
        try:
            context = Context(f"`{table.origin}`", known, signature.sums, table.binary)
            arguments[name] = bound = convert(kind, value, name, context)
        except Misfit as misfit:
            label = f"declared as `{typesys.show(kind)}`"
            errors.append(Diagnostic(misfit.code, misfit.message, span, label, misfit.advice))
            continue
        if isinstance(bound, int) and name in sizes:
            known.known.setdefault(name, (bound, f"`{name}` in `{table.origin}`"))
    if errors:
        raise Rejected(*sorted(errors, key=lambda d: (d.span.line, d.span.column)))
    for name, kind, _ in signature.parameters:
        if isinstance(kind, typesys.Fn):
            arguments[name] = foreign(name, kind, functions[name], known, signature.sums)
    ordered = {name: arguments[name] for name, _, _ in signature.parameters}
    unused = _unused([*sources, *([] if settings is None else [settings])], names | sizes, signature.model)
    return Bindings(ordered, (*notes, *unused))


def _inner(table: Table, names: set[str]) -> tuple[Table, Diagnostic | None]:
    """The table, or its member `data` if only that has names of parameters; and a note of it."""
    inner = table.values.get(ALL_OF)
    if names & table.values.keys() or not isinstance(inner, dict) or not names & inner.keys():
        return table, None
    note = Diagnostic(
        "W0302",
        f"the data are taken from the member `{ALL_OF}` of `{table.origin}`",
        help=f"to say so write `--data {table.origin}#{ALL_OF}`",
        severity="warning",
    )
    return replace(table, origin=f"{table.origin}#{ALL_OF}", values=inner), note


def _given_twice(tables: Sequence[Table], names: set[str]) -> Iterator[Diagnostic]:
    first: dict[str, str] = {}
    for table in tables:
        for name in table.values:
            if name in names and name in first:
                yield Diagnostic(
                    "E0308",
                    f"`{name}` is given twice: in `{first[name]}` and in `{table.origin}`",
                    help="`--set` may override a value, another file may not",
                )
            first.setdefault(name, table.origin)


def _missing(name: str, kind: Type, span: Span, others: Sequence[str]) -> Diagnostic:
    shown = typesys.show(kind)
    near = did_you_mean(name, others)
    return Diagnostic(
        "E0309",
        f"no data for the parameter `{name}`",
        span,
        f"needs `{shown}`",
        f"the data have `{near.split('`')[1]}`: rename one of the two"
        if near
        else f"give a file that has it, `--data FILE`, or the value, `--set {name}=…`",
    )


def _no_function(name: str, kind: Type, span: Span, *, given: bool) -> Diagnostic:
    message = (
        f"`{name}` is a function, which data cannot give"
        if given
        else f"no function for the parameter `{name}`"
    )
    advice = f'functions come from Python: `pplc.load(…, functions={{"{name}": …}})`'
    return Diagnostic("E0304" if given else "E0309", message, span, f"needs `{typesys.show(kind)}`", advice)


def _unused(tables: Sequence[Table], used: set[str] | frozenset[str], model: str) -> Iterator[Diagnostic]:
    for table in tables:
        extra = [name for name in table.values if name not in used]
        if extra:
            listed = ", ".join(f"`{name}`" for name in extra[:8]) + (" …" if len(extra) > 8 else "")
            verb = "is no parameter" if len(extra) == 1 else "are no parameters"
            yield Diagnostic(
                "W0301",
                f"{listed} in `{table.origin}` {verb} of `{model}`, and not used",
                NOWHERE,
                severity="warning",
            )
