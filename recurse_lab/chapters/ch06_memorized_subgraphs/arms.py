"""Chapter 06: its arms, on lists and on trees; every rate comes from the search in `rates.py`.

`python -m recurse_lab run --profile full --only 06` writes their reference records.
"""

from recurse_lab.experiments.line_program.arm import (
    LineArm,
    at_profile,
    at_rate,
    gru,
    loop,
    memorizer,
    plain,
    scratchpad,
    usual,
)
from recurse_lab.experiments.line_program.tables import long_right
from recurse_lab.experiments.line_program.trial import build, restore, train, trial
from recurse_lab.experiments.products.arm import at_profile as at_product_profile
from recurse_lab.experiments.products.arm import loop as product_loop
from recurse_lab.experiments.products.arm import plain as product_plain
from recurse_lab.experiments.products.tables import products_right
from recurse_lab.experiments.products.trial import trial as product_trial
from recurse_lab.experiments.tree_program.arm import TreeArm, along
from recurse_lab.experiments.tree_program.arm import at_profile as at_tree_profile
from recurse_lab.experiments.tree_program.arm import gru as tree_gru
from recurse_lab.experiments.tree_program.arm import loop as tree_loop
from recurse_lab.experiments.tree_program.arm import plain as tree_plain
from recurse_lab.experiments.tree_program.tables import right_at_two_and_three
from recurse_lab.experiments.tree_program.trial import build as build_tree
from recurse_lab.experiments.tree_program.trial import restore as restore_tree
from recurse_lab.experiments.tree_program.trial import train as train_tree
from recurse_lab.experiments.tree_program.trial import trial as tree_trial
from recurse_lab.records.rerun import Recorded
from recurse_lab.train.objectives.sized_steps import SizedSteps

__all__ = [
    "ABLATIONS",
    "DEEPER",
    "LINE",
    "LIVE",
    "PADS",
    "PLAIN",
    "PRODUCTS",
    "RECURRENT",
    "TREE",
    "TREE_ABLATIONS",
    "TREE_LIVE",
    "USUAL",
    "LineArm",
    "TreeArm",
    "at_product_profile",
    "at_profile",
    "at_tree_profile",
    "build",
    "build_tree",
    "product_trial",
    "restore",
    "restore_tree",
    "train",
    "train_tree",
    "tree_trial",
    "trial",
]

# On a line: all nets are asked for the gain of every item too, unless their label says otherwise.
RECURRENT = {
    "loop": loop("loop, gate and geometric attention", 4e-3),
    "gru": gru("GRU in both directions", 4e-3, width=25),
}
PLAIN = {
    "plain_1": plain("6 blocks of width 24", 8e-3, depth=6, width=24),
    "plain_4": plain("8 blocks of width 40", 4e-3, depth=8, width=40),
    "plain_16": plain("12 blocks of width 64", 8e-3, depth=12, width=64),
}
# Tried in the search for rates only: is another shape of the same size better?
DEEPER = {
    "plain_1_deep": plain("12 blocks of width 16", 4e-3, depth=12, width=16),
    "plain_4_deep": plain("16 blocks of width 28", 4e-3, depth=16, width=28),
    "plain_16_deep": plain("24 blocks of width 44", 4e-3, depth=24, width=44),
}
# Trained the usual way: asked once, after the last block, and not for the gains.
USUAL = {"plain_4_usual": at_rate(usual(PLAIN["plain_4"]), 8e-3)}
NULL = {"memorizer": memorizer()}
ABLATIONS = {
    "loop_bare": loop("loop, neither", 4e-3, places="relative", gate=False),
    "loop_gate": loop("loop, gate alone", 4e-3, places="relative"),
    "loop_geometric": loop("loop, geometric attention alone", 4e-3, gate=False),
    "loop_taken": loop("loop, gate and geometric attention, not asked for gains", 4e-3, questions=1),
    "there_and_back": gru("GRU from the end, then from the start", 4e-3, width=44, order="there_and_back"),
}
PADS = {
    "scratchpad": scratchpad("scratchpad, 4 causal blocks of width 64", 4e-3, coupled=False),
    "coupled": scratchpad("scratchpad with coupled ids", 4e-3, coupled=True),
}
LINE = RECURRENT | PLAIN | USUAL | NULL | ABLATIONS | PADS

# On trees: the steps follow the number of nodes; every net is asked for the gains.
AT_END = SizedSteps(least=3, most=3)
TREE = {
    "tree_loop": tree_loop("loop of 2 blocks of width 32", 4e-3, AT_END),
    "tree_gru_1": tree_gru("GRU on the preorder, 1x", 4e-3, width=22),
    "tree_gru_3": tree_gru("GRU on the preorder, 3x", 4e-3, width=40),
    "tree_6": tree_plain("6 blocks of width 32", 4e-3, depth=6),
    "tree_12": tree_plain("12 blocks of width 32", 4e-3, depth=12),
    "tree_24": tree_plain("24 blocks of width 32", 4e-3, depth=24),
}
TREE_ABLATIONS = {
    "tree_along": along("GRU along the tree, up and down: the order is given", 4e-3, width=36),
    "tree_all": tree_loop("loop, all nodes in sight", 4e-3, AT_END, near=False),
    "tree_taken": tree_loop("loop, not asked for gains", 4e-3, AT_END, questions=1),
}

# Two digits times two: what a minute of training gives. Their rate was not searched; they stand in no claim.
PRODUCTS = {"product_plain": product_plain(2e-3), "product_loop": product_loop(2e-3)}

# One seed of a treatment and of its strongest control, trained live beside the recorded ones.
LIVE = {"loop": RECURRENT["loop"], "plain_4": PLAIN["plain_4"]}
TREE_LIVE = {"tree_loop": TREE["tree_loop"], "tree_12": TREE["tree_12"]}

RECORDED = (
    Recorded(trial=trial, arms=LINE, metric=long_right),
    Recorded(trial=tree_trial, arms=TREE | TREE_ABLATIONS, metric=right_at_two_and_three),
    Recorded(trial=product_trial, arms=PRODUCTS, metric=products_right),
)
