"""Calls of distribution families: which parametrisation, domains, lifting over arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from pplc.lang import syntax as s
from pplc.lang.check_arguments import Slot, in_order, listed, place
from pplc.lang.check_combinators import combinator_call
from pplc.lang.check_constants import constant, size_value
from pplc.lang.check_domains import check_domain, domain_type, show_number, support_type
from pplc.lang.check_help import text_of
from pplc.lang.check_shapes import broadcast_all, numeric, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.families import COMBINATORS, FAMILIES, Constraint, Family, Kind, Parameter, Relation
from pplc.lang.suggest import nearest
from pplc.lang.typesys import (
    INT,
    REAL,
    UNKNOWN_SIZE,
    WRONG,
    Dist,
    Extent,
    Int,
    Real,
    Type,
    Variable,
    Wrong,
    array,
    scalar_of,
)


def law_call(c: Checker, node: s.Call, name: str) -> Type:
    """The type of a call of a family or combinator."""
    if name in COMBINATORS and (name not in FAMILIES or _takes_a_list(node)):
        return combinator_call(c, node, COMBINATORS[name])
    return _family(c, node, FAMILIES[name])


def _takes_a_list(node: s.Call) -> bool:
    """`Uniform(list)`, as against `Uniform(lower, upper)`."""
    return len(node.arguments) == 1 and node.arguments[0].name in ("", "values")


def slots_of(parameters: Sequence[Parameter]) -> list[Slot]:
    """The parameters as places for arguments."""
    return [Slot(parameter.name, parameter.default is not None) for parameter in parameters]


def _family(c: Checker, node: s.Call, family: Family) -> Type:
    chosen = _parametrisation(family, node)
    arguments = place(c, node, family.name, slots_of(chosen), help_=_help(family, node))
    if arguments is None:
        return Dist(_any_element(family))
    sizes: dict[str, Extent] = {}
    lengths: dict[str, Extent] = {}
    values: dict[str, Fraction] = {}
    shapes: list[tuple[Extent, ...]] = []
    wrong = False
    for parameter, value in zip(chosen, arguments, strict=True):
        if value is None:
            continue
        shape = _argument(c, family, parameter, value, sizes)
        wrong |= shape is None
        shapes.append(shape or ())
        known = constant(c, value)
        if known is not None and parameter.rank == 0:
            values[parameter.name] = known
        if parameter.domain.integer:
            lengths[parameter.name] = size_value(c, value)
    _check_constraints(c, family, chosen, arguments, values)
    element = support_type(family, sizes, lengths, values)
    if wrong:
        return Dist(element)
    batch = broadcast_all(c, shapes)
    if isinstance(batch, Clash):
        return _batch_clash(c, node, family, arguments, shapes, batch)
    return Dist(array(element, batch))


def _parametrisation(family: Family, node: s.Call) -> tuple[Parameter, ...]:
    """The list of parameters that fits the arguments, or failing that shares most names with them."""
    choices = (family.parameters, *family.alternatives)
    for parameters in choices:
        placed = in_order(node.arguments, slots_of(parameters))
        if placed is not None and not placed[1]:
            # Alternatives are asked for by name: `Normal(0, 1)` is never by variance.
            if parameters is family.parameters or any(argument.name for argument in node.arguments):
                return parameters
    names = {argument.name for argument in node.arguments if argument.name}
    return max(choices, key=lambda parameters: len(names & {parameter.name for parameter in parameters}))


def _any_element(family: Family) -> Type:
    """The element of a wrong call: right where no argument decides it, else anything."""
    element = support_type(family, {}, {}, {})
    return element if isinstance(element, Int) or family.support.kind is Kind.BOOLEAN else WRONG


def _help(family: Family, node: s.Call) -> str:
    names = [parameter.name for parameter in family.parameters]
    given = [argument.name for argument in node.arguments if argument.name]
    known = {p.name for choice in (family.parameters, *family.alternatives) for p in choice}
    unknown = next((name for name in given if name not in known), None)
    if unknown is not None:
        near = nearest(unknown, known)
        return f"did you mean `{near}`?" if near is not None else f"its parameters are {listed(names)}"
    extra = len(node.arguments) - len(names)
    if not given and extra in (1, 2) and family.support.kind is Kind.REAL and family.event_rank == 0:
        first = ", ".join(text_of(a.value, "…") for a in node.arguments[: len(names)])
        bounds = ", ".join(
            f"{bound} = {text_of(a.value, '…')}"
            for bound, a in zip(("lower", "upper"), node.arguments[len(names) :], strict=False)
        )
        what = "normal" if family.name == "Normal" else "law"
        return f"for a truncated {what} write `Truncated({family.name}({first}), {bounds})`"
    if family.alternatives:
        ways = [
            f"`{family.name}({', '.join(p.name + ' = …' for p in choice)})`" for choice in family.alternatives
        ]
        return f"or by name: {', '.join(ways)}"
    return ""


# ------------------------------------------------------------------ one argument


def _argument(
    c: Checker, family: Family, parameter: Parameter, value: s.Expr, sizes: dict[str, Extent]
) -> tuple[Extent, ...] | None:
    """The batch shape of an argument: the axes beyond those of one value. None if it is wrong."""
    what = f"`{parameter.name}` of `{family.name}`"
    wanted = domain_type(c, parameter.domain, parameter.size, sizes)
    kind = c.infer(value, wanted)
    if isinstance(kind, Wrong):
        return None
    opened = c.unify.head(kind)
    if isinstance(opened, Variable):
        c.require(opened, wanted, value.span, what)
        return ()
    given = numeric(c, kind)
    entry: Type = INT if parameter.domain.integer else REAL
    if given is None or len(given[1]) < parameter.rank:
        c.require(kind, wanted, value.span, what, narrowing=True)
        return None
    if isinstance(given[0], Real) and entry == INT:
        c.require(given[0], INT, value.span, what)
        return None
    if isinstance(given[0], Variable):
        c.unify.fits(given[0], scalar_of(wanted))
    check_domain(c, parameter.domain, value, what)
    lead = len(given[1]) - parameter.rank
    batch, event = given[1][:lead], given[1][lead:]
    for axis in event:
        clash = c.unify.same_size(axis, sizes[parameter.size] if parameter.size else UNKNOWN_SIZE)
        if clash is not None:
            c.require(kind, array(wanted, batch), value.span, what, narrowing=True)
            return None
    return batch


def _batch_clash(
    c: Checker,
    node: s.Call,
    family: Family,
    arguments: list[s.Expr | None],
    shapes: list[tuple[Extent, ...]],
    clash: Clash,
) -> Type:
    given = [value for value in arguments if value is not None]
    lifted = [value for value, shape in zip(given, shapes, strict=True) if shape]
    left, right = (c.types.get(id(v), WRONG) for v in (lifted[0], lifted[-1]))
    report_shapes(c, f"the parameters of `{family.name}` have", clash, left, right, node.span)
    return WRONG


# ------------------------------------------------------------------ joint conditions


def _check_constraints(
    c: Checker,
    family: Family,
    chosen: Sequence[Parameter],
    arguments: Sequence[s.Expr | None],
    values: Mapping[str, Fraction],
) -> None:
    places = {p.name: value for p, value in zip(chosen, arguments, strict=True) if value is not None}
    known = {p.name: Fraction(p.default) for p in chosen if p.default is not None and p.name not in places}
    known.update(values)
    for constraint in family.constraints:
        names = [constraint.left, constraint.right]
        if not known.keys() >= set(names) or not _broken(constraint, known):
            continue
        given = [name for name in names if name in places]
        both = " and ".join(show_number(known[name]) for name in given)
        are = "they are" if len(given) > 1 else "it is"
        c.report(
            "E0219",
            f"in `{family.name}` {constraint.describe}, but {are} {both}",
            places[given[0]].span.to(places[given[len(given) - 1]].span),
            both,
            "the lower bound comes first" if constraint.left == "lower" else "",
        )


def _broken(constraint: Constraint, values: Mapping[str, Fraction]) -> bool:
    left, right = values[constraint.left], values[constraint.right]
    match constraint.relation:
        case Relation.BELOW:
            return left >= right
        case Relation.AT_MOST:
            return left > right
        case Relation.ABOVE_SIZE:
            return False  # speaks of the size of a matrix
        case Relation.BOUNDED_OR_ABOVE_ONE:
            return left <= 1 and right <= 0
