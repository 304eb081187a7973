"""`tables`: write the README's table of chapters, the bibliography and the glossary from the chapters' rooms."""

import argparse
import sys
from typing import Any

from recurse_lab.commands.endings import WORK_FAILED
from recurse_lab.files import put_text


def add(commands: Any) -> None:
    """Declare the command."""
    tables = commands.add_parser(
        "tables", help="write the README's chapters, bibliography and glossary from the chapters' rooms"
    )
    tables.add_argument("--check", action="store_true", help="write nothing; fail where one of them differs")
    tables.set_defaults(command=tables_command)


def tables_command(options: argparse.Namespace) -> int:
    """Write each file that differs from the text made from the rooms; with --check, only print its name."""
    from recurse_lab.workbook.start import ROOT
    from recurse_lab.workbook.tables import made_tables

    differing = {
        path: text
        for path, text in made_tables(ROOT).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in differing.items():
        name = path.relative_to(ROOT).as_posix()
        if options.check:
            print(f"recurse-lab: {name} is not what `tables` writes", file=sys.stderr)
        else:
            put_text(path, text)
            print(f"{name}: written")
    return WORK_FAILED if options.check and differing else 0
