"""The command line as a table: commands, options, what they mean. Imports no numpy."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from pplc.inference.options import CHOICES, COUNT, NATURAL, NUMBER, POSITIVE, PROBABILITY, SEED, SHARE, Domain
from pplc.inference.registry import METHODS
from pplc.lang.diagnostics import Diagnostic, Rejected
from pplc.lang.suggest import did_you_mean

EPILOG = """\
A first model, in the file `coin.ppl`:

  model coin(heads: int, flips: int) {
    bias ~ Beta(1, 1)
    observe heads ~ Binomial(flips, bias)
  }
  query P(bias > 0.5)

Ask it:

  pplc infer coin.ppl --set heads=7 --set flips=10

`pplc COMMAND --help` tells more about a command.
Exit status: 0 done; 1 the file, the data or the options are wrong; 2 a bug in pplc;
3 done, but the answers are unreliable (with --strict).
"""


class Parser(argparse.ArgumentParser):
    """Reports mistakes as diagnostics instead of leaving with status 2."""

    def error(self, message: str) -> NoReturn:
        """One diagnostic."""
        advice = f"`{self.prog} --help` lists the options"
        if "invalid choice" in message and "argument COMMAND" in message:
            name = message.split("'")[1]
            advice = did_you_mean(name, COMMANDS) or f"the commands are {', '.join(COMMANDS)}"
            message = f"there is no command `{name}`"
        elif message.startswith("argument "):
            option, _, message = message.removeprefix("argument ").partition(": ")
            message = f"`{option}`: {message}"
        raise Rejected(Diagnostic("E0317", message[:1].lower() + message[1:], help=advice))

    def unknown(self, word: str) -> NoReturn:
        """An option or argument that this command does not take."""
        name = word.split("=", maxsplit=1)[0]
        advice = f"`{self.prog} --help` lists the options"
        if name[:1] == "-":
            message = f"`{name}` is not an option of `{self.prog}`"
            advice = did_you_mean(name, self.flags()) or advice
        else:
            message = f"`{word}` is one argument too many"
        raise Rejected(Diagnostic("E0317", message, help=advice))

    def flags(self) -> list[str]:
        """Every option of this command."""
        return [flag for action in self._actions for flag in action.option_strings]


COMMANDS = ("infer", "query", "check", "simulate", "fmt", "ir", "graph")


def within(domain: Domain) -> Callable[[str], int | float]:
    """How a number of a domain is read, for argparse; `10_000` and `1e4` are understood."""

    def read(text: str) -> int | float:
        try:
            return domain.fitted(int(text) if text.isdecimal() else float(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"`{text}` is not {domain.words}") from None

    return read


count, natural = within(COUNT), within(NATURAL)


def one_of(name: str) -> Callable[[str], str]:
    """How an option that is a word is read, for argparse."""

    def read(text: str) -> str:
        if text not in CHOICES[name]:
            raise argparse.ArgumentTypeError(f"`{text}` is not one of {', '.join(CHOICES[name])}")
        return text

    return read


def switch(text: str) -> bool:
    """`on` or `off`."""
    if text not in ("on", "off"):
        raise argparse.ArgumentTypeError(f"`{text}` is neither `on` nor `off`")
    return text == "on"


UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "": 1.0}


def duration(text: str) -> float:
    """Seconds, from `30s`, `500ms`, `5m`, `1h` or `30`."""
    digits = text.rstrip("smhin")
    try:
        seconds = float(digits) * UNITS[text[len(digits) :]]
    except (ValueError, KeyError):
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a time, such as `30s` or `5m`")
    return seconds


INFERENCE: tuple[tuple[str, Callable[[str], Any], str, str], ...] = (
    ("draws", count, "N", "draws to keep, per chain"),
    ("warmup", natural, "N", "steps of adaptation per chain, thrown away"),
    ("chains", count, "N", "independent chains"),
    ("thin", count, "N", "keep every N-th draw"),
    ("seed", within(SEED), "N", "equal seeds give equal draws"),
    ("threads", count, "N", "chains at a time; draws do not depend on it"),
    ("target-accept", within(PROBABILITY), "P", "mean acceptance that step sizes are adapted to"),
    ("max-depth", count, "N", "of NUTS trees: at most 2^N steps"),
    ("metric", one_of("metric"), "NAME", "of HMC and NUTS: diagonal or dense"),
    ("path-length", within(POSITIVE), "X", "of HMC trajectories"),
    ("guide", one_of("guide"), "NAME", "family for svi: AutoNormal or AutoMultivariateNormal"),
    ("steps", count, "N", "of the optimiser"),
    ("learning-rate", within(POSITIVE), "X", "of the optimiser"),
    ("particles", count, "N", "runs in a population"),
    ("resampler", one_of("resampler"), "NAME", "systematic, stratified, residual or multinomial"),
    (
        "resample-below",
        within(SHARE),
        "P",
        "resample when this share of the particles is effective: 0 never, 1 always",
    ),
    ("lookahead", switch, "on|off", "resample for the weights that pilot runs meet next"),
    ("ancestor-sampling", switch, "on|off", "draw the past of the path that pgibbs keeps anew"),
    ("moves", count, "N", "Metropolis-Hastings steps that a particle takes whenever it is moved"),
    ("blocks", str, "NAMES", "variables that move together in mh: 'mu,tau;z' are two blocks"),
    (
        "proposal",
        str,
        "NAME",
        "a model of the file that proposes, in mh from the values, in smc along the way",
    ),
    ("bound", within(NUMBER), "X", "of rejection: the log of the largest weight"),
    ("temperatures", natural, "N", "steps from the prior to the posterior; 0 in tempered: as many as needed"),
    ("inner-particles", count, "N", "of smc2: runs in the population of each particle of parameters"),
    (
        "parameters",
        str,
        "NAMES",
        "variables that pmmh, pgibbs and smc2 move by themselves: 'mu,tau'",
    ),
    ("time", duration, "T", "stop after this long, keeping what there is: 30s, 5m, 1h"),
)
"""Options that go to the method: name, how it is read, what stands for it, help."""


def parse(words: Sequence[str]) -> tuple[Parser, argparse.Namespace]:
    """The arguments of a command line, and the parser, for its help."""
    parser, commands = build()
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        commands.get(arguments.command, parser).unknown(unknown[0])
    return parser, arguments


def build() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the whole command line, and those of the commands."""
    parser = Parser(
        prog="pplc",
        description="A small, typed probabilistic programming language whose inference is checked.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    found: dict[str, Parser] = {}

    def command(name: str, text: str, more: str = "") -> Parser:
        sub = commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=more,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        sub.add_argument("--debug", action="store_true", help="show a traceback for a bug in pplc")
        found[name] = sub
        return sub

    infer = command("infer", "the posterior of a model given data, and the queries of its file", _methods())
    infer.add_argument("file", metavar="FILE", help="the model")
    _inference(infer)
    infer.add_argument("--out", metavar="RUN", help="store the run: .nc (ArviZ), .json, .csv or .parquet")
    infer.add_argument("--predictive", type=count, metavar="N", help="draws per chain that predictions in .nc"
                       " are made from (all, unless that is a lot of work)")  # fmt: skip
    infer.add_argument("--resume", metavar="RUN", help="go on with a stored run (.nc or .json)")

    query = command("query", "answers to questions about a model, or about the rows of a data file", QUERIES)
    query.add_argument("file", metavar="FILE", help="the model, or a data file")
    query.add_argument("queries", nargs="+", metavar="QUERY", help="such as 'P(x > 0 | do(a = 1))'")
    _inference(query)

    check = command("check", "the errors of model files: syntax, names, types and shapes")
    check.add_argument("files", nargs="+", metavar="FILE", help="a model; - is standard input")
    _format(check)

    simulate = command("simulate", "draws from the prior, or from the posterior of a run, as a data file")
    simulate.add_argument("file", metavar="FILE", help="the model")
    _data(simulate)
    _format(simulate)
    simulate.add_argument("--from", dest="from_run", metavar="RUN", help="predict from this stored run")
    simulate.add_argument("--draws", type=count, metavar="N", help="data sets to draw (1)")
    simulate.add_argument("--seed", type=within(SEED), metavar="N", help="equal seeds give equal draws (0)")
    simulate.add_argument(
        "--out", metavar="FILE", help=".json, .csv or .parquet; otherwise JSON on standard output"
    )

    fmt = command("fmt", "model files in the one layout")
    fmt.add_argument("files", nargs="+", metavar="FILE", help="a model; - is standard input")
    fmt.add_argument(
        "--check", action="store_true", help="change nothing; status 1 if something would change"
    )
    _format(fmt)

    ir = command("ir", "what the compiler makes of a model")
    ir.add_argument("file", metavar="FILE", help="the model")
    stages = "syntax tree, Core (core), or Core with finite variables summed out"
    ir.add_argument("--stage", choices=("ast", "core", "summed"), default="core", help=stages)
    ir.add_argument("--model", metavar="NAME", help="the entry model, if not the last")
    _format(ir)

    graph = command("graph", "a picture of a model: plates and arrows")
    graph.add_argument("file", metavar="FILE", help="the model")
    graph.add_argument("-o", "--out", metavar="FILE", help=".svg, .png, .pdf or .dot; otherwise text in DOT")
    graph.add_argument("--model", metavar="NAME", help="the entry model, if not the last")
    _format(graph)
    return parser, found


QUERIES = """\
queries:
  posterior(mu, theta)       what the data leave open of variables or expressions
  prior(mu)                  the same before the data
  P(x > 0)                   the probability of an event
  P(x > 0 | y == 1)          given another event
  P(x > 0 | do(a = 1))       after an intervention
  E[x], sd(x), var(x)        moments
  quantile(x, 0.9)           a quantile
  evidence                   the log of the normalising constant
  H(x | z), I(x; y | z)      entropy, mutual information; given a variable or an event
  pid(t; a, b)               what a and b say of t: shared, unique, together
  prior E[x]                 any query before the data
"""


def _methods() -> str:
    width = max(map(len, METHODS)) + 2
    lines = [f"  {'auto':<{width}}looks at the model, chooses one of these, and says why"]
    lines += [f"  {name:<{width}}{method.doc}" for name, method in METHODS.items()]
    return "\n".join(["methods:", *lines, "", "An option that a method does not take is an error."])


def _format(parser: Parser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of the output (text)")


def _data(parser: Parser) -> None:
    parser.add_argument("--data", action="append", default=[], metavar="FILE",
                        help="JSON, CSV, Parquet or npz; - is standard input; file.json#member is an"
                        " object inside; may be repeated")  # fmt: skip
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        help="give or override one parameter of the model, such as --set p=0.3")  # fmt: skip
    parser.add_argument("--model", metavar="NAME", help="the entry model, if not the last of the file")
    parser.add_argument("--max-steps", type=count, metavar="N", help="statements that one run may execute")
    parser.add_argument("--max-calls", type=count, metavar="N", help="calls that may be open at a time")


def _inference(parser: Parser) -> None:
    _data(parser)
    parser.add_argument("--method", metavar="M", default="auto", help="how to infer (auto); see below")
    for name, read, stands, text in INFERENCE:
        parser.add_argument(f"--{name}", type=read, metavar=stands, help=text)
    parser.add_argument("--init", metavar="FILE", help="where chains start: a JSON object, by variable")
    parser.add_argument("--max-states", type=count, metavar="N", help="states that `exact` may keep at once")
    parser.add_argument("--symbolic", metavar="NAMES", help="parameters left open: answers are formulas")
    parser.add_argument("--derivatives", action="store_true", help="of the formulas as well")
    parser.add_argument("--unit", choices=("nats", "bits"), default="nats", help="of information (nats)")
    parser.add_argument("--explain", action="store_true", help="also print what `exact` costs, and why")
    parser.add_argument("--strict", action="store_true", help="exit status 3 if the answers are unreliable")
    parser.add_argument("--progress", action="store_true", help="show progress even if not on a terminal")
    _format(parser)


def given(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options for the method that were given, by their names in `Options`."""
    names = [name.replace("-", "_") for name, *_ in INFERENCE]
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def flag(name: str) -> str:
    """An option as it is written on the command line."""
    return f"--{name.replace('_', '-')}"
