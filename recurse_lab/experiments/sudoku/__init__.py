"""Sudoku: nets train on easy puzzles and are tested on hard ones, whose kinds of solution they have not seen."""
