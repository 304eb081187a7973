"""Chapter 01: its arms.

`python -m recurse_lab run --profile full --only 01` writes their reference records.
"""

from dataclasses import replace
from typing import Any

from recurse_lab.experiments.dispatch.arm import DISPATCH
from recurse_lab.experiments.dispatch.tables import met_at_last
from recurse_lab.experiments.dispatch.trial import trial as dispatch_trial
from recurse_lab.experiments.iterates.arm import END_ONLY, EVERY_STEP, STEPS, IterateArm, arm, at_profile
from recurse_lab.experiments.iterates.tables import followed, right_beyond
from recurse_lab.experiments.iterates.trial import build, restore, train, trial
from recurse_lab.experiments.solvers.arm import SOLVERS
from recurse_lab.experiments.solvers.arm import at_profile as at_solver_profile
from recurse_lab.experiments.solvers.tables import error_at_trained
from recurse_lab.experiments.solvers.trial import trial as solver_trial
from recurse_lab.models.learned_step import LearnedStepConfig
from recurse_lab.models.told_steps import ToldStepsConfig
from recurse_lab.records.rerun import Recorded
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep

__all__ = [
    "ABLATIONS",
    "DEEPER",
    "DISPATCH",
    "END_ONLY",
    "FAMILIES",
    "LIVE",
    "LONGER",
    "LOOP",
    "OTHER_SIZES",
    "SOLVERS",
    "TEMPLATES",
    "IterateArm",
    "at_profile",
    "at_solver_profile",
    "build",
    "changed",
    "dispatch_trial",
    "restore",
    "solver_trial",
    "train",
    "trial",
]

_STEP = LearnedStepConfig()  # state = iterate, products, recall: 2,688 weights
LOOP = arm("loop, state = iterate", _STEP, 2e-2)

# Trained live: the first and the last on five seeds, the two others on one, beside five recorded ones.
LIVE = {
    "loop": LOOP,
    "end_only": arm("loop, asked at the end only", _STEP, 2e-2, END_ONLY),
    "latent": arm("loop, latent state", replace(_STEP, latent=16, hidden=36), 2e-2),
    "told_14": arm("feed-forward, 14x", ToldStepsConfig(width=64), 2e-2),
}

OTHER_SIZES = {
    "told": arm("feed-forward, 1x", ToldStepsConfig(), 2e-2),
    "told_200": arm("feed-forward, 200x", ToldStepsConfig(width=240), 6e-3),
    "told_powers": arm("feed-forward on b, Ab ... A⁸b", ToldStepsConfig(powers=8), 2e-2),
}

# Tried in the search for rates only: is another shape of the same size better?
DEEPER = {"told_14_deep": arm("feed-forward, 14x, 12 blocks", ToldStepsConfig(width=32, depth=12), 2e-2)}

ABLATIONS = {
    "untied": arm("eight steps, none shared", replace(_STEP, depth=8), 2e-2),
    "mlp": arm("no products (MLP)", replace(_STEP, kind="mlp", hidden=40), 2e-2),
    "no_recall": arm(
        "problem in the first state only", replace(_STEP, latent=32, recall=False, hidden=24), 2e-2
    ),
    "latent_4": arm("latent state of 4 numbers", replace(_STEP, latent=4, hidden=60), 2e-2),
    "gru": arm("GRU", replace(_STEP, kind="gru", latent=22), 2e-2),
}

# The latent loop with four times the training
LONGER = {
    "latent_long": replace(
        LIVE["latent"],
        label="loop, latent state, 4x the steps",
        plan=replace(LIVE["latent"].plan, steps=4 * STEPS),
    )
}

# One family of problems per prototype; both nets at 16 to 256 families.
FAMILIES = (16, 64, 256)
TEMPLATES = {
    f"{name}_{number}": replace(one, label=f"{one.label}, {number} families", prototypes=number)
    for name, one in (("loop", LOOP), ("told_14", LIVE["told_14"]))
    for number in FAMILIES
}


def changed(signal: EveryStep | LastStep = EVERY_STEP, rate: float = 2e-2, **sizes: Any) -> IterateArm:
    """An arm of the reader's own: the loop with other `sizes` (fields of `LearnedStepConfig`), signal or rate."""
    return arm(f"yours: {sizes}", replace(_STEP, **sizes), rate, signal)


RECORDED = (
    Recorded(trial=trial, arms=LIVE | OTHER_SIZES | ABLATIONS | LONGER, metric=right_beyond),
    Recorded(trial=trial, arms=TEMPLATES, metric=followed),
    Recorded(trial=solver_trial, arms=SOLVERS, metric=error_at_trained),
    Recorded(trial=dispatch_trial, arms=DISPATCH, metric=met_at_last),
)
