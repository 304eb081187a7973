"""Notebooks: their first line, checks, editions, execution and the report."""
