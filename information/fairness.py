"""What the disparity of decisions taken by clients is made of.

Hamman & Dutta (2024), "Demystifying local and global fairness trade-offs in federated learning using partial
information decomposition". Globally a decision is fair if I(z; yhat) = 0, locally if I(z; yhat | s) = 0,
with z the protected attribute and s the client.
"""

from __future__ import annotations

from dataclasses import dataclass

from pplc.information.decomposition import pid
from pplc.information.entropy import Names, mutual_information
from pplc.information.table import Table


@dataclass(frozen=True, slots=True)
class Disparity:
    """What the decision says of z, in nats: unique + redundant globally, unique + masked locally.

    across:    I(z; yhat), the global disparity.
    within:    I(z; yhat | s), the local one.
    unique:    said by the decision and not by the client: unfair globally and locally.
    redundant: said by both: unfair globally alone.
    masked:    said by the two together alone: unfair locally alone.
    gap:       each of the three is within this of the truth (certified).
    """

    unique: float
    redundant: float
    masked: float
    across: float
    within: float
    gap: float


def disparity(table: Table, z: Names, yhat: Names, s: Names) -> Disparity:
    """The disparity of the decision `yhat` with respect to `z` over clients `s`, by BROJA; their eq. 4."""
    found = pid(table, z, [yhat, s], "broja")
    redundant, unique, _, masked = found.atoms.values()
    across = mutual_information(table, z, yhat)
    return Disparity(unique, redundant, masked, across, mutual_information(table, z, yhat, s), found.gap)
