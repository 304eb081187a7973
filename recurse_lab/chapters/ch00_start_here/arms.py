"""Chapter 00: its two nets, those of chapter 02: one block in a loop, and six different blocks."""

from recurse_lab.experiments.prefix_sums.arm import LOOPED, UNTIED

BITS = 8  # greatest length of the strings in training
UPDATES = 400  # of either net, about five seconds each

NETS = {"looped": LOOPED, "six blocks": UNTIED}

__all__ = ["BITS", "NETS", "UPDATES"]
