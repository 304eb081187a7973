"""Chapter 02: its claims and margins, fixed before any run."""

from dataclasses import replace

from recurse_lab.chapters.ch02_looping.arms import LIVE
from recurse_lab.chapters.ch02_looping.views import halting_results
from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import Tested, by_metric
from recurse_lab.experiments.prefix_sums.tables import right_at_longest
from recurse_lab.experiments.prefix_sums.trial import trial
from recurse_lab.records.replicate import Results

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
    problems=8,  # strings of 512 bits
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
    problems=64,  # 16 strings of each of 4 lengths
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


def _rules(results: Results) -> list[ArmResult]:
    return halting_results(results["looped"])


def _halting(claim: Claim) -> Tested:
    """The halting rules are the arms of the claim; one trained net serves all of them."""
    nets = {"looped": LIVE["looped"]}
    return Tested(claim=claim, trial=trial, arms=nets, measure=_rules, seeds=5)


TESTED = (
    by_metric(LENGTH, trial, LIVE, right_at_longest, seeds=5),
    _halting(HALTING),
    _halting(LEARNED_HALTING),
)
