"""Systems of a family share a part that a preconditioner undoes; splits share no system."""

import pytest
import torch

from recurse_lab.tasks.base import in_split
from recurse_lab.tasks.linear_systems import parts
from recurse_lab.tasks.system_family import SystemFamily


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_shared_part_is_all_that_is_ill_conditioned():
    family = SystemFamily(basis=3)
    systems, x = family.sample(64, "train", source())
    matrix, b = parts(systems.double())
    torch.testing.assert_close((matrix @ x.double()[..., None])[..., 0], b, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(b.norm(dim=1), torch.ones(64, dtype=torch.float64), atol=1e-6, rtol=0)
    torch.testing.assert_close(matrix, matrix.mT, atol=1e-5, rtol=0)
    shared = family.shared().double()
    assert torch.linalg.cond(shared).item() == pytest.approx(30, rel=1e-4)
    own = torch.linalg.eigvals(torch.linalg.inv(shared) @ matrix).real
    assert own.min() > 0.5 - 1e-4
    assert own.max() < 1.5 + 1e-4
    assert torch.linalg.cond(matrix).median() > 20
    elsewhere = parts(SystemFamily(basis=None).sample(64, "train", source())[0].double())[0]
    assert torch.linalg.eigvals(torch.linalg.inv(shared) @ elsewhere).abs().amax(1).median() > 3


def test_splits_share_no_system_and_seeds_decide():
    family = SystemFamily()
    for split in ("train", "validation", "test"):
        systems = family.sample(40, split, source(1)).inputs
        assert in_split(systems.view(torch.int32), split).all()
        assert torch.equal(systems, family.sample(40, split, source(1)).inputs)
    assert not torch.equal(family.shared(), SystemFamily(basis=1).shared())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SystemFamily(numbers=1), "numbers must be 2 or more"),
        (lambda: SystemFamily(condition=0.5), "condition 1 or more"),
        (lambda: SystemFamily(own=(0.0, 1.0)), "eigenvalues of W range from above 0 upward"),
        (lambda: SystemFamily(basis=None).shared(), "share no basis; give the family a seed"),
    ],
)
def test_what_cannot_be_is_one_line(make, words):
    with pytest.raises(ValueError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)
