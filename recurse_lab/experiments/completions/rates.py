"""What the search for learning rates and for strengths of noise measures, on validation boards.

The search trains on seeds from 100 on, which no claim uses, as long as the arms are trained.
"""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.completions.arm import CompletionArm
from recurse_lab.experiments.completions.scores import scores
from recurse_lab.experiments.completions.trial import train
from recurse_lab.kernels import fused

RATES = (2e-3, 4e-3, 8e-3)
SEEDS = (100, 101)


@fused()
def validate(arm: CompletionArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; the score is the share of solutions found by 20 draws in the best of its ways."""
    model, run = train(arm, seed)
    ways = {name: scores(arm, model, way, seed, split="validation").values for name, way in arm.ways.items()}
    found = {name: {key: values[key] for key in KEPT if key in values} for name, values in ways.items()}
    best = max(values["coverage"] for values in found.values())
    return {"ways": found, "score": best, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}


KEPT = ("coverage", "validity", "one_solution")
