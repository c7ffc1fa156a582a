"""Where a chain of a gradient sampler stands, in warm-up or after it, as numbers and arrays for run files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pplc.inference.adaptation import Floats, Moments, StepSize


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a chain stands after warm-up; what `--resume` needs.

    iteration: transitions made so far, warm-up included; the generation of the source.
    metric:    the inverse mass matrix or its diagonal, (co)variances of the posterior.
    """

    position: Floats
    log_density: float
    gradient: Floats
    step: float
    metric: Floats
    iteration: int

    def to_dict(self) -> dict[str, Any]:
        """As numbers and arrays, for run files."""
        return {
            "position": self.position,
            "log_density": self.log_density,
            "gradient": self.gradient,
            "step": self.step,
            "metric": self.metric,
            "iteration": self.iteration,
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> ChainState:
        """The state that `to_dict` wrote."""
        return ChainState(
            _array(stored["position"]),
            float(stored["log_density"]),
            _array(stored["gradient"]),
            float(stored["step"]),
            _array(stored["metric"]),
            int(stored["iteration"]),
        )


@dataclass(frozen=True, slots=True)
class WarmState:
    """Where a chain stands within its warm-up.

    here:  as after warm-up; its step size is the one to try next.
    tuner: of the step size. seen: the positions of the present window.
    """

    here: ChainState
    tuner: StepSize
    seen: Moments

    @staticmethod
    def of(here: ChainState, tuner: StepSize, seen: Moments) -> WarmState:
        """With copies of what changes."""
        return WarmState(here, replace(tuner), replace(seen))

    def to_dict(self) -> dict[str, Any]:
        """As numbers and arrays, for run files."""
        tuner, seen = self.tuner, self.seen
        return {
            **self.here.to_dict(),
            "tuner": [tuner.target, tuner.center, tuner.count, tuner.error, tuner.average],
            "mean": seen.mean,
            "squares": seen.squares,
            "seen": seen.count,
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> WarmState:
        """The state that `to_dict` wrote."""
        target, center, count, error, average = stored["tuner"]
        return WarmState(
            ChainState.from_dict(stored),
            StepSize(float(target), float(center), int(count), float(error), float(average)),
            Moments(_array(stored["mean"]), _array(stored["squares"]), int(stored["seen"])),
        )


Standing = ChainState | WarmState | None
"""Of a chain; None before it has found where to start."""


def to_dict(standing: Standing) -> dict[str, Any]:
    """As numbers and arrays, for run files."""
    return {} if standing is None else standing.to_dict()


def from_dict(stored: Mapping[str, Any]) -> Standing:
    """What `to_dict` wrote."""
    if not stored:
        return None
    return WarmState.from_dict(stored) if "tuner" in stored else ChainState.from_dict(stored)


def _array(stored: Any) -> Floats:
    return np.asarray(stored, dtype=np.float64)
