"""Arguments put in the order of parameters: too many, missing, unknown and repeated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pplc.lang import syntax as s
from pplc.lang.check_state import Checker
from pplc.lang.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of what is called."""

    name: str
    optional: bool = False


def listed(names: Sequence[str], joiner: str = "and") -> str:
    """Names as in a sentence.

    >>> listed(["mean", "sd"])
    '`mean` and `sd`'
    """
    quoted = [f"`{name}`" for name in names]
    return (
        quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {joiner} {quoted[-1]}" if quoted else ""
    )


def in_order(
    arguments: Sequence[s.Argument], slots: Sequence[Slot]
) -> tuple[list[s.Expr | None], list[str]] | None:
    """The argument of each slot, and the names of those missing; None if some argument has no slot."""
    found: list[s.Expr | None] = [None] * len(slots)
    names = [slot.name for slot in slots]
    for position, argument in enumerate(arguments):
        if argument.name:
            place = names.index(argument.name) if argument.name in names else len(slots)
        else:
            place = position
        if place >= len(slots) or found[place] is not None:
            return None
        found[place] = argument.value
    missing = [
        slot.name for slot, value in zip(slots, found, strict=True) if value is None and not slot.optional
    ]
    return found, missing


def place(
    c: Checker, node: s.Call, callee: str, slots: Sequence[Slot], *, help_: str = ""
) -> list[s.Expr | None] | None:
    """The argument of each slot; reports what does not fit (E0204, E0209) and looks at them anyway."""
    placed = in_order(node.arguments, slots)
    if placed is not None and not placed[1]:
        return placed[0]
    infer_all(c, node)
    _complain(c, node, callee, slots, placed[1] if placed is not None else [], help_)
    return None


def infer_all(c: Checker, node: s.Call) -> None:
    """Look for errors in the arguments of a call that is itself wrong."""
    for argument in node.arguments:
        if not isinstance(argument.value, s.Lambda):
            c.infer(argument.value, None)


def _complain(
    c: Checker, node: s.Call, callee: str, slots: Sequence[Slot], missing: list[str], help_: str
) -> None:
    names = [slot.name for slot in slots]
    seen: list[str] = []
    for argument in node.arguments:
        if argument.name and argument.name not in names:
            known = (
                f"its parameters are {listed(names)}" if any(names) else "it takes its arguments by position"
            )
            c.report(
                "E0209",
                f"`{callee}` has no parameter `{argument.name}`",
                argument.span,
                "unknown parameter",
                did_you_mean(argument.name, names) or help_ or known,
            )
            return
        if argument.name and argument.name in seen:
            c.report("E0209", f"`{argument.name}` is given twice", argument.span, "given again")
            return
        seen.append(argument.name or (names[len(seen)] if len(seen) < len(names) else ""))
    count, most = len(node.arguments), len(slots)
    if count > most or not missing:
        report_count(c, node, callee, slots, count, help_)
        return
    if count == 0 or not any(names):
        report_count(c, node, callee, slots, count, help_)
        return
    c.report("E0204", f"`{callee}` needs {listed(missing)}", node.span, f"{listed(missing)} not given", help_)


def report_count(
    c: Checker, node: s.Call, callee: str, slots: Sequence[Slot], count: int, help_: str = ""
) -> None:
    """`Normal` takes 2 parameters, but 3 were given."""
    least, most = sum(not slot.optional for slot in slots), len(slots)
    takes = str(most) if least == most else f"{least} {'or' if most == least + 1 else 'to'} {most}"
    parameters = "parameter" if takes == "1" else "parameters"
    takes = "no" if most == 0 else takes
    names = [slot.name for slot in slots if slot.name]
    label = (
        f"expected {listed(names)}"
        if names and len(names) == most
        else "too many"
        if count > most
        else "too few"
    )
    if not slots:
        label = "no arguments expected"
    given = "none was" if count == 0 else "1 was" if count == 1 else f"{count} were"
    c.report("E0204", f"`{callee}` takes {takes} {parameters}, but {given} given", node.span, label, help_)
