"""When a run may end: after its validation score has stopped rising, by one rule for every net."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """The rule: stop when the best score of the last `patience` steps is no more than `rise` above the one before."""

    every: int = 250  # optimizer steps between two looks at the validation score
    patience: int = 1_500
    rise: float = 0.005

    def __post_init__(self) -> None:
        if not 1 <= self.every <= self.patience:
            raise ValueError(
                f"needs 1 <= every <= patience, not every={self.every}, patience={self.patience}"
            )


@dataclass
class PlateauWatch:
    """The scores so far, and whether they have stopped rising."""

    rule: Plateau
    scores: list[float] = field(default_factory=list)  # one for every `rule.every` steps

    def due(self, step: int) -> bool:
        """Whether the score is wanted after optimizer step `step`, counted from 0."""
        return (step + 1) % self.rule.every == 0

    def note(self, score: float) -> bool:
        """Take in a score; True where the rule says that the run is over."""
        self.scores.append(score)
        return self.reached

    @property
    def reached(self) -> bool:
        """Whether the score has not risen for as long as the rule waits."""
        waiting = self.rule.patience // self.rule.every
        before, lately = self.scores[:-waiting], self.scores[-waiting:]
        return bool(before) and max(lately) <= max(before) + self.rule.rise
