"""The arms of an experiment on the dynamic program on trees: a net, a plan, and when it is asked in training."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recurse_lab.models.bidirectional_gru import BidirectionalGRUConfig
from recurse_lab.models.data_router import DataRouterConfig
from recurse_lab.models.tree_gru import TreeGRUConfig
from recurse_lab.tasks.tree_program import TreeProgram
from recurse_lab.train.objectives.every_step import EveryStep
from recurse_lab.train.objectives.last_step import LastStep
from recurse_lab.train.objectives.sized_steps import SizedSteps
from recurse_lab.train.optimizer import Plan

STEPS = 1000  # optimizer steps of every arm whose label names no other number
SIZES = (2, 3, 4, 5, 6, 7, 8)  # nodes of the trees in training; some trees of each size are kept for the test
TESTED = (8, 12, 16, 24, 40, 64)  # nodes of the test trees; 16 and 24 are 2 and 3 times the largest trained
LARGE = 64  # from this size on, half as many test trees: they cost most

Model = DataRouterConfig | BidirectionalGRUConfig | TreeGRUConfig
Signal = SizedSteps | EveryStep | LastStep


@dataclass(frozen=True, kw_only=True)
class TreeArm:
    """A net and its training; all arms see fresh trees of 2 to 8 nodes, one size a batch."""

    label: str
    model: Model
    plan: Plan
    signal: Signal  # when the net is asked; a loop thinks longer on larger trees
    questions: int = 2  # 2: also asked for the gain of every node
    batch: int = 64
    sizes: tuple[int, ...] = SIZES
    tested: tuple[int, ...] = TESTED
    test: int = 256  # test trees of each size (half of it from 64 nodes on); each seed draws its own

    @property
    def task(self) -> TreeProgram:
        """The program, with the arm's number of questions."""
        return TreeProgram(questions=self.questions)

    def steps_at(self, size: int) -> int:
        """Steps after which a tree of `size` nodes is answered."""
        return size + self.signal.least if isinstance(self.signal, SizedSteps) else self.signal.steps

    def trees(self, size: int) -> int:
        """Number of test trees of a size."""
        return self.test if size < LARGE else self.test // 2


def plan(rate: float, steps: int = STEPS) -> Plan:
    """The plan that all arms share: betas and decay of the first trials, a tenth of the rate in the last 30 %."""
    return Plan(steps=steps, rate=rate, warmup=50, decay_last=0.3, weight_decay=0.01, betas=(0.9, 0.95))


def net(questions: int = 2, width: int = 32, near: bool = True, **options: object) -> DataRouterConfig:
    """Blocks that attend to parent and children alone, and see the input again before each step.

    With all nodes in sight (`near` False) attention leaks: each stranger gets a little weight, and larger trees
    have more of them (first trials, 800 steps: .49 of trees of 24 nodes instead of .99).
    """
    return DataRouterConfig(
        symbols=5,
        classes=TreeProgram(questions=questions).classes,
        questions=questions,
        width=width,
        hidden=2 * width,
        places="tree",
        gate=False,
        recall=True,
        near=near,
        **options,  # type: ignore[arg-type]
    )


def loop(label: str, rate: float, signal: SizedSteps, questions: int = 2, near: bool = True) -> TreeArm:
    """Two blocks applied n + 3 times to n nodes: the same at every step."""
    return TreeArm(
        label=label,
        model=net(questions, near=near, blocks=2),
        plan=plan(rate),
        signal=signal,
        questions=questions,
    )


def plain(label: str, rate: float, depth: int, width: int = 32, steps: int = STEPS) -> TreeArm:
    """`depth` different blocks with the same relations, asked after each of them."""
    return TreeArm(
        label=label,
        model=net(width=width, depth=depth),
        plan=plan(rate, steps),
        signal=EveryStep(steps=depth),
    )


def gru(label: str, rate: float, width: int, steps: int = STEPS) -> TreeArm:
    """Two layers of a GRU in both directions along the preorder; it sees depth, distance to the parent and side."""
    largest = max(SIZES) - 1  # depth and distance in training: what larger ones mean would be untrained
    model = BidirectionalGRUConfig(
        symbols=5, classes=6, width=width, tree=True, questions=2, deepest=largest, farthest=largest
    )
    return TreeArm(label=label, model=model, plan=plan(rate, steps), signal=LastStep(steps=model.depth))


def along(label: str, rate: float, width: int) -> TreeArm:
    """A GRU along the tree's own edges, up and then down: the net to which the order is given."""
    model = TreeGRUConfig(symbols=5, classes=6, width=width, questions=2)
    return TreeArm(label=label, model=model, plan=plan(rate), signal=LastStep(steps=model.depth))


def at_profile(arms: Mapping[str, TreeArm], profile: str) -> dict[str, TreeArm]:
    """The arms unchanged in `quick` and `full`; in `smoke`, 4 steps and 16 trees of two sizes."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(arm, plan=replace(arm.plan, steps=4, warmup=2), batch=16, tested=(8, 12), test=16)
        for name, arm in arms.items()
    }
