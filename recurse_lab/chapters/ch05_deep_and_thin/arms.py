"""Chapter 05: its arms, on prefix products and on text; every rate comes from the search in `rates.py`."""

from dataclasses import replace

from recurse_lab.experiments.group_products.arm import GroupArm, at_profile, longer, plan, repeated, shape
from recurse_lab.experiments.group_products.tables import rows_right
from recurse_lab.experiments.group_products.trial import build, restore, train, trial
from recurse_lab.experiments.text.arm import at_profile as text_at_profile
from recurse_lab.experiments.text.arm import shape as text_shape
from recurse_lab.experiments.text.tables import bytes_right
from recurse_lab.experiments.text.trial import restore as restore_text
from recurse_lab.experiments.text.trial import train as train_text
from recurse_lab.experiments.text.trial import trial as text_trial
from recurse_lab.models.gru import GRUConfig
from recurse_lab.records.rerun import Recorded

__all__ = [
    "BLOCKS",
    "GRU",
    "LIVE",
    "LONGER",
    "SHAPES",
    "SHARED",
    "TEXT",
    "GroupArm",
    "at_profile",
    "build",
    "longer",
    "repeated",
    "restore",
    "restore_text",
    "shape",
    "text_at_profile",
    "text_trial",
    "train",
    "train_text",
    "trial",
]

# Equal weights, steps and rows; FLOPs equal to within the attention, which grows with depth.
SHAPES = {
    "one": shape(1, 128, 1e-3),
    "two": shape(2, 96, 5e-4),
    "four": shape(4, 64, 2e-3),
    "eight": shape(8, 48, 2e-3),
    "sixteen": shape(16, 32, 2e-3),
}

# The best of the wider nets for as many CPU-seconds as the deep one takes, and so with 1.6 times its training FLOPs.
LONGER = {"four_long": longer(SHAPES["four"], 1.6, 2e-3)}

# Each of four blocks twice: as many weights, twice the FLOPs; with half the steps, as many training FLOPs.
SHARED = {
    "shared": repeated(SHAPES["four"], 2e-3),
    "shared_over": repeated(SHAPES["four"], 2e-3, order="over"),
}
SHARED["shared_half"] = longer(SHARED["shared"], 0.5, 1e-3)

GRU = {"gru": GroupArm(label="GRU of width 16", model=GRUConfig(), plan=plan(4e-3))}

BLOCKS = SHAPES | LONGER | SHARED | GRU

# One seed of the treatment and of its strongest control, trained live beside the recorded ones.
LIVE = {"eight": SHAPES["eight"], "four": SHAPES["four"]}

TEXT = {
    "text_one": text_shape(1, 128, 4e-3),
    "text_two": text_shape(2, 96, 4e-3),
    "text_four": text_shape(4, 64, 4e-3),
    "text_eight": text_shape(8, 48, 8e-3),
}
TEXT["text_shared"] = replace(
    TEXT["text_four"],
    label="4 blocks of width 64, each twice",
    model=replace(TEXT["text_four"].model, repeats=2),
)

RECORDED = (
    Recorded(trial=trial, arms=BLOCKS, metric=rows_right),
    Recorded(trial=text_trial, arms=TEXT, metric=bytes_right),
)
