"""Exact runs of kernels: a module's source re-executed over rationals through one rewrite of its syntax tree.

float literals become the decimals as written; `/` and `**` become exact; names imported from
`pplc.semantics.kernel` and `pplc.semantics.special` become their exact twins; kernels imported from other
families become the exact versions of those. What has no twin (`sin`, `pi`, `erf`) raises `Inexact` when it is
used, not before: an approximation is never taken for an exact value.
"""

from __future__ import annotations

import ast
import functools
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from fractions import Fraction
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Never, cast

from pplc.semantics import exact_elementary
from pplc.semantics.number import Inexact, LogRat

_KERNEL = "pplc.semantics.kernel"
_SPECIAL = "pplc.semantics.special"
_FAMILIES = "pplc.semantics.families"
# Records about kernels, not kernels: exact modules share them with the plain ones.
_SHARED = f"{_FAMILIES}.table"
_HELPER = "_exact_"


class _Rewrite(ast.NodeTransformer):
    """Replaces literals, division, powers and imports; keeps the source text to read decimals from."""

    def __init__(self, source: str) -> None:
        self._source = source

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, float):
            return node
        text = ast.get_source_segment(self._source, node) or repr(node.value)
        return _call("literal", [ast.Constant(text)], node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = _operator(node.op)
        return node if name is None else _call(name, [node.left, node.right], node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        name = _operator(node.op)
        if name is None or not isinstance(node.target, ast.Name):
            return node
        read = ast.Name(node.target.id, ast.Load())
        return ast.copy_location(ast.Assign([node.target], _call(name, [read, node.value], node)), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt | list[ast.stmt]:
        module = node.module or ""
        if module == _SHARED or not module.startswith((_KERNEL, _SPECIAL, _FAMILIES)):
            return node
        return [
            ast.copy_location(
                ast.Assign(
                    [ast.Name(alias.asname or alias.name, ast.Store())],
                    _call("member", [ast.Constant(module), ast.Constant(alias.name)], node),
                ),
                node,
            )
            for alias in node.names
        ]


def _operator(op: ast.operator) -> str | None:
    match op:
        case ast.Div():
            return "divide"
        case ast.Pow():
            return "power"
        case _:
            return None


def _call(name: str, arguments: list[ast.expr], at: ast.AST) -> ast.expr:
    function = ast.Name(_HELPER + name, ast.Load())
    call = ast.Call(function, arguments, [])
    return ast.copy_location(call, at) if isinstance(at, ast.expr | ast.stmt) else call


def _literal(text: str) -> Fraction:
    return Fraction(text.replace("_", ""))


class _Absent:
    """A function or constant without an exact twin."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: object) -> Never:
        raise Inexact(f"`{self._name}` has no exact version")

    __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = _refuse


def _member(module: str, name: str) -> object:
    """What `from module import name` binds in an exact module."""
    if module.startswith((_KERNEL, _SPECIAL)):
        return getattr(exact_elementary, name, _Absent(name))
    if module == _FAMILIES:  # `name` is a family's module
        return exact_module(f"{module}.{name}")
    return getattr(exact_module(module), name)


class _ExactLoader(SourceFileLoader):
    """Loads a module from its rewritten source; never from cached byte code of the plain one."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.get_filename(fullname)).decode()
        tree = ast.fix_missing_locations(_Rewrite(source).visit(ast.parse(source)))
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        helpers: dict[str, object] = {
            "literal": _literal,
            "divide": exact_elementary.divide,
            "power": exact_elementary.power,
            "member": _member,
        }
        for name, helper in helpers.items():
            setattr(module, _HELPER + name, helper)
        super().exec_module(module)


@functools.cache
def exact_module(name: str) -> ModuleType:
    """The kernel module called `name`, re-executed over rationals."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    loader = _ExactLoader(name + "@exact", found.origin)
    module = importlib.util.module_from_spec(ModuleSpec(name + "@exact", loader, origin=found.origin))
    loader.exec_module(module)
    return module


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise Inexact(f"the float {value!r} in an exact computation")
    if isinstance(value, tuple | list):
        for entry in cast("Sequence[object]", value):
            _refuse_floats(entry)


def exact(kernel: Callable[..., object]) -> Callable[..., object]:
    """The kernel over rationals: integers and `Fraction`s in; rationals, log weights as `LogRat`, out.

    Raises `Inexact` on a float argument and where a value on the way is irrational.

    >>> from pplc.semantics.families import NUMERICS
    >>> exact(NUMERICS["Binomial"].log_density)(3, Fraction(1, 3), 2)
    LogRat(value=Fraction(2, 9))
    """
    twin = getattr(exact_module(kernel.__module__), kernel.__name__)

    @functools.wraps(kernel)
    def run(*arguments: object) -> object:
        _refuse_floats(arguments)
        value = twin(*arguments)
        _refuse_floats(value)
        return value

    return run


def exact_log_mass(kernel: Callable[..., object]) -> Callable[..., LogRat]:
    """`exact` of a log mass, whose result is a `LogRat`."""
    run = exact(kernel)

    def log_mass(*arguments: object) -> LogRat:
        value = run(*arguments)
        if not isinstance(value, LogRat):
            raise Inexact(f"{kernel.__module__}.{kernel.__name__} gave {value!r}, which is no exact log mass")
        return value

    return log_mass
