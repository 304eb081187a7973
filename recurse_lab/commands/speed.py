"""`speed`: time training steps and say where their time goes."""

import argparse
import os
from typing import Any


def add(commands: Any) -> None:
    """Declare the command."""
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


def speed_command(options: argparse.Namespace) -> int:
    """Time training steps, compare their rate with a plain matrix product's, and print where the time goes."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # keep the profiler from writing to stderr
    from recurse_lab.experiments.sudoku.speed import cases
    from recurse_lab.measure.speed import matrix_rate, speed, threads, where

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
