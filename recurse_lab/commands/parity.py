"""`parity`: compare our models with golden files, number for number."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from recurse_lab.commands.endings import WORK_FAILED


def add(commands: Any) -> None:
    """Declare the command."""
    parity = commands.add_parser("parity", help="compare our models with golden files, number for number")
    parity.add_argument("files", nargs="+", type=Path, metavar="FILE.npz", help="its JSON lies beside it")
    parity.add_argument(
        "--device", default="cpu", help="where to compute our numbers: cpu (default), cuda, ..."
    )
    parity.add_argument(
        "--fused", action="store_true", help="compute blocks by the kernels written out for speed"
    )
    parity.set_defaults(command=parity_command)


def parity_command(options: argparse.Namespace) -> int:
    """Recompute golden files; print the largest error, relative to its limit, in each group of tensors."""
    from recurse_lab.kernels import fused
    from recurse_lab.parity.errors import agree, errors

    failed = False
    for path in options.files:
        with fused() if options.fused else nullcontext():
            found = errors(path, options.device)
        print(f"{path}: {'agrees (root mean square of each tensor)' if agree(found) else 'DIFFERS'}")
        print(f"  {'':16}{'error':>9}{'allowed':>9}{'worst number':>14}  in")
        for group, (name, error, allowed, number) in found.items():
            print(f"  {group:16}{error:9.1e}{allowed:9.1e}{number:14.1e}  {name}")
        failed |= not agree(found)
    return WORK_FAILED if failed else 0
