"""A claim: its statement, metric, arms, margin and number of test problems, all fixed before its runs."""

from collections.abc import Iterable
from dataclasses import dataclass

from recurse_lab.claims.arms import ArmResult


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A statement, its source, and the margin by which the treatment must beat the controls.

    Raises:
        ValueError: the margin is negative, there is no test problem, or no control besides the treatment.
    """

    id: str  # chapter number and a word, for example 02-length
    chapter: str
    statement: str
    source: str  # the paper that states it
    published: str  # the number that the source gives
    metric: str  # in words, with its unit
    treatment: str  # name of the arm that should be better
    controls: tuple[str, ...]  # names of the arms that the treatment should beat
    margin: float  # fixed before the claim is run; 0 or more
    problems: int  # number of test problems of the claim's size; the metric is a share of them
    # True: the claim rests on recorded runs alone, because live runs of its arms or seeds would cost too much
    recorded: bool = False

    def __post_init__(self) -> None:
        if self.margin < 0:
            raise ValueError(f"claim {self.id}: margin must be 0 or more, not {self.margin}")
        if self.problems < 1:
            raise ValueError(f"claim {self.id}: needs 1 test problem or more, not {self.problems}")
        if not self.controls or self.treatment in self.controls:
            raise ValueError(f"claim {self.id}: needs at least one control, and none may be the treatment")

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms that the claim compares, the treatment first."""
        return (self.treatment, *self.controls)

    def named(self, arms: Iterable["ArmResult"]) -> list["ArmResult"]:
        """The arms that the claim names, without the others."""
        return [arm for arm in arms if arm.name in self.arms]
