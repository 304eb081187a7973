"""Chapter 05: data for its figures and tables."""

from recurse_lab.chapters.ch05_deep_and_thin.published import beside, petty, roadmap
from recurse_lab.experiments.group_products.inside import (
    answers_by_depth,
    one_row,
    reached,
    right_by_depth,
    updates,
    without_each,
)
from recurse_lab.experiments.group_products.scores import rows
from recurse_lab.experiments.group_products.tables import (
    by_depth,
    by_position,
    costs,
    curves,
    every_seed,
    mean_alignments,
    mean_changes,
    mean_of,
    rows_right,
    shapes,
)
from recurse_lab.experiments.text.inside import bits_by_depth, readings, shown
from recurse_lab.experiments.text.inside import updates as text_updates
from recurse_lab.experiments.text.scores import windows
from recurse_lab.experiments.text.tables import bits_apart, bytes_right
from recurse_lab.experiments.text.tables import by_depth as text_by_depth
from recurse_lab.experiments.text.tables import costs as text_costs
from recurse_lab.experiments.text.tables import curves as text_curves
from recurse_lab.experiments.text.tables import every_seed as text_every_seed
from recurse_lab.tasks.text import digest, documents

__all__ = [
    "answers_by_depth",
    "beside",
    "bits_apart",
    "bits_by_depth",
    "by_depth",
    "by_position",
    "bytes_right",
    "costs",
    "curves",
    "digest",
    "documents",
    "every_seed",
    "mean_alignments",
    "mean_changes",
    "mean_of",
    "one_row",
    "petty",
    "reached",
    "readings",
    "right_by_depth",
    "roadmap",
    "rows",
    "rows_right",
    "shapes",
    "shown",
    "text_by_depth",
    "text_costs",
    "text_curves",
    "text_every_seed",
    "text_updates",
    "updates",
    "windows",
    "without_each",
]
