"""Episodes for meta-learning: in each problem the four verbs mean something else, and the input says what.

Lake 2019, "Compositional generalization through meta sequence-to-sequence learning" (arXiv:1906.05381), section 4;
Lake and Baroni 2023, "Human-like systematic generalization through a meta-learning neural network" (MLC).
An episode tells more than the other arms are told: the meaning of each verb, at training and test. In training of
the jump split, "jump" stands inside commands, with all meanings; only the usual meanings of all four are kept out.
"""

from collections.abc import Sequence

import torch
from torch import Generator

from recurse_lab.tasks.base import Batch, Split
from recurse_lab.tasks.scan import Scan, encoded, split_of
from recurse_lab.tasks.scan_grammar import PRIMITIVES, WORDS, Actions, Command, meaning

STUDY = 9  # cells of the study examples: word and meaning, four times, and a mark before the command
MEANINGS, QUERY = len(WORDS) + 1, len(WORDS) + 5  # symbols after those of words
OWN = tuple(range(4))  # verb -> number of its meaning: WALK, LOOK, RUN, JUMP


def queries(task: Scan, split: Split) -> tuple[Command, ...]:
    """The commands that episodes of a split ask for; in training of the jump split, those with "jump" too."""
    if task.kind != "jump" or split != "train":
        return task.commands(split)
    return split_of("simple", task.small, task.longest)["train"]


def drawn_meanings(task: Scan, split: Split, generator: Generator) -> tuple[int, ...]:
    """Which action each verb stands for: in training any assignment, on the jump split any of the 23 unusual ones."""
    if split != "train":
        return OWN
    while True:
        drawn = tuple(torch.randperm(4, generator=generator).tolist())
        if task.kind != "jump" or drawn != OWN:
            return drawn


def episode(commands: Sequence[Command], meanings: Sequence[tuple[int, ...]]) -> Batch:
    """One study of four examples before each command, and the actions that follow from both."""
    meant = [renamed(meaning(command), each) for command, each in zip(commands, meanings, strict=True)]
    plain = encoded(commands, meant)
    study = torch.tensor([studied(each) for each in meanings])
    return Batch(torch.cat((study, plain.inputs), dim=1), plain.targets)


def renamed(actions: Actions, meanings: tuple[int, ...]) -> Actions:
    """The actions with those of the verbs replaced by what the verbs mean now."""
    now = {name.upper(): PRIMITIVES[meanings[at]].upper() for at, name in enumerate(PRIMITIVES)}
    return tuple(now.get(action, action) for action in actions)


def studied(meanings: tuple[int, ...]) -> list[int]:
    """The symbols of the study examples."""
    cells = []
    for at, name in enumerate(PRIMITIVES):
        cells += [WORDS.index(name) + 1, MEANINGS + meanings[at]]
    return [*cells, QUERY]
