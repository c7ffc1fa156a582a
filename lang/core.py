"""The Core IR: a program with explicit draws, weights and addresses, names resolved.

Structured and imperative. Expressions are pure, primitive and call nothing of the user's; every
draw, weight and call is a statement, in the order of evaluation. A function activation has its own
variables, all names unique within the function (`x`, `x$2`); nothing is nested lexically, a
closure lists what it captures, by value.

The calculus is the monadic metalanguage of Scibior et al. (POPL 2018) in direct style: `Draw` is
bind, `Return` unit, `Weight` score. `Observe` is kept apart from `Weight`, because `do`,
predictive draws and pointwise log likelihoods speak of observed sites.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias
from typing import Literal as OneOf

from pplc.lang.diagnostics import NOWHERE, Span

if TYPE_CHECKING:
    from pplc.lang.syntax import Query
    from pplc.lang.typesys import Type

Scalar: TypeAlias = bool | int | Fraction | str | tuple[()]


@dataclass(frozen=True, slots=True)
class Node:
    """What every node has: the place in the user's file it stands for."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


# ------------------------------------------------------------------ expressions


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant: a bool, an int, an exact real (`Fraction`), a string, or unit `()`."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """A variable of the running activation."""

    name: str


@dataclass(frozen=True, slots=True)
class Global(Node):
    """A function of the program, as a value; what it names captures nothing."""

    name: str


@dataclass(frozen=True, slots=True)
class Prim(Node):
    """A primitive operation on values; `static` holds what is known when lowering.

    Operators: `add sub mul div floordiv mod pow matmul neg not eq ne lt le gt ge`.
    Structure: `tuple list record(static names) field(static name) construct(static tag)
    is_tag(static tag) payload(static position) item(static position, of a tuple) index range len
    extent(static axis) growing(static rank) is_missing missing`.
    `index(a, i, …)` takes ints, ranges and arrays of ints, as NumPy does.
    `growing` makes an array whose elements are defined one by one; `extent(a)` is a length.
    Members of a law: `logpdf pdf cdf logcdf logccdf quantile mean_of`.
    Every function of the library (`pplc.lang.functions.FUNCTIONS`) under its own name, except
    those that take functions (`map filter fold`), which are lowered to loops.
    Models: `mem` of a function gives the model of its memoised versions.
    """

    op: str
    args: tuple[Expr, ...]
    static: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cond(Node):
    """`if` between pure expressions, and `and`, `or`: evaluates only the side it needs."""

    test: Expr
    then: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True)
class Law(Node):
    """A distribution: a family or combinator of `pplc.lang.families`, or a user's density.

    args stand in the order of the signature, `None` for an optional one left out.
    parametrisation: 0 the main one, k the k-th of the family's alternatives.
    A user's density has `family` = its name and is found in `Program.densities`.
    """

    family: str
    args: tuple[Expr | None, ...]
    parametrisation: int = 0


@dataclass(frozen=True, slots=True)
class Closure(Node):
    """An anonymous function of the program's table, with variables captured by value."""

    function: str
    captured: tuple[str, ...]


Expr: TypeAlias = Literal | Variable | Global | Prim | Cond | Law | Closure

# ------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Site(Node):
    """The static part of an address, and its indices, which are evaluated when it is reached.

    name:    the variable's name as the user wrote it, or `callee#n` for the n-th anonymous draw
             of the function (`flip#1`), `observe#n` for an observation of no plain variable.
    indices: the element's indices, after those of the loops around a loop-local variable.
    The path of calls is added when the program runs: a model drawn from at a site has its own
    sites below it. Models that call themselves or each other over and over count the rounds instead
    of making the path longer (`pplc.semantics.calls`).
    """

    name: str
    indices: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Let(Node):
    """Binds `name`; `recorded` if it is a `let` by its user name, reported and open to `do`."""

    name: str
    value: Expr
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class Assign(Node):
    """Assigns a `var`, or (with indices) makes it the array changed in one place."""

    name: str
    indices: tuple[Expr, ...]
    value: Expr


@dataclass(frozen=True, slots=True)
class Define(Node):
    """Defines an element of a growing array, once.

    recorded: the array's user name, if the element is reported and open to `do`, as a draw would be.
    """

    name: str
    indices: tuple[Expr, ...]
    value: Expr
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class Draw(Node):
    """Binds `name` (or, with indices, defines its element) to a draw from `law` at `site`.

    `law` evaluates to a distribution (the machine asks its source) or a model (its body runs).
    """

    name: str
    indices: tuple[Expr, ...]
    site: Site
    law: Expr


@dataclass(frozen=True, slots=True)
class Observe(Node):
    """Weighs the run by the density of `law` at `value`.

    If the value is a plain place of a parameter (`name`, `indices`; else name is empty), then
    entries of it that are missing are drawn instead, at the site's address (with the entry's
    index appended when a whole array is observed), and put in their place.
    """

    name: str
    indices: tuple[Expr, ...]
    site: Site
    law: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Weight(Node):
    """Weighs the run: by e^value (`factor`), value ≥ 0 (`weight`), or how true it is.

    `condition` takes true or false, `observe_soft` a truth value between 0 and 1.
    """

    kind: OneOf["factor", "weight", "condition", "observe_soft"]
    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    """Binds `name` to the result of applying a value.

    A function runs; a model gives the `Model` that remembers its arguments, and runs nothing; a
    memoised function looks its arguments up, or draws, at the site of its own draw indexed by
    them. `infer` (a `Global`) of a model, with optional keyword values, gives a law.
    """

    name: str
    function: Expr
    args: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class If(Node):
    """Runs one of two blocks; what they assign outlives them, what they bind does not."""

    test: Expr
    then: Block
    orelse: Block


@dataclass(frozen=True, slots=True)
class For(Node):
    """Runs the body for each element of a range, array or list, in order.

    collect:     if given, evaluated after each round in which `keep` was true; `into` is bound to
                 the list of its values afterwards (a comprehension).
    independent: no round reads what another round writes (found by a pass); then the rounds may
                 be done at once, as a plate.
    Variables bound in the body are not visible after it, unless they were bound before.
    """

    name: str
    iterable: Expr
    body: Block
    collect: Expr | None = None
    keep: Expr | None = None
    into: str = ""
    independent: bool = False


@dataclass(frozen=True, slots=True)
class While(Node):
    """Runs `head`, then leaves if `test` is false, else runs `body`, and again."""

    head: Block
    test: Expr
    body: Block


@dataclass(frozen=True, slots=True)
class Return(Node):
    """Leaves the function."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Fail(Node):
    """Stops with a located error: a match without an arm that fits, an end without return."""

    code: str
    message: str


Stmt: TypeAlias = Let | Assign | Define | Draw | Observe | Weight | Call | If | For | While | Return | Fail
Block: TypeAlias = tuple[Stmt, ...]

# ------------------------------------------------------------------ programs


@dataclass(frozen=True, slots=True)
class Function(Node):
    """A function or model. Parameters and captured variables are bound when it starts.

    variables: the type of every variable, as the checker found it.
    """

    name: str
    kind: OneOf["fn", "model"]
    parameters: tuple[str, ...]
    captured: tuple[str, ...]
    body: Block
    variables: Mapping[str, Type] = field(default_factory=dict[str, "Type"], compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UserDensity:
    """`density Name(args) on support = log-density`.

    function: takes the arguments, returns the closure of the point that is its log density.
    support:  the type the points have, sizes as in the source.
    """

    name: str
    parameters: tuple[str, ...]
    function: str
    support: Type


@dataclass(frozen=True, slots=True)
class Program:
    """A checked and lowered program.

    entry:     the model that runs, its parameters bound to data by name.
    sums:      for each sum type its constructors in order, for `values(Shape)`.
    payloads:  the sum types of which a constructor carries something.
    functions: everything callable, by name; top-level `let`s are functions without parameters,
               called where they are read.
    """

    functions: Mapping[str, Function]
    entry: str
    densities: Mapping[str, UserDensity] = field(default_factory=dict[str, UserDensity])
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    queries: tuple[Query, ...] = ()
    payloads: frozenset[str] = frozenset()

    @property
    def enumerations(self) -> Mapping[str, tuple[str, ...]]:
        """The sum types whose values are their constructors."""
        return {name: tags for name, tags in self.sums.items() if name not in self.payloads}

    @property
    def model(self) -> Function:
        """The entry model."""
        return self.functions[self.entry]
