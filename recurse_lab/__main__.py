"""The command line: `python -m recurse_lab run | refresh | student | parity | speed | lab | test | clean`."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

WORK_FAILED, BAD_INPUT = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; bad input and failed work end in one line on the error stream and a non-zero code."""
    options = build_parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ValueError, OSError) as error:
        print(f"recurse-lab: {str(error).splitlines()[0]}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(
            "recurse-lab: stopped; finished training runs are kept and will not be repeated", file=sys.stderr
        )
        return 130


class OneLineParser(argparse.ArgumentParser):
    """Says what was wrong in one line, without the usage."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print and leave."""
        self.exit(BAD_INPUT, f"recurse-lab: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = OneLineParser(prog="recurse-lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="execute the notebooks and build the report")
    run.add_argument("--profile", default="quick", help="smoke, quick (default) or full")
    run.add_argument("--only", nargs="+", default=(), metavar="NN", help="chapter numbers; all when left out")
    run.add_argument("--seed", type=int, default=0, help="first seed (default 0); the others follow it")
    run.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="training processes at a time")
    run.add_argument("--out", type=Path, default=Path("build/report"), help="folder for the report")
    run.add_argument("--fresh", action="store_true", help="train everything anew, without earlier results")
    run.set_defaults(command=run_command)
    refresh = commands.add_parser("refresh", help="execute the notebooks in place, as they are committed")
    refresh.add_argument("--only", nargs="+", default=(), metavar="NN")
    refresh.set_defaults(command=refresh_command)
    student = commands.add_parser("student", help="write the student edition, without solutions and outputs")
    student.add_argument("--out", type=Path, default=Path("build/student"))
    student.set_defaults(command=student_command)
    parity = commands.add_parser("parity", help="compare our models with golden files, number for number")
    parity.add_argument("files", nargs="+", type=Path, metavar="FILE.npz", help="its JSON lies beside it")
    parity.add_argument(
        "--device", default="cpu", help="where to compute our numbers: cpu (default), cuda, ..."
    )
    parity.set_defaults(command=parity_command)
    speed = commands.add_parser("speed", help="time training steps and say where their time goes")
    speed.add_argument("--width", type=int, nargs="+", default=(), help="64, 128, ...; a table when left out")
    speed.add_argument(
        "--batch", type=int, help="boards a step (default 32; 4 from width 512 on); no effect on chapter 03"
    )
    speed.add_argument("--threads", type=int, default=1, help="threads to compute on (default 1)")
    speed.add_argument(
        "--steps", type=int, default=5, help="steps to measure (default 5; chapter 03: 20 times as many)"
    )
    speed.set_defaults(command=speed_command)
    for name, words, command in (
        ("lab", "open JupyterLab on the notebooks", lab_command),
        ("test", "run all checks and tests", test_command),
        ("clean", "delete build/", clean_command),
    ):
        commands.add_parser(name, help=words).set_defaults(command=command)
    return parser


def run_command(options: argparse.Namespace) -> int:
    """Execute, then report; a notebook that fails does not stop the others."""
    from recurse_lab.workbook.execute import execute, find_chapters, write_runs
    from recurse_lab.workbook.parameters import check_parameters
    from recurse_lab.workbook.report import build_report

    check_parameters(profile=options.profile, seed=options.seed, jobs=options.jobs)
    chapters = find_chapters(options.only)
    executed = _writable(options.out) / "notebooks"
    if options.fresh:
        os.environ["RECURSE_LAB_CACHE"] = tempfile.mkdtemp(prefix="recurse-lab-")
    parameters = {"profile": options.profile, "seed": options.seed, "jobs": options.jobs}
    runs = []
    for path in chapters.values():
        print(f"{path.name}: running, profile {options.profile}, seed {options.seed} ...", flush=True)
        runs.append(execute(path, executed / path.name, parameters))
        write_runs(runs, options.out / "runs.json")
        _say(runs[-1])
    index = build_report(runs, executed, options.out, options.profile, options.seed)
    print(f"report: {index}")
    return WORK_FAILED if any(run.exit_code for run in runs) else 0


def refresh_command(options: argparse.Namespace) -> int:
    """Execute notebooks with their own parameters and put the outputs into notebooks/; a failed one is left alone."""
    from recurse_lab.workbook.execute import execute, find_chapters

    failed = False
    for path in find_chapters(options.only).values():
        with tempfile.TemporaryDirectory() as folder:
            run = execute(path, Path(folder) / path.name, {})
            if not run.exit_code:
                shutil.copyfile(Path(folder) / path.name, path)
        _say(run)
        failed |= bool(run.exit_code)
    return WORK_FAILED if failed else 0


def student_command(options: argparse.Namespace) -> int:
    """Write every notebook's student edition."""
    from recurse_lab.workbook.editions import write_student_edition
    from recurse_lab.workbook.execute import find_chapters

    for path in find_chapters().values():
        print(write_student_edition(path, _writable(options.out)))
    return 0


def parity_command(options: argparse.Namespace) -> int:
    """Compute golden files again and print the largest error in each group of their tensors."""
    from recurse_lab.evidence.parity import agree, errors

    failed = False
    for path in options.files:
        found = errors(path, options.device)
        print(f"{path}: {'agrees (root mean square of each tensor)' if agree(found) else 'DIFFERS'}")
        print(f"  {'':16}{'error':>9}{'allowed':>9}{'worst number':>14}  in")
        for group, (name, error, allowed, number) in found.items():
            print(f"  {group:16}{error:9.1e}{allowed:9.1e}{number:14.1e}  {name}")
        failed |= not agree(found)
    return WORK_FAILED if failed else 0


def speed_command(options: argparse.Namespace) -> int:
    """Time training steps, compare them with a plain matrix product, and say where their time goes."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # or the profiler announces itself on stderr
    from recurse_lab.measure.speed import matrix_rate, speed, threads, where
    from recurse_lab.recipes.speed import cases

    if options.steps < 1:
        raise ValueError(f"steps must be a whole number from 1 on, not {options.steps}")
    rows = cases(options.width, options.batch)
    with threads(options.threads):
        peak = matrix_rate()
        print(f"a float32 matrix product on one thread: {peak / 1e9:.1f} GFLOP/s")
        print(f"one training step on {options.threads} thread{'s' if options.threads > 1 else ''}, medians:")
        print(f"  {'':36}{'CPU ms':>9}{'wall ms':>9}{'GFLOP':>10}{'GFLOP/s':>9}{'share':>7}")
        for case in rows:
            found = speed(case.run, case.flops, options.steps * case.times)
            shares = where(case.run, case.times)
            times = f"{found.cpu_ms:9.1f}{found.wall_ms:9.1f}{case.flops / 1e9:10.4g}"
            print(f"  {case.name:36}{times}{found.rate / 1e9:9.1f}{found.share(peak):7.0%}")
            print("    " + ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items()), flush=True)
    return 0


def lab_command(_: argparse.Namespace) -> int:
    """JupyterLab, in the notebooks folder."""
    from recurse_lab.workbook.start import ROOT

    return subprocess.call([sys.executable, "-m", "jupyterlab", str(ROOT / "notebooks")])


def test_command(_: argparse.Namespace) -> int:
    """Lint, types, notebooks against their outputs, then unit and browser tests; the first failure ends it."""
    from recurse_lab.workbook.gates import run_gates

    return run_gates()


def clean_command(_: argparse.Namespace) -> int:
    """Delete reports and cached trials; nothing else."""
    from recurse_lab.workbook.start import ROOT

    shutil.rmtree(ROOT / "build", ignore_errors=True)
    return 0


def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".write-test").touch()
        (folder / ".write-test").unlink()
    except OSError as error:
        raise ValueError(f"cannot write to {folder} ({error.strerror}); choose another --out") from error
    return folder


def _say(run: object) -> None:
    from recurse_lab.workbook.execute import NotebookRun

    assert isinstance(run, NotebookRun)
    told = f"{run.notebook}: {run.status}, {run.seconds:.0f} s, {run.peak_memory_mb:.0f} MB"
    if run.exit_code:
        print(f"recurse-lab: {told}; {run.error}", file=sys.stderr, flush=True)
    else:
        print(told, flush=True)


if __name__ == "__main__":
    sys.exit(main())
