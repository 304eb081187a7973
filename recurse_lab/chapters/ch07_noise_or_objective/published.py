"""Chapter 07: numbers that others published, to stand beside ours; all are percent.

Baek et al. 2026 (GRAM, arXiv:2605.19376), Table 3, and the results on 8 queens with 20 samples.
"""

from collections.abc import Mapping
from typing import Any

QUEENS = {  # (valid, solutions found)
    "looped transformer": (68.4, 23.6),
    "TRM": (66.8, 36.1),
    "autoregressive transformer": (96.3, 84.8),
    "masked diffusion": (96.1, 87.2),
    "GRAM": (99.7, 90.3),
}

ABLATION = {  # (Sudoku-Extreme right, 8 queens valid), 5 samples
    "GRAM": (93.96, 99.69),
    "without guidance": (82.87, 72.91),
    "chance alone (mean 0)": (94.88, 50.27),
    "guidance alone (deviation 0)": (0.0, 0.0),
    "TRM, output sampled": (82.87, 71.66),
    "TRM, random first state": (78.53, 71.82),
}


def queens(ours: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, Any]]:
    """Published and our own shares, valid and found; `ours`: label -> shares from 0 to 1."""
    rows = {name: {"valid, %": valid, "found, %": found} for name, (valid, found) in QUEENS.items()}
    for name, (valid, found) in ours.items():
        rows[f"ours: {name}"] = {"valid, %": round(100 * valid, 1), "found, %": round(100 * found, 1)}
    return rows


def ablation() -> dict[str, dict[str, float]]:
    """The paper's Table 3, in part."""
    return {
        name: {"Sudoku-Extreme right, %": sudoku, "8 queens valid, %": queens}
        for name, (sudoku, queens) in ABLATION.items()
    }
