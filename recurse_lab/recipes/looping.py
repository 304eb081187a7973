"""Chapter 02: the arms, the claims and the margins, written down before anything is run.

Full profile, which writes the reference records: `python -m recurse_lab run --profile full --only 02`.
"""

from collections.abc import Mapping
from dataclasses import replace

from recurse_lab.evidence.arms import arm_results
from recurse_lab.evidence.claims import ArmResult, Claim
from recurse_lab.evidence.records import Record
from recurse_lab.evidence.replicate import Results
from recurse_lab.models.deep_thinking import DeepThinkingConfig
from recurse_lab.recipes.halting import right_by_rule
from recurse_lab.recipes.prefix_sums import Arm
from recurse_lab.train.fit import Plan
from recurse_lab.train.objectives import LastStep, Progressive

STEPS = 900  # optimiser steps of every arm

# Dilations of the feed-forward nets. A block of five convolutions with dilation d reaches 5d cells to each side,
# so that an answer of either can depend on every cell up to 511 to its left: 512 bits are within reach.
FOUR_BLOCKS = (1, 4, 16, 81)
SIX_BLOCKS = (1, 2, 4, 16, 32, 64)  # cost as many FLOPs in training as the looped net's average step

LOOPED = Arm(
    label="looped, one block",
    model=DeepThinkingConfig(),
    objective=Progressive(with_gradient=8, without_gradient=30, late_start_from=0.4, late_start_share=0.5),
    plan=Plan(steps=STEPS, rate=2e-3),
    halting=True,
)


def feed_forward(label: str, dilations: tuple[int, ...], width: int, groups: int, rate: float) -> Arm:
    """Different blocks, once each; `rate` was chosen on validation strings (`recipes/rates.py`)."""
    return Arm(
        label=label,
        model=DeepThinkingConfig(dilations=dilations, width=width, groups=groups),
        objective=LastStep(steps=len(dilations)),
        plan=Plan(steps=STEPS, rate=rate),
    )


LIVE = {
    "looped": LOOPED,
    "same_parameters": feed_forward("4 blocks, same parameters", FOUR_BLOCKS, 18, 3, 8e-3),
    "same_compute": feed_forward("6 blocks, same training compute", SIX_BLOCKS, 32, 4, 4e-3),
}

LARGER = {
    "four_times": feed_forward("4 blocks, 4x the parameters", FOUR_BLOCKS, 36, 4, 4e-3),
    "sixteen_times": feed_forward("4 blocks, 16x the parameters", FOUR_BLOCKS, 72, 4, 4e-3),
}

# What makes a loop settle: the norm, the late start, and the recall, each left out in turn.
_WHOLE = replace(LOOPED, lengths=(16, 64), halting=False)
_EARLY = Progressive(with_gradient=8)
ABLATIONS = {
    "no_late_start": replace(_WHOLE, label="norm, no late start", objective=_EARLY),
    "no_norm": replace(_WHOLE, label="late start, no norm", model=DeepThinkingConfig(groups=0)),
    "neither": replace(_WHOLE, label="neither", model=DeepThinkingConfig(groups=0), objective=_EARLY),
    "no_recall": replace(_WHOLE, label="no recall", model=DeepThinkingConfig(recall=False)),
}

_BANSAL = "Bansal et al. 2022, End-to-end Algorithm Synthesis with Recurrent Networks (arXiv:2202.05826)."

LENGTH = Claim(
    id="02-length",
    chapter="02",
    statement="A looped net trained on 16 bits answers 512 bits, and feed-forward nets of equal parameters "
    "or equal training compute do not.",
    source=_BANSAL,
    published="train 32 bits, test 512: looped with recall 97.1 +- 1.9 %, feed-forward 0.0 %",
    metric="share of 512-bit strings wholly right (looped: after 600 iterations, fixed beforehand)",
    treatment="looped",
    controls=("same_parameters", "same_compute"),
    margin=0.5,
)

HALTING = Claim(
    id="02-halting",
    chapter="02",
    statement="Stopping each string when its residual falls below 0.001 beats giving every string the same "
    "number of iterations, at equal mean iterations.",
    source="The essay: convergence signals provide natural halting; Geiping et al. 2025 (arXiv:2502.05171), 6.1.",
    published="no comparable figure: Huginn stops on convergence without training for it, at little loss",
    metric="share of strings wholly right, lengths 16 to 128 mixed, at the residual rule's mean iterations",
    treatment="residual",
    controls=("fixed",),
    margin=0.1,
)

LEARNED_HALTING = replace(
    HALTING,
    id="02-learned-halting",
    statement="The residual rule, which is not trained, beats a halting head trained on 16-bit strings, at no "
    "more mean iterations than the rule spends.",
    source="The essay: convergence signals provide natural halting.",
    published="none at this scale",
    controls=("head",),
    margin=0.0,
)


def at_profile(arms: Mapping[str, Arm], profile: str) -> dict[str, Arm]:
    """The arms as they are in `quick` and `full`; in `smoke`, 12 steps and two short lengths."""
    if profile != "smoke":
        return dict(arms)
    return {
        name: replace(
            arm, plan=replace(arm.plan, steps=12, warmup=4), lengths=(16, 32), strings=8, train_bits=6
        )
        for name, arm in arms.items()
    }


def right_at_longest(record: Record) -> float:
    """The length claim's metric: wholly right strings of the greatest length, at the last number read."""
    by_length = record.values["exact"]
    by_step = by_length[max(by_length, key=int)]
    return by_step[max(by_step, key=int)]


def costs(results: Results, arms: Mapping[str, Arm]) -> dict[str, dict[str, float]]:
    """Arm -> its parameters and what it cost, mean over seeds."""
    return {
        arm.label: {
            "parameters": arm.params,
            "training FLOPs": arm.train_flops,
            "FLOPs of one longest answer": arm.infer_flops,
            "CPU-seconds a seed": arm.seconds,
        }
        for arm in arm_results(results, arms, right_at_longest)
    }


def halting_results(runs: Mapping[int, Record]) -> list[ArmResult]:
    """The three halting rules of the same nets as arms; FLOPs per answer are those of one longest answer for all."""
    looped = arm_results({"looped": dict(runs)}, {"looped": LOOPED}, right_at_longest)[0]
    labels = {"residual": "residual below 0.001", "fixed": "fixed number", "head": "learned halting head"}
    return [
        replace(
            looped,
            name=rule,
            label=label,
            values={seed: right_by_rule(rule)(run) for seed, run in runs.items()},
        )
        for rule, label in labels.items()
    ]
