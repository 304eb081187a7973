"""FLOPs, parameters and bytes equal those counted by hand."""

import torch
from torch import nn

from recurse_lab.measure.cost import ForwardFlops, forward_flops, parameters, state_bytes
from recurse_lab.models.deep_thinking import DeepThinking, DeepThinkingConfig
from recurse_lab.models.looped_transformer import LoopedTransformer, LoopedTransformerConfig
from recurse_lab.state import latent


def test_flops_of_a_looped_transformer_by_hand():
    B, C, D, H, V = 2, 5, 16, 8 * 16 // 3, 3
    net = LoopedTransformer(LoopedTransformerConfig(width=D, heads=2, classes=V))
    inputs = torch.zeros(B, C, dtype=torch.int64)
    block = 2 * B * C * D * (3 * D + D) + 2 * 2 * B * C * C * D + 2 * B * C * D * 3 * H
    flops = forward_flops(net, inputs)
    assert flops == (block, 2 * B * C * 2 * D * D + block, block + 2 * B * C * D * V)
    assert state_bytes(net, inputs) == 4 * B * C * D == 4 * latent(net.start(inputs)[0]).numel()


def test_flops_of_a_convolution_net_by_hand():
    B, L, w = 2, 7, 8
    flops = forward_flops(
        DeepThinking(DeepThinkingConfig(width=w, groups=2)), torch.zeros(B, L, dtype=torch.int64)
    )
    tap = 2 * 3 * B * L
    assert flops == (2 * tap * w, 5 * tap * w * w, tap * (w * w + w * w // 2 + w // 2 * 2))


def test_flops_of_thinking_and_of_training():
    flops = ForwardFlops(100.0, 10.0, 1.0)
    assert flops.answer(7) == 171
    assert flops.training(with_gradient=2.0, without_gradient=5.0) == 50 + 3 * 121


def test_shared_weights_count_once_and_frozen_ones_not():
    layer, frozen = nn.Linear(3, 4), nn.Linear(2, 2).requires_grad_(False)
    assert parameters(nn.Sequential(layer, layer, frozen)) == 3 * 4 + 4
