"""`lab`: open JupyterLab."""

import argparse
import subprocess
import sys
from typing import Any


def add(commands: Any) -> None:
    """Declare the command."""
    commands.add_parser("lab", help="open JupyterLab on the notebooks").set_defaults(command=lab_command)


def lab_command(_: argparse.Namespace) -> int:
    """JupyterLab, in the notebooks folder."""
    from recurse_lab.workbook.start import ROOT

    return subprocess.call([sys.executable, "-m", "jupyterlab", str(ROOT / "notebooks")])
