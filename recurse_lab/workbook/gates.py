"""The checks that must pass before a change lands, the cheapest first."""

import subprocess
import sys

from recurse_lab.workbook.start import ROOT

GATES = (
    ("lint", ["-m", "ruff", "check", "."]),
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("types", ["-m", "mypy"]),
    ("tests", ["-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", "not timing"]),
    ("tests that measure time, alone", ["-m", "pytest", "-m", "timing"]),
    (
        "notebooks against their outputs",
        ["-m", "pytest", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=900", "notebooks"],
    ),
)


def run_gates() -> int:
    """Run every gate in the project's root; return the exit code of the first that fails, or 0."""
    for name, command in GATES:
        print(f"== {name}", flush=True)
        code = subprocess.call([sys.executable, *command], cwd=ROOT)
        if code:
            print(f"recurse-lab: {name} failed", file=sys.stderr)
            return code
    return 0
