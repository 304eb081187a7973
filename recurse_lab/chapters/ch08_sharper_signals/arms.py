"""Chapter 08: its arms; rates and forms are the best of the search in `rates.py`."""

from dataclasses import replace

from recurse_lab.chapters.ch08_sharper_signals.budget import PASSES, TEACHING, WHOLE, left, steps_of
from recurse_lab.chapters.ch08_sharper_signals.rates import SEARCHED
from recurse_lab.experiments.function_calls.arm import CallArm, at_profile, net, plan, way
from recurse_lab.experiments.function_calls.rates import validate
from recurse_lab.experiments.function_calls.tables import best_exact
from recurse_lab.experiments.function_calls.trial import build, restore, train, trial, tuned
from recurse_lab.records.rerun import Recorded

__all__ = [
    "PASSES",
    "SEARCHED",
    "at_profile",
    "build",
    "restore",
    "train",
    "trial",
    "tuned",
    "validate",
    "way",
]

# Ways from one taught net, all at the same cost.
TAUGHT = {
    "taught": CallArm(
        label="taught by demonstrations",
        model=net(96),
        plan=plan(TEACHING, 2e-3),
        ways={
            "again": way("more steps on the demonstrations", "demos", 2e-3, PASSES),
            "right": way("right halves", "right", 2e-3, PASSES),
            "both": way("right halves, demonstrations", "both", 2e-3, PASSES),
            "dpo_small": way("DPO, rate 1e-5", "pairs", 1e-5, PASSES),
            "dpo": way("DPO, rate 1e-4", "pairs", 1e-4, PASSES, path=True),
            "useless": way("DPO, useless pairs, rate 1e-5", "pairs", 1e-5, PASSES, rejects="others"),
        },
    ),
}
_ONCE = replace(TAUGHT["taught"], whole=True, ways={})

# One training by demonstrations and right halves, as long as teaching and a way together.
ONCE = {"once": replace(_ONCE, label="right halves from the start", plan=plan(WHOLE, 2e-3))}

# The best form of DPO that the search found: right halves for nine tenths of the compute, then DPO with a guard.
EARLIER = 950  # optimizer steps before DPO
FORM = "late_dpo"
LATE = {
    "late": replace(
        _ONCE,
        label="right halves from the start, shorter",
        plan=plan(EARLIER, 2e-3),
        ways={FORM: way("the same, then DPO with guard", "pairs", 1e-4, left(EARLIER), guard=50.0)},
    )
}

# More weights, demonstrations and right halves from the start, at the same cost.
LARGER = {
    "four": replace(_ONCE, label="4 times the weights", model=net(192), plan=plan(steps_of(192), 1e-3)),
    "sixteen": replace(_ONCE, label="16 times the weights", model=net(384), plan=plan(steps_of(384), 1e-3)),
}
# One seed of the arms of the headline claim and of plain DPO, trained live beside the recorded ones.
LIVE = {
    "taught": replace(
        TAUGHT["taught"],
        ways={name: replace(TAUGHT["taught"].ways[name], path=False) for name in ("both", "dpo")},
    ),
    **ONCE,
    **LATE,
}

RECORDED = (Recorded(trial=trial, arms=TAUGHT | ONCE | LATE | LARGER, metric=best_exact),)
