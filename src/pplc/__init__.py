"""A small, typed probabilistic programming language whose inference is checked.

    model = pplc.load("eight_schools.ppl")          # or pplc.compile(text)
    run = model.infer("eight_schools.json", seed=1)
    run["theta"].mean                                # numpy, in the shape of the variable
    print(run)

Importing this loads nothing else; names are looked up when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pplc.api import Model as Model
    from pplc.api import compile as compile  # noqa: A004  (as `re.compile`)
    from pplc.api import load as load
    from pplc.api import query as query
    from pplc.inference.answers import Bounds as Bounds
    from pplc.inference.answers import Estimate as Estimate
    from pplc.inference.answers import Exact as Exact
    from pplc.lang.diagnostics import Diagnostic as Diagnostic
    from pplc.lang.diagnostics import Rejected as Rejected
    from pplc.run import Run as Run
    from pplc.run import Unanswered as Unanswered

__all__ = [
    "load",
    "compile",
    "query",
    "Model",
    "Run",
    "Exact",
    "Bounds",
    "Estimate",
    "Rejected",
    "Unanswered",
    "Diagnostic",
]

_HOMES = {
    "load": "pplc.api",
    "compile": "pplc.api",
    "query": "pplc.api",
    "Model": "pplc.api",
    "Run": "pplc.run",
    "Exact": "pplc.inference.answers",
    "Bounds": "pplc.inference.answers",
    "Estimate": "pplc.inference.answers",
    "Rejected": "pplc.lang.diagnostics",
    "Unanswered": "pplc.run",
    "Diagnostic": "pplc.lang.diagnostics",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("pplc")
    if name not in _HOMES:
        raise AttributeError(f"module `pplc` has no attribute `{name}`")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES, "__version__"])


def load_ipython_extension(shell: Any) -> None:
    """`%load_ext pplc`: adds the cell magic `%%ppl`."""
    from pplc.notebook import register

    register(shell)
