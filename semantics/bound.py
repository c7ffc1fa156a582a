"""A program with its data: what every engine is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from pplc.lang import core
from pplc.lang.drawn_once import drawn_once
from pplc.semantics.formula import mentioned
from pplc.semantics.symbolic.expression import depends
from pplc.semantics.values import Address, Value


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use before it ends in a located error (LANGUAGE.md 15).

    steps: statements executed by one run. depth: calls inside calls. states: runs kept at once
    by enumeration. grid: continuous variables that may be integrated numerically.
    """

    steps: int = 2_000_000
    depth: int = 10_000
    states: int = 1_000_000
    grid: int = 2

    @classmethod
    def of(cls, steps: int | None = None, depth: int | None = None, states: int | None = None) -> Budget:
        """The budget with what is given in place of the defaults."""
        given = {"steps": steps, "depth": depth, "states": states}
        return cls(**{name: value for name, value in given.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Bound:
    """A Core program, the values of its entry's parameters, and what `do` sets.

    arguments:     by parameter name; reals are `Fraction`s, exactly as the data were written.
    interventions: by address; a whole array may be set under its name alone.
    prior:         leave out every observation, condition and weight (`prior` queries); see `before_data`.
    """

    program: core.Program
    arguments: Mapping[str, Value] = field(default_factory=dict[str, Value])
    interventions: Mapping[Address, Value] = field(default_factory=dict[Address, Value])
    prior: bool = False
    budget: Budget = Budget()

    def before_data(self) -> Bound:
        """The program without its weights: what is observed is drawn, each place once."""
        return self if self.prior else replace(self, program=drawn_once(self.program), prior=True)

    @property
    def open(self) -> bool:
        """Whether the values of some parameters are left open: they are formulas, or depend on variables."""
        return any(mentioned(value) or depends(value) for value in self.arguments.values())

    def intervened(self, address: Address) -> bool:
        """Whether `do` sets this address, or an array or row it is an element of."""
        return bool(self.interventions) and self._setting(address) is not None

    def intervention(self, address: Address) -> Value:
        """The value `do` gives to an address that is `intervened`."""
        found = self._setting(address)
        assert found is not None
        value, indices = found
        for index in indices:
            assert isinstance(value, tuple)
            assert isinstance(index, int)
            value = value[index]
        return value

    def _setting(self, address: Address) -> tuple[Value, tuple[Value, ...]] | None:
        """The value set at an address or around it, innermost first, and the indices into it."""
        if address in self.interventions:
            return self.interventions[address], ()
        last = address[-1] if address else ()
        if isinstance(last, tuple):
            for length in reversed(range(len(last))):
                around = (*address[:-1], last[:length]) if length else address[:-1]
                if around in self.interventions:
                    return self.interventions[around], last[length:]
        return None

    def elements(self, address: Address) -> Iterator[tuple[tuple[Value, ...], Value]]:
        """What `do` sets inside the value at an address: indices and values of single elements."""
        last = address[-1]
        head, index = (address[:-1], last) if isinstance(last, tuple) else (address, ())
        for target, value in self.interventions.items():
            within = target[-1]
            if target[:-1] == head and isinstance(within, tuple) and within[: len(index)] == index:
                if len(within) > len(index):
                    yield within[len(index) :], value
