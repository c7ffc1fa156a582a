"""The cell magic `%%ppl`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pplc


class Shell:
    """As much of IPython's shell as the extension uses."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Callable[[str, str], None]] = {}

    def register_magic_function(
        self, function: Callable[[str, str], None], magic_kind: str, magic_name: str
    ) -> None:
        self.magics[f"{magic_kind} {magic_name}"] = function


def test_a_cell_is_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell()
    pplc.load_ipython_extension(shell)
    ppl = shell.magics["cell ppl"]
    ppl("coin", "model coin() {\n  x ~ Bernoulli(0.5)\n  return x\n}\n")
    assert isinstance(shell.user_ns["coin"], pplc.Model)
    ppl("", "model coin() {\n  x ~ Bernuolli(0.5)\n}\n")
    assert "did you mean `Bernoulli`?" in capsys.readouterr().err
    assert "model" not in shell.user_ns
