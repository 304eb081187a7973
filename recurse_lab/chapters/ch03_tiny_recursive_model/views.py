"""Chapter 03: data for its figures and tables."""

from recurse_lab.experiments.sudoku.halting import (
    early_exit_table,
    head_at_every_step,
    right_when_stopped,
    stopped,
)
from recurse_lab.experiments.sudoku.inside import (
    by_technique,
    candidates_by_rules,
    candidates_left,
    cases,
    data_table,
    forgetting,
    settling,
    share_by_step,
    solved_after,
)
from recurse_lab.experiments.sudoku.probes import probes
from recurse_lab.experiments.sudoku.tables import by_steps, costs, curves, ended, solved
from recurse_lab.measure.starts import four_starts

__all__ = [
    "by_steps",
    "by_technique",
    "candidates_by_rules",
    "candidates_left",
    "cases",
    "costs",
    "curves",
    "data_table",
    "early_exit_table",
    "ended",
    "forgetting",
    "four_starts",
    "head_at_every_step",
    "probes",
    "right_when_stopped",
    "settling",
    "share_by_step",
    "solved",
    "solved_after",
    "stopped",
]
