"""Which laws and values surely have no atoms, and the conditions that can then never hold."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_constants import constant, entry_of, is_latent
from pplc.lang.check_help import text_of
from pplc.lang.check_state import Checker
from pplc.lang.families import COMBINATORS, FAMILIES


def is_atomless(c: Checker, expr: s.Expr) -> bool:
    """Whether a number surely has probability 0 of being any one value."""
    match expr:
        case s.Name():
            entry = entry_of(c, expr)
            return entry is not None and entry.atomless
        case s.Index(base, _):
            return is_atomless(c, base)
        case s.Unary(_, operand):
            return is_atomless(c, operand)
        case s.Binary("+" | "-" | "*" | "/", left, right):
            # Of two random sides one may undo the other, as in `x - x`.
            return (is_atomless(c, left) and not is_latent(c, right) and constant(c, right) != 0) or (
                is_atomless(c, right) and not is_latent(c, left) and constant(c, left) != 0
            )
        case s.Call(
            s.Name("exp" | "log" | "sigmoid" | "logit" | "tanh" | "atan"), (s.Argument(value=argument),)
        ):
            return is_atomless(c, argument)
        case _:
            return False


def law_is_atomless(c: Checker, law: s.Expr) -> bool:
    """Whether a law, as it is written, surely gives no single value a positive probability."""
    if not isinstance(law, s.Call) or not isinstance(law.function, s.Name):
        return False
    binding = c.binding(law.function)
    if binding is None or binding.kind != "family":
        return False
    name = binding.name
    if len(law.arguments) == 0:
        return name == "Flat"
    if name in FAMILIES and (name not in COMBINATORS or len(law.arguments) > 1):
        return not FAMILIES[name].discrete
    first = law.arguments[0].value
    match name:
        case "Flat":
            return True
        case "Truncated" | "iid" | "Ordered":
            return law_is_atomless(c, first)
        case "Mixture":
            return _all_atomless(c, law.arguments[-1].value)
        case "Delta":
            return is_atomless(c, first)
        case _:
            return False


def _all_atomless(c: Checker, laws: s.Expr) -> bool:
    match laws:
        case s.ListLiteral(items):
            return bool(items) and all(law_is_atomless(c, item) for item in items)
        case s.Comprehension(element):
            return law_is_atomless(c, element)
        case _:
            return False


# ------------------------------------------------------------------ conditions


def refuse_equality(c: Checker, event: s.Expr) -> None:
    """`condition(x == 1.5)` for a continuous `x`: probability 0, and what was meant is a density."""
    match event:
        case s.Binary("and", left, right):
            refuse_equality(c, left)
            refuse_equality(c, right)
        case s.Compare(first, rest):
            before = first
            for op, after in rest:
                if op == "==":
                    _one_equality(c, before, after)
                before = after
        case _:
            pass


def _are_two_draws(c: Checker, one: s.Expr, other: s.Expr) -> bool:
    """Whether these are two variables, each drawn by itself; a `let` may equal what it is made of."""
    ours, theirs = entry_of(c, one), entry_of(c, other)
    if ours is None or theirs is None or one == other:
        return False
    return ours.drawn and theirs.drawn and theirs.atomless


def _one_equality(c: Checker, left: s.Expr, right: s.Expr) -> None:
    for one, other in ((left, right), (right, left)):
        alone = is_atomless(c, one) and (not is_latent(c, other) or _are_two_draws(c, one, other))
        if alone:
            text = text_of(one)
            c.report(
                "E0225",
                f"`{text_of(one)}` is continuous: the probability that it equals any one value is 0",
                left.span.to(right.span),
                "never exactly equal",
                f"to learn from a measured value write `observe {text_of(other, '…')} ~ …`,"
                f" with the law of `{text}`",
            )
            return
