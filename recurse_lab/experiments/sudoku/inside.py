"""Views inside a trained tiny recursive model: accuracy by step, and forgetting y or z.

Shape letters: B puzzles, L cells.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from recurse_lab.experiments.sudoku.arm import JUDGED, SudokuArm
from recurse_lab.experiments.sudoku.problems import puzzles
from recurse_lab.experiments.sudoku.scores import AT_ONCE, right_after
from recurse_lab.kernels import fused
from recurse_lab.measure.latents import Trace, trace
from recurse_lab.models.trm import TRM, Latents
from recurse_lab.recurrence import Thought, settle
from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.judging import CLASSES
from recurse_lab.tasks.sudoku import Sudoku
from recurse_lab.tasks.sudoku_rules import TECHNIQUES


def data_table(arm: SudokuArm, seed: int, most: int = 300) -> dict[str, dict[str, Any]]:
    """Split -> puzzles, givens, kinds of solution, and share of the first `most` puzzles that need each technique."""
    task, rows = Sudoku(arm.puzzles.side), {}
    sets: dict[Split, Batch] = {
        "train": puzzles(arm, "train", seed),
        "validation": puzzles(arm, "validation", seed),
        "test": puzzles(arm, "test", seed),
    }
    kinds = {
        split: Counter(tuple(task.kind(grid)) for grid in batch.targets.tolist())
        for split, batch in sets.items()
    }
    for split, batch in sets.items():
        grades = task.grade(batch.inputs[:most])
        rows[str(split)] = {
            "puzzles": len(batch.inputs),
            "mean givens": (batch.inputs > 0).sum(1).float().mean().item(),
            "kinds of solution": len(kinds[split]),
            "of them in training": len(kinds[split].keys() & kinds["train"].keys()),
            "share of the commonest two": sum(count for _, count in kinds[split].most_common(2))
            / len(batch.inputs),
        } | {f"need {name}": grades.count(name) / len(grades) for name in TECHNIQUES}
    return rows


def by_technique(arm: SudokuArm, seed: int) -> dict[str, Batch]:
    """The test puzzles, sorted by the hardest technique that they need."""
    batch = puzzles(arm, "test", seed)
    grades = Sudoku(arm.puzzles.side).grade(batch.inputs)
    groups = {name: [index for index, grade in enumerate(grades) if grade == name] for name in TECHNIQUES}
    return {name: Batch(*(part[chosen] for part in batch)) for name, chosen in groups.items() if chosen}


def cases(arm: SudokuArm, net: TRM, seed: int, steps: int = JUDGED) -> dict[str, tuple[Batch, Trace]]:
    """The first two test puzzles for each technique, and the net's thoughts about them."""
    chosen = {
        f"needs {name}{', another' if number else ''}": Batch(*(part[number : number + 1] for part in batch))
        for name, batch in by_technique(arm, seed).items()
        for number in range(min(2, len(batch.inputs)))
    }
    return {name: (one, trace(net, one.inputs, steps * arm.cycles)) for name, one in chosen.items()}


def share_by_step(net: TRM, batch: Batch, steps: int) -> dict[int, float]:
    """Step -> share of boards wholly right, for every step from 1."""
    readings = right_after(net, batch, list(range(1, steps + 1)))
    return {step: right_BL.all(1).float().mean().item() for step, right_BL in readings}


def in_parts(batch: Batch) -> Iterator[Batch]:
    """Split a batch into parts of `AT_ONCE` boards, the fastest size."""
    return map(Batch._make, zip(*(part.split(AT_ONCE) for part in batch), strict=True))


@fused()
@torch.inference_mode()
def forgetting(net: TRM, batch: Batch, steps: int) -> dict[str, dict[int, float]]:
    """Share of boards right by step when y, z or both are reset to their first values after every step.

    With both reset, every step repeats the first one, which is computed once.
    """
    kept: Mapping[str, Callable[[Latents, Latents], Latents]] = {
        "nothing forgotten": lambda state, _: state,
        "y forgotten": lambda state, first: Latents(first.y, state.z),
        "z forgotten": lambda state, first: Latents(state.y, first.z),
    }
    solved = {name: dict.fromkeys(range(1, steps + 1), 0) for name in kept}
    for part in in_parts(batch):
        first = net.start(part.inputs)[0]
        assert isinstance(first, Latents)
        for name, keep in kept.items():
            thought = Thought(0, first, None)
            for step in solved[name]:
                thought = settle(net, part.inputs, 1, resume=thought)
                assert thought.output is not None
                solved[name][step] += int(CLASSES.right(thought.output, part.targets).all(1).sum())
                thought = thought._replace(state=keep(thought.state, first))
    solved["both forgotten"] = dict.fromkeys(range(1, steps + 1), solved["nothing forgotten"][1])
    return {
        name: {step: boards / len(batch.inputs) for step, boards in curve.items()}
        for name, curve in solved.items()
    }
