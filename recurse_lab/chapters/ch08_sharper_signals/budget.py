"""Chapter 08: what its arms may cost, in forward passes over a row; a row with gradient costs three passes."""

from recurse_lab.experiments.function_calls.arm import ROWS

PASSES = 42_400  # of every way: 300 steps of DPO on 16 pairs, and four calls drawn for each of 1,000 requests
TEACHING = 600  # optimizer steps of the taught net
TOTAL = TEACHING * 3 * ROWS + PASSES  # teaching and one way
WHOLE = TOTAL // (3 * ROWS)  # optimizer steps of plain training at that cost

# A pass costs 1, 3.80 and 14.8 times as much in nets of these widths; a test holds it.
COSTS = {96: 1.0, 192: 3.8035, 384: 14.821}


def left(steps: int) -> int:
    """Passes that are left for a way after so many steps of plain training."""
    return TOTAL - 3 * ROWS * steps


def steps_of(width: int) -> int:
    """Optimizer steps of plain training of a net of this width, at the cost of teaching and a way of the small net."""
    return int(TOTAL / (3 * ROWS * COSTS[width]))
