"""Data asked as programs are: the rows are independent draws of the columns.

For the checker the columns are the parameters of a model, so that a query has types and errors as elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np

from pplc.api import compile as compile_model
from pplc.data_convert import convert
from pplc.data_files import Raw, Table, reject
from pplc.data_misfits import Context, Misfit, Sizes
from pplc.inference.result import Array, Draws, Result
from pplc.inferring import parse_queries
from pplc.information.answers import Answered, Left, Outcome
from pplc.information.expressions import World
from pplc.information.queries import answer
from pplc.lang import core, syntax, typesys
from pplc.lang.check import Checked
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.formatter import format_query
from pplc.lang.lexer import KEYWORDS
from pplc.lang.names import RETURNED
from pplc.lang.walk import within
from pplc.semantics.values import Address, FunctionValue, Value

TYPES = (typesys.INT, typesys.REAL, typesys.BOOL, typesys.STRING)
"""What a column may be: the first that all its entries are."""

DATA = "data"
"""The name of the method that has rows of data for draws."""


@dataclass
class Rows:
    """The rows of a table as `pplc.information.answers.Runs`.

    origin:  the file, for messages.
    columns: by name, each entry once per row.
    gone:    columns that cannot be asked about, and why.
    checked: a model whose parameters are the columns; `program` is the same as Core.
    """

    origin: str
    columns: Mapping[str, Sequence[Value]]
    gone: Mapping[str, str]
    checked: Checked
    program: core.Program

    @property
    def count(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()), ()))

    @cached_property
    def _result(self) -> Result:
        arrays = {name: _array(values)[None] for name, values in self.columns.items()}
        # Weights that are all equal and families of one: independent draws, in whatever order they stand.
        weights, families = np.zeros((1, self.count)), np.arange(self.count)[None]
        draws = Draws(arrays, weights, families=families)
        return Result(DATA, draws=draws, no_evidence="it is that of a model, and these are data")

    def result(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result:
        """The rows."""
        return self._result

    def drawn(self, interventions: Mapping[Address, Value], *, prior: bool) -> Result | None:
        """None: the rows are what there is."""

    def outcomes(
        self, interventions: Mapping[Address, Value], names: frozenset[str], *, prior: bool
    ) -> list[Outcome]:
        """Nothing: rows are no exact law."""
        raise AssertionError("data have no exact law")

    def left(
        self,
        interventions: Mapping[Address, Value],
        names: frozenset[str],
        *,
        prior: bool,
    ) -> Left:
        """Nothing."""
        return Left()

    def functions(self, draws: Draws) -> Mapping[str, Array]:
        """None."""
        return {}

    def with_evidence(self, result: Result) -> Sequence[str]:
        """Rows have no evidence."""
        return ()

    def world(self, values: Mapping[str, Value], *, exact: bool) -> World:
        """One row."""
        return World(self.program, values, _no_function, exact)


def _no_function(function: FunctionValue, arguments: tuple[Value, ...]) -> Value:  # noqa: ARG001
    raise AssertionError("a table has no functions")


def rows(table: Table) -> Rows:
    """The rows of a table whose columns are as long as the longest; E0613 if there is none."""
    lists = {name: value for name, value in table.values.items() if isinstance(value, list)}
    count = max(map(len, lists.values()), default=0)
    columns: dict[str, Sequence[Value]] = {}
    types: dict[str, str] = {}
    gone: dict[str, str] = {}
    for name, value in table.values.items():
        if not isinstance(value, list):
            gone[name] = "it is no column"
        elif len(value) != count:
            gone[name] = f"it has {len(value)} entries, and the others have {count}"
        elif not name.isidentifier() or name in KEYWORDS or name == RETURNED.name:
            gone[name] = "no variable can have this name"
        else:
            found = _column(name, value, table)
            if isinstance(found, str):
                gone[name] = found
            else:
                types[name], columns[name] = found
    if not columns:
        why = "; ".join(f"`{name}`: {reason}" for name, reason in gone.items())
        reject("E0613", f"`{table.origin}` has no column to ask about", advice=why)
    parameters = ", ".join(f"{name}: {kind}" for name, kind in types.items())
    model = compile_model(f"model {DATA}({parameters}) {{\n  return 0\n}}\n", name=table.origin)
    return Rows(table.origin, columns, gone, model.checked, model.program)


def _column(name: str, value: list[Raw], table: Table) -> tuple[str, Sequence[Value]] | str:
    """The type and the values of a column, or why it has none."""
    missing = [k for k, entry in enumerate(value) if entry is None or entry != entry]
    if missing:
        return f"{len(missing)} of its {len(value)} entries are missing, the first of them entry {missing[0]}"
    context = Context(f"`{table.origin}`", Sizes(), {}, table.binary)
    for kind in TYPES:
        try:
            return typesys.show(kind), [convert(kind, entry, name, context) for entry in value]
        except Misfit:
            continue
    return "its entries are not all numbers, all truth values or all strings"


def _array(values: Sequence[Value]) -> Array:
    if any(isinstance(value, str) for value in values):
        found: Array = np.empty(len(values), dtype=object)
        found[:] = values
        return found
    return np.array([float(value) if isinstance(value, Fraction) else value for value in values])


def ask(table: Rows, texts: Sequence[str], unit: str) -> tuple[Answered, ...]:
    """The answers of queries about the columns; `Rejected` if one is not written as it should be."""
    queries = [
        _checked(table, query) for text in texts for query in parse_queries(_known(table, text), (text,))
    ]
    return tuple(_answered(query, table, unit) for query in queries)


def _known(table: Rows, text: str) -> Checked:
    """The checked columns; a column that is gone says why before it is called unknown."""
    from pplc.lang.parse import parse_query

    errors = [
        Diagnostic("E0601", f"`{node.name}` cannot be asked about: {table.gone[node.name]}", node.span)
        for query in parse_query(text)
        for node in within(query)
        if isinstance(node, syntax.Name) and node.name in table.gone
    ]
    if errors:
        raise Rejected(*errors)
    return table.checked


def _checked(table: Rows, query: syntax.Query) -> syntax.Query:
    if query.prior or query.head == "prior" or query.given.interventions:
        what = "a prior" if not query.given.interventions else "an intervention"
        message = f"{what} is one of a model, and `{table.origin}` is data"
        raise Rejected(Diagnostic("E0609", message, query.span, help="ask a model: `pplc query model.ppl …`"))
    return query


def _answered(query: syntax.Query, table: Rows, unit: str) -> Answered:
    try:
        return answer(query, table, unit)
    except Rejected as rejected:
        return Answered(format_query(query), errors=rejected.diagnostics)
