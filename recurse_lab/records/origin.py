"""The origin of a number: the commit of its code, locked and installed versions, and the class of machine."""

import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version

from recurse_lab.records.digest import PACKAGE, ROOT

UNKNOWN = "unknown"
CODE = (PACKAGE, "constraints.txt")  # a number can depend on these; other texts and notebooks do not count


@cache
def commit() -> str:
    """Short name of this code's commit, with "+" if the package or constraints.txt differs; "unknown" without git."""
    if _git("ls-files", "--error-unmatch", f"{PACKAGE}/__init__.py") is None:
        return UNKNOWN  # no git, or an installed copy inside another repository
    name = _git("rev-parse", "--short", "HEAD")
    if name is None:
        return UNKNOWN
    return name if _git("diff", "--quiet", "HEAD", "--", *CODE) is not None else f"{name}+"


@cache
def lock() -> str:
    """Digest of constraints.txt, eight hexadecimal digits; "unknown" without this file."""
    path = ROOT / "constraints.txt"
    return lock_of(path.read_bytes()) if path.exists() else UNKNOWN


def lock_of(text: bytes) -> str:
    """Digest of the text of a constraints.txt, eight hexadecimal digits; line endings do not count."""
    return hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()[:8]


def versions() -> dict[str, str]:
    """Versions that a result can depend on, by name: Python, torch, NumPy, SciPy."""
    names = ("torch", "numpy", "scipy")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def machine_class() -> str:
    """Operating system, processor family and number of cores: enough to compare, too little to identify."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _git(*words: str) -> str | None:
    """The output of a git command in this checkout; None if it fails."""
    try:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
