"""`verify`: judge every claim again on seeds that its committed verdict does not rest on."""

import argparse
import json
import os
import pkgutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recurse_lab.commands.endings import WORK_FAILED, writable
from recurse_lab.files import put_text

if TYPE_CHECKING:
    from recurse_lab.claims.tested import Tested
    from recurse_lab.records.record import Record


def add(commands: Any) -> None:
    """Declare the command."""
    verify = commands.add_parser("verify", help="judge every claim again on other seeds")
    verify.add_argument("--seed", type=int, required=True, help="the first of the other seeds")
    verify.add_argument(
        "--only", nargs="+", default=(), metavar="NN", help="chapter numbers; all when left out"
    )
    verify.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="training processes at a time")
    verify.add_argument("--out", type=Path, default=Path("build/verify.json"), help="file for the words")
    verify.set_defaults(command=verify_command)


def verify_command(options: argparse.Namespace) -> int:
    """Train and judge the claims of the chosen chapters again; return 1 if a verdict differs from the committed one."""
    from recurse_lab.workbook.execute import find_chapters
    from recurse_lab.workbook.parameters import check_parameters
    from recurse_lab.workbook.start import CACHE, ROOT

    check_parameters(profile="quick", seed=options.seed, jobs=options.jobs)
    chapters = find_chapters(options.only)
    tested = [one for number in chapters for one in claims_in(number)]
    if not tested:
        raise ValueError(f"no claims in chapter {', '.join(chapters)}")
    cache = Path(os.environ.get(CACHE, ROOT / "build" / "cache"))
    committed = committed_claims(chapters.values())
    return verify(tested, committed, options.seed, jobs=options.jobs, cache=cache, out=options.out)


def verify(
    tested: Sequence["Tested"],
    committed: Mapping[str, Mapping[str, Any]],
    first: int,
    *,
    jobs: int,
    cache: Path,
    out: Path,
) -> int:
    """Print each claim's committed verdict and its verdict on the seeds from `first` on, and write both to `out`."""
    from recurse_lab.claims.again import judge_again

    if out.is_dir():
        raise ValueError(f"cannot write to {out} (a folder); choose another --out")
    writable(out.parent)
    found = []
    for again in judge_again(tested, committed, first, cache=cache, jobs=jobs, finished=_say):
        print(again, flush=True)
        found.append(again)
    put_text(out, json.dumps([again.to_json() for again in found], indent=1) + "\n")
    print(f"{sum(again.same for again in found)} of {len(found)} words are the committed ones: {out}")
    return 0 if all(again.same for again in found) else WORK_FAILED


def claims_in(chapter: str) -> tuple["Tested", ...]:
    """The claims of a chapter's room in the order of its `TESTED`; empty if the room has no claims."""
    from recurse_lab import chapters

    rooms = (info.name for info in pkgutil.iter_modules(chapters.__path__, f"{chapters.__name__}."))
    names = [f"{room}.claims" for room in rooms if room.split(".")[-1].startswith(f"ch{chapter}_")]
    return tuple(one for name in names if find_spec(name) for one in import_module(name).TESTED)


def committed_claims(notebooks: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Claim id -> the claim's data in the outputs of the notebooks."""
    from recurse_lab.workbook.parameters import read_notebook
    from recurse_lab.workbook.report import collect_claims

    return {claim["id"]: claim for path in notebooks for claim in collect_claims(read_notebook(path))}


def _say(record: "Record") -> None:
    print(f"{record.arm}, seed {record.seed}: {record.seconds:.0f} CPU-s", file=sys.stderr, flush=True)
