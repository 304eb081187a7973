"""Scores of a net on products: wholly right, and right by place of the digit, the first digit first; and costs.

Shape letters: B products, D digits of the product.
"""

from typing import Any

import torch
from torch import Generator

from recurse_lab.experiments.products.arm import ProductArm
from recurse_lab.measure.cost import forward_flops, parameters
from recurse_lab.measure.information import relative_information
from recurse_lab.models.data_router import DataRouter
from recurse_lab.recurrence import settle
from recurse_lab.tasks.base import Batch, Split, own_seed
from recurse_lab.tasks.multiplication import digits_of

TEST_SEED = 4_000_037  # with the training seed, draws the products of test and validation


def products(arm: ProductArm, split: Split, seed: int) -> Batch:
    """The products of a split that a seed draws for itself."""
    generator = Generator().manual_seed(own_seed(TEST_SEED, seed, own=True))
    return arm.task.sample(arm.test, arm.digits, split, generator)


@torch.no_grad()
def accuracy(arm: ProductArm, model: DataRouter, seed: int, split: Split = "test") -> dict[str, Any]:
    """Share of products wholly right, and of each digit right, the first digit first."""
    batch = products(arm, split, seed)
    output = settle(model, batch.inputs, arm.signal.steps).output
    assert output is not None
    right_BD = arm.task.right(output, batch.targets)[:, -arm.digits :]
    by_digit = right_BD.float().mean(0).tolist()
    return {
        "exact": right_BD.all(1).float().mean().item(),
        "by_digit": by_digit[::-1] if arm.reversed else by_digit,
    }


def information(first: int, second: int) -> dict[str, list[float]]:
    """Relative information gain of each digit of the product, the first one first, over all pairs of factors.

    "first digits": from the first digit of both factors; "last digits": from the last digit of both.
    """
    ranges = [torch.arange(10 ** (digits - 1), 10**digits) for digits in (first, second)]
    a, b = torch.cartesian_prod(*ranges).unbind(1)
    answer = digits_of(a * b, first + second)
    known = {
        "first digits": torch.stack((a // 10 ** (first - 1), b // 10 ** (second - 1)), dim=1),
        "last digits": torch.stack((a % 10, b % 10), dim=1),
    }
    return {name: [relative_information(pair, digit) for digit in answer.T] for name, pair in known.items()}


def cost(arm: ProductArm, model: DataRouter, steps: int) -> dict[str, float]:
    """Parameters, FLOPs of the training run, FLOPs of the answer to one problem."""
    one = torch.zeros(1, 2 * arm.digits + 1, dtype=torch.int64)
    flops = forward_flops(model, one)
    return {
        "params": parameters(model),
        "train_flops": steps * arm.batch * flops.training(arm.signal.steps),
        "infer_flops": flops.answer(arm.signal.steps),
    }
