"""Chapter 05: its claims and margins, fixed before any run of their seeds."""

from dataclasses import replace

from recurse_lab.chapters.ch05_deep_and_thin.arms import BLOCKS, TEXT
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.experiments.group_products.tables import rows_right
from recurse_lab.experiments.group_products.trial import trial
from recurse_lab.experiments.text.tables import bytes_right
from recurse_lab.experiments.text.trial import trial as text_trial

_PAPER = "Liu et al. 2024, MobileLLM: Optimizing Sub-billion Parameter Language Models (arXiv:2402.14905)"

# The margins were set after the search for rates, on seeds 100 and 101. Validation rows wholly right there, each at
# its best rate: eight .83, four .35, two .04, one .03; four_long .51; shared .93, shared_half .04.
DEPTH = Claim(
    id="05-depth",
    chapter="05",
    statement="At equal weights, rows and training FLOPs, eight blocks of width 48 answer more rows of eight "
    "elements of S3 than one, two or four wider blocks.",
    source=f"{_PAPER}, section 2.2.",
    published="125 M weights, zero-shot average: 12 layers 43.9 %, 30 layers 44.8 %; the 2.7 to 4.3 % of the "
    "abstract are the whole recipe against earlier models",
    metric="share of test rows whose eight products are all right",
    treatment="eight",
    controls=("one", "two", "four"),
    margin=0.25,
    problems=512,
    recorded=True,
)

SECONDS = replace(
    DEPTH,
    id="05-depth-seconds",
    statement="Eight blocks of width 48 answer more rows than four blocks of width 64 that train for 1.6 times "
    "the steps, and so for as many seconds.",
    published="none at equal seconds",
    controls=("four_long",),
    margin=0.1,
)

SHARING = replace(
    DEPTH,
    id="05-sharing-parameters",
    statement="At equal weights and steps, four blocks answer more rows if each is applied twice in a row, for "
    "twice the training FLOPs.",
    source=f"{_PAPER}, section 2.3.",
    published="125 M weights, zero-shot average: 45.0 % without, 46.1 % with each layer twice, at equal tokens",
    treatment="shared",
    controls=("four",),
    margin=0.1,
)

COMPUTE = replace(
    SHARING,
    id="05-sharing-compute",
    statement="At equal weights and training FLOPs, four blocks each applied twice, trained for half the steps, "
    "answer more rows than four or eight blocks applied once.",
    published="none at equal training compute",
    treatment="shared_half",
    controls=("four", "eight"),
)

TEXT_DEPTH = replace(
    DEPTH,
    id="05-text",
    statement="At equal weights, windows and training FLOPs, eight blocks of width 48 predict the next byte of "
    "documentation better than one, two or four wider blocks.",
    metric="share of bytes whose likeliest prediction is right, in test windows of 64 bytes",
    treatment="text_eight",
    controls=("text_one", "text_two", "text_four"),
    margin=0.01,
    problems=256,  # windows; bytes of one window are not independent
)

SEEDS = 5  # 0 to 4

TESTED = (
    *(
        by_metric(claim, trial, BLOCKS, rows_right, seeds=SEEDS)
        for claim in (DEPTH, SECONDS, SHARING, COMPUTE)
    ),
    by_metric(TEXT_DEPTH, text_trial, TEXT, bytes_right, seeds=SEEDS),
)
