"""What a chapter declares for the README's table: number, title, question, minutes, and chapters to read before."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A room's `CHAPTER` in its `__init__.py`; the notebook must state the same facts.

    Raises:
        ValueError: the name does not begin with the number, the question does not end in a question mark, or
            a text has | or a line break.
    """

    number: str  # two digits
    name: str  # name of the notebook without .ipynb; begins with the number
    title: str  # the notebook's H1, after "NN · "
    question: str  # one sentence that ends in a question mark
    minutes: str  # minutes of computing in the quick profile on two cores, worded as in the notebook
    before: tuple[str, ...] = ()  # numbers of the chapters to read before

    def __post_init__(self) -> None:
        """Check that the table can show every text."""
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
