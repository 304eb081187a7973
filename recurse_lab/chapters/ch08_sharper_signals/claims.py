"""Chapter 08: its claims and margins, fixed before any run of their seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from recurse_lab.chapters.ch08_sharper_signals.arms import FORM, LARGER, LATE, ONCE, TAUGHT
from recurse_lab.claims.arms import ArmResult
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import Tested
from recurse_lab.claims.verdict import Judgment, judge
from recurse_lab.experiments.function_calls.arm import CallArm
from recurse_lab.experiments.function_calls.tables import Metric, by_way, exact, json
from recurse_lab.experiments.function_calls.trial import trial
from recurse_lab.records.replicate import Results

_PAPER = "Manduzio et al. 2024, function calling by DPO (arXiv:2410.18890)"
REQUESTS = 1000  # test requests of each seed

# The margins were set after a search on seeds 100 and 101. Share of validation requests done right there: best form of
# DPO .873 and .822, the net from which its DPO began .863 and .815; right halves from the start .858 (seed 100), beside
# the demonstrations .823 and .762, alone .761 and .736; taught .682 and .613, plain DPO .692 and .620, at 1e-4 .326; 4
# and 16 times the weights .468 and .170, 4 times the weights at 4 times the compute .779. The standard error of a share
# of 1,000 requests is at most .016.
SIGNAL = Claim(
    id="08-signal",
    chapter="08",
    statement="The best form of DPO that a search found does more new requests right, by more than 0.02, than the "
    "best of the nets that learn from the right halves of the pairs alone: after the demonstrations, beside them, or "
    "from the start, all at the same compute.",
    source=_PAPER,
    published="the paper compares with the untuned model",
    metric="share of new requests whose call does what is asked",
    treatment=FORM,
    controls=("right", "both", "once"),
    margin=0.02,
    problems=REQUESTS,
    recorded=True,
)

UNTUNED = replace(
    SIGNAL,
    id="08-untuned",
    statement="Plain DPO with the net's own wrong calls, at the best rate that the search found, does more new "
    "requests right, by more than 0.02, than the same net untuned.",
    published="the paper reports such a gain",
    treatment="dpo_small",
    controls=("taught",),
)

HARM = replace(
    SIGNAL,
    id="08-harm",
    statement="The taught net does more new requests right, by more than 0.05, than the same net after plain DPO at "
    "rate 1e-4.",
    source="Razin et al. 2024, likelihood displacement (arXiv:2410.08847).",
    published="refusals of unsafe requests fall from 74.4 % to 33.4 % after DPO for them",
    treatment="taught",
    controls=("dpo",),
    margin=0.05,
)

FORMAT = replace(
    SIGNAL,
    id="08-format",
    statement="The best form of DPO that a search found answers more new requests with JSON, by more than 0.005, than "
    "the best of the nets that learn from the right halves alone.",
    published="not in the paper",
    metric="share of new requests that are answered with JSON",
    margin=0.005,
)

# Five seeds were planned, then three for their cost; the house asks for five, so seeds 3 and 4 were run after the word
# on seeds 0 to 2 was known (supported, +.273 [.160, .387]).
SIZE = replace(
    SIGNAL,
    id="08-size",
    statement="At equal compute, the small net that learns demonstrations and right halves from the start does more "
    "new requests right, by more than 0.02, than nets with 4 and with 16 times the weights that learn the same.",
    published="the paper compares small models with a large one",
    treatment="once",
    controls=("four", "sixteen"),
)

OTHERS = (UNTUNED, HARM, FORMAT, SIZE)
METRICS: Mapping[str, Metric] = {FORMAT.id: json}  # the others: `exact`
SEEDS = 5  # 0 to 4
GROUPS = (TAUGHT, ONCE, LATE, LARGER)


def judged(results: Results, *, words: bool = True) -> dict[str, Judgment]:
    """All claims on recorded runs, the headline first; without `words`, verdicts are left out."""
    arms = {name: arm for group in GROUPS for name, arm in group.items()}
    found = {}
    for claim in (SIGNAL, *OTHERS):
        measured = _by_way(claim, arms, METRICS.get(claim.id, exact), results, recorded=True)
        found[claim.id] = judge(claim, measured, judged=words)
    return found


def _by_way(
    claim: Claim, arms: Mapping[str, CallArm], metric: Metric, results: Results, recorded: bool = False
) -> Sequence[ArmResult]:
    """The nets that a claim names, on the seeds that all of them have."""
    runs = {name: results[name] for name, arm in arms.items() if {name, *arm.ways} & set(claim.arms)}
    common = set.intersection(*(set(by_seed) for by_seed in runs.values()))
    kept = {name: {seed: by_seed[seed] for seed in sorted(common)} for name, by_seed in runs.items()}
    return claim.named(by_way(kept, arms, metric, recorded=recorded))


def _tested(claim: Claim) -> Tested:
    every = {name: arm for group in GROUPS for name, arm in group.items()}
    named = {name: arm for name, arm in every.items() if {name, *arm.ways} & set(claim.arms)}
    measure = partial(_by_way, claim, named, METRICS.get(claim.id, exact))
    return Tested(claim=claim, trial=trial, arms=named, measure=measure, seeds=SEEDS)


TESTED = tuple(_tested(claim) for claim in (SIGNAL, *OTHERS))
