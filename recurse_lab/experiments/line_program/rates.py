"""Search for learning rates on lists, on validation data only; the rule is that of prefix products."""

from typing import Any

from torch import Tensor

from recurse_lab.experiments.line_program.arm import LineArm
from recurse_lab.experiments.line_program.scores import accuracy
from recurse_lab.experiments.line_program.trial import train

RATES = (1e-3, 2e-3, 4e-3)
SEEDS = (100, 101)
SCORED = ("8", "12", "15", "16")  # longer than trained, and within reach of more than one arm


def validate(arm: LineArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Train one net; return the shares of validation lists wholly right, and as score their mean beyond 6 items."""
    model, run = train(arm, seed)
    exact = accuracy(arm, model, seed, "validation")["exact"]
    score = sum(exact[name] for name in SCORED) / len(SCORED)
    return {"exact": exact, "score": score, "rate": arm.plan.rate, "train_seconds": run.seconds}, {}
