"""Chapter 08: its arms; rates and forms are the best of the search in `rates.py`."""

from recurse_lab.experiments.function_calls.arm import CallArm, Way, at_profile, net, plan, way
from recurse_lab.experiments.function_calls.rates import validate
from recurse_lab.experiments.function_calls.tables import best_exact
from recurse_lab.experiments.function_calls.trial import build, restore, train, trial, tuned
from recurse_lab.records.rerun import Recorded

__all__ = ["at_profile", "build", "restore", "train", "trial", "tuned", "validate", "way"]
