"""The API pages of the report: the public modules with docstrings and source, made by pdoc without a network."""

import shutil
import subprocess
import sys
from pathlib import Path

PUBLIC = (  # the public names, and the modules from which a reader builds an experiment
    "recurse_lab",
    "recurse_lab.recurrence",
    *(f"recurse_lab.{part}" for part in ("nn", "kernels", "models", "tasks", "train", "measure")),
    *(f"recurse_lab.{part}" for part in ("claims", "records", "show", "explore")),
    *(f"recurse_lab.workbook.{part}" for part in ("start", "checks")),
)
FOLDER, PATIENCE = "api", 120  # seconds


def build_api(out: Path) -> str:
    """Write the pages into out/api; return one line that says why it failed, or an empty string. Never raises."""
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
    shutil.rmtree(out / FOLDER, ignore_errors=True)  # an incomplete set of pages must not look complete
    last = (said.strip() or "pdoc wrote nothing").splitlines()[-1]
    return f"no API pages: {last[:200]}"
