"""A stopping rule: a run ends when its validation score stops rising; all nets use the same rule."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """Stop if the best score of the last `patience` steps is at most `rise` above the best score before them.

    Raises:
        ValueError: `every` is not from 1 to `patience`.
    """

    every: int = 250  # optimizer steps between two validation scores
    patience: int = 1_500  # optimizer steps
    rise: float = 0.005  # in units of the score

    def __post_init__(self) -> None:
        if not 1 <= self.every <= self.patience:
            raise ValueError(
                f"needs 1 <= every <= patience, not every={self.every}, patience={self.patience}"
            )


@dataclass
class PlateauWatch:
    """The scores so far, and the test whether they stopped rising."""

    rule: Plateau
    scores: list[float] = field(default_factory=list)  # one per `rule.every` steps

    def due(self, step: int) -> bool:
        """Whether to measure the score after optimizer step `step`, counted from 0."""
        return (step + 1) % self.rule.every == 0

    def note(self, score: float) -> bool:
        """Record a score; return True if the rule ends the run."""
        self.scores.append(score)
        return self.reached

    @property
    def reached(self) -> bool:
        """Whether the score has not risen for `patience` steps."""
        waiting = self.rule.patience // self.rule.every
        before, lately = self.scores[:-waiting], self.scores[-waiting:]
        return bool(before) and max(lately) <= max(before) + self.rule.rise
