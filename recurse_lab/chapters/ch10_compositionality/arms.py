"""Chapter 10: its arms, on expressions, on table lookup and on SCAN; every rate comes from the search in `rates.py`."""

from dataclasses import replace

from recurse_lab.experiments.expressions.arm import arm as expression_arm
from recurse_lab.experiments.expressions.arm import at_profile as expressions_at_profile
from recurse_lab.experiments.expressions.arm import gru as expression_gru
from recurse_lab.experiments.expressions.arm import tree_gru
from recurse_lab.experiments.expressions.tables import deeper_right
from recurse_lab.experiments.expressions.trial import restore as restore_expressions
from recurse_lab.experiments.expressions.trial import train as train_expressions
from recurse_lab.experiments.expressions.trial import trial as expression_trial
from recurse_lab.experiments.scan.arm import JUMP, LENGTH, SMALL_JUMP, SMALL_LENGTH, ScanArm
from recurse_lab.experiments.scan.arm import arm as scan_arm
from recurse_lab.experiments.scan.arm import at_profile as scan_at_profile
from recurse_lab.experiments.scan.arm import plan as scan_plan
from recurse_lab.experiments.scan.tables import commands_right
from recurse_lab.experiments.scan.trial import restore as restore_scan
from recurse_lab.experiments.scan.trial import train as train_scan
from recurse_lab.experiments.scan.trial import trial as scan_trial
from recurse_lab.experiments.table_lookup.arm import TableArm
from recurse_lab.experiments.table_lookup.arm import arm as table_arm
from recurse_lab.experiments.table_lookup.arm import at_profile as tables_at_profile
from recurse_lab.experiments.table_lookup.arm import plan as table_plan
from recurse_lab.experiments.table_lookup.arm import simple as simple_table
from recurse_lab.experiments.table_lookup.tables import longer_right
from recurse_lab.experiments.table_lookup.trial import restore as restore_table
from recurse_lab.experiments.table_lookup.trial import train as train_table
from recurse_lab.experiments.table_lookup.trial import trial as table_trial
from recurse_lab.models.gru import GRUConfig
from recurse_lab.models.gru_encoder_decoder import GRUEncoderDecoderConfig
from recurse_lab.records.rerun import Recorded
from recurse_lab.tasks.scan import Scan

__all__ = [
    "EXPRESSIONS",
    "HARDER",
    "LIVE",
    "LOOKUP",
    "SCAN",
    "SCAN_WHOLE",
    "expression_trial",
    "expressions_at_profile",
    "restore_expressions",
    "restore_scan",
    "restore_table",
    "scan_at_profile",
    "scan_trial",
    "simple_table",
    "table_arm",
    "table_trial",
    "tables_at_profile",
    "train_expressions",
    "train_scan",
    "train_table",
]

TREES = 1200  # optimizer steps of every arm on expressions

# All see the parser's relations (or what follows from them) and are asked for the value of every node.
EXPRESSIONS = {
    "loop": expression_arm("loop of two blocks", 8e-3, TREES, blocks=2),
    "plain_6": expression_arm("6 blocks", 8e-3, TREES, depth=6),
    "plain_12": expression_arm("12 blocks", 8e-3, TREES, depth=12),
    "plain_24": expression_arm("24 blocks", 8e-3, TREES, depth=24),
    "gru": expression_gru("GRU, with depth, parent and side", 2e-3, TREES, width=24, tree=True),
    "gru_5x": expression_gru("GRU, with depth, parent and side, 5x", 2e-3, TREES, width=56, tree=True),
    "tree_gru": tree_gru("GRU along the tree", 4e-3, TREES, width=96),
}

# The same loop asked less, or told less; and the GRU on the symbols alone.
HARDER = {
    "root_only": expression_arm("loop, asked at the root alone", 8e-3, TREES, {"root_only": True}, blocks=2),
    "tokens": expression_arm(
        "loop on symbols alone, gate and geometric", 8e-3, TREES, places="geometric", gate=True, recall=False
    ),
    "gru_tokens": expression_gru("GRU on symbols alone", 2e-3, TREES, width=56),
}

ROWS = 1200  # optimizer steps of every arm on table lookup

LOOKUP = {
    "router": table_arm("loop, gate and geometric attention", 8e-3, ROWS),
    "gate": table_arm("loop, gate and relative places", 8e-3, ROWS, places="relative"),
    "geometric": simple_table(
        "loop, geometric attention, no gate", 4e-3, ROWS, places="geometric", hidden=64
    ),
    "universal": simple_table("loop, relative places", 4e-3, ROWS, hidden=64),
    "universal_absolute": simple_table("loop, absolute places", 4e-3, ROWS, places="absolute", hidden=64),
    "plain": simple_table("12 blocks", 4e-3, ROWS, width=16, hidden=21, depth=12),
    "plain_7x": simple_table("12 blocks, 7x", 2e-3, ROWS, width=44, hidden=58, depth=12),
    "gru": TableArm(label="GRU", model=GRUConfig(symbols=14, width=48), plan=table_plan(4e-3, ROWS)),
}

COMMANDS = 800  # optimizer steps of every arm on the small grammar of SCAN
WHOLE = 1900  # on the whole one


def _scan(task: Scan, steps: int) -> dict[str, ScanArm]:
    """The nets, on one split."""
    nets = {
        "relative": scan_arm("relative places", 2e-3, steps, SMALL_LENGTH),
        "absolute": scan_arm("absolute places", 1e-3, steps, SMALL_LENGTH, places="absolute"),
        "looped": scan_arm("looped, relative places", 4e-3, steps, SMALL_LENGTH, rounds=3, depth=1),
        "looped_gate": scan_arm(
            "looped, relative places, gate", 4e-3, steps, SMALL_LENGTH, rounds=3, depth=1, gate=True
        ),
        "gru": ScanArm(
            label="GRU with attention", model=GRUEncoderDecoderConfig(width=54), plan=scan_plan(4e-3, steps)
        ),
        # Twice the steps: it must learn first to look meanings up.
        "episodes": scan_arm(
            "relative places, told in episodes", 2e-3, 2 * steps, SMALL_LENGTH, episodes=True
        ),
    }
    return {name: replace(net, task=task) for name, net in nets.items()}


SCAN = {
    f"{split}_{name}": arm
    for split, task in (("length", SMALL_LENGTH), ("jump", SMALL_JUMP))
    for name, arm in _scan(task, COMMANDS).items()
}
SCAN_WHOLE = {
    f"whole_{split}_{name}": arm
    for split, task in (("length", LENGTH), ("jump", JUMP))
    for name, arm in _scan(task, WHOLE).items()
    if (split, name) in (("length", "relative"), ("length", "absolute"), ("jump", "relative"))
}

# One seed of the treatment and of its strongest control, trained live beside the recorded ones.
LIVE = {name: EXPRESSIONS[name] for name in ("loop", "plain_12")}

RECORDED = (
    Recorded(trial=expression_trial, arms=EXPRESSIONS | HARDER, metric=deeper_right),
    Recorded(trial=table_trial, arms=LOOKUP, metric=longer_right),
    Recorded(trial=scan_trial, arms=SCAN | SCAN_WHOLE, metric=commands_right),
)
