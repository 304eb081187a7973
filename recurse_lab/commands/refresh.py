"""`refresh`: execute the notebooks in place, in the form in which they are committed."""

import argparse
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from recurse_lab.commands.endings import WORK_FAILED, say
from recurse_lab.files import put


def add(commands: Any) -> None:
    """Declare the command."""
    refresh = commands.add_parser("refresh", help="execute the notebooks in place, as they are committed")
    refresh.add_argument("--only", nargs="+", default=(), metavar="NN")
    refresh.set_defaults(command=refresh_command)


def refresh_command(options: argparse.Namespace) -> int:
    """Execute notebooks with their own parameters and write the outputs into notebooks/; skip a notebook that fails."""
    from recurse_lab.workbook.execute import execute, find_chapters

    failed = False
    for path in find_chapters(options.only).values():
        with tempfile.TemporaryDirectory() as folder:
            run = execute(path, Path(folder) / path.name, {})
            if not run.exit_code:
                put(path, partial(shutil.copyfile, Path(folder) / path.name))
        say(run)
        failed |= bool(run.exit_code)
    return WORK_FAILED if failed else 0
