"""Information: what queries ask of programs, and the same of joint laws and of data in Python.

    from pplc.information import Table, I, pid
    gate = Table.of({"000": 0.25, "010": 0.25, "100": 0.25, "111": 0.25}, ("a", "b", "t"))
    I(gate, "a", "t")                    # in nats
    pid(gate, "t", ["a", "b"]).atoms

Functions have the names of the queries, and take a `Table`: of a mapping, of an array, or of data
(`Table.of_data`, whose information is the plug-in estimate; `estimate` corrects it and has an error).
All is in nats. Names are looked up when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pplc.information.bottleneck_coupling import couple_through as couple_through
    from pplc.information.broja import minimise as solve_broja
    from pplc.information.channels import bottleneck as bottleneck
    from pplc.information.channels import capacity as capacity
    from pplc.information.channels import rate_distortion as rate_distortion
    from pplc.information.common import common_part as common_part
    from pplc.information.common import gacs_korner as gacs_korner
    from pplc.information.common_exact import exact_common as exact_common
    from pplc.information.common_exact import functional_common as functional_common
    from pplc.information.compression import compress as compress
    from pplc.information.couplings import couple as couple
    from pplc.information.decision import decide as decide
    from pplc.information.decomposition import broja_of_many as broja_of_many
    from pplc.information.decomposition import pid as pid
    from pplc.information.directed import directed_information as directed_information
    from pplc.information.directed import transfer_entropy as transfer_entropy
    from pplc.information.divergences import divergence as divergence
    from pplc.information.entropy import co_information as interaction
    from pplc.information.entropy import dual_total_correlation as DTC
    from pplc.information.entropy import effective_count as count
    from pplc.information.entropy import entropy as H
    from pplc.information.entropy import mutual_information as I
    from pplc.information.entropy import o_information as O
    from pplc.information.entropy import renyi_entropy as renyi
    from pplc.information.entropy import total_correlation as TC
    from pplc.information.entropy import tsallis_entropy as tsallis
    from pplc.information.estimators import estimate_from as estimate
    from pplc.information.fairness import disparity as disparity
    from pplc.information.gaussian import gaussian_information as gaussian_information
    from pplc.information.gaussian import gaussian_pid as gaussian_pid
    from pplc.information.metrics import rajski_distance as rajski_distance
    from pplc.information.metrics import shannon_distance as shannon_distance
    from pplc.information.reconstruction import reconstruct as reconstruct
    from pplc.information.semantic_labels import told as told
    from pplc.information.table import Table as Table
    from pplc.information.transport import wasserstein as wasserstein
    from pplc.information.transport import wasserstein_dependency as wasserstein_dependency
    from pplc.information.wyner_information import wyner as wyner

_HOMES = {
    "Table": ("table", "Table"),
    "H": ("entropy", "entropy"),
    "I": ("entropy", "mutual_information"),
    "interaction": ("entropy", "co_information"),
    "TC": ("entropy", "total_correlation"),
    "DTC": ("entropy", "dual_total_correlation"),
    "O": ("entropy", "o_information"),
    "count": ("entropy", "effective_count"),
    "renyi": ("entropy", "renyi_entropy"),
    "tsallis": ("entropy", "tsallis_entropy"),
    "divergence": ("divergences", "divergence"),
    "estimate": ("estimators", "estimate_from"),
    "pid": ("decomposition", "pid"),
    "broja_of_many": ("decomposition", "broja_of_many"),
    "solve_broja": ("broja", "minimise"),
    "gaussian_information": ("gaussian", "gaussian_information"),
    "gaussian_pid": ("gaussian", "gaussian_pid"),
    "disparity": ("fairness", "disparity"),
    "decide": ("decision", "decide"),
    "capacity": ("channels", "capacity"),
    "rate_distortion": ("channels", "rate_distortion"),
    "bottleneck": ("channels", "bottleneck"),
    "directed_information": ("directed", "directed_information"),
    "transfer_entropy": ("directed", "transfer_entropy"),
    "common_part": ("common", "common_part"),
    "gacs_korner": ("common", "gacs_korner"),
    "exact_common": ("common_exact", "exact_common"),
    "functional_common": ("common_exact", "functional_common"),
    "wyner": ("wyner_information", "wyner"),
    "reconstruct": ("reconstruction", "reconstruct"),
    "shannon_distance": ("metrics", "shannon_distance"),
    "rajski_distance": ("metrics", "rajski_distance"),
    "couple": ("couplings", "couple"),
    "compress": ("compression", "compress"),
    "couple_through": ("bottleneck_coupling", "couple_through"),
    "told": ("semantic_labels", "told"),
    "wasserstein": ("transport", "wasserstein"),
    "wasserstein_dependency": ("transport", "wasserstein_dependency"),
}

__all__ = [
    "Table",
    "H",
    "I",
    "interaction",
    "TC",
    "DTC",
    "O",
    "count",
    "renyi",
    "tsallis",
    "divergence",
    "estimate",
    "pid",
    "broja_of_many",
    "solve_broja",
    "gaussian_information",
    "gaussian_pid",
    "disparity",
    "decide",
    "capacity",
    "rate_distortion",
    "bottleneck",
    "directed_information",
    "transfer_entropy",
    "common_part",
    "gacs_korner",
    "exact_common",
    "functional_common",
    "wyner",
    "reconstruct",
    "shannon_distance",
    "rajski_distance",
    "couple",
    "compress",
    "couple_through",
    "told",
    "wasserstein",
    "wasserstein_dependency",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `pplc.information` has no attribute `{name}`")
    from importlib import import_module

    module, attribute = _HOMES[name]
    return getattr(import_module(f"pplc.information.{module}"), attribute)
