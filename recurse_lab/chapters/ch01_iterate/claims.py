"""Chapter 01: its claims and margins, fixed before any run."""

from dataclasses import replace

from recurse_lab.chapters.ch01_iterate.arms import LIVE, OTHER_SIZES, TEMPLATES
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.experiments.iterates.tables import followed, right_beyond
from recurse_lab.experiments.iterates.trial import trial

# 2026-11-27: "in one pass" was added to two statements after the first runs, and no number of the claims changed. A
# review called the same net four times for 8 steps of what was left, and met the 32nd iterate on nearly all problems.
_SOURCE = (
    "The essay: networks do not iterate, they match templates. Yang et al. 2024, Looped Transformers are Better "
    "at Learning Learning Algorithms (arXiv:2311.12424); Bernier et al. 2026 (arXiv:2603.23004)."
)

LOOP = Claim(
    id="01-loop",
    chapter="01",
    statement="A loop whose state is the iterate, asked at every step, meets the 32nd iterate on more problems "
    "than a feed-forward net with 14 times its weights that answers in one pass, by more than 0.5; both saw 8 "
    "iterates in training.",
    source=_SOURCE,
    published="no comparable figure: language models meet 55-60 % of the constraints of power-flow problems",
    metric="share of test problems whose 32nd iterate is met within 10 %",
    treatment="loop",
    controls=("told_14",),
    margin=0.5,
    problems=1024,
)

SCALE = replace(
    LOOP,
    id="01-scale",
    statement="The loop is ahead of the best feed-forward net of 1x, 14x and 200x its weights, and of one that is "
    "given b, Ab, ..., A⁸b, each answering in one pass, by more than 0.5.",
    controls=("told_14", *OTHER_SIZES),
    recorded=True,
)

# 2026-11-27: the margin was 0.5. The search for rates (seeds 100 and 101) found one at which the control, asked at
# the end only, meets .23 and .64 of validation problems at step 32. Set to 0.25 before any seed of the claim ran.
SIGNAL = replace(
    LOOP,
    id="01-signal",
    statement="Asked at every step, the loop is ahead of the same loop asked at the last trained step only, by "
    "more than 0.25.",
    controls=("end_only",),
    margin=0.25,
    recorded=True,
)

STATE = replace(
    LOOP,
    id="01-state",
    statement="With the iterate as its state, the loop is ahead of a loop with a latent state of 16 numbers, asked "
    "at every step too, by more than 0.25.",
    controls=("latent",),
    margin=0.25,
    recorded=True,
)

TEMPLATE = replace(
    LOOP,
    id="01-template",
    statement="Trained on 64 families of problems, the loop follows a move of an unseen problem more often than a "
    "feed-forward net with 14 times its weights, by more than 0.5.",
    metric="share of unit moves of b, on unseen problems, whose effect on the 8th iterate is met within 10 %",
    treatment="loop_64",
    controls=("told_14_64",),
    recorded=True,
)

TESTED = (
    *(
        by_metric(one, trial, LIVE | OTHER_SIZES, right_beyond, seeds=5)
        for one in (LOOP, SIGNAL, STATE, SCALE)
    ),
    by_metric(TEMPLATE, trial, TEMPLATES, followed, seeds=5),
)
