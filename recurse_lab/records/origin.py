"""Where a number came from: the commit of its code, locked and installed versions, class of machine."""

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version

from recurse_lab.records.digest import PACKAGE, ROOT

UNKNOWN = "unknown"
CODE = (PACKAGE, "constraints.txt")  # what a number can depend on; a changed text or notebook does not count


@cache
def commit() -> str:
    """Short name of the commit of this code, with "+" where its tracked files differ; "unknown" without git."""
    if _git("ls-files", "--error-unmatch", f"{PACKAGE}/__init__.py") is None:
        return UNKNOWN  # no git, or an installed copy inside somebody else's repository
    name = _git("rev-parse", "--short", "HEAD")
    if name is None:
        return UNKNOWN
    return name if _git("diff", "--quiet", "HEAD", "--", *CODE) is not None else f"{name}+"


@cache
def lock() -> str:
    """Eight hexadecimal digits that stand for constraints.txt; "unknown" where there is none."""
    path = ROOT / "constraints.txt"
    return lock_of(path.read_bytes()) if path.exists() else UNKNOWN


def lock_of(text: bytes) -> str:
    """Eight hexadecimal digits that stand for the text of a constraints.txt."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()[:8]


def versions() -> dict[str, str]:
    """Versions that a result can depend on."""
    names = ("torch", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def machine_class() -> str:
    """Operating system, processor family and number of cores: enough to compare, too little to identify."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _git(*words: str) -> str | None:
    """What git says about this checkout; None where it fails."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
