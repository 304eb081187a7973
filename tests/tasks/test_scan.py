"""SCAN: counts of the published splits, a second interpreter, splits that share no command."""

import pytest
import torch
from torch import Generator

from recurse_lab.tasks.base import SPLITS, Task
from recurse_lab.tasks.judging import IGNORE
from recurse_lab.tasks.scan import END, PAD, Scan, command_of
from recurse_lab.tasks.scan_grammar import ACTIONS, commands, meaning


def rewritten(text):
    """The actions of a command, by rewriting of text instead of by recursion: no code is shared."""
    if " after " in text:
        first, second = text.split(" after ")
        return rewritten(second) + rewritten(first)
    if " and " in text:
        return [action for part in text.split(" and ") for action in rewritten(part)]
    for word, times in (("twice", 2), ("thrice", 3)):
        if text.endswith(f" {word}"):
            return rewritten(text.removesuffix(f" {word}")) * times
    verb, *manner = text.split()
    act = [] if verb == "turn" else [verb.upper()]
    if not manner:
        return act
    turn = [manner[-1].upper()]
    return {"opposite": turn + turn + act, "around": (turn + act) * 4}.get(manner[0], turn + act)


def test_both_interpreters_agree_on_all_commands():
    every = list(commands())
    assert len(every) == len(set(every)) == 20_910
    lengths = set()
    for command in every:
        actions = meaning(command)
        assert list(actions) == rewritten(" ".join(command))
        lengths.add(len(actions))
    assert (min(lengths), max(lengths)) == (1, 48)
    said = meaning(["jump", "opposite", "left", "after", "walk", "around", "left"])
    assert " ".join(said) == "LEFT WALK LEFT WALK LEFT WALK LEFT WALK LEFT LEFT JUMP"


@pytest.mark.parametrize(
    ("task", "taught", "asked"),
    [
        (Scan("simple"), 16_728, 4_182),
        (Scan("length"), 16_990, 3_920),
        (Scan("jump"), 13_204, 7_706),
        (Scan("length", small=True, longest=8), 3_952, 704),
        (Scan("jump", small=True), 2_927, 1_729),
    ],
)
def test_splits_have_the_published_counts_and_share_no_command(task, taught, asked):
    found = {split: set(task.commands(split)) for split in SPLITS}
    assert len(found["train"]) + len(found["validation"]) == taught
    assert len(found["test"]) == asked
    assert not found["train"] & found["validation"]
    assert not (found["train"] | found["validation"]) & found["test"]
    assert len(found["validation"]) == pytest.approx(taught / 20, abs=2)
    if task.kind == "jump":
        assert [command for command in found["train"] if "jump" in command] == [("jump",)]
        assert all("jump" in command for command in found["test"])
    if task.kind == "length":
        assert max(len(meaning(command)) for command in found["train"]) <= task.longest
        assert min(len(meaning(command)) for command in found["test"]) > task.longest


def test_rows_hold_command_and_actions_and_targets_are_one_ahead():
    task = Scan("length", small=True, longest=8)
    batch = task.sample(32, 0, "test", Generator().manual_seed(0))
    assert isinstance(task, Task)
    assert task.verify(*batch).all()
    for row, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        numbers = [ACTIONS.index(action) + 1 for action in meaning(command_of(row))]
        rest = len(targets) - len(numbers) - 1
        assert row[9:] == [END, *numbers] + [PAD] * rest
        assert targets == [*numbers, END] + [IGNORE] * rest
    for cell in range(8):
        wrong = batch.targets.clone()
        wrong[:, cell] = wrong[:, cell] % 6 + 1
        assert not task.verify(batch.inputs, wrong).any()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda: meaning(["jump", "jump"]), "command must follow the grammar of SCAN, not 'jump jump'"),
        (lambda: meaning(["walk", "and"]), "command must follow the grammar of SCAN, not 'be empty'"),
        (lambda: meaning(("fly",)), "command must follow the grammar of SCAN, not 'fly'"),
        (lambda: meaning(["turn", "twice"]), "command must follow the grammar of SCAN, not 'turn'"),
        (lambda: Scan(longest=48), "longest must be from 2 to 47 actions, not 48"),
        (lambda: Scan(small=True), "longest must be from 2 to 11 actions, not 22"),
        (lambda: Scan().sample(0, 0, "train", torch.Generator()), "count must be 1 problem or more, not 0"),
    ],
)
def test_bad_commands_and_numbers_are_one_line(wrong, line):
    with pytest.raises(ValueError, match=line):
        wrong()
