"""Chapter 09: numbers that others published, to stand beside ours.

Song et al. 2024 (Mind the Gap, arXiv:2412.02674): accuracy and gap of Qwen-2 models on 4x4 Sudoku and on Natural
Questions, in percentage points. Huang et al. 2023 (arXiv:2310.01798): accuracy after rounds of self-correction without
outside signal, in percent.
"""

from typing import Any

SUDOKU = {"0.5 B": (0.60, -0.09), "1.5 B": (0.62, 0.14), "7 B": (2.09, -0.07), "72 B": (8.82, 16.99)}
QUESTIONS = {"0.5 B": (6.5, -0.06), "1.5 B": (13.9, 0.04), "7 B": (29.1, 0.79), "72 B": (41.5, 0.28)}
CORRECTION: dict[str, tuple[float | None, ...]] = {
    "GPT-4, GSM8K": (95.5, 91.5, 89.0),
    "GPT-3.5, GSM8K": (75.9, None, 74.7),
    "GPT-3.5, CommonSenseQA": (75.8, 38.1, 41.8),
}


def gaps(ours: dict[str, tuple[float, float]]) -> dict[str, dict[str, Any]]:
    """Model -> share right and gap, in percentage points; `ours`: label -> shares from 0 to 1."""
    rows = {f"Qwen-2 {name}, 4x4 Sudoku": _row(*pair) for name, pair in SUDOKU.items()}
    rows |= {f"Qwen-2 {name}, Natural Questions": _row(*pair) for name, pair in QUESTIONS.items()}
    for name, (drawn, gap) in ours.items():
        rows[f"ours: {name}"] = _row(round(100 * drawn, 1), round(100 * gap, 1))
    return rows


def _row(drawn: float, gap: float) -> dict[str, float]:
    return {"drawn right, %": drawn, "gap, points": gap}


def correction() -> dict[str, dict[str, Any]]:
    """Model and test -> accuracy by round."""
    return {
        name: {
            f"{'round ' + str(number) if number else 'before'}, %": "" if share is None else share
            for number, share in enumerate(shares)
        }
        for name, shares in CORRECTION.items()
    }
