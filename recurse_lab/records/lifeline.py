"""A process that ends when the one it works for ends, however that one ends.

A killed process cannot end its children, so each child looks for itself, twice a second.
"""

import os
import threading
import time
from functools import cache

PARENT = "RECURSE_LAB_PARENT"  # environment variable: the process that a kernel works for
SECONDS = 0.5  # from one look to the next


@cache
def end_with(parent: int) -> None:
    """From now on, end this process at once when process `parent` is gone; a second call changes nothing."""
    watch = threading.Thread(target=_watch, args=(parent, os.getppid()), daemon=True, name="lifeline")
    watch.start()


def end_with_caller() -> None:
    """End with the process that the environment names, if it names one."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))


def lives(parent: int, first: int) -> bool:
    """Whether a process still runs; `first` is the parent that this process began with.

    A child of `parent` is handed on to another when it ends, even while nobody has asked for its exit code yet.
    """
    if os.name == "nt":
        import psutil  # comes with the workbook, which alone starts processes there

        return bool(psutil.pid_exists(parent))
    if first == parent:
        return os.getppid() == parent
    try:
        os.kill(parent, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, for somebody else
        return True
    return True


def _watch(parent: int, first: int) -> None:
    while lives(parent, first):
        time.sleep(SECONDS)
    os._exit(1)
