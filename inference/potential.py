"""The log density of a program and its gradient, for several chains in one call.

The density is traced once, vectorised over chains and differentiated, to a graph of plain tensor
operations: a call costs what these operations cost. Where that cannot be done, because the run branches
on a draw, chains are evaluated one by one.
"""

# pyright: basic

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.func import vmap
from torch.fx import Graph, GraphModule, Node
from torch.fx.experimental.proxy_tensor import make_fx

from pplc.inference.pyro_model import Density
from pplc.lang.diagnostics import Rejected

Floats = npt.NDArray[np.float64]


class Potential:
    """`value_and_gradient` of a log density for a fixed number of chains.

    traced: whether the graph is used; otherwise chains are evaluated one by one.
    """

    def __init__(self, density: Density, chains: int, *, jacobian: bool = True) -> None:
        self.size = density.size
        self.chains = chains
        self.density = density
        self.jacobian = jacobian
        self._call = self._compiled()
        self.traced = self._call is not None

    def value_and_gradient(self, positions: Floats) -> tuple[Floats, Floats]:
        """Log densities [C] and gradients [C, D] at positions [C, D].

        Where the density is not a finite number it is minus infinity, and the gradient zero.
        """
        u = torch.from_numpy(np.ascontiguousarray(positions))
        if self._call is not None:
            with torch.no_grad():
                gradient, value = self._call(u)
            values, gradients = value.numpy().copy(), gradient.numpy().copy()
        else:
            values = np.empty(len(positions))
            gradients = np.empty_like(positions)
            for k in range(len(positions)):
                values[k], gradients[k] = self._one(u[k])
        bad = ~np.isfinite(values) | ~np.isfinite(gradients).all(axis=1)
        if bad.any():
            values[bad] = -np.inf
            gradients[bad] = 0.0
        return values, gradients

    def _one(self, u: Tensor) -> tuple[float, Floats]:
        u = u.clone().requires_grad_()
        value = self.density(u, jacobian=self.jacobian)
        if not value.requires_grad:
            return float(value), np.zeros(self.size)
        (gradient,) = torch.autograd.grad(value, u)
        return float(value.detach()), gradient.numpy()

    def _compiled(self) -> Callable[[Tensor], tuple[Tensor, Tensor]] | None:
        if self.size == 0:
            return None

        def one(u: Tensor) -> tuple[Tensor, Tensor]:
            point = u.detach().requires_grad_()
            value = self.density(point, jacobian=self.jacobian)
            if not value.requires_grad:
                return torch.zeros_like(u), value
            (gradient,) = torch.autograd.grad(value, point)
            return gradient, value.detach()

        example = 0.1 * torch.ones(self.chains, self.size, dtype=torch.float64)
        example = example * torch.linspace(0.5, 1.5, self.size, dtype=torch.float64)
        try:
            # First one chain by ordinary autograd, which Pyro's enumeration needs; its graph is plain
            # tensor operations, which can be vectorised.
            single = folded(make_fx(one)(example[0]))
            graph = make_fx(vmap(single))(example)
        except Rejected:
            raise
        except (RuntimeError, ValueError, IndexError, NotImplementedError, TypeError) as why:
            self.why = str(why)
            return None
        simplified = folded(graph)
        fast = scripted(simplified, example)
        with torch.no_grad():
            for a, b in zip(fast(example), simplified(example), strict=True):
                if not torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)):
                    return simplified
        return fast


def scripted(module: GraphModule, example: Tensor) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The graph run by TorchScript's interpreter, which spends less time between operations."""
    with torch.no_grad():
        traced = torch.jit.trace(module, (example,), check_trace=False)
        frozen = torch.jit.freeze(traced.eval())
    return frozen  # type: ignore[no-any-return]


_RANDOM = ("rand", "bernoulli", "normal", "uniform", "multinomial", "poisson")


@dataclass(slots=True)
class _Constants:
    values: dict[Node, Any]

    def of(self, item: Any) -> Any:
        return self.values[item] if isinstance(item, Node) else item


def folded(module: GraphModule) -> GraphModule:
    """The graph with everything that does not depend on its input computed, repeats shared, the rest dropped."""
    graph: Graph = module.graph
    constants = _Constants({})
    seen: dict[Any, Node] = {}
    count = 0
    with torch.no_grad():
        for node in list(graph.nodes):
            if node.op == "get_attr":
                constants.values[node] = getattr(module, node.target)
                continue
            if node.op != "call_function":
                continue
            inputs = node.all_input_nodes
            name = str(node.target)
            if all(i in constants.values for i in inputs) and not any(r in name for r in _RANDOM):
                args = torch.fx.map_arg(node.args, constants.of)
                kwargs = torch.fx.map_arg(node.kwargs, constants.of)
                value = node.target(*args, **kwargs)  # type: ignore[operator]
                constants.values[node] = value
                if isinstance(value, Tensor):
                    count += 1
                    module.register_buffer(f"folded{count}", value, persistent=False)
                    with graph.inserting_before(node):
                        new = graph.get_attr(f"folded{count}")
                    node.replace_all_uses_with(new)
                    constants.values[new] = value
                    graph.erase_node(node)
                continue
            key = _key(node)
            if key is not None:
                if key in seen:
                    node.replace_all_uses_with(seen[key])
                    graph.erase_node(node)
                else:
                    seen[key] = node
    graph.eliminate_dead_code()
    graph.lint()
    module.recompile()
    return module


def _key(node: Node) -> Any:
    """What identifies a computation; None for those that must not be shared."""
    name = str(node.target)
    if any(r in name for r in _RANDOM) or name.split(".")[-2:-1] and name.split(".")[1].endswith("_"):
        return None
    try:
        key = (node.target, _hashable(node.args), _hashable(dict(node.kwargs)))
        hash(key)
    except TypeError:
        return None
    return key


def _hashable(item: Any) -> Any:
    if isinstance(item, list | tuple):
        return tuple(_hashable(i) for i in item)
    if isinstance(item, dict):
        return tuple(sorted((k, _hashable(v)) for k, v in item.items()))
    if isinstance(item, float | int | bool):
        return (type(item).__name__, item)
    return item
