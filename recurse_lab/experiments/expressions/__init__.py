"""Expressions: which nets evaluate trees that are deeper than any they were trained on."""
