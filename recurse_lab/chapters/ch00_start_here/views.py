"""Chapter 00: data for its figures."""

from recurse_lab.experiments.prefix_sums.inside import one_string
from recurse_lab.measure.coverage import DIFFERENCES, coverage

__all__ = ["DIFFERENCES", "coverage", "one_string"]
