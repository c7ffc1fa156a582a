"""`pplc infer` and `pplc query`."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import TextIO

from pplc.api import Model, load
from pplc.cli import DONE, UNRELIABLE, WRONG
from pplc.cli.arguments import flag, given
from pplc.cli.inputs import budget, settings, tables
from pplc.cli.progress import Line
from pplc.cli.report import report
from pplc.data_files import Raw, decode, parse_json, read, read_bytes, reject
from pplc.data_misfits import found
from pplc.export import check_ending, resumable, save
from pplc.inference.auto import unanswered
from pplc.inference.registry import settle
from pplc.inferring import Request, parse_queries
from pplc.inferring import infer as run_inference
from pplc.interrupt import interruptible
from pplc.lang import syntax
from pplc.lang.diagnostics import Rejected
from pplc.run import Run

DATA_FILES = (".json", ".csv", ".parquet", ".npz")
"""The endings of files whose rows are asked about."""


def infer(arguments: Namespace) -> int:
    """The posterior, the queries of the file, warnings; perhaps a file of the run."""
    if arguments.out is not None:
        check_ending(arguments.out, predictive=arguments.predictive is not None)
    model = load(arguments.file, model=arguments.model or "")
    run = _run(model, arguments, _own(model, model.checked.queries), resume=arguments.resume or "")
    if run.unanswered:
        raise Rejected(unanswered(run.method, run.result, _kept(run, arguments.out)))
    _print(run, arguments, answers_only=False)
    if arguments.out is not None:
        line = Line(sys.stderr, shown=arguments.progress or sys.stderr.isatty(), seconds=None)
        with interruptible(line.ask):
            notes = save(run, arguments.out, arguments.predictive, line)
        line.clear()
        if notes:
            report(notes, as_json=arguments.format == "json")
    return _status(run, arguments)


def _kept(run: Run, path: str | None) -> str:
    """Keeps what a run without draws can go on from, if there is a place; how to go on, in words."""
    if run.result.state is None:
        return "give it more time, or another method"
    if path is None or not resumable(path):
        return "give it more time, or let `--out run.json` keep how far it comes, so that `--resume` goes on"
    save(run, path)
    return f"`{path}` keeps how far it came: `--resume {path}` goes on from there"


def query(arguments: Namespace) -> int:
    """The answers to the queries on the command line, about a model or about the rows of a data file."""
    if PurePath(arguments.file.partition("#")[0]).suffix.lower() in DATA_FILES:
        return _query_data(arguments)
    model = load(arguments.file, model=arguments.model or "")
    run = _run(model, arguments, parse_queries(model.checked, arguments.queries), resume="")
    if run.unanswered:
        raise Rejected(unanswered(run.method, run.result, "give it more time, or another method"))
    _print(run, arguments, answers_only=True)
    return _status(run, arguments)


def _query_data(arguments: Namespace) -> int:
    """The answers about the rows of a data file."""
    from pplc.rows import ask, rows

    _refuse_options(arguments)
    table = rows(read(arguments.file))
    answers = ask(table, arguments.queries, arguments.unit)
    errors = tuple(error for answer in answers for error in answer.errors)
    if arguments.format == "json":
        from pplc.run_json import answered

        found = {"data": table.origin, "rows": table.count, "queries": [answered(a) for a in answers]}
        _write(sys.stdout, json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        from pplc.text_output import render_rows

        _write(sys.stdout, render_rows(answers, table.origin, table.count, colour=sys.stdout.isatty()))
    if errors:
        report(errors, as_json=arguments.format == "json")
    return WRONG if errors else DONE


def _refuse_options(arguments: Namespace) -> None:
    """Options of models and methods do not apply to data."""
    own = ("command", "file", "queries", "unit", "format", "debug", "version")
    others = {name: value for name, value in vars(arguments).items() if name not in own}
    for name, value in others.items():
        if value not in (None, False, [], "auto"):
            message = f"`{flag(name)}` does not apply to a data file"
            reject("E0310", message, advice="`--unit` and `--format` do; other options are for models")


def _own(model: Model, queries: Sequence[syntax.Query]) -> tuple[syntax.Query, ...]:
    """The queries that are about the entry model."""
    return tuple(query for query in queries if query.model in ("", model.name))


def _run(model: Model, arguments: Namespace, queries: Sequence[syntax.Query], *, resume: str) -> Run:
    options = given(arguments)
    options = dict(settle(arguments.method, options, flag))
    if arguments.init is not None:
        options["init"] = _init(arguments.init)
    line = Line(sys.stderr, shown=arguments.progress or sys.stderr.isatty(), seconds=options.get("time"))
    own = arguments.command == "infer"
    request = Request(
        arguments.method,
        options,
        resume,
        queries,
        own,
        arguments.unit,
        budget(arguments),
        [name.strip() for name in arguments.symbolic.split(",")] if arguments.symbolic else (),
        arguments.derivatives,
        table=own,
    )
    try:
        with interruptible(line.ask):
            return run_inference(model, tables(arguments), settings(arguments), request, line)
    finally:
        line.clear()


def _init(path: str) -> dict[str, object]:
    """Where chains start: a JSON object of numbers."""
    start = parse_json(decode(read_bytes(path, "E0319"), path), path)
    if not isinstance(start, dict):
        message = f"`{path}` must hold an object, variable by variable where chains start, but {found(start)}"
        reject("E0319", message, advice='write it as `{"name": value, …}`')
    return {name: _floats(value, name, path) for name, value in start.items()}


def _floats(value: Raw, name: str, path: str) -> object:
    if isinstance(value, list):
        return [_floats(item, name, path) for item in value]
    if not isinstance(value, bool | int | float | Fraction):
        reject("E0319", f"`{name}` in `{path}` must be a number or a list of numbers, but {found(value)}")
    return float(value) if isinstance(value, float | Fraction) else value


def _print(run: Run, arguments: Namespace, *, answers_only: bool) -> None:
    as_json = arguments.format == "json"
    if as_json:
        found = run.to_json()
        if answers_only:
            del found["variables"]
        if arguments.explain:
            found["cost"] = run.result.cost
        _write(sys.stdout, json.dumps(found, ensure_ascii=False, allow_nan=False))
        if run.errors:
            report(run.errors, as_json=True)
        return
    from pplc.text_output import render, render_answers

    colour = sys.stdout.isatty()
    _write(sys.stdout, (render_answers if answers_only else render)(run, colour=colour))
    if arguments.explain and run.result.cost:
        _write(sys.stdout, f"Cost: {run.result.cost}.")
    report((*run.warnings, *run.errors))


def _write(stream: TextIO, text: str) -> None:
    stream.write(text if text.endswith("\n") else f"{text}\n")
    stream.flush()


def _status(run: Run, arguments: Namespace) -> int:
    if run.errors:
        return WRONG
    return UNRELIABLE if arguments.strict and not run.reliable else DONE
