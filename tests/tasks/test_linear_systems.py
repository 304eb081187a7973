"""Linear systems: spectra, splits, judging, and errors for bad input."""

import pytest
import torch

from recurse_lab.tasks.linear_systems import LinearSystems, parts, relative_error


def drawn(task, count=200, split="train", seed=0):
    return task.systems(count, split, torch.Generator().manual_seed(seed))


def test_eigenvalues_lie_between_one_and_the_inverse_condition_number():
    matrix, b = parts(drawn(LinearSystems(condition=(10, 100))))
    values = torch.linalg.eigvalsh(matrix)
    torch.testing.assert_close(values[:, -1], torch.ones(200), rtol=1e-4, atol=0)
    kappa = values[:, -1] / values[:, 0]
    assert (kappa > 9.9).all()
    assert (kappa < 101).all()
    assert kappa.log().std() > 0.5  # spread over the range
    torch.testing.assert_close(b.norm(dim=1), torch.ones(200))
    torch.testing.assert_close(matrix, matrix.mT)


def test_splits_share_no_system_and_a_seed_repeats_its_own():
    task = LinearSystems()
    seen = {
        split: {tuple(one.flatten().tolist()) for one in drawn(task, 300, split)}
        for split in ("train", "test")
    }
    assert not seen["train"] & seen["test"]
    assert torch.equal(drawn(task, 5), drawn(task, 5))
    assert not torch.equal(drawn(task, 5), drawn(task, 5, seed=1))


def test_an_answer_is_right_within_a_tenth_of_the_whole_vector():
    task, target = LinearSystems(), torch.tensor([[3.0, 4.0], [3.0, 4.0]])
    answer = target + torch.tensor([[0.49, 0.0], [0.0, 0.51]])
    assert task.right(answer, target).tolist() == [[True, True], [False, False]]
    torch.testing.assert_close(task.loss(answer, target), torch.tensor((0.098**2 + 0.102**2) / 2))
    torch.testing.assert_close(relative_error(-target, target), torch.full((2,), 2.0))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"numbers": 1}, "a system has 2 numbers or more, not 1"),
        ({"condition": (0.5, 2.0)}, "condition numbers range from 1"),
        ({"condition": (100.0, 10.0)}, "condition numbers range from 1"),
        ({"condition": (10.0, float("inf"))}, "condition numbers range from 1"),
    ],
)
def test_bad_tasks_are_refused(given, said):
    with pytest.raises(ValueError, match=said):
        LinearSystems(**given)


def test_bad_systems_are_refused():
    with pytest.raises(ValueError, match=r"shape \(B, N, N\+1\)"):
        parts(torch.zeros(2, 4, 4))
    with pytest.raises(ValueError, match="must be finite"):
        parts(torch.full((1, 2, 3), torch.nan))
