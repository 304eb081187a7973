"""Sudoku: trained on easy puzzles, tested on hard ones of other kinds of solution."""
