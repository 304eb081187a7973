"""`test`: run all checks and tests."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Declare the command."""
    commands.add_parser("test", help="run all checks and tests").set_defaults(command=test_command)


def test_command(_: argparse.Namespace) -> int:
    """Lint, types, notebooks against their outputs, then unit and browser tests; the first failure ends it."""
    from recurse_lab.workbook.gates import run_gates

    return run_gates()
