"""The page of the manual on families, made from their signatures: `python -m pplc.lang.families_page`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pplc.lang.families import COMBINATORS, FAMILIES, Combinator, Family, Parameter

_INTRODUCTION = """\
# Families

Distribution families, what they are given and what they give. Parameters stand in this order, or by name:
`Normal(mean = 0, sd = 1)`; where a family has several lists of parameters, the names tell which is meant.
Arrays given for parameters make a law of independent elements
([lifting](language.md#lifting)). A parameter outside its domain is an error with its place and value.

<!-- Made from lang/families.py by `python -m pplc.lang.families_page > docs/families.md`. -->
"""


def page() -> str:
    """The whole page, in MyST Markdown."""
    discrete = [family for family in FAMILIES.values() if family.discrete]
    continuous = [family for family in FAMILIES.values() if not family.discrete]
    parts = [
        _INTRODUCTION,
        "## Discrete\n",
        *map(_family, discrete),
        "## Continuous\n",
        *map(_family, continuous),
    ]
    parts += ["## Laws made of laws and values\n", *map(_combinator, COMBINATORS.values())]
    return "\n".join(parts)


def _family(family: Family) -> str:
    calls = [_call(family.name, parameters) for parameters in (family.parameters, *family.alternatives)]
    lines = [f"### {family.name}", "", " or ".join(f"`{call}`" for call in calls), "", family.doc, ""]
    known: dict[str, Parameter] = {}
    for parameters in (family.parameters, *family.alternatives):
        for parameter in parameters:
            known.setdefault(parameter.name, parameter)
    lines += [f"- `{parameter.name}`: {_domain(parameter)}" for parameter in known.values()]
    lines += [f"- {constraint.describe}" for constraint in family.constraints]
    lines += [f"- values: {_support(family)}", "", f"*{family.source}.*", ""]
    return "\n".join(lines)


def _call(name: str, parameters: Sequence[Parameter]) -> str:
    return f"{name}({', '.join(parameter.name for parameter in parameters)})"


def _domain(parameter: Parameter) -> str:
    return parameter.domain.describe + (
        f" (default {parameter.default})" if parameter.default is not None else ""
    )


def _support(family: Family) -> str:
    support = family.support
    text = support.kind.value
    if support.lower is not None and support.upper is not None:
        text += f" from {_bound(support.lower)} to {_bound(support.upper)}"
    elif support.lower is not None:
        text += f" from {_bound(support.lower)}" if family.discrete else f" above {_bound(support.lower)}"
    return text


def _bound(bound: float | str) -> str:
    return f"`{bound}`" if isinstance(bound, str) else str(bound)


def _combinator(combinator: Combinator) -> str:
    shown = [argument.name + (" = …" if argument.optional else "") for argument in combinator.arguments]
    title = f"{combinator.name} of a list" if combinator.name in FAMILIES else combinator.name
    lines = [f"### {title}", "", f"`{combinator.name}({', '.join(shown)})`", "", combinator.doc, ""]
    lines += [f"- `{argument.name}`: {argument.takes.value}" for argument in combinator.arguments]
    lines += [f"- gives {combinator.gives.value}", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
