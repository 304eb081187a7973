"""Chapter 03: its claims and margins, fixed before any run."""

from dataclasses import replace

from recurse_lab.chapters.ch03_tiny_recursive_model.arms import LIVE, PLATEAU
from recurse_lab.claims.claim import Claim
from recurse_lab.claims.tested import by_metric
from recurse_lab.experiments.sudoku.arm import LONG
from recurse_lab.experiments.sudoku.tables import solved
from recurse_lab.experiments.sudoku.trial import trial

_PAPER = "Jolicoeur-Martineau 2025, Less is More: Recursive Reasoning with Tiny Networks (arXiv:2510.04871), table 4."
_PUBLISHED = "Sudoku-Extreme: TRM 87.4 % with 5 M parameters, direct prediction 0.0 % with 27 M"
_METRIC = "share of hard 6x6 puzzles wholly right (recursive: after 16 supervision steps, fixed beforehand)"

PARAMETERS = Claim(
    id="03-equal-parameters",
    chapter="03",
    statement="Two blocks that recurse on their latent state solve hard puzzles that the same two blocks, applied "
    "once, do not.",
    source=_PAPER,
    published=_PUBLISHED,
    metric=_METRIC,
    treatment="recursive",
    controls=("once",),
    margin=0.5,
    problems=256,
)

COMPUTE = replace(
    PARAMETERS,
    id="03-equal-compute",
    statement="At equal training compute, recursing beats six different blocks with three times the parameters.",
    controls=("untied",),
    margin=0.25,
)


def larger(word: str) -> Claim:
    """Recursion against one larger net with either norm, on recorded runs to a plateau or the last step."""
    return replace(
        PARAMETERS,
        id=f"03-{word.replace('_', '-')}",
        statement=f"Trained to a plateau, or for {LONG:,} steps, recursing beats {PLATEAU[word].label}.",
        treatment="recursive_long",
        controls=(word, f"{word}_post"),
        margin=0.25,
        recorded=True,
    )


LARGER = tuple(larger(word) for word in ("four_times", "sixteen_times", "sixty_four_times"))

TESTED = tuple(
    by_metric(claim, trial, LIVE | PLATEAU, solved, seeds=5) for claim in (PARAMETERS, COMPUTE, *LARGER)
)
