"""Search for learning rates on trees, on validation data only; the rule is that of prefix products."""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.tree_program.arm import TreeArm
from recurse_lab.experiments.tree_program.scores import accuracy
from recurse_lab.experiments.tree_program.trial import train

RATES = (1e-3, 2e-3, 4e-3)
SEEDS = (100, 101)
SCORED = ("16", "24")  # the sizes of the claim


def validate(arm: TreeArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the shares of validation trees wholly right, and as score their mean at 16 and 24."""
    model, run = train(arm, seed)
    exact = accuracy(arm, model, seed, "validation")["exact"]
    score = sum(exact[name] for name in SCORED) / len(SCORED)
    return {"exact": exact, "score": score, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
