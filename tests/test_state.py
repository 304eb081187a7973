"""`map_state` visits every tensor of a state, keeps plain values, and refuses unknown containers."""

from collections import deque
from typing import NamedTuple

import pytest
import torch

from recurse_lab.state import detached, latent, map_state


class Pair(NamedTuple):
    z: torch.Tensor
    layer: int


def test_every_tensor_is_visited_and_plain_values_are_kept():
    generator = torch.Generator()
    state = (
        Pair(torch.ones(2, 3), 4),
        [torch.ones(2)],
        {"cache": torch.ones(2, 1)},
        None,
        "x",
        True,
        generator,
    )
    doubled = map_state(lambda part: 2 * part, state)
    assert isinstance(doubled[0], Pair)
    assert doubled[0].layer == 4
    assert doubled[0].z.tolist() == [[2.0] * 3] * 2
    assert doubled[1][0].tolist() == [2.0, 2.0]
    assert doubled[2]["cache"].tolist() == [[2.0], [2.0]]
    assert doubled[3:] == (None, "x", True, generator)
    assert latent(state).tolist() == [[1.0] * 5] * 2


@pytest.mark.parametrize(
    "container", [deque([torch.ones(1)]), {torch.ones(1)}, object(), iter([torch.ones(1)])]
)
def test_a_cache_in_an_unknown_container_is_never_skipped(container):
    with pytest.raises(TypeError, match=rf"not {type(container).__name__}$"):
        map_state(lambda part: part, (torch.ones(1), container))
    with pytest.raises(TypeError):
        latent((torch.ones(1, 1), container))


def test_states_of_the_same_form_are_walked_together():
    one, other = Pair(torch.ones(2), 1), Pair(torch.zeros(2), 7)
    summed = map_state(torch.add, one, other)
    assert summed.z.tolist() == [1.0, 1.0]
    assert summed.layer == 1


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ((torch.ones(1),), (torch.ones(1), torch.ones(1)), "the same number of parts"),
        ({"a": torch.ones(1)}, {"b": torch.ones(1)}, "the same keys"),
    ],
)
def test_states_of_different_forms_are_refused(one, other, words):
    with pytest.raises(ValueError, match=words):
        map_state(torch.add, one, other)


def test_detaching_cuts_every_tensor_off():
    z = torch.ones(2, requires_grad=True)
    found = detached({"a": [z * 2], "b": (z + 1, 3)})
    assert not found["a"][0].requires_grad
    assert not found["b"][0].requires_grad
    assert found["b"][1] == 3
