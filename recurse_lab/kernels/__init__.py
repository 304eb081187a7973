"""The blocks of `nn` with their backward passes written out, for speed; see README.md for equations and limits."""

from recurse_lab.kernels.fused import fused

__all__ = ["fused"]
