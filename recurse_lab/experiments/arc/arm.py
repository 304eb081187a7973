"""What may vary in an experiment on ARC: tasks, augmentations, the net and its training."""

from dataclasses import dataclass, replace

from recurse_lab.models.trm import TRMConfig
from recurse_lab.tasks.arc_boards import TOKENS
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.optimizer import Plan

BLANK = 0  # the row that no board is trained with, so that it stays zero; the papers keep one too
EVERY = 10  # steps between two points of the learning curve that is kept


@dataclass(frozen=True, kw_only=True)
class ArcArm:
    """Which tasks, under how many augmentations; the net and its training.

    Rate and `max_age` were chosen by the share of demonstrations that seed 0 learns.
    """

    label: str = "TRM with a row for each task and augmentation"
    tasks: int
    side: int  # of the canvas, border included
    augmentations: int
    model: TRMConfig
    objective: HaltingSupervision
    plan: Plan
    batch: int = 32

    @property
    def think(self) -> int:
        """Cycles before an answer is read: as many as a board may take in training."""
        return self.objective.cycles * self.objective.max_age


ARC = ArcArm(
    tasks=4,
    side=4,  # the smallest canvas that holds four tasks or more
    augmentations=40,
    model=TRMConfig(symbols=TOKENS, classes=TOKENS, width=64, heads=2, refinements=2, prefix=1, multiple=1),
    # at most two supervision steps a board, where the papers have 16: more boards in the same steps
    objective=HaltingSupervision(cycles=1, max_age=2, loss="softmax"),
    plan=Plan(
        steps=2_000,
        rate=1e-3,
        warmup=0,
        decay_last=0.0,
        weight_decay=0.1,
        betas=(0.9, 0.95),
        clip=None,
        average=0.995,
        table_rate=1e-2,
        table_decay=0.1,
    ),
)

ARC_SMOKE = replace(ARC, tasks=2, augmentations=3, plan=replace(ARC.plan, steps=12), batch=8)
