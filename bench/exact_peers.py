"""One case of `bench/exact.py` by another system: reads it as JSON from standard input, answers in JSON.

Runs under an interpreter of its own that has the peers, so that it imports nothing of pplc.
"""

# The peers have no types.
# pyright: basic, reportMissingImports=false, reportMissingTypeStubs=false

from __future__ import annotations

import json
import sys
from math import log
from statistics import median
from time import process_time
from typing import Any

Table = dict[str, tuple[list[str], list[list[float]]]]
"""Of each variable its parents, and its probabilities, one row for each assignment of the parents."""


def network(case: dict[str, Any]) -> tuple[Table, dict[str, int], list[str], float]:
    """The tables, the evidence, the variables asked for, and the log of what is left out of the evidence."""
    if case["case"] == "hmm":
        tables: Table = {"z0": ([], [case["trans"][0]])}
        evidence: dict[str, int] = {}
        for t, y in enumerate(case["y"]):
            if t:
                tables[f"z{t}"] = ([f"z{t - 1}"], case["trans"])
            tables[f"y{t}"] = ([f"z{t}"], case["emit"])
            evidence[f"y{t}"] = y
        return tables, evidence, [f"z{t}" for t in range(len(case["y"]))], 0.0
    if case["case"] == "chain":
        tables = {"z0": ([], [[0.5, 0.5]])}
        for t in range(1, case["n"]):
            tables[f"z{t}"] = ([f"z{t - 1}"], [[0.8, 0.2], [0.1, 0.9]])
        tables["seen"] = ([f"z{case['n'] - 1}"], [[0.7, 0.3], [0.4, 0.6]])
        return tables, {"seen": 1}, [f"z{t}" for t in range(case["n"])], 0.0
    # A noisy-or as a chain of small tables, which is the best that a network can do.
    tables = {}
    for i, (p, q) in enumerate(zip(case["p"], case["q"], strict=True)):
        tables[f"c{i}"] = ([], [[1 - p, p]])
        if i:
            tables[f"l{i}"] = ([f"c{i}", f"l{i - 1}"], [[1, 0], [0, 1], [1 - q, q], [0, 1]])
        else:
            tables["l0"] = (["c0"], [[1, 0], [1 - q, q]])
    last = len(case["p"]) - 1
    return tables, {f"l{last}": 1}, [f"c{i}" for i in range(last + 1)], 0.0


def pyagrum(case: dict[str, Any]) -> dict[str, Any]:
    """pyAgrum's lazy propagation."""
    import pyagrum as gum

    tables, evidence, asked, _ = network(case)
    start = process_time()
    net = gum.BayesNet()
    for name, (parents, rows) in tables.items():
        net.add(gum.LabelizedVariable(name, name, len(rows[0])))
        for parent in parents:
            net.addArc(parent, name)
    for name, (parents, rows) in tables.items():
        # The first variable of a table changes fastest, then the parents in their order.
        order = list(net.cpt(name).names)[1:]
        sizes = [net.variable(parent).domainSize() for parent in parents]
        flat: list[float] = []
        for k in range(len(rows)):
            digits: dict[str, int] = {}
            rest = k
            for parent in order:
                size = sizes[parents.index(parent)]
                digits[parent] = rest % size
                rest //= size
            row = 0
            for parent, size in zip(parents, sizes, strict=True):
                row = row * size + digits[parent]
            flat += rows[row]
        net.cpt(name).fillWith(flat)
    build = process_time() - start

    def answer() -> tuple[float, list[list[float]]]:
        inference = gum.LazyPropagation(net)
        inference.setEvidence(evidence)
        inference.makeInference()
        laws = [inference.posterior(name).tolist() for name in asked]
        return log(inference.evidenceProbability()), laws

    return timed(answer, case["repetitions"], build)


def pgmpy(case: dict[str, Any]) -> dict[str, Any]:
    """pgmpy's belief propagation."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import BeliefPropagation

    try:
        from pgmpy.models import DiscreteBayesianNetwork as Network
    except ImportError:
        from pgmpy.models import BayesianNetwork as Network

    tables, evidence, asked, _ = network(case)
    start = process_time()
    net = Network()
    net.add_nodes_from(tables)
    net.add_edges_from([(parent, name) for name, (parents, _) in tables.items() for parent in parents])
    sizes = {name: len(rows[0]) for name, (_, rows) in tables.items()}
    for name, (parents, rows) in tables.items():
        columns = [list(column) for column in zip(*rows, strict=True)]
        net.add_cpds(
            TabularCPD(name, sizes[name], columns, parents or None, [sizes[p] for p in parents] or None)
        )
    propagation = BeliefPropagation(net)
    propagation.calibrate()
    build = process_time() - start

    def answer() -> tuple[float, list[list[float]]]:
        laws = [
            propagation.query([name], evidence=evidence, show_progress=False).values.tolist()
            for name in asked
        ]
        return float("nan"), laws

    return timed(answer, 1, build)


def problog(case: dict[str, Any]) -> dict[str, Any]:
    """ProbLog, by compilation to a sentential decision diagram."""
    from problog import get_evaluatable
    from problog.program import PrologString

    tables, evidence, asked, _ = network(case)
    if case["case"] == "hmm":
        return {"none": "annotated disjunctions of 10 values: not tried"}
    start = process_time()
    lines: list[str] = []
    for name, (parents, rows) in tables.items():
        for k, row in enumerate(rows):
            digits = [(k >> (len(parents) - 1 - i)) & 1 for i in range(len(parents))]
            body = ", ".join(p if d else f"\\+{p}" for p, d in zip(parents, digits, strict=True))
            if row[1] > 0:
                lines.append(f"{row[1]!r}::{name}" + (f" :- {body}." if body else "."))
    lines += [f"evidence({name}, {'true' if value else 'false'})." for name, value in evidence.items()]
    lines += [f"query({name})." for name in asked]
    compiled = get_evaluatable().create_from(PrologString("\n".join(lines)))
    build = process_time() - start

    def answer() -> tuple[float, list[list[float]]]:
        found = {str(term): p for term, p in compiled.evaluate().items()}
        return float("nan"), [[1 - found[name], found[name]] for name in asked]

    return timed(answer, case["repetitions"], build)


def sppl(case: dict[str, Any]) -> dict[str, Any]:
    """SPPL's sum-product expressions, from a program of `switch` statements."""
    from functools import reduce
    from operator import and_

    from sppl.compilers.sppl_to_python import SPPL_Compiler

    tables, evidence, asked, _ = network(case)
    start = process_time()
    # By names, not numbers: laws on numbers with other probabilities are taken for one another (2.0.4).
    values: dict[str, list[Any]] = {
        name: [0, 1] if len(rows[0]) == 2 else [str(k) for k in range(len(rows[0]))]
        for name, (_, rows) in tables.items()
    }
    constants: list[str] = []
    lines: list[str] = []
    for name, (parents, rows) in tables.items():
        of_two = len(rows[0]) == 2
        laws = [row[1] if of_two else dict(zip(values[name], row, strict=True)) for row in rows]
        constants.append(f"t_{name} = {laws!r}")
        row = "0"
        for depth, parent in enumerate(parents):
            lines.append(f"{'  ' * depth}switch ({parent}) cases (v_{parent} in {values[parent]}):")
            row = f"({row}) * {len(values[parent])} + int(v_{parent})"
        law = f"bernoulli(p=t_{name}[{row}])" if of_two else f"choice(t_{name}[{row}])"
        lines.append(f"{'  ' * len(parents)}{name} ~= {law}")
    space = SPPL_Compiler("\n".join(constants + lines)).execute_module()
    build = process_time() - start

    def answer() -> tuple[float, list[list[float]]]:
        seen = reduce(and_, (getattr(space, name) << {values[name][k]} for name, k in evidence.items()))
        after = space.model.condition(seen)
        laws = [[float(after.prob(getattr(space, v) << {k})) for k in values[v]] for v in asked]
        return float(space.model.logprob(seen)), laws

    return timed(answer, case["repetitions"], build)


def timed(answer: Any, repetitions: int, build: float) -> dict[str, Any]:
    """The answers with the time of the first and the median of the others."""
    times: list[float] = []
    evidence, laws = 0.0, []
    for _ in range(repetitions):
        start = process_time()
        evidence, laws = answer()
        times.append(process_time() - start)
    return {"evidence": evidence, "laws": laws, "build": build, "run": median(times)}


def main() -> None:
    """Answers the case on standard input."""
    case = json.load(sys.stdin)
    sys.setrecursionlimit(100_000)
    print(
        json.dumps({"pyagrum": pyagrum, "pgmpy": pgmpy, "problog": problog, "sppl": sppl}[case["peer"]](case))
    )


if __name__ == "__main__":
    main()
