"""Does the way there matter? The same problem thought about from four different first states.

Shape letters: T steps, N numbers in a state.
"""

import numpy as np
import torch

from recurse_lab.measure.latents import pca_path
from recurse_lab.recurrence import Recurrence, Thought, settle, think
from recurse_lab.state import latent, map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.train.objectives.base import right_cells


@torch.inference_mode()
def four_starts(
    net: Recurrence, batch: Batch, steps: int, seed: int, noun: str = "string"
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """Paths (T+1, 1, 2) of the first problem from four first states; share right and agreement at the end."""
    own = next(iter(think(net, batch.inputs, 0))).state
    other = settle(net, batch.inputs.roll(1, 0), steps).state
    noise = torch.Generator().manual_seed(seed)
    starts = {
        "its own start": own,
        "zeros": map_state(torch.zeros_like, own),
        "loud noise": map_state(lambda z: 3 * torch.randn(z.shape, generator=noise), own),
        f"another {noun}'s end": other,
    }
    traces, summary = [], {}
    for name, state in starts.items():
        thoughts = [Thought(0, state, None), *think(net, batch.inputs, steps, resume=Thought(0, state, None))]
        traces.append(torch.stack([latent(thought.state) for thought in thoughts]))
        right = right_cells(net.read(thoughts[-1].state), batch.targets).all(1).float().mean().item()
        cosine = torch.cosine_similarity(traces[-1][-1], traces[0][-1]).mean().item()
        summary[name] = {f"{noun}s right": right, "cosine with its own start's end": round(cosine, 4)}
    together = torch.cat([path[:, :1] for path in traces], dim=1).numpy()  # (T+1, 4, N)
    points, _ = pca_path(together)
    return {name: points[:, index : index + 1] for index, name in enumerate(starts)}, summary
