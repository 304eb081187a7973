"""The arms of an experiment on ARC: tasks, augmentations, a net, an objective and a plan."""

from dataclasses import dataclass, replace

from recurse_lab.models.trm import TRMConfig
from recurse_lab.tasks.arc_boards import TOKENS
from recurse_lab.train.objectives.halting_supervision import HaltingSupervision
from recurse_lab.train.optimizer import Plan

BLANK = 0  # row of the identity table that no board uses in training; it stays zero, as in the papers
EVERY = 10  # optimizer steps a recorded point of the learning curve


@dataclass(frozen=True, kw_only=True)
class ArcArm:
    """Tasks, their number of augmentations, the net and its training.

    The rate and `max_age` maximize the share of demonstrations that the net of seed 0 learns.
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
        """Steps of `think` before an answer is read: the most that a board gets in training."""
        return self.objective.cycles * self.objective.max_age


ARC = ArcArm(
    tasks=4,
    side=4,  # the smallest canvas that four tasks or more fit
    augmentations=40,
    model=TRMConfig(symbols=TOKENS, classes=TOKENS, width=64, heads=2, refinements=2, prefix=1, multiple=1),
    # at most two supervision steps a board, 16 in the papers: more boards in as many optimizer steps
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
