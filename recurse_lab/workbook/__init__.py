"""Notebooks: start line, exercise checks, editions, execution and the report."""
