"""Chapter 09: its arms; the rate of the rounds is the best of the search in `rates.py`."""

from dataclasses import replace
from typing import Any

from recurse_lab.experiments.self_training.arm import SMALL, Boards, SelfTrainingArm, at_profile, plan
from recurse_lab.experiments.self_training.facts import FactBoards
from recurse_lab.experiments.self_training.tables import after_rounds
from recurse_lab.experiments.self_training.trial import build, restore, train, trial
from recurse_lab.records.rerun import Recorded

__all__ = ["ELSEWHERE", "FACTS", "LIVE", "ROUNDS", "at_profile", "build", "restore", "train", "trial"]

RATE = 8e-3  # of the rounds
BASE, ROUND = 400, 100  # optimizer steps on labeled boards, and of a round


def _arm(label: str, keep: Any, rate: float = RATE, **changes: Any) -> SelfTrainingArm:
    fixed: dict[str, Any] = {"model": SMALL, "base": plan(BASE), "plan": plan(ROUND, rate)}
    return SelfTrainingArm(label=label, keep=keep, **(fixed | changes))


# 4x4 Sudoku: labels have one blank, boards without labels four to fourteen givens, the test four to six.
ROUNDS = {
    "nothing": _arm("labeled boards only", "nothing", 16e-3),
    "masked": _arm("labeled boards with few givens", "masked labels", 4e-3),
    "random": _arm("own answers, at random", "random", 16e-3),
    "everything": _arm("one own answer of every board", "everything"),
    "rules": _arm("exact rules", "rules", 4e-3),
    "rules_shuffled": _arm("boards of the rules, answers at random", "boards of rules"),
    "noisy_rules": _arm("rules that pass 30 % of wrong answers", "noisy rules"),
    "probability": _arm("own probability", "probability"),
    "probability_shuffled": _arm("boards of own probability, answers at random", "boards of probability"),
    "agreement": _arm("agreement of own answers", "agreement"),
    "head": _arm("own halting head", "head"),
}

# Two answers are legal, a coin has chosen which of them is right; the labeled boards are as hard, and have one answer.
_FACTS: dict[str, Any] = {
    "boards": FactBoards(
        labeled=400,
        labeled_givens=(4, 6),
        labeled_solutions=(1, 1),
        pool=60,
        pool_givens=(4, 8),
        problems=64,
        givens=(4, 8),
        solutions=(2, 2),
    ),
    "model": replace(
        SMALL, learned_positions=True
    ),  # boards that differ by reordered lines are different facts
    "base": plan(400),
    "plan": plan(200, 2e-3),
    "share": 1.0,
}
FACTS = {
    "facts_rules": _arm("facts: rules", "rules", **_FACTS),
    "facts_probability": _arm("facts: own probability", "probability", **_FACTS),
    "facts_truth": _arm("facts: the truth", "truth", **_FACTS),
}

# Other boards whose answers are cheap to check; each has several solutions, and any of them is right.
_COLORING: dict[str, Any] = {
    "boards": Boards(
        task="coloring",
        labeled=40,
        labeled_givens=(8, 8),
        pool_givens=(1, 7),
        givens=(1, 3),
        solutions=(1, 10_000),
    ),
    "model": replace(SMALL, cells=9, learned_positions=True),
}
_QUEENS: dict[str, Any] = {
    "boards": Boards(
        task="queens",
        labeled=40,
        labeled_givens=(7, 7),
        pool_givens=(2, 6),
        givens=(2, 4),
        solutions=(1, 10_000),
    ),
    "model": replace(SMALL, symbols=9, classes=9, cells=8),
}
_KEEPS = {
    "nothing": "labeled boards only",
    "random": "at random",
    "rules": "exact rules",
    "probability": "own probability",
}
ELSEWHERE = {
    f"{task}_{keep}": _arm(f"{task}: {label}", keep, 2e-3, **options)
    for task, options in (("coloring", _COLORING), ("queens", _QUEENS))
    for keep, label in _KEEPS.items()
}

# One seed of the treatment and of its control, trained live beside the recorded ones.
LIVE = {name: ROUNDS[name] for name in ("rules", "random")}

RECORDED = (Recorded(trial=trial, arms=ROUNDS | FACTS | ELSEWHERE, metric=after_rounds),)
