"""Chapter 00: what its figures and tables show."""

from recurse_lab.experiments.prefix_sums.inside import one_string
from recurse_lab.measure.coverage import DIFFERENCES, coverage

__all__ = ["DIFFERENCES", "coverage", "one_string"]
