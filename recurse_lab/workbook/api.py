"""The API pages of the report: what the package offers, with docstrings and source, made by pdoc without a network."""

import shutil
import subprocess
import sys
from pathlib import Path

PUBLIC = (  # the curated face, and the parts that a reader's own experiment is built from
    "recurse_lab",
    "recurse_lab.recurrence",
    *(f"recurse_lab.{part}" for part in ("nn", "kernels", "models", "tasks", "train", "measure")),
    *(f"recurse_lab.{part}" for part in ("claims", "records", "show", "explore")),
    *(f"recurse_lab.workbook.{part}" for part in ("start", "checks")),
)
FOLDER, PATIENCE = "api", 120  # seconds


def build_api(out: Path) -> str:
    """Write the pages into out/api; returns why there are none, in one line, or nothing. It never raises."""
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    command = [sys.executable, "-m", "pdoc", "--docformat", "google", "--output-directory", str(out / FOLDER)]
    try:
        done = subprocess.run([*command, *PUBLIC], capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _failed(out, str(error))
    if done.returncode or not (out / FOLDER / "index.html").exists():
        return _failed(out, done.stderr)
    return ""


def _failed(out: Path, said: str) -> str:
    shutil.rmtree(out / FOLDER, ignore_errors=True)  # half of the pages would look like all of them
    last = (said.strip() or "pdoc wrote nothing").splitlines()[-1]
    return f"no API pages: {last[:200]}"
