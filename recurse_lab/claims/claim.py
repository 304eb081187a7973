"""A claim is written down before it is run: statement, metric, arms, margin and number of test problems."""

from collections.abc import Iterable
from dataclasses import dataclass

from recurse_lab.claims.arms import ArmResult


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is asserted, where it comes from, and by how much the treatment must win."""

    id: str  # chapter number and a word, for example 02-length
    chapter: str
    statement: str
    source: str  # who says so
    published: str  # the figure they give
    metric: str  # what is counted, in words and units
    treatment: str  # name of the arm that should win
    controls: tuple[str, ...]  # names of the arms that it should beat
    margin: float  # fixed before the claim is run; 0 or more
    problems: int  # test problems that the metric is a share of, at the size that the claim rests on
    # arms are too heavy, or need more seeds than can be trained live: rests on recorded runs alone, never mixed
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
        """Those of some arms that the claim names, to show no others beside them."""
        return [arm for arm in arms if arm.name in self.arms]
