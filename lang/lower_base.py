"""What lowering one function keeps track of: statements so far, temporaries, loops, sites."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from pplc.lang import core
from pplc.lang.core import Expr, Stmt
from pplc.lang.diagnostics import Span
from pplc.lang.scope import Binding, Resolution
from pplc.lang.syntax import Expr as Tree
from pplc.lang.syntax import Node
from pplc.lang.typesys import INT, Type

if TYPE_CHECKING:
    from pplc.lang.lower_calls import Calls

UNIT_VALUE = core.Literal(())


@dataclass(slots=True)
class Output:
    """The program being made, shared by the lowering of all its functions."""

    names: Resolution
    types: Mapping[int, Type]
    functions: dict[str, core.Function] = field(default_factory=dict[str, core.Function])


def global_name(name: str) -> str:
    """The name in Core of an item of the user's; `infer` is taken."""
    return "infer'" if name == "infer" else name


@dataclass(slots=True)
class Branch:
    """A block lowered aside: its statements and its value; `leaves` if it never reaches its end."""

    body: list[Stmt] = field(default_factory=list[Stmt])
    value: Expr = UNIT_VALUE
    leaves: bool = False


@dataclass(slots=True)
class Rounds:
    """What a loop collects, filled in while its body is lowered; see `core.For`."""

    collect: Expr | None = None
    keep: Expr | None = None
    into: str = ""


@dataclass(slots=True)
class Loop:
    """A loop around what is being lowered; `index` is the variable that tells its rounds apart.

    A loop over a range has one; others get a counter if a site needs it (`counted`).
    """

    index: str
    counted: bool = False


class Base(ABC):
    """The state of lowering one function, and the rules of hoisting.

    An expression is lowered to a pure Core expression; what has an effect is emitted before it.
    `parallel` keeps the order of evaluation from left to right.
    """

    def __init__(self, output: Output, name: str, kind: OneOf["fn", "model"]) -> None:
        self.output = output
        self.name = name
        self.kind: OneOf["fn", "model"] = kind
        self.branch = Branch()
        self.loops: list[Loop] = []
        self.parameters: frozenset[str] = frozenset()
        self.variables: dict[str, Type] = {}
        self.changing: set[str] = set()
        self.anonymous: Counter[str] = Counter()
        self.temporaries = 0

    @abstractmethod
    def expr(self, tree: Tree) -> Expr:
        """The pure expression of a syntax tree, after emitting its effects."""

    # -------------------------------------------------------------- names

    def binding(self, node: Node) -> Binding:
        """What a name of the source stands for."""
        return self.output.names.of[id(node)]

    def variable(self, node: Node) -> str:
        """The variable that a pattern, target or declaration binds, its type noted."""
        binding = self.binding(node)
        self.typed(binding.unique, node)
        if binding.mutable or binding.rank:
            self.changing.add(binding.unique)
        return binding.unique

    def typed(self, name: str, node: Node) -> None:
        """Note the type of a variable, if the checker found one."""
        known = self.output.types.get(id(node))
        if known is not None:
            self.variables[name] = known

    def type_of(self, node: Node) -> Type | None:
        """The type that the checker found for a node; None if it has not run."""
        return self.output.types.get(id(node))

    def fresh(self, node: Node | None = None) -> str:
        """A new variable, of the type of the given node."""
        self.temporaries += 1
        name = f"${self.temporaries}"
        if node is not None:
            self.typed(name, node)
        return name

    def site(self, name: str, span: Span) -> core.Site:
        """The site of a variable of the user's, told apart by the loops around it."""
        indices: list[Expr] = []
        for loop in self.loops:
            loop.counted = True
            indices.append(core.Variable(loop.index, span=span))
        return core.Site(name, tuple(indices), span=span)

    def anonymous_site(self, callee: str, span: Span) -> core.Site:
        """The site of the n-th anonymous draw or observation of its kind in the function."""
        key = "observe" if callee == "observe" else "draw"
        self.anonymous[key] += 1
        return self.site(f"{callee}#{self.anonymous[key]}", span)

    # -------------------------------------------------------------- statements

    def emit(self, statement: Stmt) -> None:
        """Add a statement, unless it can never be reached."""
        if not self.branch.leaves:
            self.branch.body.append(statement)
            if isinstance(statement, core.Return | core.Fail):
                self.branch.leaves = True

    @contextmanager
    def aside(self) -> Generator[Branch]:
        """Lower into a branch of its own."""
        outer, self.branch = self.branch, Branch()
        inner = self.branch
        try:
            yield inner
        finally:
            self.branch = outer

    def let(self, value: Expr, span: Span, node: Node | None = None) -> core.Variable:
        """Bind a value to a new variable."""
        name = self.fresh(node)
        self.emit(core.Let(name, value, span=span))
        return core.Variable(name, span=span)

    def atom(self, value: Expr, span: Span, node: Node | None = None) -> Expr:
        """The value as something that may be read again, later: bound to a variable if need be."""
        return value if self.steady(value) else self.let(value, span, node)

    def steady(self, value: Expr) -> bool:
        """Whether an expression costs nothing, cannot fail, and means the same later."""
        match value:
            case core.Literal() | core.Global():
                return True
            case core.Variable(name):
                return name not in self.changing
            case core.Closure(_, captured):
                return not any(name in self.changing for name in captured)
            case _:
                return False

    def parallel(self, trees: Sequence[Tree]) -> list[Expr]:
        """Several expressions, evaluated from left to right.

        When one of them emits statements, those before it are bound first, as they must not see
        its effects, nor fail after them.
        """
        values: list[Expr] = []
        for tree in trees:
            mark = len(self.branch.body)
            value = self.expr(tree)
            if len(self.branch.body) > mark:
                bound: list[Stmt] = []
                for position, earlier in enumerate(values):
                    if not self.steady(earlier):
                        name = self.fresh(trees[position])
                        bound.append(core.Let(name, earlier, span=earlier.span))
                        values[position] = core.Variable(name, span=earlier.span)
                self.branch.body[mark:mark] = bound
            values.append(value)
        return values

    def discard(self, value: Expr, span: Span) -> None:
        """Evaluate for the errors it may give."""
        if not self.steady(value) and not isinstance(value, core.Variable):
            self.emit(core.Let(self.fresh(), value, span=span))

    def choose(
        self, branches: Sequence[tuple[Expr, Branch]], otherwise: Branch, span: Span, node: Node | None
    ) -> Expr:
        """The first branch whose test is true, else `otherwise`: `Cond` if all are pure.

        node: the expression whose value is wanted; None if none is.
        """
        every = [*(branch for _, branch in branches), otherwise]
        pure = not any(branch.body or branch.leaves for branch in every)
        if pure and node is None and all(self.steady(test) for test, _ in branches):
            return UNIT_VALUE
        if pure and node is not None:
            value = otherwise.value
            for test, branch in reversed(branches):
                value = core.Cond(test, branch.value, value, span=span)
            return value
        result: Expr = UNIT_VALUE
        if node is not None and any(not b.leaves and b.value != UNIT_VALUE for b in every):
            name = self.fresh(node)
            result = core.Variable(name, span=span)
            for branch in every:
                if not branch.leaves:
                    branch.body.append(core.Let(name, branch.value, span=branch.value.span))
        block: core.Block = tuple(otherwise.body)
        for test, branch in reversed(branches):
            block = (core.If(test, tuple(branch.body), block, span=span),)
        for statement in block:
            self.emit(statement)
        if all(branch.leaves for branch in every):
            self.branch.leaves = True
        return result

    @contextmanager
    def loop_over(self, items: Expr, name: str, span: Span) -> Generator[Rounds]:
        """Lower the body of a loop; the `For` is emitted at the end.

        If a site needs to tell the rounds apart and the items are no range, the loop counts.
        """
        is_range = isinstance(items, core.Prim) and items.op == "range"
        loop = Loop(name if is_range else self.fresh())
        rounds = Rounds()
        with self.aside() as branch:
            self.loops.append(loop)
            yield rounds
            self.loops.pop()
        body = tuple(branch.body)
        if not is_range and loop.counted:
            self.variables[loop.index] = INT
            items = self.atom(items, span)
            element = core.Prim("index", (items, core.Variable(loop.index, span=span)), span=span)
            body = (core.Let(name, element, span=span), *body)
            extent = core.Prim("extent", (items,), (0,), span=span)
            items = core.Prim("range", (core.Literal(0, span=span), extent), span=span)
            name = loop.index
        self.emit(core.For(name, items, body, rounds.collect, rounds.keep, rounds.into, span=span))

    # -------------------------------------------------------------- functions

    @abstractmethod
    def sibling(self, name: str, kind: OneOf["fn", "model"]) -> Calls:
        """The lowering of another function of the program."""

    def add_function(
        self,
        name: str,
        kind: OneOf["fn", "model"],
        parameters: tuple[str, ...],
        captured: tuple[str, ...],
        body: core.Block,
    ) -> str:
        """Add a function that lowering makes, unless it is there."""
        if name not in self.output.functions:
            self.output.functions[name] = core.Function(name, kind, parameters, captured, body)
        return name
