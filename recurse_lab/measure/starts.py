"""Does the start matter? The same problems from four different first states.

Shape letters: B problems, T steps, N numbers in a state.
"""

import numpy as np
import torch

from recurse_lab.measure.latents import pca_path
from recurse_lab.recurrence import Recurrence, settle, think
from recurse_lab.state import latent, map_state
from recurse_lab.tasks.base import Batch
from recurse_lab.tasks.judging import CLASSES, Judge, wholly


@torch.inference_mode()
def four_starts(
    net: Recurrence, batch: Batch, steps: int, seed: int, noun: str = "string", task: Judge = CLASSES
) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    """Think `steps` steps about each problem of `batch` from four first states.

    Returns two dictionaries by name of the first state. The first holds the path (T+1, 1, 2) of the first
    problem in the plane of two principal components. The second holds, at the end, the share of problems
    right and the mean cosine between the states and those of the own start. The fourth first state is the end
    of another problem. `seed` draws the noise.
    """
    begun = next(iter(think(net, batch.inputs, 0)))
    own = begun.state
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
        first = begun._replace(state=state)
        thoughts = [first, *think(net, batch.inputs, steps, resume=first)]
        traces.append(torch.stack([latent(thought.state) for thought in thoughts]))
        output = net.read(thoughts[-1].state)
        right = wholly(task.right(output, task.asked(batch.targets, steps))).float().mean().item()
        cosine = torch.cosine_similarity(traces[-1][-1], traces[0][-1]).mean().item()
        summary[name] = {f"{noun}s right": right, "cosine with its own start's end": round(cosine, 4)}
    together = torch.cat([path[:, :1] for path in traces], dim=1).numpy()  # (T+1, 4, N)
    points, _ = pca_path(together)
    return {name: points[:, index : index + 1] for index, name in enumerate(starts)}, summary
