"""`pplc.information` gives its functions by name, in whatever order its modules were imported."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import pplc.information


@pytest.mark.parametrize("name", pplc.information.__all__)
def test_a_name_is_a_function_or_class_even_when_every_module_is_loaded(name: str) -> None:
    for module in pkgutil.iter_modules(pplc.information.__path__):
        importlib.import_module(f"pplc.information.{module.name}")
    assert callable(getattr(pplc.information, name))


def test_a_name_that_is_none_is_said_to_be() -> None:
    with pytest.raises(AttributeError, match="no attribute `nothing`"):
        _ = pplc.information.nothing
