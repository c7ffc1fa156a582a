"""A run: what was asked, what ran, and what came out; the object that Python users hold.

Text, JSON, files and pictures are made from it by the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from warnings import warn

from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.inference.auto import unanswered
from pplc.inference.continuous.programs import has_density
from pplc.inference.options import Options
from pplc.inference.quality import measured, warnings_of
from pplc.inference.registry import Method
from pplc.inference.result import Array, Draws, Result
from pplc.inference.summary import Variable, summarise
from pplc.information.answers import Answered
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean
from pplc.semantics.bound import Bound
from pplc.symbolic import assumptions, names_of

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure
    from pandas import DataFrame

    from pplc.inference.exact_draws import Drawing


@dataclass(frozen=True)
class Run:
    """The posterior of a model given data.

    >>> # run["theta"].mean, run["theta"].sd, run["rain"].probabilities, run.draws("theta")

    model:    the name of the entry model.
    why:      why this method.
    seconds:  of wall time.
    notes:    warnings from before the run, such as unused data.
    queries:  answers to the queries of the file.
    """

    model: str
    method: Method
    options: Options
    why: str
    seconds: float
    result: Result
    bound: Bound = field(repr=False)
    notes: tuple[Diagnostic, ...] = ()
    queries: tuple[Answered, ...] = ()

    @property
    def verified(self) -> str:
        """How what ran is verified, and what its options take away from it, in words."""
        level, but = self.result.verified or self.method.verified, self.method.but(self.options)
        return f"{level}; {but}" if but else level

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """The summary of every variable, by name, in the order in which the model makes them."""
        return summarise(self.result)

    def __getitem__(self, name: str) -> Variable:
        """The summary of one variable, or of one element such as `theta[3]`."""
        if name in self.variables:
            return self.variables[name]
        base, _, index = name.partition("[")
        if index.endswith("]") and base in self.variables:
            whole = self.variables[base]
            places = tuple(int(i) for i in index[:-1].split(",") if i.strip().isdecimal())
            if len(places) == len(whole.shape) and all(
                i < n for i, n in zip(places, whole.shape, strict=True)
            ):
                return whole.element(places)
        advice = did_you_mean(name, self.variables) or f"there are {', '.join(self.variables)}"
        raise KeyError(f"no variable `{name}`: {advice}")

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __contains__(self, name: object) -> bool:
        return name in self.variables

    def draws(self, name: str) -> Array:
        """The draws of a variable, [chain, draw, *shape]. Raises `KeyError` if there are none.

        Of an exact run independent ones from the joint posterior, made when they are first asked for: as
        many as the option `draws` says, the same for the same seed.
        """
        values = self.posterior.values
        if name not in values:
            raise KeyError(f"no draws of `{name}`: {did_you_mean(name, values)}")
        return values[name]

    @cached_property
    def posterior(self) -> Draws:
        """The draws of all variables: those of the method, or independent ones from the exact posterior."""
        return self.drawing.draws() if self.result.draws is None else self.result.draws

    @cached_property
    def drawing(self) -> Drawing:
        """Whole runs drawn from the exact posterior."""
        from pplc.inference.exact_draws import drawing
        from pplc.inference.progress import Silent

        return drawing(self.bound, self.options.draws, self.options.seed, Silent())

    @property
    def weights(self) -> Array | None:
        """Normalised weights of the draws, [chain, draw]; None if all weigh the same."""
        from pplc.inference.weights import normalised

        logs = None if self.result.draws is None else self.result.draws.log_weights
        return None if logs is None else normalised(logs)

    @property
    def log_evidence(self) -> Exact | Bounds | Estimate | None:
        """Log Z in nats; None where the method does not give it."""
        return self.result.log_evidence

    @cached_property
    def diagnostics(self) -> Mapping[str, float]:
        """Numbers about the run as a whole, such as `max_rhat` and `divergences`."""
        return measured(self.result, self._drawn)

    @cached_property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What to know before relying on the run: first notes on the data, then on the draws."""
        return (*self.notes, *self.doubts)

    @cached_property
    def doubts(self) -> tuple[Diagnostic, ...]:
        """The warnings that make the answers unreliable."""
        dense = has_density(self.bound.program)
        return warnings_of(self.result, self._drawn, self.diagnostics, dense=dense)

    @property
    def _drawn(self) -> Mapping[str, Variable]:
        """What is said of draws is all there is to say of a run; a table of laws may take seconds."""
        return {} if self.result.draws is None else self.variables

    @property
    def reliable(self) -> bool:
        """No doubts, and no flags on the answers of queries."""
        flagged = any(isinstance(n, Estimate) and n.flags for q in self.queries for n in q.numbers)
        return not self.doubts and not flagged

    @property
    def unanswered(self) -> bool:
        """Whether it was stopped before its first draw."""
        return self.result.stopped and self.result.empty

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why queries have no answer; each reason once."""
        return tuple(dict.fromkeys(error for query in self.queries for error in query.errors))

    @property
    def symbolic(self) -> tuple[str, ...]:
        """The symbols in the answers: parameters that were left open."""
        return names_of(self.bound)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """Where the formulas of the tables and the queries hold, such as `0 < p < 1`."""
        ends = self.result.ends
        tables = self.variables.values() if self.symbolic else ()
        return assumptions(self.bound, self.queries, tables, {} if ends is None else ends.reported)

    # ------------------------------------------------------------------ other forms

    def summary(self) -> DataFrame:
        """A pandas frame with one row for each element of each numeric variable."""
        import pandas

        rows: dict[str, dict[str, float]] = {}
        for variable in self.variables.values():
            for element in variable.elements():
                if element.numbers:
                    rows[element.name] = {key: float(number) for key, number in element.numbers.items()}
        frames: Any = pandas.DataFrame
        frame: DataFrame = frames.from_dict(rows, orient="index")
        return frame

    def to_json(self) -> dict[str, Any]:
        """The object that `--format json` prints."""
        from pplc.run_json import as_json

        return as_json(self)

    def to_arviz(self, *, predictive: int | None = None) -> Any:
        """ArviZ InferenceData, with the groups that the run has.

        predictive: draws of each chain to predict from; by default all, or fewer if that is a lot of work.
        """
        from pplc.export_arviz import left_out, to_arviz

        data = to_arviz(self, predictive)
        _warn(left_out(self, data, predictive))
        return data

    def save(self, path: str | PathLike[str], *, predictive: int | None = None) -> None:
        """Writes the run: `.nc` and `.json` can be resumed, `.csv` and `.parquet` hold the draws.

        predictive: as of `to_arviz`, for `.nc`.
        """
        from pplc.export import save

        _warn(save(self, str(path), predictive))

    def plot(self, *names: str) -> Figure:
        """Marginals and, for chains, traces of the variables named, or of the first few."""
        from pplc.plots import plot

        return plot(self, names)

    def __str__(self) -> str:
        from pplc.text_output import render

        return render(self)

    def _repr_html_(self) -> str:
        from pplc.notebook import as_html

        return as_html(self)


def _warn(notes: Sequence[Diagnostic]) -> None:
    for note in notes:
        warn(f"{note.message}; {note.help}", stacklevel=3)


class Unanswered(Rejected):
    """A run was stopped before its first draw.

    run: without draws, but with all that going on needs, if the method can: `run.save("run.json")`, then
         `resume="run.json"`.
    """

    def __init__(self, run: Run) -> None:
        able = '`error.run.save("run.json")` keeps how far it came, for `resume=`'
        super().__init__(
            unanswered(run.method, run.result, able if run.result.state else "give it more time")
        )
        self.run = run
