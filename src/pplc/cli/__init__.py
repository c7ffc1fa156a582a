"""The `pplc` command. Each subcommand is a module, imported when it is used."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from itertools import pairwise

from pplc.cli.arguments import parse
from pplc.lang.diagnostics import Rejected

DONE, WRONG, BUG, UNRELIABLE = 0, 1, 2, 3
"""Exit statuses: done; the user's file, data or options are wrong; a bug of ours; unreliable answers."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except Rejected as rejected:
        from pplc.cli.report import report

        report(rejected.diagnostics, as_json=_wants_json(words))
        return WRONG
    except SystemExit as left:  # argparse has shown its help
        return int(left.code or DONE)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return WRONG
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        return DONE
    except Exception as error:
        if "--debug" in words:
            raise
        from pplc.cli.report import bug

        bug(error)
        return BUG


def _wants_json(words: Sequence[str]) -> bool:
    return "--format=json" in words or ("--format", "json") in pairwise(words)


def _dispatch(words: Sequence[str]) -> int:
    parser, arguments = parse(words)
    if arguments.version:
        from importlib.metadata import version

        sys.stdout.write(f"pplc {version('pplc')}\n")
        return DONE
    return _run(arguments) if arguments.command else _usage(parser.format_help())


def _usage(text: str) -> int:
    sys.stdout.write(text)
    return DONE


def _run(arguments: Namespace) -> int:
    match arguments.command:
        case "infer":
            from pplc.cli.infer import infer as command
        case "query":
            from pplc.cli.infer import query as command
        case "check":
            from pplc.cli.check import check as command
        case "simulate":
            from pplc.cli.simulate import simulate as command
        case "fmt":
            from pplc.cli.fmt import fmt as command
        case "ir":
            from pplc.cli.ir import ir as command
        case _:
            from pplc.cli.graph import graph as command
    return command(arguments)
