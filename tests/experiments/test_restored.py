"""Finished trials are loaded as nets; weights of another configuration are refused in one line."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from recurse_lab.chapters.ch02_looping.arms import LIVE
from recurse_lab.experiments.mazes.arm import MAZES_LOOPED
from recurse_lab.experiments.mazes.inside import maze_net
from recurse_lab.experiments.prefix_sums.trial import restore
from recurse_lab.models.deep_thinking import DeepThinking
from recurse_lab.workbook.start import ROOT


def test_a_trials_net_comes_back_and_weights_of_another_configuration_are_one_line():
    looped = LIVE["looped"]
    weights = DeepThinking(looped.model).state_dict()
    net = restore(looped, weights)
    assert not net.training
    assert all(torch.equal(value, weights[name]) for name, value in net.state_dict().items())
    wider = replace(looped, model=replace(looped.model, width=2 * looped.model.width))
    for other in (wider, replace(looped, model=MAZES_LOOPED.model), LIVE["same_compute"]):
        with pytest.raises(
            ValueError, match=f"^these weights are not those of {other.label}: Error"
        ) as caught:
            restore(other, weights)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 260


@pytest.mark.parametrize("config", [replace(MAZES_LOOPED.model, width=48), LIVE["looped"].model])
def test_kept_maze_weights_of_another_configuration_are_one_line(tmp_path, config):
    (tmp_path / "weights").mkdir()
    kept = {name: value.contiguous() for name, value in DeepThinking(config).state_dict().items()}
    save_file(kept, tmp_path / "weights" / "mazes.safetensors")
    with pytest.raises(ValueError, match=r"^these weights are not those of looped maze net: Error") as caught:
        maze_net(tmp_path)
    assert "\n" not in str(caught.value)


def test_the_kept_maze_net_can_be_read():
    assert not maze_net(ROOT / "data").training
