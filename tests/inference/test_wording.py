"""What outputs say of one thing is said of one thing, and in the words of the language."""

from __future__ import annotations

import pytest

import pplc

ONE = "model one() { x ~ Bernoulli(0.5) }"
MIXED = """\
model mixed(y: real) {
  m ~ Normal(0, 1)
  z ~ Bernoulli(0.5)
  observe y ~ Normal(if z { m } else { 0.0 }, 1)
  return z
}
"""


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (ONE, {}, "finite: 1 state."),
        (ONE, {"method": "importance", "draws": 1}, "importance, 1 weighted draw, seed"),
        (MIXED, {"method": "importance", "draws": 1}, "importance, 1 weighted draw, seed"),
        (MIXED, {"method": "laplace", "draws": 1}, "laplace, 1 draw,"),
        (
            MIXED,
            {"method": "nuts", "draws": 5, "warmup": 5},
            "5 draws, 1 unconstrained parameter, 1 discrete variable summed out,",
        ),
        (
            MIXED,
            {"method": "smc2", "particles": 1, "inner_particles": 1, "parameters": "m"},
            "1 parameter with 1 particle each",
        ),
    ],
)
def test_one_thing_is_not_called_many(text: str, options: dict[str, object], words: str) -> None:
    data = {"y": 1.0} if text is MIXED else None
    found = str(pplc.compile(text).infer(data, **options))  # type: ignore[arg-type]
    assert words in found
    assert "site" not in found


def test_a_population_of_one_is_not_called_many() -> None:
    with pytest.raises(pplc.Rejected) as found:
        pplc.compile("model m() { x ~ Bernoulli(0.5); condition(false) }").infer(
            method="smc", particles=1, chains=1
        )
    assert "the only particle has weight zero at its 1st weight" in str(found.value)
