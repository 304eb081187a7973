"""Chapter 10: data for its figures and tables."""

from recurse_lab.chapters.ch10_compositionality.published import router as published_router
from recurse_lab.chapters.ch10_compositionality.published import scan as published_scan
from recurse_lab.experiments.expressions.inside import (
    evaluation_order,
    example,
    one_expression,
    probes,
    right_by_height,
)
from recurse_lab.experiments.expressions.scores import trees
from recurse_lab.experiments.expressions.tables import (
    by_height,
    costs,
    curves,
    deeper_right,
    every_seed,
    mean_of,
    operators,
    roots,
)
from recurse_lab.experiments.scan.tables import by_actions, commands_right
from recurse_lab.experiments.scan.tables import costs as scan_costs
from recurse_lab.experiments.table_lookup.scores import rows
from recurse_lab.experiments.table_lookup.tables import by_functions, longer_right
from recurse_lab.experiments.table_lookup.tables import costs as table_costs
from recurse_lab.experiments.table_lookup.tables import every_seed as table_every_seed
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.scan import Scan
from recurse_lab.tasks.scan_grammar import meaning
from recurse_lab.tasks.table_lookup import TableLookup

__all__ = [
    "Expressions",
    "Scan",
    "TableLookup",
    "by_actions",
    "by_functions",
    "by_height",
    "commands_right",
    "costs",
    "curves",
    "deeper_right",
    "evaluation_order",
    "every_seed",
    "example",
    "longer_right",
    "mean_of",
    "meaning",
    "one_expression",
    "operators",
    "probes",
    "published_router",
    "published_scan",
    "right_by_height",
    "roots",
    "rows",
    "scan_costs",
    "table_costs",
    "table_every_seed",
    "trees",
]
