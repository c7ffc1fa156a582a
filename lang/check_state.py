"""What the type checker carries along: known variables, the function being checked, what was found.

The checker is a set of functions over one `Checker`, in files by construct. They call each other
through its fields `infer` and `block`, which `pplc.lang.check` fills in. `inside` knows the paths that
queries may speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from pplc.lang.check_help import size_help, type_help
from pplc.lang.check_unify import Clash, Unifier
from pplc.lang.diagnostics import Diagnostic, Note, Rejected, Span
from pplc.lang.scope import Binding, Resolution
from pplc.lang.syntax import Block, Expr, Member, Node
from pplc.lang.typesys import (
    UNKNOWN_SIZE,
    WRONG,
    Extent,
    Fn,
    Int,
    Real,
    Size,
    SizeVariable,
    Type,
    UnknownSize,
    Variable,
    Wrong,
    children,
    show,
    show_size,
    weight,
    with_sizes,
)

LARGEST_TYPE = 1000
"""Records in one type. Nested pairs grow as powers of 2; nobody writes a type of a thousand parts."""

MOST_STEPS = 2_000_000
"""Nodes looked at, some more than once: about ten seconds. A file of a million characters has fewer."""

MOST_ERRORS = 50
"""Errors shown of one program."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a variable.

    size:     its value, if it is an integer that can stand as a size.
    latent:   it depends on a draw.
    atomless: it is drawn from a law that gives no single value a positive probability.
    constant: its value, if it is a number written in the program.
    drawn:    it is a draw itself, and no array of draws.
    """

    type: Type
    size: Extent | None = None
    latent: bool = False
    atomless: bool = False
    constant: Fraction | None = None
    drawn: bool = False


@dataclass(slots=True)
class Frame:
    """One function body while it is checked.

    result:  what it is declared to return; None if that is to be inferred.
    returns: what its `return`s give.
    locals:  integer variables of the body that stand as sizes; nobody outside knows them.
    loops:   how many loops are open; depth_of: how many were where a variable was drawn.
    """

    kind: Literal["fn", "model", "let", "density", "query"]
    name: str
    result: Type | None = None
    returns: list[tuple[Type, Span]] = field(default_factory=list[tuple[Type, Span]])
    locals: set[str] = field(default_factory=set[str])
    loops: int = 0
    depth_of: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    """A function, model or density of the program, or the constructor of a sum type.

    parameters: names (empty for the unnamed fields of a constructor) and types.
    result:     what a call gives: `Model[T]` for a model, `Base[T]` for a density.
    """

    what: Literal["function", "model", "density", "constructor"]
    name: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type

    @property
    def as_function(self) -> Fn:
        """The type of the function as a value: for arrays of any size, which is not followed any further."""

        def forget(size: Extent) -> Extent:
            return UNKNOWN_SIZE if isinstance(size, Size) and size.name else size

        kinds = [with_sizes(kind, forget) for kind in (*(kind for _, kind in self.parameters), self.result)]
        return Fn(tuple(kinds[:-1]), kinds[len(kinds) - 1])


def _no_path(_: Member) -> Type | None:
    return None


class Checker:
    """The state of one check."""

    infer: Callable[[Expr, Type | None], Type]
    block: Callable[[Block], Type | None]
    inside: Callable[[Member], Type | None]

    def __init__(self, names: Resolution) -> None:
        self.names = names
        self.inside = _no_path
        self.unify = Unifier()
        self.types: dict[int, Type] = {}
        self.signatures: dict[str, FunctionSignature] = {}
        self.globals: dict[str, Entry] = {}
        self.aliases: dict[str, Type] = {}
        self.constructors: dict[str, tuple[str, tuple[tuple[str, Type], ...]]] = {}
        self.entries: dict[str, Entry] = {}
        self.growing: dict[str, Block] = {}
        self.frames: list[Frame] = []
        self.used: set[str] = set()
        self.errors: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.query_names: Mapping[int, Binding] = {}
        self._reported: set[tuple[str, Span]] = set()
        self._steps = 0

    @property
    def frame(self) -> Frame:
        """The function being checked."""
        return self.frames[-1]

    # -------------------------------------------------------------- reporting

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help_: str = "",
        notes: tuple[Note, ...] = (),
    ) -> Wrong:
        """Note an error; one of a code at a place is enough. Gives the type that absorbs its echoes."""
        if (code, span) not in self._reported and len(self.errors) < MOST_ERRORS:
            self._reported.add((code, span))
            self.errors.append(Diagnostic(code, message, span, label, help_, notes))
        return WRONG

    def warn(
        self,
        code: str,
        message: str,
        span: Span,
        label: str = "",
        help_: str = "",
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Note a warning."""
        if (code, span) not in self._reported:
            self._reported.add((code, span))
            self.warnings.append(Diagnostic(code, message, span, label, help_, notes, "warning"))

    def attempt(self) -> tuple[int, int, int, frozenset[tuple[str, Span]]]:
        """A point that `give_up` goes back to: bindings and diagnostics."""
        return self.unify.mark(), len(self.errors), len(self.warnings), frozenset(self._reported)

    def give_up(self, start: tuple[int, int, int, frozenset[tuple[str, Span]]]) -> None:
        """Forget everything since `attempt`."""
        mark, errors, warnings, reported = start
        self.unify.undo(mark)
        del self.errors[errors:], self.warnings[warnings:]
        self._reported = set(reported)

    def show(self, kind: Type) -> str:
        """A type as the user writes it, variables filled in."""
        if weight(kind, LARGEST_TYPE) > LARGEST_TYPE:
            return show(kind)
        return show(self.unify.full(kind))

    def show_size(self, size: Extent) -> str:
        """A size as the user writes it."""
        return show_size(self.unify.size(size))

    # -------------------------------------------------------------- types of nodes

    def binding(self, node: Node) -> Binding | None:
        """What a name stands for."""
        return self.names.of.get(id(node)) or self.query_names.get(id(node))

    def record(self, node: Node, kind: Type) -> Type:
        """Write down the type of a node; refuse one that has grown beyond all bounds."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._reported.clear()
            self.report(
                "E0217",
                "this program is too complex to check",
                node.span,
                "gave up here",
                "write less at once",
            )
            raise Rejected(*self.errors[:MOST_ERRORS])
        if not isinstance(kind, Int | Real | Wrong | Variable) and self._is_too_large(kind):
            kind = self.report(
                "E0217",
                "the type of this value is too large",
                node.span,
                f"made of more than {LARGEST_TYPE} parts",
                "values of this size belong into lists or arrays",
            )
        self.types[id(node)] = kind
        return kind

    def _is_too_large(self, kind: Type) -> bool:
        """Counts through variables, without writing the type out."""
        count, pending = 0, [kind]
        while pending:
            count += 1
            if count > LARGEST_TYPE:
                return True
            part = self.unify.head(pending.pop())
            if not isinstance(part, Int | Real | Wrong | Variable):
                pending.extend(children(part))
        return False

    def enter(self, node: Node, entry: Entry) -> None:
        """Make a variable known under the name that resolution gave it."""
        self.types[id(node)] = entry.type
        binding = self.names.of.get(id(node))
        if binding is not None and binding.kind == "global":
            self.globals[binding.unique] = entry
        elif binding is not None:
            self.entries[binding.unique] = entry

    # -------------------------------------------------------------- expecting

    def check(self, expr: Expr, wanted: Type, what: str, *, narrowing: bool = False) -> Type:
        """Infer a type that has to fit; `what` names the place in messages, as in "the condition"."""
        found = self.infer(expr, wanted)
        self.require(found, wanted, expr.span, what, narrowing=narrowing)
        return found

    def require(
        self, found: Type, wanted: Type, span: Span, what: str, *, narrowing: bool = False, help_: str = ""
    ) -> bool:
        """Report it if a type does not fit."""
        clash = self.unify.fits(found, wanted, narrowing=narrowing)
        if clash is not None:
            self.mismatch(clash, found, wanted, span, what, help_)
        return clash is None

    def mismatch(
        self, clash: Clash, found: Type, wanted: Type, span: Span, what: str, help_: str = ""
    ) -> None:
        """Report a clash as E0220 if only sizes differ, else as E0210."""
        shown, expected = self.show(found), self.show(wanted)
        if clash.what == "size":
            ours, theirs = _size(clash.found), _size(clash.wanted)
            self.report(
                "E0220",
                f"{what} has the wrong size: expected {theirs}, found {ours}",
                span,
                f"this is `{shown}`, expected `{expected}`",
                help_ or size_help(clash.found, clash.wanted),
            )
            return
        self.report(
            "E0210",
            f"{what} has the wrong type: expected `{expected}`, found `{shown}`",
            span,
            f"this is `{shown}`",
            help_ or type_help(self.unify.head(found), self.unify.head(wanted), clash),
        )


def _size(size: Type | Extent) -> str:
    return f"`{show_size(size)}`" if isinstance(size, Size | SizeVariable | UnknownSize) else "another one"
