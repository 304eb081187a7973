"""Chapter 03: the arms, the claims and the margins, written down before anything is run, but for what says otherwise.

Full profile, which writes the reference records: `python -m recurse_lab run --profile full --only 03`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, cast

from recurse_lab.evidence.arms import arm_results
from recurse_lab.evidence.claims import Claim
from recurse_lab.evidence.records import Record
from recurse_lab.evidence.replicate import Results
from recurse_lab.models.feed_forward import FeedForwardConfig
from recurse_lab.models.trm import TRMConfig
from recurse_lab.recipes.sudoku_arms import JUDGED, Puzzles, SudokuArm, in_other_norm, plan, smoke
from recurse_lab.train.objectives import EveryStep, LastStep
from recurse_lab.train.plateau import Plateau
from recurse_lab.train.supervision import HaltingSupervision

STEPS = 800  # optimiser steps of every live arm
LONGEST = 4_500  # of an arm trained to a plateau that has not reached it by then
RULE = Plateau(every=250, patience=750, rise=0.005)

TINY = TRMConfig(
    symbols=7, classes=7, cells=36, width=32, heads=4, refinements=2, mixer="attention", prefix=1, multiple=1
)
CARRIED = HaltingSupervision(cycles=1, max_age=16, loss="softmax", halt_weight=0.1, refill="solved")

RECURSIVE = SudokuArm(
    label="two blocks, recursive", model=TINY, objective=CARRIED, plan=plan(STEPS, rate=4e-3)
)

TASTE = replace(
    RECURSIVE,
    label="two blocks on 4x4",
    model=replace(TINY, cells=16, symbols=5, classes=5, heads=2),
    puzzles=Puzzles(side=4, train_givens=(7, 10), test_givens=(4, 5)),
    plan=plan(300, rate=4e-3),
)


def plain(
    label: str, depth: int, width: int, rate: float, norm: Literal["post", "pre"], signal: bool = False
) -> SudokuArm:
    """Different blocks, once each; `signal` asks for the answer after every block instead of after the last.

    The rate is the best that the search on validation puzzles found for that norm (`sudoku_rates`), and the norm is the
    better one, except for `once` and for nets that are trained with both.
    """
    return SudokuArm(
        label=label,
        model=FeedForwardConfig(depth=depth, width=width, norm=norm),
        objective=EveryStep(steps=depth) if signal else LastStep(steps=depth),
        plan=plan(STEPS, rate),
    )


LIVE = {
    "recursive": RECURSIVE,
    # equal training compute, three times the parameters
    "untied": plain("six different blocks", 6, 32, rate=4e-3, norm="post"),
    # equal parameters; the recursive net's own blocks, whatever norm the search prefers
    "once": plain("the same two blocks, once", 2, 32, rate=1.6e-2, norm="post"),
}


def to_plateau(arm: SudokuArm) -> SudokuArm:
    """The same arm, trained until its validation score stops rising."""
    return replace(arm, plan=replace(arm.plan, steps=LONGEST), plateau=RULE)


PLATEAU = {f"{name}_long": to_plateau(arm) for name, arm in LIVE.items()} | {
    "four_times": to_plateau(plain("eight blocks (4x)", 8, 32, rate=8e-3, norm="pre")),
    "sixteen_times": to_plateau(plain("eight wider blocks (16x)", 8, 64, rate=4e-3, norm="pre")),
    "sixty_four_times": to_plateau(
        plain("eight blocks, four times as wide (63x)", 8, 128, rate=2e-3, norm="pre")
    ),
}

# With norms before the branches, nets learn faster at first; what is best then need not end highest. Hence both.
PLATEAU |= {
    "untied_pre": in_other_norm(PLATEAU["untied_long"], rate=4e-3),
    "four_times_post": in_other_norm(PLATEAU["four_times"], rate=4e-3),
    "sixteen_times_post": in_other_norm(PLATEAU["sixteen_times"], rate=2e-3),
    "sixty_four_times_post": in_other_norm(PLATEAU["sixty_four_times"], rate=1e-3),
}

# Parameters, depth and training signal, one at a time.
APART = {
    "wide": to_plateau(plain("two blocks four times as wide (16x)", 2, 128, rate=4e-3, norm="post")),
    "deep": to_plateau(plain("twelve blocks (6x)", 12, 32, rate=1.6e-2, norm="pre")),
    "deep_signal": to_plateau(
        plain("twelve blocks, asked after each (6x)", 12, 32, rate=8e-3, norm="pre", signal=True)
    ),
    "unrolled": to_plateau(
        replace(
            RECURSIVE,
            label="two blocks, 4 cycles, asked at the end",
            objective=LastStep(steps=4),
            plan=plan(STEPS, rate=8e-3),
        )
    ),
}

# Added last, after all others were known: is it that recursion shows the puzzle again and again?
APART["deep_shown"] = replace(
    APART["deep_signal"],
    label="twelve blocks, asked after each, shown the puzzle at each (6x)",
    model=replace(cast(FeedForwardConfig, APART["deep_signal"].model), injection=True),
)

# As above, both norms.
for _name, _rate in {"deep": 2e-3, "deep_signal": 8e-3, "deep_shown": 8e-3}.items():
    APART[f"{_name}_post"] = in_other_norm(APART[_name], _rate)

# Recorded: does the same form carry over to 9x9? Its rate was not searched.
NINE = {
    "nine": replace(
        RECURSIVE,
        label="two blocks on 9x9",
        model=replace(TINY, symbols=10, classes=10, cells=81, width=48),
        puzzles=Puzzles(side=9, train=4_000, train_givens=(30, 44), test_givens=(22, 27)),
        batch=16,
        plan=plan(8_000, rate=3e-3),
    )
}

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
)

COMPUTE = replace(
    PARAMETERS,
    id="03-equal-compute",
    statement="At equal training compute, recursing beats six different blocks with three times the parameters.",
    controls=("untied",),
    margin=0.25,
)


def larger(word: str) -> Claim:
    """Recursion against one larger net in either norm: recorded, to a plateau or the last step."""
    return replace(
        PARAMETERS,
        id=f"03-{word.replace('_', '-')}",
        statement=f"Trained to a plateau, or for {LONGEST:,} steps, recursing beats {PLATEAU[word].label}.",
        treatment="recursive_long",
        controls=(word, f"{word}_post"),
        margin=0.25,
        recorded=True,
    )


def at_profile(arms: Mapping[str, SudokuArm], profile: str) -> dict[str, SudokuArm]:
    """The arms as they are in `quick` and `full`; in `smoke`, a few steps on small boards."""
    return smoke(dict(arms)) if profile == "smoke" else dict(arms)


def solved(record: Record) -> float:
    """The claims' metric: boards wholly right after 16 supervision steps, or after a plain net's last block."""
    shares = record.values["exact"]
    return shares.get(str(JUDGED), next(iter(shares.values())))


def costs(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """Arm -> what it cost and what it reached, means over seeds."""
    rows = {}
    for arm in arm_results(results, arms, solved):
        runs = results[arm.name].values()
        rows[arm.label] = {
            "parameters": arm.params,
            "optimizer steps": round(sum(run.values["steps"] for run in runs) / len(runs)),
            "boards given": round(sum(run.values["boards"] for run in runs) / len(runs)),
            "training FLOPs": arm.train_flops,
            "FLOPs of one answer": arm.infer_flops,
            "CPU-seconds a seed": arm.seconds,
            "boards solved": sum(arm.values.values()) / len(arm.values),
        }
    return rows


def curves(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, list[list[float]]]:
    """Arm -> share of cells right in training, one list a seed, one entry for every 20 steps."""
    return {
        arms[name].label: [run.values["curve"]["accuracy"] for run in runs.values()]
        for name, runs in results.items()
    }


def by_steps(runs: Mapping[int, Record]) -> dict[int, float]:
    """Supervision steps -> share of boards solved, mean over seeds."""
    shares = [run.values["exact"] for run in runs.values()]
    return {int(step): sum(share[step] for share in shares) / len(shares) for step in shares[0]}


def ended(results: Results, arms: Mapping[str, SudokuArm]) -> dict[str, dict[str, Any]]:
    """Arm trained to its plateau -> how many runs ended by the rule, and how many at the last step allowed."""
    rows = {}
    for name, runs in results.items():
        last = arms[name].plan.steps
        full = sum(not run.values["plateau"] for run in runs.values())
        rows[arms[name].label] = {
            "ended by the rule": len(runs) - full,
            f"cut off at step {last:,}": full,
        }
    return rows
