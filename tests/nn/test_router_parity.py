"""The block of the neural data router computes what the official code computes with the same weights."""

from pathlib import Path

import numpy as np
import torch

from recurse_lab.nn.gate import RoutedBlock
from recurse_lab.nn.routing import GeometricAttention

FILE = Path(__file__).parents[1] / "golden" / "layers" / "data_router.npz"
WIDTH, HEADS, HIDDEN = 12, 2, 20

# Our name -> the official one. Keys and values lie side by side in each head there, and one after the other here.
NAMES = {
    "attention.query.weight": "att.data_to_q.weight",
    "attention.key_value.weight": "att.data_to_kv.weight",
    "attention.direction.weight": "att.data_to_qp.weight",
    "attention.direction.bias": "att.data_to_qp.bias",
    "attention.out.weight": "att.multi_head_merge.weight",
    "attention.content": "att.global_content_bias",
    "attention.scale": "att.scale",
    "attention.scale_direction": "att.scale_pos",
    "attention.shift": "att.s_bias",
} | {
    f"{ours}.{part}": f"{official}.{part}"
    for part in ("weight", "bias")
    for ours, official in {
        "net.up": "p1",
        "net.down": "p2",
        "gate_net.up": "g1",
        "gate_net.down": "g2",
        "norms.0": "nmerge",
        "norms.1": "no",
    }.items()
}


def test_the_block_equals_the_official_one():
    golden = {name: torch.from_numpy(part) for name, part in np.load(FILE).items()}
    block = RoutedBlock(GeometricAttention(WIDTH, HEADS), WIDTH, HIDDEN, gate=True)
    weights = {}
    for name, own in block.state_dict().items():
        official = golden[f"weight.{NAMES[name]}"]
        if name == "attention.key_value.weight":
            official = official.view(HEADS, 2, WIDTH // HEADS, WIDTH).transpose(0, 1)
        weights[name] = official.reshape(own.shape)
    assert len(NAMES) == sum(name.startswith("weight.") for name in golden)  # no official weight is left out
    block.load_state_dict(weights)
    once = block(golden["input"])
    torch.testing.assert_close(once, golden["output"], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(block(once), golden["twice"], rtol=1e-5, atol=1e-5)
