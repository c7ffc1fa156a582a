"""The evaluator of Core over torch: one big-step run, whose draws, observations and weights go to a `Sites`.

A loop of independent rounds is a plate: its variable is a vector along a batch axis of its own, and its
body runs once. An `if` that differs between rounds, or depends on a draw, evaluates both sides and
chooses; what is weighed inside counts where the side is taken. Where rounds cannot be done at once,
`Replan` says which loop to do round by round, and the run starts again.
"""

# pyright: basic

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from fractions import Fraction
from typing import TypeAlias, assert_never

import torch

from pplc.inference.torch_build import Certain, law_of, of_reference
from pplc.inference.torch_combine import (
    at,
    fitted,
    gathered,
    has_effects,
    known_value,
    merged,
    outside,
    replaced,
    space_of,
)
from pplc.inference.torch_elementwise import both, elementwise, negated, where
from pplc.inference.torch_foreign import called
from pplc.inference.torch_growing import TorchGrowing
from pplc.inference.torch_index import move_shape_to_batch
from pplc.inference.torch_laws import Image, TorchLaw, User
from pplc.inference.torch_missing import remaining, taken_apart
from pplc.inference.torch_ode import solved
from pplc.inference.torch_plan import Path, Plan, Plate, Replan, Sites
from pplc.inference.torch_primitives import elements, frozen, has_tensor, length, primitive
from pplc.inference.torch_values import (
    Batch,
    CannotVectorise,
    Content,
    Refused,
    from_value,
    has_missing,
    is_numeric,
    lift,
    plain,
    settled,
    tensor,
    truth,
)
from pplc.lang import core
from pplc.lang.analysis import statements
from pplc.semantics.bound import Bound
from pplc.semantics.calls import Active, Calls, entered
from pplc.semantics.evaluate import extended
from pplc.semantics.faults import unavailable, wrong_kind
from pplc.semantics.values import (
    MISSING,
    Fault,
    ForeignFunction,
    FunctionValue,
    MemoFunction,
    MemoModel,
    ModelValue,
    Record,
)

Env: TypeAlias = dict[str, Content]

LIMIT = 200
"""Calls inside calls; recursion deeper than this is not a program for densities."""
FRAMES = 40
"""Frames of Python that one call of the program takes at most, with `if`s inside each other."""


class Returned:
    """A function has returned this."""

    __slots__ = ("value",)

    def __init__(self, value: Content) -> None:
        self.value = value


_ABSENT = object()


@contextmanager
def deep_recursion(frames: int) -> Iterator[None]:
    """Lets Python's own calls go deeper by so many frames, so that a program's limit is met first."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Evaluator:
    """One run of a program."""

    def __init__(self, bound: Bound, plan: Plan, sites: Sites) -> None:
        self.bound = bound
        self.program = bound.program
        self.plan = plan
        self.sites = sites
        self.plates: list[Plate] = []
        self.guard: Batch | None = None
        self.memo: dict[object, Content] = {}
        self.calls: Calls = (Active(0, bound.program.entry),)
        self.depth = 0
        self.steps = 0
        self.counter = 0
        self.following = 0
        """Rounds of the longest loop done round by round that is open."""
        self.rows: dict[int, tuple[Batch, tuple[torch.Tensor, ...]]] = {}

    def run(self, arguments: Mapping[str, Content]) -> Content:
        """Runs the entry model; its value."""
        model = self.program.model
        env: Env = {name: arguments[name] for name in model.parameters}
        with deep_recursion(LIMIT * FRAMES):
            value = self.body(FunctionValue(model), env, ())
        self.sites.keep(("return",), value, ())
        return value

    def body(self, function: FunctionValue, env: Env, path: Path) -> Content:
        """Runs a function with its variables bound; its value."""
        if self.depth >= min(LIMIT, self.bound.budget.depth):
            raise Refused("E0537", f"`{function.function.name}` calls itself more than {LIMIT} deep")
        self.depth += 1
        try:
            returned = self.block(function.function.body, env, path)
        finally:
            self.depth -= 1
        return frozen(returned.value) if returned is not None else ()

    def apply(self, function: FunctionValue, arguments: Sequence[Content], path: Path) -> Content:
        """The value of a function or model applied to arguments."""
        definition = function.function
        env: Env = dict(zip(definition.captured, function.captured, strict=True))
        env.update(zip(definition.parameters, arguments, strict=True))
        return self.body(function, env, path)

    # ------------------------------------------------------------------ expressions

    def value(self, expression: core.Expr, env: Env) -> Content:
        """The value of a pure expression."""
        match expression:
            case core.Literal(value):
                return float(value) if isinstance(value, Fraction) else value
            case core.Variable(name):
                return env[name]
            case core.Global(name):
                return FunctionValue(self.program.functions[name])
            case core.Closure(name, captured):
                return FunctionValue(self.program.functions[name], tuple(env[x] for x in captured))
            case core.Cond(test, then, orelse):
                return self.choice(self.value(test, env), then, orelse, env)
            case core.Prim(op, args, static):
                given = [self.value(arg, env) for arg in args]
                with at(expression):
                    return self.primitive(op, static, given)
            case core.Law():
                return self.law(expression, env)
            case _:
                assert_never(expression)

    def primitive(self, op: str, static: tuple[str | int, ...], given: list[Content]) -> Content:
        """The value of a primitive operation."""
        match op:
            case "growing":
                return TorchGrowing(int(static[0]), len(self.plates))
            case "mem":
                return MemoModel(given[0])
            case "DirichletProcess":
                raise Refused(
                    "E0543",
                    "which draw from a Dirichlet process is repeated is a choice that is not summed out",
                )
            case "ode":
                function, *rest = given
                result = solved(lambda t, y: self.called(function, (t, y), ()), *map(frozen, rest))
                self.plan.alone = self.plan.alone or not result.known
                return result
            case "logpdf" | "pdf":
                law = fitted(self.as_law(given[0]), frozen(given[1]))
                result = law.joint(self.point(law, given[1]))
                if op == "pdf":
                    result = elementwise(torch.exp, result)
                return settled(result.data, result.rank, result.known, result.owners)
            case "logcdf" | "logccdf" | "cdf":
                law = self.as_law(given[0])
                below_, above = law.tails(self.point(law, given[1]))
                result = above if op == "logccdf" else below_
                if op == "cdf":
                    result = elementwise(torch.exp, result)
                return settled(result.data, result.rank, result.known, result.owners)
            case "quantile" | "mean_of":
                raise unavailable("quantile" if op == "quantile" else "mean", "a law in a gradient method")
            case "couple":
                raise unavailable("couple", "two laws", "gradient methods have no version of it")
            case "index" if isinstance(given[0], Batch) and isinstance(given[1], int):
                array, first, *rest = given
                row = self.row(array, first)
                if row is None:
                    return primitive(op, static, self.guard, given)
                return primitive(op, static, self.guard, [row, *rest]) if rest else row
            case _:
                return primitive(op, static, self.guard, given)

    def row(self, array: Batch, position: int) -> Batch | None:
        """One row of an array that a loop reads row by row, taken apart once; else None.

        The derivative by a row alone is an array of zeros but for the row: as many as there are rounds.
        """
        if array.known or not array.rank or not 0 <= position < array.shape[0] <= 2 * self.following:
            return None
        found = self.rows.get(id(array))
        if found is None:
            found = self.rows[id(array)] = (array, array.data.unbind(array.data.dim() - array.rank))
        return Batch(found[1][position], array.rank - 1, False, array.owners)

    def as_law(self, value: Content) -> TorchLaw:
        """A law, or an error."""
        if not isinstance(value, TorchLaw):
            raise wrong_kind("~", "a distribution", ())
        return value

    def point(self, law: TorchLaw, value: Content) -> Batch:
        """A value as a point of the law's space."""
        part = lift(frozen(value))
        if self.guard is not None and law.space.kind == "between" and law.event_rank == 0:
            low, high = law.space.lower, law.space.upper
            if low is not None and high is None and low.dim() == 0:
                part = where(self.guard, part, float(low) + 1)
        return part

    def choice(self, test: Content, then: core.Expr, orelse: core.Expr, env: Env) -> Content:
        """Only the side that is needed, or both if the test differs between rounds or is random."""
        known = truth(test)
        if known is not None:
            return self.value(then if known else orelse, env)
        condition = lift(test)
        if condition.rank:
            raise wrong_kind("if", "one truth value", ())
        with self.under(condition):
            yes = self.value(then, env)
        with self.under(negated(condition)):
            no = self.value(orelse, env)
        return merged(condition, yes, no)

    @contextmanager
    def under(self, condition: Batch) -> Iterator[None]:
        """Evaluates one side of an `if`."""
        outer = self.guard
        self.guard = both(outer, condition)
        try:
            yield
        finally:
            self.guard = outer

    def law(self, expression: core.Law, env: Env) -> TorchLaw:
        """A distribution."""
        arguments = [None if a is None else self.value(a, env) for a in expression.args]
        with at(expression):
            density = self.program.densities.get(expression.family)
            if density is not None:
                return self.user_law(density, arguments)
            return law_of(
                expression.family,
                expression.parametrisation,
                arguments,
                lambda function, x: self.apply(function, (x,), ()),
                self.guard,
            )

    def user_law(self, density: core.UserDensity, arguments: Sequence[Content]) -> TorchLaw:
        """A user's density: its function gives the function of the point."""
        maker = FunctionValue(self.program.functions[density.function])
        log_density = self.apply(maker, arguments, ())
        space, extents = space_of(density, dict(zip(density.parameters, arguments, strict=True)))
        given = [lift(a) for a in arguments if is_numeric(a)]
        return User(
            density.name,
            lambda x: self.apply(log_density, (settled(x.data, x.rank, x.known),), ()),
            space,
            extents,
            given,
        )

    # ------------------------------------------------------------------ blocks

    def block(self, block: core.Block, env: Env, path: Path) -> Returned | None:
        """Runs statements in order."""
        for position, statement in enumerate(block):
            self.steps += 1
            if self.steps > self.bound.budget.steps:
                raise Fault("E0405", f"the run did not end within {self.bound.budget.steps:,} steps")
            if isinstance(statement, core.If):
                with at(statement):
                    test = truth(condition := self.value(statement.test, env))
                if test is None:
                    rest = block[position + 1 :]
                    with at(statement):
                        done, result = self.split(statement, lift(condition), env, path, rest)
                    if done:
                        return result
                    continue
                returned = self.block(statement.then if test else statement.orelse, env, path)
            else:
                with at(statement):
                    returned = self.execute(statement, env, path)
            if returned is not None:
                return returned
        return None

    def execute(self, statement: core.Stmt, env: Env, path: Path) -> Returned | None:
        """Runs one statement other than `If`."""
        match statement:
            case core.Let(name, value, recorded):
                self.let(name, self.value(value, env), recorded, env, path)
            case core.Assign(name, indices, value):
                new = self.value(value, env)
                if indices:
                    new = replaced(env[name], [self.value(i, env) for i in indices], new)
                env[name] = new
            case core.Define():
                self.define(statement, env, path)
            case core.Draw():
                self.draw(statement, env, path)
            case core.Observe():
                self.observe(statement, env, path)
            case core.Weight(kind, value):
                self.weigh(kind, self.value(value, env), statement)
            case core.Call():
                env[statement.name] = self.call(statement, env, path)
            case core.For():
                return self.loop(statement, env, path)
            case core.While(head, test, body):
                while True:
                    returned = self.block(head, env, path)
                    if returned is not None:
                        return returned
                    if not self.decided(self.value(test, env)):
                        return None
                    returned = self.block(body, env, path)
                    if returned is not None:
                        return returned
            case core.Return(value):
                return Returned(self.value(value, env))
            case core.Fail(code, message):
                raise Fault(code, message)
            case core.If():
                raise AssertionError("handled by `block`")
            case _:
                assert_never(statement)
        return None

    def decided(self, test: Content) -> bool:
        """A truth value to branch on."""
        known = truth(test)
        if known is not None:
            return known
        part = lift(test)
        if part.known or not part.single:
            raise CannotVectorise("a loop whose end differs between rounds")
        if part.owners:
            raise Refused("E0538", "how long the run goes on depends on a variable that is summed out")
        self.plan.branches = True
        return bool(part.data.item())

    def split(
        self, statement: core.If, condition: Batch, env: Env, path: Path, rest: core.Block
    ) -> tuple[bool, Returned | None]:
        """Both sides of an `if` that differs between rounds or is random; whether the block is finished."""
        for inner in (*statements(statement.then), *statements(statement.orelse)):
            match inner:
                case core.Draw() if not self.bound.prior:
                    if condition.known:
                        raise CannotVectorise("a draw in some rounds only")
                    if not condition.owners and condition.single:
                        side = statement.then if self.decided(condition) else statement.orelse
                        returned = self.block(side, env, path)
                        return returned is not None, returned
                    raise Refused(
                        "E0539",
                        f"`{inner.site.name}` is drawn in some runs only, depending on another draw",
                        "draw it before the `if`, whether it is used or not, or use `--method importance`",
                    )
                case core.While():
                    side = statement.then if self.decided(condition) else statement.orelse
                    returned = self.block(side, env, path)
                    return returned is not None, returned
                case _:
                    pass
        returns = any(
            isinstance(s, core.Return) for s in (*statements(statement.then), *statements(statement.orelse))
        )
        tail = rest if returns else ()
        sides: list[Env] = []
        results: list[Returned | None] = []
        for side, test in ((statement.then, condition), (statement.orelse, negated(condition))):
            inside = {n: v.copy() if isinstance(v, TorchGrowing) else v for n, v in env.items()}
            with self.under(test):
                results.append(self.block((*side, *tail), inside, path))
            sides.append(inside)
        yes, no = results
        if yes is not None and no is not None:
            for name, before in env.items():
                if isinstance(before, TorchGrowing):
                    a, b = sides[0][name], sides[1][name]
                    self.keep_new(a.shared(b, lambda v, w: merged(condition, v, w)), before)
            return True, Returned(merged(condition, frozen(yes.value), frozen(no.value)))
        if yes is not None or no is not None:
            raise CannotVectorise("a function that returns in some rounds only")
        for name in sides[0]:
            if name in sides[1]:
                a, b = sides[0][name], sides[1][name]
                before = env.get(name)
                if isinstance(before, TorchGrowing) and not [*a.since(before), *b.since(before)]:
                    continue
                env[name] = a if a is b else merged(condition, a, b)
                if isinstance(before, TorchGrowing):
                    self.keep_new(env[name], before)
        return returns, None

    def keep_new(self, array: TorchGrowing, before: TorchGrowing) -> None:
        """Reports what both sides of an outermost `if` have defined, now that it is one array again."""
        if array.reported and self.guard is None:
            for indices, value in array.since(before):
                self.sites.keep((*array.reported, tuple(indices)), value, tuple(self.plates))

    # ------------------------------------------------------------------ loops

    def loop(self, statement: core.For, env: Env, path: Path) -> Returned | None:
        """A loop as a plate where that is possible, otherwise round by round."""
        items = frozen(self.value(statement.iterable, env))
        count = length(items)
        if statement.independent and count > 1 and id(statement) not in self.plan.sequential:
            try:
                self.plated(statement, items, count, env, path)
            except CannotVectorise as why:
                self.plan.sequential.add(id(statement))
                raise Replan from why
            return None
        collected: list[Content] = []
        effects = has_effects(statement.body)
        rounds = self.sites.rounds(count, self.plan, statement.independent) if effects else range(count)
        sequence = elements(items)
        outer, self.following = self.following, max(self.following, count)
        for k in rounds:
            env[statement.name] = sequence[k]
            returned = self.block(statement.body, env, path)
            if returned is not None:
                return returned
            if statement.collect is not None:
                keep = True if statement.keep is None else truth(self.value(statement.keep, env))
                if keep is None:
                    raise Refused("E0540", "the length of a list depends on a draw")
                if keep:
                    collected.append(frozen(self.value(statement.collect, env)))
        self.following = outer
        if statement.into:
            env[statement.into] = gathered(collected)
        return None

    def plated(self, statement: core.For, items: Content, count: int, env: Env, path: Path) -> None:
        """All rounds at once."""
        if statement.keep is not None:
            raise CannotVectorise("a list of varying length")
        level = len(self.plates)
        variable = move_shape_to_batch(lift(items), level)
        inside = dict(env)
        inside[statement.name] = variable
        self.counter += 1
        plate = Plate(count, f"plate#{self.counter}")
        context = self.sites.plate(plate, level) if has_effects(statement.body) else nullcontext()
        self.plates.append(plate)
        self.plan.nesting = max(self.plan.nesting, len(self.plates))
        try:
            with context:
                if self.block(statement.body, inside, path) is not None:
                    raise CannotVectorise("a return inside a loop")
                collected: Content = None
                if statement.collect is not None:
                    collected = frozen(self.value(statement.collect, inside))
        finally:
            self.plates.pop()
        for name, before in env.items():
            if inside.get(name, _ABSENT) is not before:
                raise CannotVectorise("a variable that rounds assign to")
        if statement.into:
            if not is_numeric(collected) and not isinstance(collected, tuple | Record):
                raise CannotVectorise("a list of values that are not numbers")
            env[statement.into] = outside(collected, level, count)

    # ------------------------------------------------------------------ effects

    def address(self, site: core.Site, env: Env, path: Path) -> Path:
        """Where a draw stands."""
        where_ = (*path, site.name)
        return (*where_, tuple(self.value(i, env) for i in site.indices)) if site.indices else where_

    def intervened(self, address: Path) -> bool:
        """Whether `do` sets this address; what it sets in some rounds only is done round by round."""
        if not self.bound.interventions:
            return False
        if any(has_tensor(part) for part in address):
            names = tuple(part for part in address if isinstance(part, str))
            for other in self.bound.interventions:
                if tuple(part for part in other if isinstance(part, str)) == names:
                    raise CannotVectorise("an intervention")
            return False
        return self.bound.intervened(address)

    def let(self, name: str, value: Content, recorded: str, env: Env, path: Path) -> None:
        if recorded:
            address = (*path, recorded)
            if self.intervened(address):
                value = from_value(self.bound.intervention(address))
            value = self.fixed(address, value)
            self.sites.keep(address, value, tuple(self.plates))
        env[name] = value

    def fixed(self, address: Path, value: Content) -> Content:
        """The value of a draw or `let`, with the elements that `do` sets one by one."""
        set_here = list(self.bound.elements(address)) if self.bound.interventions else []
        if not set_here or not (isinstance(value, tuple | range) or (is_numeric(value) and lift(value).rank)):
            return value
        for place, element in set_here:
            value = replaced(value, place, from_value(element))
        return gathered(list(value))

    def define(self, statement: core.Define, env: Env, path: Path) -> None:
        array = env[statement.name]
        indices = [self.value(i, env) for i in statement.indices]
        value = frozen(self.value(statement.value, env))
        if statement.recorded:
            address = (*path, statement.recorded, tuple(indices))
            if self.intervened(address):
                value = from_value(self.bound.intervention(address))
            value = self.fixed(address, value)
            array.reported = address[:-1]
            if self.guard is None:  # else it is half of the value, and kept when it is whole
                self.sites.keep(address, value, tuple(self.plates))
        array.define(indices, value, [p.size for p in self.plates])

    def draw(self, statement: core.Draw, env: Env, path: Path) -> None:
        address = self.address(statement.site, env, path)
        law = self.value(statement.law, env)
        value = self.fixed(address, self.drawn(address, law, statement))
        if statement.indices:
            places = [self.value(i, env) for i in statement.indices]
            env[statement.name].define(places, value, [p.size for p in self.plates])
        else:
            env[statement.name] = value
        self.sites.keep(address, value, tuple(self.plates))

    def drawn(self, address: Path, law: Content, statement: core.Stmt) -> Content:
        """A value drawn from a law or model."""
        if self.intervened(address):
            return from_value(self.bound.intervention(address))
        match law:
            case ModelValue(function, arguments):
                outer = self.calls
                path, self.calls = entered(address, function.function.name, outer)
                try:
                    return self.apply(function, arguments, path)
                finally:
                    self.calls = outer
            case MemoModel(function):
                return MemoFunction(address, function)
            case Certain():
                return law.value
            case Image():
                base = self.drawn((*address, "base"), law.base, statement)
                return law.function(base)
            case _ if isinstance(law, TorchLaw):
                return self.drawn_in_part(address, law, statement)
            case _:
                raise wrong_kind("~", "a model or distribution", ())

    def drawn_in_part(self, address: Path, law: TorchLaw, statement: core.Stmt) -> Content:
        """A value drawn from a law, but for the entries that `do` sets where entries are independent."""
        plates = tuple(self.plates)
        rest = remaining(self.bound, address, law) if self.bound.interventions else None
        if rest is None:
            return self.sites.draw(address, law, plates, statement)
        if rest.law is None:
            return rest.whole(())
        return rest.whole(self.sites.draw(address, rest.law, plates, statement, rest.places))

    def observe(self, statement: core.Observe, env: Env, path: Path) -> None:
        address = self.address(statement.site, env, path)
        places = [self.value(i, env) for i in statement.indices]
        if self.intervened(address):
            fixed = from_value(self.bound.intervention(address))
            if statement.name:
                env[statement.name] = replaced(env[statement.name], places, fixed)
            self.sites.keep(address, fixed, tuple(self.plates))
            return
        law = self.as_law(self.value(statement.law, env))
        value = frozen(self.value(statement.value, env))
        if self.bound.prior and not statement.name:
            return
        if self.bound.prior or value is MISSING:
            whole = law if value is MISSING else fitted(law, value)
            drawn = self.fixed(address, self.drawn(address, whole, statement))
            env[statement.name] = replaced(env[statement.name], places, drawn)
            self.sites.keep(address, drawn, tuple(self.plates))
            return
        law = fitted(law, value)
        if has_missing(value) or (statement.name and any(self.bound.elements(address))):
            self.observe_missing(statement, address, law, value, places, env)
            return
        point = self.observed(law, value, statement)
        self.sites.observe(address, law, point, tuple(self.plates), self.guard, statement)

    def observed(self, law: TorchLaw, value: Content, statement: core.Stmt) -> Batch:
        """The observed value as a point; values that are no numbers were weighed by the reference."""
        if is_numeric(value) or isinstance(value, tuple | range):
            return lift(value)
        mass = getattr(law, "law", None)
        if mass is None:
            raise Refused("E0535", "an observed value that is not a number")
        self.sites.weigh(lift(float(mass.log_density(plain(value)))), tuple(self.plates), statement)
        return Batch(tensor([]), 1, True)

    def observe_missing(
        self,
        statement: core.Observe,
        address: Path,
        law: TorchLaw,
        value: Content,
        places: list[Content],
        env: Env,
    ) -> None:
        """Entries that are there are observed, the others drawn, or set by `do`, and put in their place."""
        parts = taken_apart(self.bound, address, law, value)
        plates = tuple(self.plates)
        if parts.there is not None:
            self.sites.observe(address, parts.there.law, parts.there.values, plates, self.guard, statement)
        for place, fixed in parts.fixed.items():
            self.sites.keep(extended(address, place), fixed, plates)
        entries: list[Content] = []
        for place, one in parts.missing:
            entry = extended(address, place)
            drawn = self.drawn(entry, one, statement)
            self.sites.keep(entry, drawn, plates)
            entries.append(drawn)
        env[statement.name] = replaced(env[statement.name], places, parts.filled(entries))

    def weigh(self, kind: str, value: Content, statement: core.Stmt) -> None:
        """`factor`, `weight` and `condition`."""
        if self.bound.prior:
            return
        part = lift(value)
        if kind == "condition":
            log_weight = where(part, 0.0, -torch.inf)
        elif kind == "weight":
            log_weight = elementwise(torch.log, part, real=True)
        elif kind == "observe_soft":
            log_weight = elementwise(lambda t: torch.where(t <= 1, torch.log(t), torch.nan), part, real=True)
        else:
            log_weight = elementwise(lambda t: t, part, real=True)
        if self.guard is not None:
            log_weight = where(self.guard, log_weight, 0.0)
        self.sites.weigh(log_weight, tuple(self.plates), statement)

    # ------------------------------------------------------------------ calls

    def call(self, statement: core.Call, env: Env, path: Path) -> Content:
        if statement.function == core.Global("infer"):
            return self.infer(statement, env)
        function = self.value(statement.function, env)
        arguments = tuple(self.value(a, env) for a in statement.args)
        match function:
            case FunctionValue(definition) if definition.kind == "model":
                return ModelValue(function, arguments)
            case MemoFunction():
                return self.recall(function, arguments, statement)
            case _:
                with at(statement):
                    return self.called(function, arguments, path)

    def called(self, function: Content, arguments: tuple[Content, ...], path: Path) -> Content:
        """The value of a deterministic function."""
        match function:
            case FunctionValue():
                return self.apply(function, arguments, path)
            case ForeignFunction():
                return called(function, arguments, self.plan)
            case _:
                raise wrong_kind("call", "a function", ())

    def recall(self, function: MemoFunction, arguments: tuple[Content, ...], statement: core.Call) -> Content:
        """A memoised function's value, drawn when it is asked for first."""
        if any(isinstance(a, Batch) and a.known for a in arguments):
            raise CannotVectorise("a memoised function")
        arguments = tuple(plain(a) for a in arguments)
        key = (function.address, arguments)
        if key not in self.memo:
            address = (*function.address, arguments)
            model: Content
            if function.function.function.kind == "model":
                model = ModelValue(function.function, arguments)
            else:
                model = self.apply(function.function, arguments, ())
            outer, self.calls = self.calls, ()  # it is drawn where it was made, whoever asks first
            try:
                value = self.drawn(address, model, statement)
            finally:
                self.calls = outer
            self.sites.keep(address, value, tuple(self.plates))
            self.memo[key] = value
        return self.memo[key]

    def infer(self, statement: core.Call, env: Env) -> TorchLaw:
        """The law of an inner model whose arguments are known."""
        from pplc.semantics.machine import Machine
        from pplc.semantics.nested import Nested

        (model,) = (self.value(a, env) for a in statement.args)
        if isinstance(model, TorchLaw):
            return model
        if not isinstance(model, ModelValue):
            raise wrong_kind("infer", "a model", ())
        inner = ModelValue(
            FunctionValue(model.function.function, tuple(known_value(c) for c in model.function.captured)),
            tuple(known_value(a) for a in model.arguments),
        )
        nested = Nested()
        machine = Machine(self.bound, exact=False, infer=nested)
        keywords = {name: known_value(self.value(value, env)) for name, value in statement.keywords}
        return of_reference(nested(machine, inner, keywords, {}, ()))
