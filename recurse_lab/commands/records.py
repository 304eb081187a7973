"""`records`: list the reference records, and run some of them again."""

import argparse
from pathlib import Path
from typing import Any

from recurse_lab.commands.endings import WORK_FAILED, cores

SAMPLE_SEED = 0


def add(commands: Any) -> None:
    """Declare the command."""
    records = commands.add_parser("records", help="list the reference records, or run a sample of them again")
    records.add_argument("--rerun", type=int, metavar="K", help="run K records of each file again, in full")
    records.add_argument(
        "--only", nargs="+", default=(), metavar="FILE", help="sudoku, prefix_sums_rates, ..."
    )
    records.add_argument(
        "--seed", type=int, default=SAMPLE_SEED, help=f"draws the sample (default {SAMPLE_SEED})"
    )
    records.add_argument("--jobs", type=int, default=cores(), help="processes at a time")
    records.set_defaults(command=records_command)


def records_command(options: argparse.Namespace) -> int:
    """List the record files and their arms; with --rerun, re-run a sample and update data/reruns.json."""
    from recurse_lab.chapters.recorded import recorded
    from recurse_lab.records.rerun import record_files
    from recurse_lab.workbook.start import ROOT

    if options.jobs < 1 or (options.rerun is not None and options.rerun < 1):
        raise ValueError("--jobs and --rerun must be whole numbers from 1 on")
    files = {file.path.stem: file for file in record_files(ROOT / "data", recorded())}
    asked = [name.removesuffix(".json") for name in options.only] or list(files)
    if unknown := [name for name in asked if name not in files]:
        raise ValueError(f"no records {', '.join(unknown)}; there are {', '.join(files) or 'none'}")
    chosen = [files[name] for name in asked]
    if options.rerun:
        return _rerun(chosen, options, ROOT / "data")
    _list(chosen, ROOT / "data")
    return 0


def _list(files: Any, folder: Path) -> None:
    from recurse_lab.records.listing import arm_rows, file_row
    from recurse_lab.records.reruns import read_reruns

    again = read_reruns(folder)
    for file in files:
        whole = file_row(file, again)
        print(f"{whole.name}: {whole.runs} runs, {whole.seconds:.0f} CPU-s, {whole.made}; {whole.again}")
        for row in arm_rows(file, again):
            print(f"  {row.name:34} seeds {row.seeds:9} {row.seconds:6.0f} CPU-s  {row.made}; {row.again}")


def _rerun(files: Any, options: argparse.Namespace, folder: Path) -> int:
    from recurse_lab.records.rerun import rerun
    from recurse_lab.records.reruns import write_reruns

    chosen = [(file, record) for file in files for record in file.sample(options.rerun, options.seed)]
    seconds = sum(record.seconds for _, record in chosen)
    print(f"{len(chosen)} records drawn by seed {options.seed}, recorded in {seconds:.0f} CPU-s", flush=True)
    failed = False
    for one in rerun(chosen, options.jobs):
        write_reruns(folder, [one])  # write each result at once, so that an interrupted command keeps it
        found = f"{one.word}, metric {one.metric:.3f} {one.by:+.3f} (allowed {one.allowed:.3f})"
        print(f"{one.file}: {one.arm}, seed {one.seed}: {found}, {one.seconds:.0f} CPU-s", flush=True)
        failed |= not one.agrees
    return WORK_FAILED if failed else 0
