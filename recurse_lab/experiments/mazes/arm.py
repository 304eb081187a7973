"""The arms of an experiment on mazes: a net, an objective and a plan."""

from dataclasses import dataclass

from recurse_lab.models.deep_thinking import DeepThinkingConfig
from recurse_lab.train.objectives.progressive import Progressive
from recurse_lab.train.optimizer import Plan


@dataclass(frozen=True, kw_only=True)
class MazeArm:
    """A net, its objective and its plan; the curriculum grows from 5 x 5 to `largest`."""

    label: str = "looped maze net"
    model: DeepThinkingConfig
    objective: Progressive
    plan: Plan
    batch: int = 32
    largest: int = 11
    threshold: float = 0.93  # share of cells right at which the mazes grow; higher: too late
    sizes: tuple[int, ...] = (11, 17, 25)
    mazes: int = 20  # test mazes of each size
    own_test: bool = False  # each seed draws its own test mazes; False: the same ones for all


MAZES_LOOPED = MazeArm(
    model=DeepThinkingConfig(symbols=4, dims=2, width=24),
    objective=Progressive(with_gradient=12, without_gradient=30, late_start_from=0.4, late_start_share=0.5),
    plan=Plan(steps=1_500, rate=2e-3),
)

MAZE_ARMS = {"mazes": MAZES_LOOPED}
