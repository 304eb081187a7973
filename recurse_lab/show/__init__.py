"""Numbers in, plotly figures out; nothing here knows of torch."""

from recurse_lab.show.boards import thought_scrubber
from recurse_lab.show.curves import (
    accuracy_by_length,
    accuracy_by_steps,
    fit_line,
    halting_tradeoff,
    learning_curves,
    steps_needed_line,
)
from recurse_lab.show.grids import Panel, grid_rows
from recurse_lab.show.latents import eigenvalues, pca_paths, radius_by_step, residuals, settling_map
from recurse_lab.show.verdicts import intervals, scale_plot, strip

__all__ = [
    "Panel",
    "accuracy_by_length",
    "accuracy_by_steps",
    "eigenvalues",
    "fit_line",
    "grid_rows",
    "halting_tradeoff",
    "intervals",
    "learning_curves",
    "pca_paths",
    "radius_by_step",
    "residuals",
    "scale_plot",
    "settling_map",
    "steps_needed_line",
    "strip",
    "thought_scrubber",
]
