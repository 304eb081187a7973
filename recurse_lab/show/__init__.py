"""Functions that turn arrays of numbers into plotly figures; none of them imports torch."""

from recurse_lab.show.boards import thought_scrubber
from recurse_lab.show.calls import along_training, candidates, kinds_of_answers, pairs_drift
from recurse_lab.show.completions import by_price, fan, row_of_boards
from recurse_lab.show.curves import (
    accuracy_by_length,
    accuracy_by_steps,
    by_step,
    fit_line,
    halting_tradeoff,
    learning_curves,
    steps_needed_line,
)
from recurse_lab.show.depth import along, similarities, strands
from recurse_lab.show.grids import Panel, grid_rows
from recurse_lab.show.iterates import by_families, descent_paths, error_by_step, progress, spectra
from recurse_lab.show.latents import eigenvalues, pca_paths, radius_by_step, residuals, settling_map
from recurse_lab.show.programs import graph, settled_tree
from recurse_lab.show.rounds import by_round, gain_against_gap, precision_by_share
from recurse_lab.show.sizes import by_size, error_kinds
from recurse_lab.show.sudoku import board_map, board_scrubber
from recurse_lab.show.supervision import calibration, loops_grid
from recurse_lab.show.trees import evaluation, expression
from recurse_lab.show.verdicts import ablations, intervals, scale_plot, strip

__all__ = [
    "Panel",
    "ablations",
    "accuracy_by_length",
    "accuracy_by_steps",
    "along",
    "along_training",
    "board_map",
    "board_scrubber",
    "by_families",
    "by_price",
    "by_round",
    "by_size",
    "by_step",
    "calibration",
    "candidates",
    "descent_paths",
    "eigenvalues",
    "error_by_step",
    "error_kinds",
    "evaluation",
    "expression",
    "fan",
    "fit_line",
    "gain_against_gap",
    "graph",
    "grid_rows",
    "halting_tradeoff",
    "intervals",
    "kinds_of_answers",
    "learning_curves",
    "loops_grid",
    "pairs_drift",
    "pca_paths",
    "precision_by_share",
    "progress",
    "radius_by_step",
    "residuals",
    "row_of_boards",
    "scale_plot",
    "settled_tree",
    "settling_map",
    "similarities",
    "spectra",
    "steps_needed_line",
    "strands",
    "strip",
    "thought_scrubber",
]
