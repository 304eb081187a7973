"""Chapter 10: data for its figures and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recurse_lab.chapters.ch10_compositionality.published import router as published_router
from recurse_lab.chapters.ch10_compositionality.published import scan as published_scan
from recurse_lab.chapters.ch10_compositionality.splits import split_rows
from recurse_lab.experiments.expressions.arm import TESTED
from recurse_lab.experiments.expressions.changed import under_change, with_more_steps
from recurse_lab.experiments.expressions.inside import (
    Node,
    evaluation_order,
    example,
    one_expression,
    probes,
    right_by_height,
)
from recurse_lab.experiments.expressions.inside import by_height as mean_by_height
from recurse_lab.experiments.expressions.scores import trees
from recurse_lab.experiments.expressions.settled import (
    probed,
    rest_and_right,
    right_to_stay,
    seen_through,
)
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
from recurse_lab.records.record import Record
from recurse_lab.records.replicate import Results
from recurse_lab.tasks.expressions import Expressions
from recurse_lab.tasks.scan import Scan
from recurse_lab.tasks.scan_grammar import meaning
from recurse_lab.tasks.table_lookup import TableLookup

__all__ = [
    "Expressions",
    "Node",
    "Scan",
    "TableLookup",
    "at_depths",
    "by_actions",
    "by_depth",
    "by_functions",
    "by_functions_drawn",
    "by_height",
    "commands_right",
    "commands_shown",
    "costs",
    "curves",
    "deeper_right",
    "drawn",
    "evaluation_order",
    "every_seed",
    "example",
    "longer_right",
    "mean_by_height",
    "mean_of",
    "meaning",
    "one_expression",
    "operators",
    "probed",
    "probes",
    "published_router",
    "published_scan",
    "rest_and_right",
    "right_by_height",
    "right_to_stay",
    "roots",
    "rows",
    "scan_costs",
    "scan_rows",
    "seen_through",
    "split_rows",
    "table_costs",
    "table_every_seed",
    "trees",
    "under_change",
    "with_more_steps",
]

SPLITS = {
    "length": "longer",
    "jump": "with jump",
    "whole_length": "whole grammar: longer",
    "whole_jump": "whole grammar: with jump",
}


def at_depths(runs: Mapping[int, Record]) -> dict[int, float]:
    """Depth -> share of expressions right, mean over seeds."""
    return dict(zip(TESTED, mean_of(runs, "roots"), strict=True))


def by_depth(results: Results, arms: Mapping[str, Any]) -> dict[str, list[float]]:
    """Arm label -> share of expressions right at depth 3, 4, 5, 6, mean over seeds."""
    return {label: list(shares.values()) for label, shares in roots(results, arms).items()}


def by_functions_drawn(results: Results, arms: Mapping[str, Any]) -> dict[str, list[float]]:
    """Arm label -> share of rows right with 2, 3, ..., 10 functions, mean over seeds."""
    return {label: list(shares.values()) for label, shares in by_functions(results, arms).items()}


def drawn(nodes: Sequence[Node]) -> tuple[list[int], list[str], list[int], np.ndarray]:
    """Parents, names, values and answers (T1, N) of an expression's nodes, for `show.evaluation`."""
    answers = np.array([node.answers for node in nodes]).T
    return (
        [node.parent for node in nodes],
        [node.name for node in nodes],
        [node.value for node in nodes],
        answers,
    )


def scan_rows(results: Results, arms: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One row for each net, one column for each split: mean over seeds, lowest to highest."""
    rows: dict[str, dict[str, str]] = {}
    split_of = {name: next(key for key in SPLITS if name.startswith(f"{key}_")) for name in results}
    columns = [words for split, words in SPLITS.items() if split in split_of.values()]
    for name, runs in results.items():
        values = [commands_right(run) for run in runs.values()]
        spread = (
            f"{min(values):.3f} to {max(values):.3f}, {len(values)} seeds" if len(values) > 1 else "1 seed"
        )
        text = f"{np.mean(values):.3f} ({spread})"
        row = rows.setdefault(arms[name].label, dict.fromkeys(columns, "not run"))
        row[SPLITS[split_of[name]]] = text
    return rows


def commands_shown() -> dict[str, dict[str, str]]:
    """Some commands of SCAN with their actions, and the side of each split on which they stand."""
    rows = {}
    for text in (
        "jump",
        "walk twice",
        "jump twice",
        "turn left and run",
        "run around left thrice and look right",
    ):
        actions = meaning(text.split())
        rows[text] = {
            "actions": " ".join(actions),
            "longer (whole grammar)": "training" if len(actions) <= Scan("length").longest else "test",
            "jump": "test" if "jump" in text and text != "jump" else "training",
        }
    return rows
