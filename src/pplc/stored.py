"""Run files: everything about a run as one JSON object, from which it can go on bit by bit.

Floats are written with the digits that give the same float back. Arrays of the sampler's state are
base64 of their bytes.
"""

# JSON and numpy: nested values of anything.
# pyright: basic

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from importlib.metadata import version
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np

from pplc.data_files import read_bytes, reject
from pplc.inference.answers import Bounds, Estimate, Exact
from pplc.inference.options import Options
from pplc.inference.registry import METHODS
from pplc.inference.result import Array, Draws, Result
from pplc.lang.diagnostics import Rejected
from pplc.run import Run
from pplc.run_json import as_json
from pplc.semantics.bound import Bound
from pplc.semantics.values import Tagged

FORMAT = 2
STORED = tuple(f.name for f in fields(Options) if f.name not in ("state", "init", "time"))
"""The options that a run file remembers; the state has its own place, and replaces `init`."""


@dataclass(frozen=True)
class Stored:
    """What a run file holds, as far as going on needs it."""

    path: str
    method: str
    options: Mapping[str, Any]
    fingerprint: str
    result: Result


def fingerprint(bound: Bound) -> str:
    """A hash of the program, its data and interventions: runs of different ones cannot be joined."""
    program = bound.program
    parts = (
        program.entry,
        sorted(program.functions.items()),
        sorted(program.densities.items()),
        sorted(bound.arguments.items()),
        sorted(bound.interventions.items(), key=repr),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def stored(run: Run) -> dict[str, Any]:
    """The object that a `.json` file of a run holds."""
    draws = run.result.draws
    found: dict[str, Any] = {
        **as_json(run),
        "pplc": version("pplc"),
        "format": FORMAT,
        "fingerprint": fingerprint(run.bound),
        "options": {name: getattr(run.options, name) for name in STORED},
        "found": {
            "evidence": _packed_evidence(run.result.log_evidence),
            "no_evidence": run.result.no_evidence,
            "diagnostics": _packed(run.result.diagnostics),
            "note": run.result.note,
        },
    }
    if draws is not None and not run.result.empty:
        found["draws"] = {name: _array(values) for name, values in draws.values.items()}
        found["stats"] = {name: _array(values) for name, values in draws.stats.items()}
        found["log_likelihood"] = {name: _array(values) for name, values in draws.log_likelihood.items()}
        found["log_weights"] = None if draws.log_weights is None else _array(draws.log_weights)
        found["caveat"] = draws.caveat
        found["families"] = None if draws.families is None else _array(draws.families)
    if run.result.state is not None:
        found["state"] = _packed(run.result.state)
    return found


# ------------------------------------------------------------------ reading


def read(path: str) -> Stored:
    """The stored run in a `.json` or `.nc` file."""
    import json

    content = read_bytes(path, "E0314")
    if Path(path).suffix.lower() == ".nc":
        from pplc.export_arviz import embedded

        content = embedded(path)
    try:
        found = json.loads(content if content[:1] == b"{" else zlib.decompress(content))
        if found["format"] != FORMAT or found["method"] not in METHODS:
            reject("E0314", f"`{path}` was written by another version of pplc", advice="run it anew")
        return _stored(path, found)
    except Rejected:
        raise
    except Exception:  # noqa: BLE001  (whatever is wrong inside, it is no run file)
        reject("E0314", f"`{path}` is not a run file", advice="write one with `--out run.nc` or `run.json`")


def _stored(path: str, found: Mapping[str, Any]) -> Stored:
    draws = None
    if "draws" in found:
        weights = found["log_weights"]
        draws = Draws(
            {name: _unarray(values) for name, values in found["draws"].items()},
            None if weights is None else _unarray(weights),
            {name: _unarray(values) for name, values in found["log_likelihood"].items()},
            {name: _unarray(values) for name, values in found["stats"].items()},
            None if found.get("families") is None else _unarray(found["families"]),
            found.get("caveat", ""),
        )
    state = _unpacked(found["state"]) if "state" in found else None
    known = found["found"]
    result = Result(
        found["method"],
        draws=draws,
        log_evidence=_unpacked_evidence(known["evidence"]),
        no_evidence=known["no_evidence"],
        diagnostics=_unpacked(known["diagnostics"]),
        note=known["note"],
        state=state,
    )
    return Stored(path, found["method"], found["options"], found["fingerprint"], result)


# ------------------------------------------------------------------ the evidence


def _packed_evidence(evidence: Exact | Bounds | Estimate | None) -> dict[str, Any] | None:
    match evidence:
        case Estimate(value, error, interval, flags):
            return {"estimate": _packed([value, error, *interval]), "flags": list(flags)}
        case Bounds(lower, upper, confidence):
            return {"bounds": _packed([lower, upper, confidence])}
        case Exact(value, rational):
            return {"exact": _packed(value), "rational": None if rational is None else str(rational)}
        case None:
            return None


def _unpacked_evidence(stored: Mapping[str, Any] | None) -> Exact | Bounds | Estimate | None:
    match stored:
        case {"estimate": list(numbers), "flags": list(flags)}:
            value, error, low, high = _unpacked(numbers)
            return Estimate(value, error, (low, high), tuple(flags))
        case {"bounds": list(numbers)}:
            return Bounds(*_unpacked(numbers))
        case {"exact": value, "rational": rational}:
            return Exact(_unpacked(value), None if rational is None else Fraction(rational))
        case _:
            return None


# ------------------------------------------------------------------ arrays and states


def _array(values: Array) -> dict[str, Any]:
    return {"dtype": str(values.dtype), "values": _written(values.tolist())}


def _written(value: Any) -> Any:
    match value:
        case list():
            return [_written(item) for item in value]
        case float():
            return value if isfinite(value) else None if value != value else "inf" if value > 0 else "-inf"
        case Tagged(tag, payload):
            return {"tag": tag, "payload": [_written(item) for item in payload]}
        case tuple():
            return {"tuple": [_written(item) for item in value]}
        case _:
            return value


def _unarray(written: Mapping[str, Any]) -> Array:
    if written["dtype"] == "object":
        return _objects(written["values"])
    if written["dtype"].startswith("float"):
        return np.array(_floats(written["values"]), dtype=np.float64)
    return np.array(written["values"], dtype=written["dtype"])


def _floats(value: Any) -> Any:
    match value:
        case list():
            return [_floats(item) for item in value]
        case None:
            return nan
        case "inf":
            return inf
        case "-inf":
            return -inf
        case _:
            return value


def _objects(values: Any) -> Array:
    shape: list[int] = []
    level = values
    while isinstance(level, list):
        shape.append(len(level))
        level = level[0] if level else None
    array = np.empty(tuple(shape), dtype=object)
    for index in np.ndindex(*shape):
        item = values
        for i in index:
            item = item[i]
        array[index] = _object(item)
    return array


def _object(value: Any) -> Any:
    match value:
        case {"tag": str(tag), "payload": list(payload)}:
            return Tagged(tag, tuple(_object(item) for item in payload))
        case {"tuple": list(items)}:
            return tuple(_object(item) for item in items)
        case _:
            return value


def _packed(value: Any) -> Any:
    match value:
        case np.ndarray():
            data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode("ascii")
            return {"array": str(value.dtype), "shape": list(value.shape), "bytes": data}
        case np.generic():
            return _packed(value.item())
        case float() if not isfinite(value):
            return {"float": str(value)}
        case Mapping():
            return {"map": {key: _packed(item) for key, item in value.items()}}
        case list() | tuple():
            return [_packed(item) for item in value]
        case _:
            return value


def _unpacked(value: Any) -> Any:
    match value:
        case {"array": str(dtype), "shape": list(shape), "bytes": str(data)}:
            flat = np.frombuffer(base64.b64decode(data), dtype=dtype)
            return flat.reshape(shape).copy()
        case {"float": str(text)}:
            return float(text)
        case {"map": dict(items)}:
            return {key: _unpacked(item) for key, item in items.items()}
        case list():
            return [_unpacked(item) for item in value]
        case _:
            return value
