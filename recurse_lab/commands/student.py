"""`student`: write the student edition of all notebooks."""

import argparse
from pathlib import Path
from typing import Any

from recurse_lab.commands.endings import writable


def add(commands: Any) -> None:
    """Declare the command."""
    student = commands.add_parser("student", help="write the student edition, without solutions and outputs")
    student.add_argument("--out", type=Path, default=Path("build/student"))
    student.set_defaults(command=student_command)


def student_command(options: argparse.Namespace) -> int:
    """Write every notebook's student edition."""
    from recurse_lab.workbook.editions import write_student_edition
    from recurse_lab.workbook.execute import find_chapters

    out = writable(options.out)
    for path in find_chapters().values():
        print(write_student_edition(path, out))
    return 0
