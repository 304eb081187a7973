"""Chapter 05: numbers that others published, to stand beside ours.

Liu et al. 2024 (arXiv:2402.14905): zero-shot average in percent, one run each, no seeds reported.
Petty et al. 2023 (arXiv:2310.19956): 41 million weights.
"""

from collections.abc import Mapping, Sequence
from typing import Any

SHAPES_125M = {"4 x 1280": 43.3, "12 x 768": 43.9, "30 x 512": 44.8, "62 x 384": 44.7}
SHAPES_350M = {"5 x 2048": 47.1, "15 x 1280": 48.7, "32 x 896": 49.8, "66 x 640": 49.5}
ROADMAP = {
    "MLP with ReLU": 42.6,
    "SwiGLU": 43.9,
    "deep and thin": 44.8,
    "head shares the embedding": 44.6,
    "grouped-query attention": 45.0,
    "4 times the tokens": 46.3,
    "each block twice": 47.0,
}
PETTY_41M = {1: (12.4, 45.7), 2: (58.2, 31.1), 4: (68.5, 28.8), 7: (72.3, 29.6)}  # COGS, perplexity of C4


def beside(ours: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, dict[str, Any]]:
    """Four shapes of each column, from wide to deep; `ours`: column -> (shape, number)."""
    columns: dict[str, list[str]] = {
        "MobileLLM, 125 M: average, %": [f"{shape}: {value}" for shape, value in SHAPES_125M.items()],
        "MobileLLM, 350 M: average, %": [f"{shape}: {value}" for shape, value in SHAPES_350M.items()],
    }
    columns |= {name: [f"{shape}: {value:.3f}" for shape, value in rows] for name, rows in ours.items()}
    names = ("widest", "second", "third", "deepest")
    return {row: {name: cells[at] for name, cells in columns.items()} for at, row in enumerate(names)}


def roadmap() -> dict[str, dict[str, Any]]:
    """What each ingredient of MobileLLM-125M adds, in the order of the paper."""
    rows, last = {}, None
    for name, value in ROADMAP.items():
        rows[name] = {"average, %": value, "points added": "" if last is None else f"{value - last:+.1f}"}
        last = value
    return rows


def petty() -> dict[str, dict[str, Any]]:
    """Compositional generalization and perplexity by depth, at equal weights."""
    return {
        f"{depth} layer{'s' if depth > 1 else ''}": {"COGS, % right": cogs, "perplexity of C4": perplexity}
        for depth, (cogs, perplexity) in PETTY_41M.items()
    }
