"""Which argument is which: positions and keywords of a call against the parameters of a signature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pplc.lang.families import COMBINATORS, FAMILIES
from pplc.lang.functions import FUNCTIONS
from pplc.lang.syntax import Argument

Places = tuple[int | None, ...]
"""For each parameter in order, which argument it gets; None if it is left out."""


def places(
    arguments: Sequence[Argument], parameters: Sequence[str], optional: Sequence[str] = ()
) -> Places | None:
    """The assignment of arguments to parameters; None if they do not fit.

    >>> from pplc.lang.syntax import Argument, Boolean
    >>> one = Boolean(True)
    >>> places([Argument(one), Argument(one, "sd")], ["mean", "sd"])
    (0, 1)
    >>> places([Argument(one, "sd")], ["mean", "sd"]) is None
    True
    """
    found: dict[str, int] = {}
    for position, argument in enumerate(arguments):
        if argument.name:
            name = argument.name
        elif position < len(parameters):
            name = parameters[position]
        else:
            return None
        if name not in parameters or name in found:
            return None
        found[name] = position
    if any(name not in found and name not in optional for name in parameters):
        return None
    return tuple(found.get(name) for name in parameters)


def law_places(family: str, arguments: Sequence[Argument]) -> tuple[Places, int]:
    """The arguments of a family or combinator in order, and the parametrisation they choose."""
    for number, (parameters, optional) in enumerate(_parametrisations(family)):
        fitting = places(arguments, parameters, optional)
        if fitting is not None:
            # A name that is both (`Uniform`) has its combinator last; it counts as the main form.
            return fitting, number if number < _alternatives(family) else 0
    raise AssertionError(f"the checker accepts no such arguments of `{family}`")


def _alternatives(family: str) -> int:
    return 1 + len(FAMILIES[family].alternatives) if family in FAMILIES else 1


def _parametrisations(family: str) -> Iterator[tuple[list[str], list[str]]]:
    if family in FAMILIES:
        signature = FAMILIES[family]
        for parameters in (signature.parameters, *signature.alternatives):
            yield [p.name for p in parameters], [p.name for p in parameters if p.default is not None]
    if family in COMBINATORS:
        known = COMBINATORS[family].arguments
        yield [a.name for a in known], [a.name for a in known if a.optional]


def builtin_places(name: str, arguments: Sequence[Argument]) -> Places:
    """The arguments of a function of the library in order."""
    for signature in FUNCTIONS[name].signatures:
        parameters = [parameter for parameter, _ in signature.parameters]
        first_optional = len(parameters) - signature.optional
        fitting = places(arguments, parameters, parameters[first_optional:])
        if fitting is not None:
            return fitting
    raise AssertionError(f"the checker accepts no such arguments of `{name}`")


def law_parameters(family: str) -> list[str]:
    """The parameters that must be given in the main form of a family or combinator."""
    parameters, optional = next(_parametrisations(family))
    return [name for name in parameters if name not in optional]
