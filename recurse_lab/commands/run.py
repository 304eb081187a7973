"""`run`: execute the notebooks and build the report."""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from recurse_lab.commands.endings import WORK_FAILED, cores, say, writable


def add(commands: Any) -> None:
    """Declare the command."""
    run = commands.add_parser("run", help="execute the notebooks and build the report")
    run.add_argument("--profile", default="quick", help="smoke, quick (default) or full")
    run.add_argument("--only", nargs="+", default=(), metavar="NN", help="chapter numbers; all when left out")
    run.add_argument("--seed", type=int, default=0, help="first seed (default 0); the others follow it")
    run.add_argument("--jobs", type=int, default=cores(), help="training processes at a time")
    run.add_argument("--out", type=Path, default=Path("build/report"), help="folder for the report")
    run.add_argument("--fresh", action="store_true", help="train everything anew, without earlier results")
    run.set_defaults(command=run_command)


def run_command(options: argparse.Namespace) -> int:
    """Execute the notebooks, then build the report; a notebook that fails does not stop the others."""
    from recurse_lab.workbook.api import build_api
    from recurse_lab.workbook.execute import execute, find_chapters, write_runs
    from recurse_lab.workbook.parameters import check_parameters
    from recurse_lab.workbook.report import build_report

    check_parameters(profile=options.profile, seed=options.seed, jobs=options.jobs)
    chapters = find_chapters(options.only)
    executed = writable(options.out) / "notebooks"
    if options.fresh:
        os.environ["RECURSE_LAB_CACHE"] = tempfile.mkdtemp(prefix="recurse-lab-")
    parameters = {"profile": options.profile, "seed": options.seed, "jobs": options.jobs}
    runs = []
    for path in chapters.values():
        print(f"{path.name}: running, profile {options.profile}, seed {options.seed} ...", flush=True)
        runs.append(execute(path, executed / path.name, parameters))
        write_runs(runs, options.out / "runs.json")
        say(runs[-1])
    if failed := build_api(options.out):
        print(f"recurse-lab: {failed}", file=sys.stderr, flush=True)
    index = build_report(runs, executed, options.out, options.profile, options.seed)
    print(f"report: {index}")
    return WORK_FAILED if any(run.exit_code for run in runs) else 0
