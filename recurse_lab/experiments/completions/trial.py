"""Train one net on boards with several solutions, and draw many answers to each test board."""

from typing import Any, NamedTuple

from torch import Generator, Tensor

from recurse_lab.experiments.completions.arm import STEPS, CompletionArm, Way
from recurse_lab.experiments.completions.problems import boards, training_boards
from recurse_lab.experiments.completions.scores import Model, cost, guided, in_use, scores
from recurse_lab.kernels import fused
from recurse_lab.models.gram import GRAM, GRAMConfig
from recurse_lab.models.noisy import Noisy
from recurse_lab.models.reward_head import RewardHead
from recurse_lab.records.record import kept, loaded
from recurse_lab.train.loop import After, Run, fit, seeded
from recurse_lab.train.objectives.judged_draws import JudgedDraws
from recurse_lab.train.optimizer import Plan
from recurse_lab.train.sources import Pool

EVERY = 20  # optimizer steps a recorded point of the learning curve


@fused()
def trial(arm: CompletionArm, seed: int) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """One trial: train, then draw 20 answers to every test board in each of the arm's ways.

    Cost: 12 CPU-seconds for 1,000 steps, 2 for the head, 2 a way; drawn cell after cell 5 to 15. Expected on boards
    with several solutions: variational .93 of the draws valid and .87 of the solutions found; noise .1 and .3.
    """
    model, run = train(arm, seed)
    ways = {
        name: scores(arm, model, way, seed, head_of(arm, model, way, seed)) for name, way in arm.ways.items()
    }
    values = cost(arm, model, len(run.loss)) | {
        "train_seconds": run.seconds,
        "steps": len(run.loss),
        "curve": run.curve(EVERY),
        "ways": {name: one.values for name, one in ways.items()},
        "draw_seconds": {name: one.seconds for name, one in ways.items()},
    }
    if isinstance(model, GRAM):
        values |= guided(model, boards(arm, "test", seed), Generator().manual_seed(seed))
    return values, kept(model)


class Trained(NamedTuple):
    """The net with its averaged weights, and its learning curve."""

    model: Model
    run: Run


@fused()
def train(arm: CompletionArm, seed: int, after: After | None = None) -> Trained:
    """Train a net; `after` is called with every step."""
    with seeded(seed) as generator:
        model = build(arm)
    source = Pool(arm.boards, training_boards(arm, generator), arm.batch, generator)
    return Trained(model, fit(model, source, arm.objective, arm.plan, generator, after))


@fused()
def head_of(arm: CompletionArm, model: Model, way: Way, seed: int) -> RewardHead | None:
    """A reward head trained on the draws of the finished net in one way; None: the arm or the way has none."""
    if not arm.head_steps or way.kind != "draws" or way.steps != STEPS:
        return None
    model = in_use(model, way)
    with seeded(seed) as generator:
        head = RewardHead(arm.model.width)
    drawn = arm.boards.pool(arm.pool, arm.tested, "train", generator)
    plan = Plan(steps=arm.head_steps, rate=4e-3, warmup=10, weight_decay=0.01)
    fit(
        head,
        Pool(arm.boards, drawn, 2 * arm.batch, generator),
        JudgedDraws(model=model, steps=STEPS),
        plan,
        generator,
    )
    return head


def build(arm: CompletionArm) -> Model:
    """An untrained net of the arm's kind."""
    relations = arm.boards.relations()
    return GRAM(arm.model, relations) if isinstance(arm.model, GRAMConfig) else Noisy(arm.model, relations)


def restore(arm: CompletionArm, weights: dict[str, Tensor]) -> Model:
    """The net of a finished trial.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    return loaded(build(arm), weights, arm.label)
