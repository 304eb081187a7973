"""Chapter 03: its claims and margins, fixed before any run of their seeds."""

from collections.abc import Sequence
from dataclasses import replace

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import EQUAL, LIVE, NINE
from recurse_lab.claims.arms import ArmResult, arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.claims.verdict import Judgment, judge
from recurse_lab.experiments.sudoku.tables import by_use, solved
from recurse_lab.experiments.sudoku.trial import trial
from recurse_lab.records.replicate import Results

_PAPER = "Jolicoeur-Martineau 2025, Less is More: Recursive Reasoning with Tiny Networks (arXiv:2510.04871), table 4."
_PUBLISHED = "Sudoku-Extreme: TRM 87.4 % with 5 M parameters, direct prediction 0.0 % with 27 M"
_METRIC = "share of hard puzzles wholly right (recursive: after 16 supervision steps, fixed beforehand)"

# The margins were set after the search on seed 100, and after earlier runs of like nets on a fixed test. The thin
# blocks were found by the search later, and named here before any of their seeds ran; the margins stayed.
NINE_BY_NINE = Claim(
    id="03-nine",
    chapter="03",
    statement="On 9x9 puzzles with 22 to 27 givens, two blocks that recurse on their latent state solve more than 0.25 "
    "more than twelve different blocks that are asked for the answer after each, with six times the parameters, no "
    "less training compute and no less training time.",
    source=_PAPER,
    published=_PUBLISHED,
    metric=_METRIC.replace("puzzles", "9x9 puzzles"),
    treatment="nine",
    controls=("nine_twelve",),
    margin=0.25,
    problems=128,
    recorded=True,
)

PARAMETERS = replace(
    NINE_BY_NINE,
    id="03-equal-parameters",
    statement="On 6x6, two blocks that recurse solve more than 0.2 more than the better of eight narrow and 32 thin "
    "blocks with as many parameters that are asked after each, the thin ones with as much training compute.",
    metric=_METRIC.replace("puzzles", "6x6 puzzles"),
    treatment="two_blocks",
    controls=("narrow", "thin"),
    margin=0.2,
    problems=256,
)

COMPUTE = replace(
    PARAMETERS,
    id="03-equal-compute",
    statement="On 6x6 and at equal training compute, two blocks that recurse solve more than 0.05 more than the best "
    "of five nets with 1 to 16 times the parameters that are asked after each of their 8 to 32 blocks.",
    controls=("thin", "narrow_deep", "narrow_deeper", "twelve", "wide"),
    margin=0.05,
)

SIGNAL = replace(
    PARAMETERS,
    id="03-signal",
    statement="On 6x6, 16 narrow blocks that are asked after each solve more than 0.1 more than the same blocks that "
    "are asked after the last.",
    metric="share of hard 6x6 puzzles wholly right",
    source="The essay: the cause is recursion. Here: a part of it is a signal at every step.",
    published="not in the paper",
    treatment="narrow_deep",
    controls=("narrow_deep_end",),
    margin=0.1,
)

# The margin was set after one net of seed 100: one run .23, the head's choice .42 on validation puzzles.
CHOICE = replace(
    NINE_BY_NINE,
    id="03-choice",
    statement="On 9x9, the halting head's choice among 20 noisy runs of one trained net solves more than 0.1 more than "
    "one run without noise of 16 steps, or of 128.",
    metric="share of hard 9x9 puzzles wholly right",
    source="Sghaier et al. 2026 (arXiv:2605.19943): a tiny recursive model with noise and a selector.",
    published="Sudoku-Extreme: more steps and choices lift the published net from 84-87 to about 96 %",
    treatment="chosen",
    controls=("one", "longer"),
    margin=0.1,
)

OTHERS = (PARAMETERS, SIGNAL)
ALL = {**LIVE, **EQUAL, **NINE}
SEEDS = 5
# 2026-11-28: NINE_BY_NINE and CHOICE were planned with five seeds. Three have been run, so neither is judged yet.


def judged(results: Results, *, words: bool = True) -> dict[str, Judgment]:
    """All claims but the headline on recorded runs; without `words`, verdicts are left out."""
    found = {}
    for claim in OTHERS:
        arms = arm_results({name: results[name] for name in claim.arms}, ALL, solved, recorded=True)
        found[claim.id] = judge(claim, arms, judged=words)
    return found


def on_nine(results: Results) -> dict[str, Judgment]:
    """Effects and intervals of the two claims on 9x9, without a verdict, because seeds are missing."""
    arms = arm_results({name: results[name] for name in NINE_BY_NINE.arms}, ALL, solved, recorded=True)
    return {
        NINE_BY_NINE.id: judge(NINE_BY_NINE, arms, judged=False),
        CHOICE.id: judge(CHOICE, uses(results), judged=False),
    }


def uses(results: Results) -> Sequence[ArmResult]:
    """One run, the longest run, and the head's choice among noisy runs, as arms of the recorded 9x9 nets."""
    return [replace(use, recorded=True) for use in by_use(results["nine"], NINE["nine"])]


TESTED = tuple(by_metric(claim, trial, ALL, solved, seeds=SEEDS) for claim in (COMPUTE, *OTHERS))
