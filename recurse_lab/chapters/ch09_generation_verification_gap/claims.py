"""Chapter 09: its claims and margins, fixed before any run of their seeds."""

from collections.abc import Sequence
from dataclasses import replace

from recurse_lab.chapters.ch09_generation_verification_gap.arms import FACTS, ROUNDS
from recurse_lab.claims.arms import ArmResult, arm_results
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import Tested, by_metric
from recurse_lab.claims.verdict import Judgment, judge
from recurse_lab.experiments.self_training.tables import (
    after_rounds,
    gained_facts,
    round_against_loops,
)
from recurse_lab.experiments.self_training.trial import trial
from recurse_lab.records.replicate import Results

_GAP = "Song et al. 2024, Mind the Gap (arXiv:2412.02674)"

# The margins were set after trials on seeds 100 and 101, on validation boards: exact rules were at .87 after three
# rounds, random answers at .06, labeled boards at .01; labels with few givens from the first step on at .99.
VERIFIED = Claim(
    id="09-verified",
    chapter="09",
    statement="After three rounds of self-training, answers that exact rules keep lead to more solved boards, by more "
    "than 0.3, than answers at random, as many or more, than random answers to the boards that the rules keep, and "
    "than labeled boards alone: at equal steps.",
    source=f"{_GAP}, section 3: improvement is governed by the gap.",
    published="4x4 Sudoku: gap 17 percentage points for a 72 B model, about 0 for smaller ones",
    metric="share of unseen 4x4 Sudoku boards solved after three rounds",
    treatment="rules",
    controls=("random", "rules_shuffled", "nothing"),
    margin=0.3,
    problems=256,
    recorded=True,
)

CONFIDENT = replace(
    VERIFIED,
    id="09-confident",
    statement="Without any verifier from outside, answers that the net itself finds most probable lead to more solved "
    "boards, by more than 0.1, than as many answers at random, than random answers to the same boards, and than "
    "labeled boards alone.",
    published="for language models, gaps of own scores from below 0 to a few points",
    treatment="probability",
    controls=("random", "probability_shuffled", "nothing"),
    margin=0.1,
)

OUTSIDE = replace(
    VERIFIED,
    id="09-outside",
    statement="Exact rules lead to more solved boards after three rounds, by more than 0.05, than the net's own "
    "probability.",
    published="improvement of own scores ends after two or three rounds",
    controls=("probability",),
    margin=0.05,
)

LABELS = replace(
    VERIFIED,
    id="09-labels",
    statement="Exact rules lead to more solved boards after three rounds, by more than 0.02, than the same labeled "
    "boards, with most of their givens taken away from the first step on, without any round.",
    published="not in the paper",
    controls=("masked",),
    margin=0.02,
)

HEAD = replace(
    CONFIDENT,
    id="09-head",
    statement="Answers that the net's own halting head finds right lead to more solved boards, by more than 0.1, than "
    "as many answers at random.",
    published="not in the paper",
    treatment="head",
    controls=("random",),
)

NO_GAP = replace(
    CONFIDENT,
    id="09-no-gap",
    statement="Answers at random, whose gap is zero, lead to more solved boards, by more than 0.05, than labeled "
    "boards alone.",
    published="a gap of zero predicts no improvement",
    treatment="random",
    controls=("nothing",),
    margin=0.05,
)

LOOPS = replace(
    VERIFIED,
    id="09-loops",
    statement="One round with exact rules solves more boards, by more than 0.2, than the net before it with its best "
    "number of cycles up to 64, or with the best of eight draws that it chooses itself.",
    published="not in the paper",
    metric="share of unseen 4x4 Sudoku boards solved",
    treatment="one_round",
    controls=("longer", "chosen"),
    margin=0.2,
)

FACT = Claim(
    id="09-facts",
    chapter="09",
    statement="Where a coin chose the right one of two legal answers, rounds that keep the truth raise the share of "
    "right ones among legal draws by more than 0.1 more than rounds that keep what the rules allow, or what the net "
    "finds probable.",
    source=f"{_GAP}, section 5: no gap on Natural Questions.",
    published="Natural Questions: gaps from -0.1 to 0.8 percentage points",
    metric="share of right answers among legal draws, minus that before the first round",
    treatment="facts_truth",
    controls=("facts_rules", "facts_probability"),
    margin=0.1,
    problems=60,
    recorded=True,
)

OTHERS = (CONFIDENT, OUTSIDE, LABELS, HEAD, NO_GAP)
SEEDS = 5  # 0 to 4


def judged(results: Results, *, words: bool = True) -> dict[str, Judgment]:
    """All claims but the headline on recorded runs; without `words`, verdicts are left out."""
    found = {}
    for claim in OTHERS:
        ended = arm_results({n: results[n] for n in claim.arms}, ROUNDS, after_rounds, recorded=True)
        found[claim.id] = judge(claim, ended, judged=words)
    loops = [replace(arm, recorded=True) for arm in _loops(results)]
    found[LOOPS.id] = judge(LOOPS, loops, judged=words)
    facts = arm_results({n: results[n] for n in FACT.arms}, FACTS, gained_facts, recorded=True)
    found[FACT.id] = judge(FACT, facts, judged=words)
    return found


def _loops(results: Results) -> Sequence[ArmResult]:
    return LOOPS.named(round_against_loops(results["rules"]))


TESTED = (
    *(by_metric(claim, trial, ROUNDS, after_rounds, seeds=SEEDS) for claim in (VERIFIED, *OTHERS)),
    Tested(claim=LOOPS, trial=trial, arms={"rules": ROUNDS["rules"]}, measure=_loops, seeds=SEEDS),
    by_metric(FACT, trial, FACTS, gained_facts, seeds=SEEDS),
)
