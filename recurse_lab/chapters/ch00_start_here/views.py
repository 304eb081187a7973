"""Chapter 00: data for its figures."""

from recurse_lab.experiments.prefix_sums.inside import one_string

__all__ = ["one_string"]
