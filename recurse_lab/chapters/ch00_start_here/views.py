"""Chapter 00: what its figures and tables show."""

from recurse_lab.experiments.prefix_sums.inside import one_string

__all__ = ["one_string"]
