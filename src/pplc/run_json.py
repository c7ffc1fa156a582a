"""A run as one JSON object: what `--format json` prints, and of which the text output is a rendering."""

from __future__ import annotations

from collections.abc import Mapping
from math import isinf, isnan
from typing import Any

import numpy as np

from pplc.inference.answers import Answer, Bounds, Estimate, Exact, Truncated
from pplc.inference.collect import extents
from pplc.inference.result import Array, Index
from pplc.inference.summary import Variable
from pplc.information.answers import Answered
from pplc.lang.render import to_json
from pplc.run import Run
from pplc.untyped import as_list


def as_json(run: Run) -> dict[str, Any]:
    """The object; a number that does not exist is null, and an infinite one the word `Infinity`."""
    return {
        "model": run.model,
        "method": run.method.name,
        "why": run.why,
        "verified": run.verified,
        "seed": run.options.seed,
        "seconds": round(run.seconds, 3),
        "log_evidence": evidence(run),
        "variables": {name: variable(v) for name, v in run.variables.items()},
        "queries": [answered(q) for q in run.queries],
        **_symbols(run),
        "diagnostics": {key: plain(number) for key, number in run.diagnostics.items()},
        "warnings": [to_json(d) for d in run.warnings],
    }


def _symbols(run: Run) -> dict[str, Any]:
    """The parameters left open, and where the formulas in them hold."""
    if not run.symbolic:
        return {}
    return {"symbolic": {"parameters": list(run.symbolic), "assumptions": list(run.assumptions)}}


def evidence(run: Run) -> dict[str, Any] | None:
    """The log evidence, or null with the reason in words."""
    if run.log_evidence is None:
        return {"kind": "unknown", "reason": run.result.no_evidence} if run.result.no_evidence else None
    return answer(run.log_evidence)


def answer(value: Answer) -> dict[str, Any]:
    """A number with what is known of its error."""
    match value:
        case Exact(number, None):
            return {"kind": "exact", "value": plain(number)}
        case Exact(number, rational):
            return {"kind": "exact", "value": plain(number), "exact": str(rational)}
        case Bounds(lower, upper, confidence):
            return {
                "kind": "bounds",
                "lower": plain(lower),
                "upper": plain(upper),
                "confidence": plain(confidence),
            }
        case Truncated(number, left):
            return {"kind": "truncated", "value": plain(number), "left_out": plain(left)}
        case Estimate(number, error, interval, flags):
            return {
                "kind": "estimate",
                "value": plain(number),
                "se": plain(error),
                "interval": [plain(end) for end in interval],
                "flags": list(flags),
            }


def answered(query: Answered) -> dict[str, Any]:
    """A query and its answer, or why it has none."""
    if query.errors:
        return {"query": query.query, "kind": "error", "diagnostics": [to_json(d) for d in query.errors]}
    if query.elements is not None:
        shape = extents(query.elements) if query.elements else (0,)
        listed = _nested(shape, {index: answer(n) for index, n in query.elements.items()})
        return {"query": query.query, "kind": "array", "shape": list(shape), "elements": listed}
    unit = {"unit": query.unit} if query.unit else {}
    if query.parts is not None:
        return {"query": query.query, **_atoms(query.parts), **unit}
    if query.answer is None:
        tables = {name: variable(v) for name, v in query.variables.items()}
        return {"query": query.query, "kind": "law", "variables": tables}
    return {"query": query.query, **answer(query.answer), **unit}


def _atoms(parts: Mapping[str, Answer]) -> dict[str, Any]:
    """Several numbers by name; of certified intervals the middles, and half the width of the widest."""
    if any(isinstance(part, Estimate) for part in parts.values()):
        flags = [flag for part in parts.values() if isinstance(part, Estimate) for flag in part.flags]
        atoms = {name: answer(part) for name, part in parts.items()}
        return {"kind": "estimate", "atoms": atoms, "flags": list(dict.fromkeys(flags))}
    bounds = [part for part in parts.values() if isinstance(part, Bounds)]
    if not bounds:
        kind = next(iter({answer(part)["kind"] for part in parts.values()}), "exact")
        found = {"kind": kind, "atoms": {name: answer(part)["value"] for name, part in parts.items()}}
        left = [part.left for part in parts.values() if isinstance(part, Truncated)]
        return {**found, "left_out": plain(max(left))} if left else found
    middles = {
        name: plain((part.lower + part.upper) / 2 if isinstance(part, Bounds) else part.value)
        for name, part in parts.items()
    }
    gap = max((part.upper - part.lower) / 2 for part in bounds)
    return {"kind": "bounds", "gap": plain(gap), "atoms": middles}


def variable(v: Variable) -> dict[str, Any]:
    """The summary of a variable: scalars for a scalar, nested lists for an array."""
    found: dict[str, Any] = {"type": v.type}
    if v.shape:
        found["shape"] = list(v.shape)
    if v.reached < 1:
        found["reached"] = plain(v.reached)
    found.update({key: numbers(array) for key, array in v.numbers.items()})
    if v.probabilities:
        found["probabilities"] = _nested(
            v.shape, {i: {k: plain(p) for k, p in law.items()} for i, law in v.probabilities.items()}
        )
    if v.left:
        found["left_out"] = plain(v.left)
        found["bounds"] = _nested(
            v.shape, {i: {k: answer(b) for k, b in law.items()} for i, law in v.bounds.items()}
        )
    for key, made in v.formulas.items():
        found.setdefault("formulas", {})[key] = _nested(v.shape, {i: str(f) for i, f in made.items()})
    if v.exact:
        found["exact"] = _nested(
            v.shape, {i: {k: str(p) for k, p in law.items()} for i, law in v.exact.items()}
        )
    return found


def _nested(shape: tuple[int, ...], filled: Mapping[Index, Any]) -> Any:
    cells = np.empty(shape, dtype=object)
    for index, cell in filled.items():
        cells[index] = cell
    return cells.tolist() if shape else cells[()]


def numbers(array: Array) -> Any:
    """Nested lists of JSON numbers."""
    listed: Any = array.tolist()
    return _clean(listed)


def _clean(value: Any) -> Any:
    items = as_list(value)
    return plain(value) if items is None else [_clean(item) for item in items]


def plain(number: float) -> float | int | str | None:
    """A plain Python number for numpy's; null for NaN, and for infinities, which JSON lacks, a word.

    The word is the one that Python, JavaScript and R read as that number.
    """
    if isinstance(number, bool | int):
        return number
    if isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return None if isnan(number) else float(number)
