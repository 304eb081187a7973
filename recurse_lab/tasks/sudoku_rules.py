"""Sudoku on plain lists: units, solving, counting solutions, grading, removing givens.

A board is a list of n x n numbers, row by row: 0 is blank, digits are 1 to n. Boxes are 2x2, 2x3 or 3x3.
A set of digits is a bit mask; bit d - 1 stands for digit d.
"""

from dataclasses import dataclass
from functools import cached_property
from random import Random

BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3)}  # side -> rows and columns of a box
TECHNIQUES = ("naked singles", "hidden singles", "search")
Board = list[int]
Used = tuple[list[int], ...]  # digit sets of the rows, of the columns and of the boxes


@dataclass(frozen=True)
class Rules:
    """Units and solver for one side: 4, 6 or 9. ValueError for any other side."""

    side: int

    def __post_init__(self) -> None:
        if self.side not in BOXES:
            raise ValueError(f"side must be one of {', '.join(map(str, BOXES))}, not {self.side}")

    @cached_property
    def places(self) -> list[tuple[int, int, int]]:
        """Row, column and box of each cell."""
        high, wide = BOXES[self.side]
        n = self.side
        return [(r, c, r // high * high + c // wide) for r in range(n) for c in range(n)]

    @cached_property
    def units(self) -> list[list[int]]:
        """The cells of each row, each column and each box."""
        cells = range(self.side**2)
        return [
            [cell for cell in cells if self.places[cell][kind] == number]
            for kind in range(3)
            for number in range(self.side)
        ]

    @cached_property
    def every_digit(self) -> int:
        """The set of all digits."""
        return (1 << self.side) - 1

    def candidates(self, board: Board) -> list[int]:
        """Digit set of each cell: digits that none of its units holds; 0 for filled cells. ValueError as in `used`."""
        used = self.used(board)
        return [0 if digit else self._left(used, cell) for cell, digit in enumerate(board)]

    def is_solution(self, board: Board) -> bool:
        """Whether every unit holds every digit."""
        wanted = set(range(1, self.side + 1))
        return all({board[cell] for cell in unit} == wanted for unit in self.units)

    def solutions(self, board: Board, most: int = 2, random: Random | None = None) -> list[Board]:
        """Up to `most` solutions; with `random`, the search tries the digits of a cell in random order.

        Raises:
            ValueError: a unit holds a digit twice.
        """
        found: list[Board] = []
        blank = [cell for cell, digit in enumerate(board) if not digit]
        self._search(list(board), blank, self.used(board), found, most, random)
        return found

    def fits(self, board: Board, blank: list[int], used: Used, cell: int, digit: int) -> bool:
        """Whether the board has a solution with `digit` in `cell`; `blank` lists the other blank cells."""
        board, found, bit = list(board), list[Board](), 1 << digit - 1
        board[cell] = digit
        self.flip(used, cell, bit)
        self._search(board, blank, used, found, 1, None)
        self.flip(used, cell, bit)
        return bool(found)

    def digits(self, used: Used, cell: int) -> list[int]:
        """Candidate digits of a blank cell, in ascending order."""
        left = self._left(used, cell)
        return [digit for digit in range(1, self.side + 1) if left >> (digit - 1) & 1]

    def used(self, board: Board) -> Used:
        """Digit sets of all rows, columns and boxes; ValueError if a unit holds a digit twice."""
        used = tuple([0] * self.side for _ in range(3))
        for cell, digit in enumerate(board):
            if digit:
                if not self._left(used, cell) >> (digit - 1) & 1:
                    raise ValueError(f"digit {digit} stands twice in a row, column or box")
                self.flip(used, cell, 1 << digit - 1)
        return used

    def flip(self, used: Used, cell: int, bit: int) -> None:
        """Add the digit of mask `bit` to the units of a cell, or remove it if present."""
        r, c, b = self.places[cell]
        used[0][r] ^= bit
        used[1][c] ^= bit
        used[2][b] ^= bit

    def _left(self, used: Used, cell: int) -> int:
        r, c, b = self.places[cell]
        return self.every_digit & ~(used[0][r] | used[1][c] | used[2][b])

    def _search(
        self, board: Board, blank: list[int], used: Used, found: list[Board], most: int, random: Random | None
    ) -> None:
        """Depth-first search; fill the cell with the fewest candidates first, and append solutions to `found`."""
        if not blank:
            found.append(list(board))
            return
        cell = self._tightest(blank, used)
        others = [other for other in blank if other != cell]
        digits = self.digits(used, cell)
        if random is not None:
            random.shuffle(digits)
        for digit in digits:
            board[cell] = digit
            self.flip(used, cell, 1 << digit - 1)
            self._search(board, others, used, found, most, random)
            self.flip(used, cell, 1 << digit - 1)
            if len(found) >= most:
                break
        board[cell] = 0

    def _tightest(self, blank: list[int], used: Used) -> int:
        """The blank cell with the fewest candidates."""
        (rows, columns, boxes), places, every = used, self.places, self.every_digit
        fewest, best = self.side + 1, blank[0]
        for cell in blank:
            r, c, b = places[cell]
            count = (every & ~(rows[r] | columns[c] | boxes[b])).bit_count()
            if count < fewest:
                fewest, best = count, cell
                if count < 2:
                    break
        return best


def dig(rules: Rules, solution: Board, givens: int, random: Random) -> Board:
    """Blank cells in random order while the solution stays unique, until `givens` are left or no cell can go."""
    board, used, blank = list(solution), rules.used(solution), list[int]()
    for cell in random.sample(range(len(board)), len(board)):
        if len(board) - len(blank) <= givens:
            break
        digit = board[cell]
        bit = 1 << digit - 1
        rules.flip(used, cell, bit)
        board[cell] = 0
        # a second solution has another digit here; a cell with one candidate needs no search
        if any(
            rules.fits(board, blank, used, cell, other)
            for other in rules.digits(used, cell)
            if other != digit
        ):
            board[cell] = digit
            rules.flip(used, cell, bit)
        else:
            blank.append(cell)
    return board


def technique(rules: Rules, board: Board) -> str:
    """The hardest technique that a cell-by-cell solver needs: one of `TECHNIQUES`; ValueError as in `used`.

    Naked single: a cell with one candidate. Hidden single: a digit with one possible cell in a unit. Search:
    neither exists before the board is full, so the solver must guess.
    """
    board, hardest = list(board), 0
    while 0 in board:
        candidates = rules.candidates(board)
        naked = next((cell for cell, digits in enumerate(candidates) if digits.bit_count() == 1), None)
        if naked is not None:
            board[naked] = candidates[naked].bit_length()
            continue
        hidden = _hidden_single(rules, candidates)
        if hidden is None:
            return TECHNIQUES[2]
        hardest = 1
        board[hidden[0]] = hidden[1]
    return TECHNIQUES[hardest]


def _hidden_single(rules: Rules, candidates: list[int]) -> tuple[int, int] | None:
    """A cell, and the digit that fits no other cell of one of its units; None if no such cell exists."""
    for unit in rules.units:
        for digit in range(1, rules.side + 1):
            places = [cell for cell in unit if candidates[cell] >> (digit - 1) & 1]
            if len(places) == 1:
                return places[0], digit
    return None
