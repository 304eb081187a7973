"""How one step stretches small differences: eigenvalues of the step's Jacobian J = d step(z) / d z.

If the spectral radius is below 1, small differences die out and the state settles. The leading eigenvalues of
recurrent nets are usually complex. Power iteration on a Rayleigh quotient is wrong for them; the growth of
|J^n v| is right. Shape letters: B batch, N numbers in a state.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.func import jacrev, jvp

from recurse_lab.recurrence import Recurrence
from recurse_lab.state import State, latent, map_state

LARGEST = 4096  # numbers in a state; exact eigenvalues of larger states take minutes


def step_map(model: Recurrence, inputs: Tensor, state: State) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """One step as a function of the flat state, (B, N) -> (B, N), and the flat state (B, N)."""
    with torch.no_grad():
        _, context = model.start(inputs)

    def unflatten(flat: Tensor) -> State:
        taken = 0

        def take(part: Tensor) -> Tensor:
            nonlocal taken
            numbers = part[0].numel()
            taken += numbers
            return flat[:, taken - numbers : taken].reshape(part.shape)

        return map_state(take, state)

    return lambda flat: latent(model.step(unflatten(flat), context)), latent(state)


def eigenvalues(model: Recurrence, inputs: Tensor, state: State) -> np.ndarray:
    """All eigenvalues (N,) of the step at the state of one example, complex, sorted by falling size.

    Raises:
        ValueError: there is more than one example, or the state has more than 4,096 numbers.
    """
    step, flat = step_map(model, inputs, state)
    if len(flat) != 1 or flat.shape[1] > LARGEST:
        raise ValueError(f"eigenvalues needs 1 example of at most {LARGEST} numbers, not {tuple(flat.shape)}")
    jacobian = jacrev(lambda z: step(z[None])[0])(flat[0])
    values = np.linalg.eigvals(jacobian.detach().double().numpy())
    return values[np.argsort(-np.abs(values))]


@torch.no_grad()
def spectral_radius(
    model: Recurrence,
    inputs: Tensor,
    state: State,
    *,
    generator: Generator,
    iterations: int = 100,
    burn_in: int = 30,
) -> Float[Tensor, " B"]:
    """Largest |eigenvalue| of the step at each example's state, from the growth of random directions.

    Gelfand's formula: rho = lim |J^n v|^(1/n), here the geometric mean of the growth over `iterations`
    applications of J. The `burn_in` applications before them are not counted, because a non-normal J may
    stretch by more than rho at first.

    Raises:
        ValueError: `iterations` is below 1 or `burn_in` below 0.
    """
    if iterations < 1 or burn_in < 0:
        raise ValueError(
            f"iterations must be 1 or more and burn_in 0 or more, not {iterations} and {burn_in}"
        )
    step, flat = step_map(model, inputs, state)
    direction = torch.randn(flat.shape, generator=generator, dtype=flat.dtype)
    log_growth = torch.zeros(len(flat))
    for number in range(burn_in + iterations):
        direction = direction / direction.norm(dim=1, keepdim=True).clamp_min(1e-30)
        direction = jvp(step, (flat,), (direction,))[1]
        if number >= burn_in:
            log_growth += direction.norm(dim=1).clamp_min(1e-30).log()
    return (log_growth / iterations).exp()
