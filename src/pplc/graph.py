"""A model as a graph: variables, what each depends on, and the loops (plates) they stand in.

Read off the Core of the entry model: an arrow from x to y means that the law of y, or whether y is
reached at all, mentions x. Models that are drawn from are single nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, assert_never

from pplc.lang import core
from pplc.lang.core_text import show_expr

Kind: TypeAlias = Literal["latent", "observed", "data", "let", "weight"]
Names: TypeAlias = frozenset[str]

NOTHING: Names = frozenset()


@dataclass(frozen=True)
class Node:
    """A variable. plates: the loops around it, outermost first. law: what it is drawn from, in short."""

    name: str
    kind: Kind
    plates: tuple[int, ...] = ()
    law: str = ""


@dataclass
class Graph:
    """Nodes by name, arrows as pairs of names, labels of plates."""

    nodes: dict[str, Node] = field(default_factory=dict[str, Node])
    arrows: dict[tuple[str, str], None] = field(default_factory=dict[tuple[str, str], None])
    plates: list[str] = field(default_factory=list[str])


def graph_of(program: core.Program) -> Graph:
    """The graph of the entry model. Data that nothing depends on are left out."""
    graph = Graph()
    model = program.model
    for name in model.parameters:
        graph.nodes[name] = Node(name, "data")
    _Walk(graph, {name: frozenset({name}) for name in model.parameters}).block(model.body, NOTHING, ())
    touched = {name for arrow in graph.arrows for name in arrow}
    graph.nodes = {n: node for n, node in graph.nodes.items() if node.kind != "data" or n in touched}
    return graph


def _below(expression: core.Expr) -> Iterator[core.Expr]:
    match expression:
        case core.Prim(_, args, _):
            yield from args
        case core.Cond(test, then, orelse):
            yield from (test, then, orelse)
        case core.Law(_, args, _):
            yield from (arg for arg in args if arg is not None)
        case core.Literal() | core.Variable() | core.Global() | core.Closure():
            return
        case _:
            assert_never(expression)


class _Walk:
    """Goes through a model in order; `known` says on which nodes each Core variable depends."""

    def __init__(self, graph: Graph, known: dict[str, Names]) -> None:
        self.graph = graph
        self.known = known

    def needs(self, *expressions: core.Expr) -> Names:
        found: set[str] = set()
        todo = list(expressions)
        while todo:
            expression = todo.pop()
            match expression:
                case core.Variable(name):
                    found |= self.known.get(name, NOTHING)
                case core.Prim("extent" | "len" | "growing"):
                    pass  # sizes are known before anything is drawn
                case core.Closure(_, captured):
                    for name in captured:
                        found |= self.known.get(name, NOTHING)
                case _:
                    todo += _below(expression)
        return frozenset(found)

    def learn(self, name: str, names: Names) -> None:
        self.known[name] = self.known.get(name, NOTHING) | names

    def node(self, node: Node, needs: Names) -> None:
        before = self.graph.nodes.get(node.name)
        if before is None or before.kind == "data":
            self.graph.nodes.pop(node.name, None)  # an observed datum stands where it is observed
            self.graph.nodes[node.name] = node
        elif len(before.plates) < len(node.plates):  # `z[0]` before the loop over `z[t]`
            self.graph.nodes[node.name] = replace(before, plates=node.plates)
        for name in sorted(needs - {node.name}):
            self.graph.arrows[name, node.name] = None

    def block(self, block: core.Block, context: Names, plates: tuple[int, ...]) -> None:
        for statement in block:
            self.statement(statement, context, plates)

    def statement(self, statement: core.Stmt, context: Names, plates: tuple[int, ...]) -> None:
        match statement:
            case core.Let(name, value, recorded):
                needs = self.needs(value)
                if recorded:
                    self.node(Node(recorded, "let", plates), needs | context)
                    needs = frozenset({recorded})
                self.known[name] = needs
            case core.Define(name, indices, value, recorded) if recorded:
                self.node(Node(recorded, "let", plates), (self.needs(value, *indices) | context) - {recorded})
                self.learn(name, frozenset({recorded}))
            case core.Assign(name, indices, value) | core.Define(name, indices, value):
                self.learn(name, self.needs(value, *indices))
            case core.Draw(name, indices, site, law):
                needs = self.needs(law, *site.indices) | context
                self.node(Node(site.name, "latent", plates, _law(law)), needs)
                self.learn(name, frozenset({site.name}) | self.needs(*indices))
            case core.Observe(name, _, site, law, value):
                label = name or site.name
                needs = self.needs(law, *site.indices) | context | (self.needs(value) - {label})
                self.node(Node(label, "observed", plates, _law(law)), needs)
            case core.Weight(kind, value):
                label = f"{kind} {sum(node.kind == 'weight' for node in self.graph.nodes.values()) + 1}"
                self.node(Node(label, "weight", plates), self.needs(value) | context)
            case core.Call(name, function, args, keywords):
                self.known[name] = self.needs(function, *args, *(value for _, value in keywords))
            case core.If(test, then, orelse):
                inside = context | self.needs(test)
                self.block(then, inside, plates)
                self.block(orelse, inside, plates)
            case core.For(name, iterable, body, collect, _, into):
                self.graph.plates.append(f"{name.split('#')[0]} in {_plainly(iterable)}")
                self.known[name] = self.needs(iterable)
                self.block(body, context, (*plates, len(self.graph.plates) - 1))
                if collect is not None:
                    self.known[into] = self.needs(collect, iterable)
            case core.While(head, test, body):
                self.graph.plates.append("while")
                inner = (*plates, len(self.graph.plates) - 1)
                self.block(head, context, inner)
                self.block(body, context | self.needs(test), inner)
            case core.Return() | core.Fail():
                pass
            case _:
                assert_never(statement)


def _plainly(iterable: core.Expr) -> str:
    """`0..J` instead of `(0 .. J)`."""
    text = show_expr(iterable)
    return text[1:-1].replace(" .. ", "..") if text.startswith("(") and text.endswith(")") else text


def _law(law: core.Expr) -> str:
    return law.family if isinstance(law, core.Law) else ""


# ------------------------------------------------------------------ DOT

SHAPES = {
    "latent": "shape=ellipse",
    "observed": 'shape=ellipse style=filled fillcolor="#d0d0d0"',
    "data": "shape=plaintext",
    "let": "shape=diamond",
    "weight": 'shape=box style=filled fillcolor="#d0d0d0"',
}


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz' language, plates as clusters."""
    lines = ["digraph model {", "  rankdir=TB;", '  node [fontname="sans-serif"];']
    lines += _cluster(graph, (), 1)
    lines += [f"  {_quoted(a)} -> {_quoted(b)};" for a, b in graph.arrows]
    return "\n".join([*lines, "}"]) + "\n"


def _cluster(graph: Graph, plates: tuple[int, ...], depth: int) -> list[str]:
    indent = "  " * depth
    lines = [
        f"{indent}{_quoted(node.name)} [label={_quoted(label(node))} {SHAPES[node.kind]}];"
        for node in graph.nodes.values()
        if node.plates == plates
    ]
    inner = {
        node.plates[: len(plates) + 1] for node in graph.nodes.values() if len(node.plates) > len(plates)
    }
    for below in sorted(p for p in inner if p[: len(plates)] == plates):
        title = _quoted(graph.plates[below[-1]])
        lines.append(f"{indent}subgraph cluster_{below[-1]} {{")
        lines.append(f'{indent}  label={title}; labeljust="r"; labelloc="b";')
        lines += _cluster(graph, below, depth + 1)
        lines.append(f"{indent}}}")
    return lines


def label(node: Node) -> str:
    """The name, and the law below it."""
    name = node.name.split("#")[0]
    return f"{name}\n{node.law}" if node.law else name


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
