"""Chapter 10: numbers that others published, to stand beside ours; all are percent of problems right.

Csordás et al. 2022 (arXiv:2110.07732), table 1: table lookup with eight symbols, trained to five functions, tested
on nine and ten; forward and backward order. Kim 2021 (arXiv:2109.01135), table 1: SCAN, which also lists the
results of others. Csordás et al. 2021 (arXiv:2108.12284), abstract. Lake and Baroni 2023 (Nature 623), p. 118: MLC.
"""

from collections.abc import Mapping
from typing import Any

ROUTER = {  # (forward, backward)
    "LSTM": (100, 22),
    "universal": (13, 12),
    "universal, relative": (23, 13),
    "universal, relative, gate": (99, 19),
    "universal, geometric": (16, 15),
    "neural data router (geometric, gate)": (100, 100),
}

SCAN = {  # (add jump, length)
    "RNN": (1.7, 13.8),
    "meta sequence-to-sequence": (99.9, 16.6),
    "neural grammar (QCFG)": (96.8, 95.7),
}

# Trained to 26 actions instead of 22, relative positions: all right. MLC has all wrong on length.
CUTOFF_26 = {"transformer, relative positions": 100}
MLC = {"MLC": 0}
SIZES = {"simple": (16_728, 4_182), "jump": (14_670, 7_706), "length": (16_990, 3_920)}  # rows of the files


def router(ours: Mapping[str, float]) -> dict[str, dict[str, Any]]:
    """Published shares on nine and ten functions, forward and backward; `ours`: published name -> share, 0 to 1."""
    return {
        name: {
            "published, forward, %": forward,
            "published, backward, %": backward,
            "ours, forward, %": round(100 * ours[name], 1) if name in ours else "",
        }
        for name, (forward, backward) in ROUTER.items()
    }


def scan(ours: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """Published shares of each split; then `ours`: arm -> split -> share, 0 to 1."""
    rows: dict[str, dict[str, Any]] = {
        name: {"add jump, %": jump, "length, %": length} for name, (jump, length) in SCAN.items()
    }
    for name, shares in CUTOFF_26.items():
        rows[f"{name}, trained to 26 actions"] = {"add jump, %": "", "length, %": shares}
    rows["MLC"] = {"add jump, %": "", "length, %": MLC["MLC"]}
    for name, by_split in ours.items():
        rows[f"ours: {name}"] = {
            column: round(100 * by_split[split], 1) if split in by_split else ""
            for column, split in (("add jump, %", "jump"), ("length, %", "length"))
        }
    return rows
