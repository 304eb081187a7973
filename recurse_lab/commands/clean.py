"""`clean`: delete build/."""

import argparse
import shutil
from typing import Any


def add(commands: Any) -> None:
    """Declare the command."""
    commands.add_parser("clean", help="delete build/").set_defaults(command=clean_command)


def clean_command(_: argparse.Namespace) -> int:
    """Delete the folder build/ (reports, cached trials, the student edition) and nothing else."""
    from recurse_lab.workbook.start import ROOT

    shutil.rmtree(ROOT / "build", ignore_errors=True)
    return 0
