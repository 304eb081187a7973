"""The price of least cost meets the demand within the limits, and no other dispatch is cheaper."""

import pytest
import torch
from scipy.optimize import minimize

from recurse_lab.tasks.base import in_split
from recurse_lab.tasks.dispatch import Dispatch, costs, dispatched, satisfied, solved, supply


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_solution_is_feasible_and_the_cheapest():
    problems = Dispatch().problems(8, "train", source())
    price, outputs = solved(problems)
    assert satisfied(problems, outputs, 1e-5).all()
    torch.testing.assert_close(supply(problems, price), outputs)
    for row, best in zip(problems.double(), outputs.double(), strict=True):
        a, b, high = (part.numpy() for part in row[:-2].chunk(3))
        found = minimize(
            lambda g, a=a, b=b: (a * g * g + b * g).sum(),
            high * row[-2].item() / high.sum(),
            bounds=[(0, top) for top in high],
            constraints={"type": "eq", "fun": lambda g, row=row: g.sum() - row[-2].item()},
        )
        assert found.fun == pytest.approx(costs(row[None], best[None]).item(), rel=1e-5)


def test_demand_and_limits_are_judged():
    problem = torch.tensor([[1.0, 1, 1, 1, 1, 1, 1.0, 1, 1, 1.5, 0]])
    for outputs, right in (
        ([0.5, 0.5, 0.5], True),
        ([0.5, 0.5, 0.51], True),
        ([0.5, 0.5, 0.52], False),  # more than 1 % too much
        ([1.2, 0.3, 0.0], False),  # above a limit
        ([1.0, 0.6, -0.1], False),  # below 0
    ):
        assert satisfied(problem, torch.tensor([outputs])).item() is right
    assert dispatched(problem, torch.tensor([[1.2, 0.3, -1.0]])).tolist() == [[1.0, pytest.approx(0.3), 0.0]]
    assert dispatched(problem, torch.tensor([[2.0]])).tolist() == [[0.5, 0.5, 0.5]]


def test_splits_share_no_problem_and_demands_can_be_met():
    task = Dispatch(share=(0.9, 0.97))
    for split in ("train", "validation", "test"):
        problems = task.problems(40, split, source(1))
        assert in_split(problems.view(torch.int32), split).all()
        share = problems[:, -2] / problems[:, 6:9].sum(1)
        assert ((share > 0.899) & (share < 0.971)).all()


@pytest.mark.parametrize("words", [{"generators": 0}, {"high": (0.0, 1.0)}, {"share": (0.3, 1.0)}])
def test_what_cannot_be_is_one_line(words):
    with pytest.raises(ValueError, match=r"must be|rise from above 0") as caught:
        Dispatch(**words)
    assert "\n" not in str(caught.value)
