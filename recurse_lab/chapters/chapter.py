"""A chapter says of itself what the tables show: its number, title, question, minutes, and what to read before."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """What a room declares as `CHAPTER` in its `__init__.py`; its notebook must say the same.

    Raises:
        ValueError: number and name do not fit together, or a text would break the table that it stands in.
    """

    number: str  # two digits
    name: str  # of the notebook, without .ipynb; begins with the number
    title: str  # the notebook's H1, after "NN · "
    question: str  # one sentence that ends in a question mark
    minutes: str  # of computing in the quick profile on two cores, in the notebook's own words
    before: tuple[str, ...] = ()  # numbers of the chapters to read before

    def __post_init__(self) -> None:
        """Refuse what no table can show."""
        if not re.fullmatch(rf"{self.number}_[a-z0-9_]+", self.name) or not re.fullmatch(
            r"\d\d", self.number
        ):
            raise ValueError(
                f"a chapter's name must be its two-digit number, _ and a word, not {self.name!r}"
            )
        if not self.question.endswith("?"):
            raise ValueError(f"the question of chapter {self.number} must end in a question mark")
        if any(sign in text for text in (self.title, self.question, self.minutes) for sign in "|\n"):
            raise ValueError(f"title, question and minutes of chapter {self.number} need one line without |")
