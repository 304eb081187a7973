"""The command line: `python -m recurse_lab COMMAND`; `--help` lists the commands."""

import argparse
import os
import sys
from collections.abc import Sequence

from recurse_lab.commands import (
    clean,
    lab,
    parity,
    records,
    refresh,
    run,
    speed,
    student,
    tables,
    test,
    verify,
)
from recurse_lab.commands.endings import BAD_INPUT, Stopped, stopped_by_signals

COMMANDS = (run, refresh, verify, records, student, tables, parity, speed, lab, test, clean)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; bad input prints one line on the error stream."""
    options = build_parser().parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # for kernels and workers: threads must not spin
    try:
        with stopped_by_signals():
            return options.command(options)
    except (ValueError, OSError) as error:
        print(f"recurse-lab: {str(error).splitlines()[0]}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        print(
            "recurse-lab: stopped; finished training runs are kept and will not be repeated", file=sys.stderr
        )
        return stop.code if isinstance(stop, Stopped) else 130


class OneLineParser(argparse.ArgumentParser):
    """A parser that reports an error in one line, without the usage."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print the message and exit."""
        self.exit(BAD_INPUT, f"recurse-lab: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = OneLineParser(prog="recurse-lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
