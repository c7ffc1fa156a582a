"""The catalogue of error codes: what each means, and a file that shows it.

`docs/errors.md` is generated from it; a test checks that every example gives its code. Codes are
never reused. Sections: E01 syntax, E02 names and types, E03 data and options, E04 run time, E05
methods, E06 queries; `W…` are warnings of the same areas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the catalogue.

    title:       what is wrong, as a heading.
    explanation: why it is an error and what to do, in a few sentences of Markdown.
    example:     the text of a model file that gives the code.
    data:        JSON data for it, where the file alone is not wrong.
    options:     further words of the command line, such as `--method nuts`.
    """

    title: str
    explanation: str
    example: str
    data: str = ""
    options: tuple[str, ...] = ()


# ------------------------------------------------------------------ E01: syntax

_SYNTAX: dict[str, Code] = {}

# ------------------------------------------------------------------ E02: names

_NAMES: dict[str, Code] = {}

# ------------------------------------------------------------------ E02, W02: types and shapes

_TYPES: dict[str, Code] = {}

# ------------------------------------------------------------------ E03, W03: data and options

_DATA: dict[str, Code] = {}

# ------------------------------------------------------------------ E04: run time

_RUN_TIME: dict[str, Code] = {}

# ------------------------------------------------------------------ E05: methods

_METHODS: dict[str, Code] = {}

# ------------------------------------------------------------------ E06: queries

_QUERIES: dict[str, Code] = {}

CODES: Mapping[str, Code] = MappingProxyType(
    {**_SYNTAX, **_NAMES, **_TYPES, **_DATA, **_RUN_TIME, **_METHODS, **_QUERIES}
)
"""Every code by name."""
