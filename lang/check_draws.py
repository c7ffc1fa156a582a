"""Drawing: what `~` may stand before, where, and what it gives."""

from __future__ import annotations

from pplc.lang import syntax as s
from pplc.lang.check_constants import is_latent, latent_name
from pplc.lang.check_help import text_of
from pplc.lang.check_shapes import broadcast, numeric, plain, report_shapes
from pplc.lang.check_state import Checker
from pplc.lang.check_unify import Clash
from pplc.lang.check_values import only_in_models
from pplc.lang.typesys import (
    WRONG,
    Array,
    Base,
    Bool,
    Dist,
    Extent,
    Fn,
    Int,
    Model,
    Real,
    Type,
    Variable,
    Wrong,
    scalar_of,
)


def drawn(c: Checker, node: s.Node, law: s.Expr, kind: Type) -> Type:
    """What a draw from a value of that type gives; complains if nothing can be drawn, or not here."""
    only_in_models(c, node, "`~` draws")
    match c.unify.head(kind):
        case Model(element) | Dist(element) | Base(element):
            return element
        case Wrong():
            return WRONG
        case Variable() as unknown:
            element = c.unify.fresh()
            c.unify.fits(unknown, Model(element))
            return element
        case Fn(_, result) as function:
            help_ = ""
            if isinstance(c.unify.head(result), Model | Dist | Base):
                help_ = f"give it its arguments, as in `{text_of(law)}(…)`"
            return _not_a_model(c, law, function, help_)
        case other:
            return _not_a_model(
                c, law, other, "to give a name to a value that is not random write `let x = …`"
            )


def _not_a_model(c: Checker, law: s.Expr, kind: Type, help_: str) -> Type:
    return c.report(
        "E0223",
        f"`~` draws from a model or a distribution, but this is `{c.show(kind)}`",
        law.span,
        f"this is `{c.show(kind)}`",
        help_,
    )


def observe(c: Checker, node: s.Observe) -> None:
    """`observe v ~ d`: `d` has a density, and `v` is a value of it, or an array of independent ones."""
    only_in_models(c, node, "`observe` weighs a run")
    value = c.infer(node.value, None)
    law = c.unify.head(c.infer(node.law, None))
    match law:
        case Dist(element) | Base(element):
            _observed(c, node, value, element)
        case Wrong():
            pass
        case Variable() as unknown:
            c.unify.fits(unknown, Dist(value))
        case Model(element):
            c.report(
                "E0223",
                f"`observe` needs a density, and a model has none: this is `{c.show(law)}`",
                node.law.span,
                "no density",
                f"`infer({text_of(node.law)})` is its law, where that can be computed"
                if text_of(node.law) != "this"
                else "`infer(…)` is its law, where that can be computed",
            )
        case Fn(_, result):
            help_ = "give it its parameters" if isinstance(c.unify.head(result), Dist | Model) else ""
            _no_density(c, node, law, help_)
        case other:
            _no_density(c, node, other, _law_instead(node.law, other))


def _law_instead(law: s.Expr, kind: Type) -> str:
    if isinstance(law, s.Call) and isinstance(law.function, s.Name) and law.function.name == "flip":
        return "`flip(p)` is already drawn; its law is `Bernoulli(p)`"
    if isinstance(kind, Real):
        return "if this is a log density, write `factor(…)` and no `observe`"
    return "as in `observe y ~ Normal(0, 1)`"


def _no_density(c: Checker, node: s.Observe, kind: Type, help_: str) -> None:
    c.report(
        "E0223",
        f"`observe` needs a distribution, but this is `{c.show(kind)}`",
        node.law.span,
        f"this is `{c.show(kind)}`",
        help_,
    )


def _observed(c: Checker, node: s.Observe, value: Type, element: Type) -> None:
    ours, theirs = numeric(c, value), numeric(c, element)
    if isinstance(value, Wrong) or isinstance(element, Wrong):
        return
    what = "the observed value"
    if ours is None or theirs is None:
        _observed_other(c, node, value, element, what)
        return
    if isinstance(ours[0], Real) and isinstance(theirs[0], Int):
        c.report(
            "E0210",
            f"the law is over `int`, but the observed value is `{c.show(value)}`",
            node.value.span,
            f"this is `{c.show(value)}`",
            "declare the data `int`",
        )
        return
    if isinstance(ours[0], Variable):
        c.unify.fits(ours[0], theirs[0])
    _check_shape(c, node, value, element, ours[1], theirs[1])
    if isinstance(theirs[0], Real) and is_latent(c, node.value):
        name = latent_name(c, node.value)
        depends = f"depends on the drawn `{name}`" if name else "is random"
        c.warn(
            "W0201",
            f"the observed value {depends}: this weighs the run by a density, and adds no Jacobian",
            node.value.span,
            "not data",
            "if it is a transformed parameter, add the log Jacobian with `factor(…)`",
        )


def _check_shape(
    c: Checker,
    node: s.Observe,
    value: Type,
    element: Type,
    ours: tuple[Extent, ...],
    theirs: tuple[Extent, ...],
) -> None:
    if len(theirs) > len(ours):
        c.report(
            "E0220",
            f"the law is over `{c.show(element)}`, but the observed value is `{c.show(value)}`",
            node.value.span,
            f"this is `{c.show(value)}`",
            "observe an array with one value for every element of the law",
        )
        return
    clash = broadcast(c, ours, theirs)
    if isinstance(clash, Clash):
        report_shapes(c, "the observed value and its law have", clash, value, element, node.span)


def _observed_other(c: Checker, node: s.Observe, value: Type, element: Type, what: str) -> None:
    """Values that are no numbers: one of the law, or an array of independent ones."""
    clash = c.unify.fits(value, element)
    if clash is None:
        return
    opened = plain(c, value)
    if isinstance(opened, Array) and c.unify.fits(opened.element, element) is None:
        return
    if isinstance(opened, Array) and isinstance(c.unify.head(element), Array) and clash.what == "size":
        c.mismatch(clash, value, element, node.value.span, what)
        return
    help_ = ""
    ours, theirs = scalar_of(opened), scalar_of(plain(c, element))
    if isinstance(ours, Int | Real) and isinstance(theirs, Bool):
        help_ = "declare the data `bool`: 0 and 1 in a data file are read as `false` and `true`"
    c.report(
        "E0210",
        f"the law is over `{c.show(element)}`, but the observed value is `{c.show(value)}`",
        node.value.span,
        f"this is `{c.show(value)}`",
        help_,
    )
