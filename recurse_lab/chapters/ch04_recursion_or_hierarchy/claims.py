"""Chapter 04: its claims and margins, fixed before any run of their seeds.

Seeds 0 to 9 had runs in an earlier version, on other puzzles. Each seed now deals the kinds of solution anew and draws
puzzles for training and test of its own, so that these are new draws; each claim is judged on them once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from recurse_lab.chapters.ch04_recursion_or_hierarchy.arms import CLAIMED
from recurse_lab.claims.arms import arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.claims.verdict import Judgment, judge
from recurse_lab.experiments.sudoku.arm import LONG
from recurse_lab.experiments.sudoku.tables import solved
from recurse_lab.experiments.sudoku.trial import trial
from recurse_lab.records.replicate import Results

_TRM = "Jolicoeur-Martineau 2025, Less is More: Recursive Reasoning with Tiny Networks (arXiv:2510.04871), table 1."
_SOLVED = "share of hard 6x6 puzzles wholly right after 16 supervision steps"

# Amended 28 November 2026, after the runs: the first two statements say "of 800 steps of the recursive net". Three
# seeds of longer runs had shown that the order may change with the length. Runs, margins and verdicts are unchanged.
HIERARCHY = Claim(
    id="04-hierarchy",
    chapter="04",
    statement="At equal training compute, of 800 steps of the recursive net, one network in both roles, trained "
    "through its whole cycle, solves more hard puzzles than HRM's form: two networks with twice the weights, two slow "
    "cycles and the one-step gradient.",
    source=_TRM,
    published="Sudoku-Extreme: TRM 87.4 %, HRM 55.0 %",
    metric=_SOLVED,
    treatment="recursive",
    controls=("hrm",),
    margin=0.0,
    problems=256,
    recorded=True,
)

NETWORKS = replace(
    HIERARCHY,
    id="04-networks",
    statement="At equal training compute, of 800 steps, one network in both roles solves more hard puzzles than a "
    "network for each role, with twice the weights; all else is equal.",
    published="Sudoku-Extreme: TRM 87.4 %, separate networks 82.4 %",
    controls=("two_networks",),
)

# Margin as in an earlier version, whose net without a carry solved between a hundredth and three quarters.
CARRY = replace(
    HIERARCHY,
    id="04-carry",
    statement="Trained with the carry, the net solves more hard puzzles, by more than 0.25, than the same net trained "
    "from a fresh state at every step, at its best searched rate and equal steps.",
    source="The essay: the cause is recursion. ARC Prize 2025 on HRM: the outer refinement loop matters most.",
    published="ARC-AGI-1: deep supervision 19 to 39 %, the inner recursion 35.7 to 39.0 %",
    controls=("no_carry",),
    margin=0.25,
)

OTHERS = (NETWORKS, CARRY)
SEEDS = 10  # 0 to 9


def judged(results: Results, *, words: bool = True) -> Mapping[str, Judgment]:
    """All claims but the headline on recorded runs; without `words`, verdicts are left out."""
    return {
        claim.id: judge(
            claim,
            arm_results({name: results[name] for name in claim.arms}, CLAIMED, solved, recorded=True),
            judged=words,
        )
        for claim in OTHERS
    }


FORM = {
    "supported": "In short training of equal compute, one network that is applied again solves more than HRM's form: "
    "what HRM adds is not needed for it.",
    "inconclusive": "At equal training compute, ten seeds do not tell one network that is applied again from HRM's "
    "form, which has twice the weights.",
    "contradicted": "At equal training compute HRM's form solves more than one network that is applied again: some of "
    "what HRM adds does help here.",
}
ROLES = {
    "supported": "A network for each role costs puzzles by itself, although it has twice the weights.",
    "inconclusive": "A network for each role makes no difference by itself that ten seeds show.",
    "contradicted": "A network for each role helps by itself, with twice the weights.",
}
CARRIED_ON = {
    "supported": "What counts is the carry in training: without it, more than a quarter of the hard puzzles is lost.",
    "inconclusive": "Training without the carry costs puzzles in the mean, but seeds differ too much for the claim's "
    "margin.",
    "contradicted": "Training without the carry costs nothing, against what the essay leads one to expect.",
}
SENTENCES = {HIERARCHY.id: FORM, NETWORKS.id: ROLES, CARRY.id: CARRIED_ON}


def believed(judgments: Iterable[Judgment]) -> str:
    """The sentence for each verdict, in order; empty in the smoke profile."""
    return " ".join(SENTENCES[one.claim.id][one.verdict] for one in judgments if one.verdict)


def longer(leads: Sequence[float]) -> str:
    """What the long runs add: `leads` are the shares that HRM's form solves more than the recursive net, one a seed."""
    mean = sum(leads) / len(leads)
    if min(leads) > 0:
        said = f"HRM's form is *ahead* on every seed, by {mean:.2f} in the mean"
    elif max(leads) < 0:
        said = f"the recursive net is still ahead on every seed, by {-mean:.2f} in the mean"
    else:
        said = f"the order differs from seed to seed (HRM's form {mean:+.2f} in the mean)"
    return (
        f"But the claims are about how fast nets learn. After {LONG:,} steps, on {len(leads)} seeds, {said}: where "
        "they end is open."
    )


TESTED = tuple(by_metric(claim, trial, CLAIMED, solved, seeds=SEEDS) for claim in (HIERARCHY, *OTHERS))
