"""Chapter 10: its claims and margins, fixed before any run of their seeds."""

from recurse_lab.chapters.ch10_compositionality.arms import EXPRESSIONS, LOOKUP
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.experiments.expressions.tables import deeper_right
from recurse_lab.experiments.expressions.trial import trial as expression_trial
from recurse_lab.experiments.table_lookup.tables import longer_right
from recurse_lab.experiments.table_lookup.trial import trial as table_trial

_PAPER = "Csordás et al. 2022, The Neural Data Router (arXiv:2110.07732)"

TREES = Claim(
    id="10-expressions",
    chapter="10",
    statement="Trained on expressions of depth 1 to 3, with the parser's relations and every value asked for, a "
    "loop of two blocks evaluates more expressions of depth 5 and 6 than 6, 12 or 24 distinct blocks with the same "
    "relations, and than bidirectional GRUs that see depth, parent and side.",
    source=f"{_PAPER}, sections 3.2 and 3.3 (arithmetic, ListOps).",
    published="ListOps of depth 7 and 8: LSTM 71 %, transformer 74 %, router 99 %",
    metric="share of test expressions of depth 5 and 6 whose value is right",
    treatment="loop",
    controls=("plain_6", "plain_12", "plain_24", "gru", "gru_5x"),
    margin=0.4,
    problems=512,
    recorded=True,
)

ROWS = Claim(
    id="10-lookup",
    chapter="10",
    statement="Trained on rows of one to five functions, a loop with copy gate and geometric attention answers "
    "more rows of six to ten than twelve distinct blocks (1x, 7x, asked after each) and than loops with relative or "
    "absolute places (universal transformers). A GRU, which reads the row in the order of application, stands "
    "beside the claim: it answers all of them.",
    source=f"{_PAPER}, section 3.1.",
    published="nine and ten functions, forward: router 100 %, universal 13 %, with relative places 23 %, LSTM 100 %",
    metric="share of test rows of six to ten functions whose last value is right",
    treatment="router",
    controls=("plain", "plain_7x", "universal", "universal_absolute"),
    margin=0.25,
    problems=1280,
    recorded=True,
)

SEEDS = 5  # 0 to 4

TESTED = (
    by_metric(TREES, expression_trial, EXPRESSIONS, deeper_right, seeds=SEEDS),
    by_metric(ROWS, table_trial, LOOKUP, longer_right, seeds=SEEDS),
)
