"""recurse_lab: small recursive, looped and deep-thin models, and the means to watch and judge them.

Everything iterates through `think`; start reading in `recurse_lab/recurrence.py`.
"""

from recurse_lab.recurrence import Recurrence, Thought, settle, think

__all__ = ["Recurrence", "Thought", "settle", "think"]
__version__ = "0.2.0"
