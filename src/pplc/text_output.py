"""A run as text: a table of numbers, one of probabilities, the evidence, the queries, what ran and why."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from fractions import Fraction
from math import floor, inf, isfinite, isnan, log10, nan

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.summary import Variable
from pplc.information.answers import Answered
from pplc.information.sampled_queries import flags_of_weights
from pplc.run import Run
from pplc.semantics.formula import Formula
from pplc.symbolic import assumptions

LONG = 12
"""Elements of an array that are shown; of longer ones the first and last few."""

ENDS = 4

MOST_DIGITS = 30
"""Characters of a rational that is shown beside its float."""

HEADERS = {
    "mean": "mean",
    "sd": "sd",
    "q05": "5 %",
    "q95": "95 %",
    "mcse_mean": "MCSE",
    "ess_bulk": "bulk ESS",
    "ess_tail": "tail ESS",
    "ess": "ESS",
    "rhat": "R-hat",
}


def render(run: Run, *, colour: bool = False, width: int = 120) -> str:
    """Everything about a run that a person wants to see first, without its warnings."""
    console = _console(colour=colour, width=width)
    _write(console, run)
    return _taken(console)


def render_answers(run: Run, *, colour: bool = False, width: int = 120) -> str:
    """The answers of the queries alone, and what ran."""
    console = _console(colour=colour, width=width)
    _queries(console, run.queries, _said_of_all(run))
    _assumed(console, assumptions(run.bound, run.queries))
    console.print(Text(ran(run), style="dim"), soft_wrap=True)
    return _taken(console)


def render_rows(
    answers: Sequence[Answered], origin: str, rows: int, *, colour: bool, width: int = 120
) -> str:
    """The answers of queries about rows of data."""
    console = _console(colour=colour, width=width)
    _queries(console, answers, ())
    console.print(Text(f"{rows} rows of `{origin}`, as independent draws.", style="dim"), soft_wrap=True)
    return _taken(console)


def _console(*, colour: bool, width: int) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=colour,
        no_color=not colour,
        width=width,
        highlight=False,
        emoji=False,
        markup=False,
    )


def _taken(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    kept = [line for k, line in enumerate(lines) if line or (k and lines[k - 1])]
    return "\n".join(kept).strip("\n") + "\n"


def _write(console: Console, run: Run) -> None:
    tables(console, run.variables.values())
    if run.log_evidence is not None:
        console.print(f"log evidence  {show_evidence(run.log_evidence)}", soft_wrap=True)
        for flag in run.log_evidence.flags if isinstance(run.log_evidence, Estimate) else ():
            console.print(Text(f"  {flag}", style="yellow"), soft_wrap=True)
    elif run.result.no_evidence:
        console.print(f"log evidence  not known: {run.result.no_evidence}", soft_wrap=True)
    console.print()
    _queries(console, [query for query in run.queries if not _shown_above(query, run)], _said_of_all(run))
    _assumed(console, run.assumptions)
    console.print(Text(ran(run), style="dim"), soft_wrap=True)


def _assumed(console: Console, conditions: Sequence[str]) -> None:
    """Where formulas hold."""
    if conditions:
        console.print(f"Formulas hold where {', '.join(conditions)}.", soft_wrap=True)
        console.print()


def _shown_above(query: Answered, run: Run) -> bool:
    """`posterior(mu, tau)` asks for rows of the table that stands above, `evidence` for the line below it."""
    if query.query == "evidence":
        return run.log_evidence is not None and not query.errors
    plain = query.query.startswith("posterior(") and " | " not in query.query
    return plain and not query.errors and all(name in run.variables for name in query.variables)


def ran(run: Run) -> str:
    """One line on what ran, why, and how it is verified."""
    draws = run.result.draws
    parts = [run.method.name]
    if draws is not None and run.method.name != "map" and "draw" not in run.result.note:
        chains = f"{draws.chains} chains × " if draws.chains > 1 else ""
        parts.append(f"{chains}{draws.count} draw{'' if draws.count == 1 else 's'}")
    if run.result.note and run.result.note not in run.why:
        parts.append(run.result.note)
    if "seed" in run.method.options and draws is not None:
        parts.append(f"seed {run.options.seed}")
    parts.append(f"{run.seconds:.2f} s")
    return f"{', '.join(parts)}. Why: {run.why}. Verified: {run.verified}."


# ------------------------------------------------------------------ tables


def tables(console: Console, variables: Iterable[Variable]) -> None:
    """The numeric variables, then the finite ones with their probabilities."""
    every = list(variables)
    finite = [v for v in every if v.probabilities and v.type != "real"]
    numeric = [v for v in every if v.numbers and v.type != "bool" and not (v in finite and _categorical(v))]
    if numeric:
        console.print(_numbers(numeric))
        console.print()
    if finite:
        console.print(_probabilities(finite))
        console.print()
    open_ = [v for v in every if (v.exact or v.formulas) and not v.probabilities]
    if open_:
        _formulas(console, open_)
    other = [v.name for v in every if v not in numeric and v not in finite and v not in open_]
    if other:
        console.print(Text(f"not shown: {', '.join(other)} (values of no short list)", style="dim"))
        console.print()


def _formulas(console: Console, variables: Sequence[Variable]) -> None:
    """Probabilities, and means of numbers, as formulas: one a line, as they may be long."""
    for v in variables:
        for element in _shown(v):
            if isinstance(element, str):
                console.print(Text(element, style="dim"))
                continue
            for value, probability in element.exact.get((), {}).items():
                console.print(f"P({element.name} = {value}) = {probability}", soft_wrap=True)
            if v.type != "bool":
                for mean in element.formulas.get("mean", {}).values():
                    console.print(f"E[{element.name}] = {mean}", soft_wrap=True)
            if not element.exact:
                for variance in element.formulas.get("variance", {}).values():
                    console.print(f"var({element.name}) = {variance}", soft_wrap=True)
    console.print()


def _categorical(v: Variable) -> bool:
    """Integers of few values: their probabilities say all."""
    return v.type == "int" and all(len(law) <= 6 for law in v.probabilities.values())


def _shown(v: Variable) -> Iterator[Variable | str]:
    """The elements to show, and where some are left out, how many."""
    elements = list(v.elements())
    if len(elements) <= LONG:
        yield from elements
        return
    yield from elements[:ENDS]
    yield f"… {len(elements) - 2 * ENDS} more"
    yield from elements[-ENDS:]


def _numbers(variables: Sequence[Variable]) -> Table:
    keys = [key for key in HEADERS if any(key in v.numbers for v in variables)]
    table = _table()
    table.add_column("variable", no_wrap=True)
    for key in keys:
        table.add_column(HEADERS[key], justify="right", no_wrap=True)
    for v in variables:
        for element in _shown(v):
            if isinstance(element, str):
                table.add_row(element, style="dim")
                continue
            name = element.name + (f" (in {element.reached:.0%} of runs)" if element.reached < 1 else "")
            name += f" (without a share of {element.left:.1g})" if element.left else ""
            numbers = {key: float(number) for key, number in element.numbers.items()}
            table.add_row(name, *(cell(key, numbers) for key in keys))
    return table


def _probabilities(variables: Sequence[Variable]) -> Table:
    table = _table()
    table.add_column("variable", no_wrap=True)
    table.add_column("probabilities", overflow="fold")
    for v in variables:
        for element in _shown(v):
            if isinstance(element, str):
                table.add_row(element, style="dim")
            elif () in element.probabilities:
                table.add_row(element.name, law_text(element))
    return table


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")


def law_text(v: Variable) -> str:
    """The probabilities of one scalar variable, as rationals too where these are short."""
    exact, bounds = v.exact.get((), {}), v.bounds.get((), {})
    parts: list[str] = []
    for value, probability in v.probabilities[()].items():
        if value in bounds:
            low, high = bounds[value].lower, bounds[value].upper
            tight = high - low <= 1e-4 * high
            parts.append(f"{value} {low:.4g}" if tight else f"{value} {low:.4g} to {high:.4g}")
            if len(parts) == LONG and len(bounds) > LONG:
                parts.append(f"… {len(bounds) - LONG} more")
                break
            continue
        rational = exact.get(value)
        short = rational is not None and _short(rational)
        parts.append(f"{value} {probability:.4g}" + (f" ({rational})" if short else ""))
    if v.reached < 1 - 1e-9:  # less is the rounding of the sum
        parts.append(f"(not defined {1 - v.reached:.4g})")
    if bounds:
        parts.append(f"(bounds; a share of {v.left:.1g} was not followed)")
    return "  ".join(parts)


TINY = 1e-290


def scientific(rational: Fraction) -> str:
    """A rational to six digits, of any size.

    >>> scientific(Fraction(1, 2**2000))
    '8.70981e-603'
    """
    with localcontext(prec=6, Emin=MIN_EMIN, Emax=MAX_EMAX):
        return f"{(Decimal(rational.numerator) / Decimal(rational.denominator)).normalize():g}"


def _short(rational: Fraction) -> bool:
    return rational.denominator != 1 and len(str(rational)) <= MOST_DIGITS


NEGLIGIBLE = 1e-13
"""Size of a mean or quantile, as a share of the standard deviation, that is rounding."""


def cell(key: str, numbers: dict[str, float]) -> str:
    """A number with the digits that its column deserves."""
    value = numbers.get(key)
    if value is None or isnan(value):
        return "–"
    if not isfinite(value):
        return "∞" if value > 0 else "-∞"
    if key in ("ess_bulk", "ess_tail", "ess"):
        return f"{value:.0f}"
    if key == "rhat":
        return f"{value:.3f}"
    if key == "mcse_mean":
        return f"{value:.2g}"
    spread = numbers.get("sd", nan)
    if isfinite(spread) and abs(value) <= NEGLIGIBLE * spread:
        return "0"
    error = numbers.get("mcse_mean", nan)
    if not 0 < error < inf or abs(value) >= 1e7:
        return f"{value:.4g}"
    # Digits beyond the second of the Monte Carlo error mean nothing.
    return f"{value:.{min(max(0, 1 - floor(log10(error))), 8)}f}"


# ------------------------------------------------------------------ answers


def _queries(console: Console, queries: Sequence[Answered], said: tuple[str, ...]) -> None:
    """The answers, with the flags that were not said of all before."""
    flags: dict[str, None] = {}
    alike = 0
    for k, query in enumerate(queries):
        if query.variables:
            console.print(Text(query.query, style="bold"))
            tables(console, query.variables.values())
        for line in answer_lines(query):
            console.print(line, soft_wrap=True)
        flags = _flags(query, said)
        alike += 1
        if k + 1 < len(queries) and _flags(queries[k + 1], said) == flags:
            continue
        for flag in flags:
            whose = "" if alike == 1 else f"these {alike} answers: "
            console.print(Text(f"  {whose}{flag}", style="yellow"), soft_wrap=True)
        alike = 0
    if queries:
        console.print()


def _flags(query: Answered, said: tuple[str, ...]) -> dict[str, None]:
    """What is to be said of an answer, each thing once."""
    every = [flag for number in query.numbers if isinstance(number, Estimate) for flag in number.flags]
    return dict.fromkeys(flag for flag in every if flag not in said)


def _said_of_all(run: Run) -> tuple[str, ...]:
    """The flags that the warnings about the whole run say already."""
    draws = run.result.draws
    return () if draws is None else flags_of_weights(replace(draws, caveat=""))


def answer_lines(query: Answered) -> list[str]:
    """The numbers of an answer, a line each; that there is none, if so."""
    if query.errors:
        return [f"{query.query}: no answer ({', '.join(error.code for error in query.errors)})"]
    unit = f" {query.unit}" if query.unit else ""
    showing = show_evidence if query.query.endswith("evidence") else show
    if query.parts is not None:
        width = max(map(len, query.parts), default=0)
        numbers = [f"  {name:<{width}}  {show(number)}{unit}" for name, number in query.parts.items()]
        return [query.query, *numbers]
    if query.elements is None:
        return [] if query.answer is None else [f"{query.query} = {showing(query.answer)}{unit}"]
    lines = [
        f"{query.query}[{', '.join(map(str, index))}] = {showing(number)}{unit}"
        for index, number in query.elements.items()
    ]
    return lines if len(lines) <= LONG else [*lines[:ENDS], f"… {len(lines) - 2 * ENDS} more", *lines[-ENDS:]]


NARROW = 1e-7
"""Width of bounds, as a share of what they bound, below which it is one number to six digits."""


def show(value: Answer) -> str:
    """A number with its error, never without.

    >>> show(Exact(0.75, Fraction(3, 4)))
    '0.75 (3/4, exact)'
    """
    match value:
        case Exact(_, Formula() as formula):
            return str(formula)
        case Exact(number, rational) if rational is not None and rational != 0 and abs(number) < TINY:
            return f"{scientific(rational)} (exact)"  # as a float it is 0, or has lost digits
        case Exact(number, rational) if rational is not None and _short(rational):
            return f"{number:.6g} ({rational}, exact)"
        case Exact(number, _):
            return f"{number:.6g} (exact)"
        case Bounds(lower, upper, confidence) if confidence < 1:
            return f"between {lower:.4g} and {upper:.4g} ({100 * confidence:g} %)"
        case Bounds(lower, upper, _):
            width = upper - lower
            if not width <= NARROW * max(abs(value.value), 1e-3):
                return f"between {lower:.6g} and {upper:.6g}"
            middle = 0.0 if abs(value.value) < width else value.value
            return f"{middle:.6g} (bounds {width:.1g} apart)"
        case Truncated(number, left):
            return f"{number:.6g} (of the runs followed; a share of {left:.1g} was not)"
        case Estimate(number, error, (low, high), _):
            digits = _digits(number, error)
            return f"{number:.{digits}g} ± {error:.2g} (95 %: {low:.{digits}g} to {high:.{digits}g})"


def _digits(number: float, error: float) -> int:
    """How many digits of a number are shown: four, up to six if its error is below them."""
    known = log10(abs(number) / error) if 0 < error < abs(number) < inf else 0.0
    return min(6, max(4, floor(known) + 1))


def show_evidence(value: Answer) -> str:
    """Log Z; where Z is a short rational, that too."""
    if isinstance(value, Exact) and isinstance(value.rational, Formula):
        return f"log({value.rational})"
    if isinstance(value, Exact) and value.rational is not None and len(str(value.rational)) <= MOST_DIGITS:
        return f"{value.value:.6g} (Z = {value.rational}, exact)"
    return show(value)
