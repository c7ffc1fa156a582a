"""What names stand for: the records that name resolution hands to the type checker and to lowering."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pplc.lang.diagnostics import Span
from pplc.lang.syntax import Constructor, Item, Program, TypeExpr

Kind: TypeAlias = Literal["local", "global", "builtin", "family", "constructor", "action", "type", "size"]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name stands for.

    name:    as the user wrote it.
    unique:  the variable of the activation (`x`, `x$2`), or the name itself if it is no variable.
             Empty for a size that no argument shows (`N` of a parameter `f: fn(real[N]) -> real`).
    mutable: declared by `var`.
    rank:    number of indices of an array defined element by element; 0 for everything else.
    """

    kind: Kind
    name: str
    unique: str
    declared: Span = field(compare=False)
    mutable: bool = False
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Resolution:
    """Every name of a program, resolved. Keys of `of`, `captures`, `arrays`, `sizes` are `id(node)`.

    program:  keeps the nodes alive, so that their ids stay theirs.
    of:       Name, Bind, ConstructorPattern, Target, Parameter, VarDecl, NamedType, SizeName,
              SizeSum, DoItem.
    captures: of a Lambda, the variables around it that it reads, in order of first mention.
    arrays:   of a Function, Density or Lambda, the arrays it defines element by element.
    sizes:    of the same, the sizes its parameter types bring into scope (not those that are
              parameters themselves, or known from around a Lambda).
    aliases:  the types that are other types under a new name; sums: the other ones.
    owners:   for each constructor its type.
    globals:  the item of each function, model, density and top-level `let`.
    visible:  for each model or function what queries may speak of, by the user's name.
    """

    program: Program
    of: Mapping[int, Binding]
    captures: Mapping[int, tuple[Binding, ...]]
    arrays: Mapping[int, tuple[Binding, ...]]
    sizes: Mapping[int, tuple[Binding, ...]]
    aliases: Mapping[str, TypeExpr]
    sums: Mapping[str, tuple[Constructor, ...]]
    owners: Mapping[str, str]
    globals: Mapping[str, Item]
    visible: Mapping[str, Mapping[str, Binding]]


@dataclass(slots=True, eq=False)
class Activation:
    """One function body while it is resolved; anonymous functions have their own.

    taken:   how often each name was bound in the whole outermost function: closures keep the names
             of what they capture.
    visible: see `Resolution.visible`.
    """

    taken: Counter[str] = field(default_factory=Counter[str])
    captured: dict[str, Binding] = field(default_factory=dict[str, Binding])
    visible: dict[str, Binding] = field(default_factory=dict[str, Binding])


@dataclass(slots=True, eq=False)
class Scope:
    """A chain of blocks, innermost first."""

    activation: Activation
    parent: Scope | None = None
    names: dict[str, Binding] = field(default_factory=dict[str, Binding])

    def inner(self) -> Scope:
        """A block within this one."""
        return Scope(self.activation, self)

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, name: str) -> tuple[Binding, list[Activation]] | None:
        """The binding of a name, and the activations between here and there that capture it."""
        crossed: list[Activation] = []
        for scope in self.chain():
            if name in scope.names:
                return scope.names[name], crossed
            if scope.parent is not None and scope.parent.activation is not scope.activation:
                crossed.append(scope.activation)
        return None

    def all_names(self) -> list[str]:
        """Everything visible, nearest first."""
        return [name for scope in self.chain() for name in reversed(scope.names)]
