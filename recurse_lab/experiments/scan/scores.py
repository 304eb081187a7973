"""Scores of a net on SCAN: commands wholly right, by number of actions; and costs.

An answer is right if every action and the end are the likeliest after the right ones before. That is the case
exactly if the net, fed its own likeliest actions, gives the right sequence (greedy decoding).

Shape letters: B commands, M actions and the end, C cells.
"""

from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Generator, Tensor

from recurse_lab.experiments.scan.arm import ScanArm
from recurse_lab.experiments.scan.sources import Windows, problems
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.models.encoder_decoder import EncoderDecoder
from recurse_lab.models.gru_encoder_decoder import GRUEncoderDecoder
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Split, own_seed
from recurse_lab.tasks.scan import END
from recurse_lab.tasks.scan_grammar import Command, meaning

TEST_SEED = 1_000_117  # with the training seed, draws the commands of test and validation
AT_ONCE = 128  # commands in one pass

Model = EncoderDecoder | GRUEncoderDecoder


def asked(arm: ScanArm, split: Split, seed: int) -> list[Command]:
    """Different commands of a split that a seed draws for itself, the shortest first."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    pool = arm.task.commands(split)
    drawn = [pool[number] for number in torch.randperm(len(pool), generator=generator).tolist()]
    return sorted(drawn[: arm.problems], key=lambda command: len(meaning(command)))


@torch.no_grad()
def right(arm: ScanArm, model: Model, commands: list[Command]) -> Bool[Tensor, " B"]:
    """Which commands are wholly right; episodes get the usual meanings of the verbs."""
    found = []
    for first in range(0, len(commands), AT_ONCE):
        batch = problems(arm, commands[first : first + AT_ONCE], "test", Generator())
        output = settle(model, batch.inputs, arm.model.applications).output
        assert output is not None
        found.append(arm.task.right(output, batch.targets).all(1))
    return torch.cat(found)


def accuracy(arm: ScanArm, model: Model, seed: int, split: Split = "test") -> dict[str, Any]:
    """Share of commands wholly right: of the test, of validation ("trained"), and by number of actions."""
    commands = asked(arm, split, seed)
    right_B = right(arm, model, commands).float()
    lengths = [len(meaning(command)) for command in commands]
    by_actions = {
        str(length): right_B[torch.tensor(lengths) == length].mean().item() for length in sorted(set(lengths))
    }
    kept_out = right_B if split == "validation" else right(arm, model, asked(arm, "validation", seed)).float()
    return {
        "exact": right_B.mean().item(),
        "trained": kept_out.mean().item(),
        "by_actions": {length: round(share, 4) for length, share in by_actions.items()},
        "commands": len(commands),
    }


@torch.no_grad()
def greedy(model: Model, steps: int, source: Int[Tensor, "B S"], most: int) -> Int[Tensor, "B M"]:
    """Decode `most` actions one by one, each the likeliest after those before; what follows an end is no part."""
    inputs = torch.cat((source, torch.full_like(source[:, :1], END)), dim=1)
    for _ in range(most):
        output = settle(model, inputs, steps).output
        assert output is not None
        inputs = torch.cat((inputs, output[:, -1:].argmax(-1)), dim=1)
    return inputs[:, source.shape[1] + 1 :]


def cost(arm: ScanArm, model: Model, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one command of 8 or (large) 24 actions."""
    batch = Windows(arm, Generator().manual_seed(0)).ordered
    mean = sum(len(meaning(command)) for command in batch) / len(batch) + 1
    longer = 9 if arm.task.small else 25
    trained, answered = (_flops(arm, model, length) for length in (round(mean), longer))
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * 3 * trained,
        "infer_flops": answered,
    }


def _flops(arm: ScanArm, model: Any, targets: int) -> float:
    """FLOPs of one forward pass over one command; steps of the two sides differ, so all are counted."""
    inputs = torch.ones(1, arm.model.source + targets, dtype=torch.int64)
    flops = forward_flops(model, inputs)
    state, context = model.start(inputs)
    for _ in range(arm.model.applications // 2):
        state = model.step(state, context)
    half = arm.model.applications // 2
    later = forward_flops(_Later(model, state, context), inputs)
    return flops.start + half * (flops.step + later.step) + flops.read


class _Later:
    """A model whose first state is one of its later states, to count FLOPs of the second half of its steps."""

    def __init__(self, model: Model, state: Any, context: Any) -> None:
        self.state, self.context, self.step, self.read = state, context, model.step, model.read

    def start(self, inputs: Tensor, generator: Generator | None = None) -> tuple[Any, Any]:
        return self.state, self.context
