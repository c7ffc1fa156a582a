"""The Python API: models as objects. `import pplc` gives what is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pplc.lang import core, syntax
from pplc.lang.check import Checked, check_program
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.loader import load as load_program
from pplc.lang.loader import load_text
from pplc.lang.lower import lower
from pplc.lang.suggest import did_you_mean

if TYPE_CHECKING:
    from pplc.data_python import Data
    from pplc.inference.answers import Answer
    from pplc.inference.options import Guide, Metric, Resampler
    from pplc.inference.progress import Progress
    from pplc.inference.summary import Variable
    from pplc.information.answers import Answered, Elements, Unit
    from pplc.run import Run
    from pplc.semantics.bound import Budget
    from pplc.semantics.values import Address, Value


Answers: TypeAlias = "Answer | Elements | Mapping[str, Variable] | Mapping[str, Answer]"
"""A number, those of the elements of an array, the tables of `posterior`, or several numbers by name."""

Functions: TypeAlias = "Mapping[str, Callable[..., object]]"
"""Python functions and torch modules, by the parameters of the model that they are for."""


def load(path: str | PathLike[str], *, model: str = "", functions: Functions | None = None) -> Model:
    """The model in a file: its last one, or the one named `model`. Raises `Rejected` if it is wrong.

    functions: for the parameters of function type, such as `net: fn(real[K]) -> real`.
    """
    return _model(load_program(Path(path)), model, str(path), functions or {})


def compile(text: str, *, name: str = "<text>", model: str = "", functions: Functions | None = None) -> Model:
    """The model in a text; `name` stands for a file name in messages. `functions` as of `load`."""
    return _model(load_text(text, name), model, name, functions or {})


def query(text: str, data: Data, *, unit: Unit = "nats") -> Answers:
    """The answer to one query about the rows of data, which are taken for independent draws.

    As `Model.query`; numbers are estimates with their errors.
    """
    from pplc.data_python import table
    from pplc.rows import ask, rows

    return _value(ask(rows(table(data)), (text,), unit)[0])


def _value(answered: Answered) -> Answers:
    """What is asked for, or why there is no answer."""
    from pplc.information.answers import Elements

    if answered.errors:
        raise Rejected(*answered.errors)
    if answered.elements is not None:
        return Elements(answered.elements)
    if answered.parts is not None:
        return answered.parts
    return answered.variables if answered.answer is None else answered.answer


def _model(program: syntax.Program, name: str, origin: str, functions: Functions) -> Model:
    checked = check_program(program)
    entry = name or checked.entry
    if entry not in checked.models:
        there = ", ".join(f"`{known}`" for known in checked.models)
        message = f"`{origin}` has no model `{entry}`" if entry else f"`{origin}` has no model"
        advice = did_you_mean(entry, checked.models) or (f"it has {there}" if there else "")
        raise Rejected(Diagnostic("E0315", message, help=advice))
    if functions:
        from pplc.foreign import refused

        errors = refused(functions, checked.models[entry].parameters, entry)
        if errors:
            raise Rejected(*errors)
    return Model(entry, checked, lower(checked, entry), functions)


@dataclass(frozen=True)
class Model:
    """A checked model, ready to be given data.

    name:          of the entry model.
    checked:       the typed program, its warnings among it.
    program:       the same as Core.
    functions:     Python functions, by the parameters they are for.
    interventions: what `do` has set.
    """

    name: str
    checked: Checked = field(repr=False)
    program: core.Program = field(repr=False)
    functions: Functions = field(default_factory=dict[str, Any], repr=False)
    interventions: Mapping[Address, Value] = field(default_factory=dict[Any, Any], repr=False)

    def infer(
        self,
        data: Data | None = None,
        *,
        method: str = "auto",
        draws: int | None = None,
        warmup: int | None = None,
        chains: int | None = None,
        thin: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        target_accept: float | None = None,
        max_depth: int | None = None,
        metric: Metric | None = None,
        path_length: float | None = None,
        guide: Guide | None = None,
        particles: int | None = None,
        resampler: Resampler | None = None,
        resample_below: float | None = None,
        lookahead: bool | None = None,
        inner_particles: int | None = None,
        ancestor_sampling: bool | None = None,
        moves: int | None = None,
        blocks: str | None = None,
        proposal: str | None = None,
        bound: float | None = None,
        temperatures: int | None = None,
        parameters: str | None = None,
        steps: int | None = None,
        learning_rate: float | None = None,
        init: Mapping[str, Any] | None = None,
        time: float | None = None,
        max_steps: int | None = None,
        max_calls: int | None = None,
        max_states: int | None = None,
        unit: Unit = "nats",
        resume: str | PathLike[str] | None = None,
        queries: bool = True,
        symbolic: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Run:
        """The posterior given data, and the answers to the queries of the file.

        Raises `Unanswered`, a `Rejected`, if it was stopped before the first draw.

        data:    a mapping of names to values, a path to a data file, a pandas or polars frame; or a
                 list of these.
        resume:  a run file to go on with; `draws` are then further ones.
        queries: whether to answer the queries of the file.
        symbolic: parameters that are left open: answers are formulas in them, `Formula` in place of
                 `Fraction`, with `at(values)`, `derivative(name)` and `sympy()`.
        max_states: states that `exact` may keep; `max_steps` and `max_calls` are those of one run.
        time:    seconds. The other options are those of `pplc.inference.options.Options`; one that
                 does not apply to the method is an error.
        """
        from pplc.inferring import Request, infer
        from pplc.run import Unanswered

        given = {
            "draws": draws,
            "warmup": warmup,
            "chains": chains,
            "thin": thin,
            "seed": seed,
            "threads": threads,
            "target_accept": target_accept,
            "max_depth": max_depth,
            "metric": metric,
            "path_length": path_length,
            "guide": guide,
            "particles": particles,
            "resampler": resampler,
            "resample_below": resample_below,
            "lookahead": lookahead,
            "inner_particles": inner_particles,
            "ancestor_sampling": ancestor_sampling,
            "moves": moves,
            "blocks": blocks,
            "proposal": proposal,
            "bound": bound,
            "temperatures": temperatures,
            "parameters": parameters,
            "steps": steps,
            "learning_rate": learning_rate,
            "init": init,
            "time": time,
        }
        request = Request(
            method,
            {name: value for name, value in given.items() if value is not None},
            resume="" if resume is None else str(resume),
            queries=[q for q in self.checked.queries if q.model in ("", self.name)] if queries else (),
            optional=True,
            unit=unit,
            budget=_budget(max_steps=max_steps, max_calls=max_calls, max_states=max_states),
            symbolic=symbolic,
        )
        run = infer(self, _tables(data), None, request, progress)
        if run.unanswered:
            raise Unanswered(run)
        return run

    def query(
        self, text: str, data: Data | None = None, *, method: str = "auto", seed: int | None = None,
        draws: int | None = None, chains: int | None = None, warmup: int | None = None, unit: Unit = "nats",
        time: float | None = None, max_states: int | None = None, symbolic: Sequence[str] = (),
    ) -> Answers:  # fmt: skip
        """The answer to one query: a number with what is known of its error, or the tables of `posterior`.

        Moments and quantiles of an array are those of its elements. Of queries with several numbers, such
        as `pid`, these by name. `unit` is that of information, and of rates and limits in the query.
        `symbolic` names parameters that are left open: numbers are then formulas in them.
        """
        from pplc.inferring import Request, infer, parse_queries

        given = {"seed": seed, "draws": draws, "chains": chains, "warmup": warmup, "time": time}
        queries = parse_queries(self.checked, (text,))
        request = Request(
            method,
            {name: value for name, value in given.items() if value is not None},
            queries=queries,
            unit=unit,
            budget=_budget(max_states=max_states),
            symbolic=symbolic,
            table=False,
        )
        return _value(infer(self, _tables(data), None, request, None).queries[0])

    def do(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Model:
        """The model after an intervention: `do(x=1)`, or `do({"z[3]": 1, "f.slope": 2})`."""
        from pplc.inferring import interventions

        return replace(
            self,
            interventions={**self.interventions, **interventions(self.program, {**(values or {}), **more})},
        )

    def simulate(
        self, data: Data | None = None, *, draws: int = 1, seed: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        """Data sets drawn from the prior: what the model observes, and its other variables.

        `data` gives the parameters that are not observed; of those that are, at most the sizes matter.
        """
        from pplc.simulating import simulate

        return simulate(self, _tables(data), None, draws, seed)

    def log_density(
        self, values: Mapping[str, Any], data: Data | None = None, *, gradient: bool = False
    ) -> Any:
        """The log of the joint density at values of all draws, on their own scale; with its gradient.

        Returns a float, or a pair of it and a mapping from names to arrays.
        """
        from pplc.densities import log_density

        return log_density(self, values, _tables(data), gradient=gradient)

    def to_pyro(self, data: Data | None = None) -> Any:
        """The model with its data as a Pyro model: a function without parameters."""
        from pplc.densities import to_pyro

        return to_pyro(self, _tables(data))


def _budget(**limits: int | None) -> Budget:
    """What a run may use up, from the options for it; `Rejected` E0317 if one is no positive integer."""
    from pplc.inference.options import DOMAINS
    from pplc.semantics.bound import Budget

    given: dict[str, int | None] = {}
    errors: list[Diagnostic] = []
    for name, value in limits.items():
        try:
            given[name] = None if value is None else int(DOMAINS["draws"].fitted(value))
        except ValueError as error:
            errors.append(Diagnostic("E0317", f"`{name}`: {error}"))
    if errors:
        raise Rejected(*errors)
    return Budget.of(given.get("max_steps"), given.get("max_calls"), given.get("max_states"))


def _tables(data: Data | None) -> list[Any]:
    from pplc.data_python import table

    if data is None:
        return []
    return [table(item) for item in cast("list[Data]", data)] if isinstance(data, list) else [table(data)]
