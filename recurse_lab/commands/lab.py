"""`lab`: open JupyterLab on the reader's own notebooks."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

OWN = "my_notebooks"


def add(commands: Any) -> None:
    """Declare the command."""
    lab = commands.add_parser("lab", help=f"open JupyterLab on your own copy of the notebooks, {OWN}/")
    lab.add_argument(
        "--solved", action="store_true", help="open notebooks/ itself, with solutions and outputs"
    )
    lab.add_argument(
        "options", nargs="*", metavar="-- OPTION", help="JupyterLab's own options, as in: lab -- --port 9999"
    )
    lab.set_defaults(command=lab_command)


def lab_command(options: argparse.Namespace) -> int:
    """Add missing and newer notebooks to the reader's copy, print what was added, and open it."""
    from recurse_lab.workbook.execute import NOTEBOOKS, find_chapters
    from recurse_lab.workbook.reader import bring_notebooks
    from recurse_lab.workbook.start import ROOT

    folder = NOTEBOOKS
    if not options.solved:
        folder = ROOT / OWN
        for line in bring_notebooks(folder, find_chapters().values()):
            print(f"{OWN}/{line}", flush=True)
    return subprocess.call(jupyterlab(folder, options.options))


def jupyterlab(folder: Path, options: list[str]) -> list[str]:
    """The command that opens JupyterLab in a folder; JupyterLab refuses root without `--allow-root`."""
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [sys.executable, "-m", "jupyterlab", str(folder), *root, *options]
