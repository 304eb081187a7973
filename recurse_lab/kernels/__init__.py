"""The blocks of `nn` with hand-written backward passes, for speed; README.md has equations and limits."""

from recurse_lab.kernels.fused import fused

__all__ = ["fused"]
