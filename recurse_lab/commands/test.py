"""`test`: run all checks and tests."""

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Declare the command."""
    commands.add_parser("test", help="run all checks and tests").set_defaults(command=test_command)


def test_command(_: argparse.Namespace) -> int:
    """Run lint, format, types, tests, then notebooks against their outputs; stop at the first failure."""
    from recurse_lab.workbook.gates import run_gates

    return run_gates()
