"""Every example runs, and its answers are those found by other means.

Rationals are the textbook's or were counted by hand. Other references were summed over all paths, were
integrated on grids of at least 50 points a side, or follow from conjugacy; those of the mixture are from two
million draws of another sampler. Where there is nothing better, the simulated truth must be within four
posterior standard deviations.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from fractions import Fraction
from math import log
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
import sympy

from pplc.cli import main
from tests.support.statistics import FALSE_ALARM

EXAMPLES = Path(__file__).parents[2] / "examples"
ERRORS = -NormalDist().inv_cdf(FALSE_ALARM / 2)
"""How many Monte Carlo standard errors a right answer may be off."""
SHORT = ("--draws", "300", "--warmup", "300", "--chains", "2", "--seed", "1")


@dataclass(frozen=True)
class Exactly:
    """An answer of the exact engine, as a rational."""

    query: str
    value: Fraction


@dataclass(frozen=True)
class Formula:
    """An answer that is a formula, however it is written."""

    query: str
    text: str


@dataclass(frozen=True)
class Near:
    """The mean of a variable (`mu`, `mu[1]`) or the answer to a query, and the error of `value` itself."""

    name: str
    value: float
    error: float = 0.0


@dataclass(frozen=True)
class Truth:
    """The mean of a variable is within four posterior standard deviations of what data were made from.

    The deviation is at most `sd`, so that a posterior that knows nothing does not pass.
    """

    name: str
    value: float
    sd: float


@dataclass(frozen=True)
class Example:
    """A model file, how it is run, the method that `auto` chooses, and facts about the answer."""

    name: str
    method: str
    facts: tuple[Exactly | Formula | Near | Truth, ...]
    options: tuple[str, ...] = SHORT
    data: str = ""


def exact(
    name: str, *facts: Exactly | Formula | Near, data: str = "", options: tuple[str, ...] = ()
) -> Example:
    """A finite program."""
    return Example(name, "exact", facts, options, data)


FAIR = "decide fair given (z, sex_client, y) maximise P(fair == y)"

TABLE = (
    exact(
        "sprinkler",
        Exactly("P(rain)", Fraction(4581, 6471)),
        Exactly("P(sprinkler)", Fraction(2781, 6471)),
        options=("--set", "wet=true"),
    ),
    exact("monty_hall", Exactly("P(prize == C)", Fraction(2, 3))),
    exact(
        "open_table",
        Formula(
            "P(ill)",
            "prevalence*sensitivity/(prevalence*sensitivity + (1 - prevalence)*(1 - specificity))",
        ),
        Formula(
            "P(ill | second)",
            "prevalence*sensitivity**2/(prevalence*sensitivity**2 + (1 - prevalence)*(1 - specificity)**2)",
        ),
        options=("--symbolic", "prevalence,sensitivity,specificity"),
    ),
    exact("geometric", Near("P(n == 0)", 3 / 4), Near("E[n]", 2 / 3), options=("--set", "p=0.5")),
    exact("pcfg", Exactly("P(instrument)", Fraction(14, 23)), data="json"),
    exact(
        "rsa",
        Exactly("P(red == 3)", Fraction(1, 9)),
        Exactly("E[red]", Fraction(5, 3)),
        options=("--set", "heard=Some"),
    ),
    exact(
        "markov_coding",
        Exactly("P(right[0])", Fraction(1, 2)),
        Exactly("P(right[1] | right[0])", Fraction(3, 5)),
        Exactly("P(right[2] | right[0], right[1])", Fraction(3, 10)),
        Exactly("P(guess == message)", Fraction(1)),
    ),
    exact(
        "soft_evidence",
        # Sums over the 41 temperatures.
        Near("E[degrees]", 18.21908639478162),
        Near("evidence", -1.1530998771352876),
        Near("prior H(degrees)", 2.5493978479973705),
    ),
    exact(
        "gates",
        Near("I(a; both)", 0.311278124459133 * log(2)),
        Near("pid(both; a, b) {a}{b}", 0.311278124459133 * log(2)),
        Near("pid(both; a, b) {a}", 0.0, 1e-9),
        Near("pid(both; a, b) {a b}", 0.5 * log(2)),
        Near("pid(either; a, b) {a b}", log(2)),
        Near("pid(both; a, b, measure = ccs) {a}{b}", log(4 / 3) / 4),
        # Of the majority one input tells 1 - h(1/4) bits, two tell half a bit.
        Near("pid(most; a, b, c, measure = imin) {a}{b}{c}", 0.188721875540867 * log(2)),
        Near("pid(most; a, b, c, measure = imin) {a b}{a c}{b c}", 0.311278124459133 * log(2)),
        Near("pid(most; a, b, c, measure = imin) {a b c}", 0.5 * log(2)),
        Near("interaction(a, b, either)", -log(2)),
        Near("O(a, b, c, most)", -0.5 * log(2)),
        Near("DTC(a, b, either)", 2 * log(2)),
    ),
    exact(
        "relay",
        # A symmetric channel that errs once in ten: 1 - h(.1) bits.
        Near("I(sent; heard)", 3 * 0.531004406410719 * log(2)),
        Near("transfer(sent; heard)", 0.531004406410719 * log(2)),
        Near("transfer(heard; sent)", 0.0),
        Near("directed(sent; heard)", 3 * 0.531004406410719 * log(2)),
        Near("capacity(sent[2]; heard[3])", 0.531004406410719 * log(2)),
        Near("rate(sent[0], distortion = 0.1)", 0.531004406410719 * log(2)),
        Near("H(heard[3] | sent[2])", 0.468995593589281 * log(2)),
        Near("H(heard[3] | sent[2] == true)", 0.468995593589281 * log(2)),
        Near("divergence(sent[2], heard[3], kind = js)", 0.0),
    ),
    exact(
        "federated_fairness",
        # Clarabel's values of the same convex programs.
        Exactly("P(yhat == y)", Fraction(14531, 20000)),
        Near("I(z; yhat)", 0.0045893219385),
        Near("disparity(z; yhat | even_client) unique", 0.0045537668, 1e-9),
        Near("disparity(z; yhat | even_client) masked", 0.0000669102, 1e-9),
        Near("disparity(z; yhat | sex_client) unique", 0.0, 1e-9),
        Near("disparity(z; yhat | sex_client) redundant", 0.0045893219, 1e-9),
        Near("disparity(z; yhat | both_client) masked", 0.3798869088, 1e-9),
        Near(f"{FAIR} subject to I(z; fair) <= 0.001", 0.9549226712, 1e-8),
        Near(f"{FAIR} subject to I(z; fair | sex_client) <= 0.001", 0.9891758322, 1e-8),
        data="json",
    ),
    exact(
        "shared_parts",
        # The switch is common, 1.5 bits; beside it two fair bits differ with probability 0.1 (Wyner 1975).
        Near("common(left, right)", 1.5 * log(2)),
        Near("I(left; right)", (1.5 + 0.531004406) * log(2), 1e-8),
        Near("wyner(left, right)", (1.5 + 0.872760567) * log(2), 1e-8),
        Near("reconstruct(left; right)", 0.468995594 * log(2), 1e-8),
        Near("reconstruct(left; right, slip)", 0.0),
        Near("couple(switch, clock)", 1.5 * log(2)),
    ),
    exact(
        "confounding",
        Exactly("P(success | surgery)", Fraction(273, 350)),
        Exactly("P(success | not surgery)", Fraction(289, 350)),
        Exactly(
            "P(success | do(surgery = true))",
            Fraction(357, 700) * Fraction(81, 87) + Fraction(343, 700) * Fraction(192, 263),
        ),
        Exactly(
            "P(success | do(surgery = false))",
            Fraction(357, 700) * Fraction(234, 270) + Fraction(343, 700) * Fraction(55, 80),
        ),
    ),
    exact(
        "hmm",
        Near("P(z[0] == 1)", 0.8466729632467164),
        Near("P(z[5] == 1)", 0.8642081116039843),
        Near("evidence", -15.463628632343172),
        data="json",
    ),
    exact(
        "capture_recapture",
        Exactly("E[fish]", Fraction(674017913, 6195695)),
        Near("P(fish < 100)", 0.4978718404088004),
        data="json",
    ),
    Example(
        "dirichlet_process",
        "importance",
        (
            Near("P(z[0] == z[1])", 0.561730),
            Near("P(z[1] == z[2])", 0.244889),
        ),
        ("--draws", "4000", "--seed", "1"),
        "json",
    ),
    Example(
        "linear_regression",
        "nuts",
        (
            Near("alpha", 7.48841, 1e-4),
            Near("beta", 0.49976, 1e-4),
            Near("sigma", 1.31537, 1e-4),
        ),
        data="csv",
    ),
    Example(
        "logistic_regression",
        "nuts",
        (
            Near("alpha", -1.2009, 1e-3),
            Near("beta", -2.12497, 1e-3),
            Near("challenger", 0.97645, 1e-4),
        ),
        data="csv",
    ),
    Example("ab_test", "nuts", (Near("E[lift]", 0.421134), Near("rate[1]", 57 / 509)), data="json"),
    Example(
        "change_point",
        "nuts",
        (
            Near("early", 3.06623),
            Near("late", 0.936064),
            Near("return", 1891.00276),
        ),
        data="json",
    ),
    Example(
        "survival",
        "nuts",
        (
            Near("shape", 1.32702, 1e-4),
            Near("effect", 1.21474, 1e-4),
            Near("return", 3.5288, 1e-3),
        ),
        data="csv",
    ),
    Example("missing_data", "nuts", (Truth("weight[3]", 123, 3), Truth("height[7]", 65, 1)), data="csv"),
    Example(
        "epidemic",
        "nuts",
        (
            Near("infect", 2.44838, 1e-4),
            Near("recover", 0.61733, 1e-4),
            Near("return", 3.97082, 1e-3),
        ),
        data="json",
    ),
    Example(
        "random_functions", "nuts", (Near("E[f.slope]", 0.826934), Near("return", 5.144928)), data="json"
    ),
    Example(
        "mixture",
        "nuts",
        (Near("mu[0]", 54.0108, 0.03), Near("mu[1]", 79.2502, 0.05), Near("weights[0]", 0.39543, 0.002)),
        data="json",
    ),
    Example(
        "eight_schools",
        "nuts",
        (Near("mu", 4.39682), Near("tau", 3.59769), Near("theta[0]", 6.21188)),
        data="json",
    ),
    Example(
        "gp_regression",
        "nuts",
        (
            Near("length", 1.3276, 0.002),
            Near("expected[0]", 0.0864, 0.001),
            Near("expected[1]", -0.0165, 0.002),
        ),
        data="json",
    ),
    Example(
        "radon",
        "nuts",
        (
            Truth("mu[0]", 1.5, 0.3),
            Truth("mu[1]", -0.7, 0.3),
            Truth("sigma", 0.5, 0.1),
        ),
        data="json",
    ),
    Example(
        "item_response",
        "nuts",
        (
            Truth("difficulty[0]", -1.5, 1),
            Truth("difficulty[5]", 2, 1),
            Truth("spread", 1.2, 0.6),
        ),
        data="json",
    ),
    Example(
        "stochastic_volatility",
        "nuts",
        (Truth("mu", 0, 1), Truth("spread", 0.8, 0.6), Truth("persist", 0.9, 0.08)),
        data="json",
    ),
)


def numbers(found: dict[str, Any], name: str) -> tuple[float, float, float]:
    """Value, standard error and posterior standard deviation of a query or of a variable's element.

    One of several numbers that a query answers with is named after it: `pid(t; a, b) {a}`.
    """
    for query in found["queries"]:
        if query["query"] == name:
            middle = query["value"] if "value" in query else (query["lower"] + query["upper"]) / 2
            return middle, query.get("se", 0.0), 0.0
        for atom, value in query.get("atoms", {}).items():
            if f"{query['query']} {atom}" == name:
                return value, 0.0, 0.0
    # A missing entry is a variable of its own name.
    variable, _, rest = (name, "", "") if name in found["variables"] else name.partition("[")
    stated = found["variables"][variable]
    parts = [stated["mean"], stated["mcse_mean"], stated["sd"]]
    for index in rest.removesuffix("]").split(",") if rest else []:
        parts = [part[int(index)] for part in parts]
    return parts[0], parts[1], parts[2]


def holds(fact: Exactly | Formula | Near | Truth, found: dict[str, Any]) -> bool:
    """Whether the fact is one of this run."""
    match fact:
        case Exactly(query, value):
            said = [answer["exact"] for answer in found["queries"] if answer["query"] == query]
            return [Fraction(text) for text in said] == [value]
        case Formula(query, text):
            said = [answer["exact"] for answer in found["queries"] if answer["query"] == query]
            return [sympy.cancel(sympy.sympify(formula) - sympy.sympify(text)) for formula in said] == [0]
        case Near(name, value, error):
            mean, se, _ = numbers(found, name)
            return abs(mean - value) <= ERRORS * se + error + 1e-6 * abs(value)
        case Truth(name, value, limit):
            mean, se, sd = numbers(found, name)
            return abs(mean - value) <= 4 * sd + ERRORS * se and sd <= limit


@pytest.mark.parametrize("example", TABLE, ids=lambda example: example.name)
def test_the_answers_of_an_example_are_right(example: Example, capsys: pytest.CaptureFixture[str]) -> None:
    stem = EXAMPLES / example.name
    data = ["--data", f"{stem}.{example.data}"] if example.data else []
    status = main(["infer", f"{stem}.ppl", *data, *example.options, "--format", "json"])
    out, err = capsys.readouterr()
    assert status == 0, err
    found = json.loads(out)
    assert found["method"] == example.method
    wrong = [(fact, found["queries"]) for fact in example.facts if not holds(fact, found)]
    assert not wrong


def test_every_example_is_in_the_table_and_has_its_command() -> None:
    files = {path.stem: path for path in EXAMPLES.glob("*.ppl")}
    assert files.keys() == {example.name for example in TABLE}
    for example in TABLE:
        command = f"#   pplc infer examples/{example.name}.ppl"
        if example.data:
            command += f" --data examples/{example.name}.{example.data}"
        assert command in files[example.name].read_text()


def test_examples_are_in_the_one_layout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", *map(str, sorted(EXAMPLES.glob("*.ppl")))]) == 0, capsys.readouterr().out


def test_simulated_data_are_those_that_the_script_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    sys.modules.pop("simulate", None)
    simulate = __import__("simulate")
    simulate.main(tmp_path)
    written = sorted(tmp_path.iterdir())
    assert len(written) == 5
    for path in written:
        assert path.read_text() == (EXAMPLES / path.name).read_text(), path.name
