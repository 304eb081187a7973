"""A process that ends when the process it works for ends, even if that one is killed.

A killed process cannot end its children, so each child checks twice a second whether its parent still runs.
"""

import os
import threading
import time
from functools import cache

PARENT = "RECURSE_LAB_PARENT"  # environment variable: number of the process that a kernel works for
SECONDS = 0.5  # from one check to the next


@cache
def end_with(parent: int) -> None:
    """From now on, end this process when process `parent` is gone; a second call changes nothing."""
    watch = threading.Thread(target=_watch, args=(parent, os.getppid()), daemon=True, name="lifeline")
    watch.start()


def end_with_caller() -> None:
    """Call `end_with` for the process that RECURSE_LAB_PARENT names, if it names one."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))


def lives(parent: int, first: int) -> bool:
    """Whether process `parent` still runs; `first` is the parent that this process began with.

    When a process ends, the system gives its children another parent at once, even before anyone reads its
    exit code. So a child of `parent` compares parents; any other process asks the system for `parent`.
    """
    if os.name == "nt":
        import psutil  # comes with the workbook; on Windows, only the workbook starts processes

        return bool(psutil.pid_exists(parent))
    if first == parent:
        return os.getppid() == parent
    try:
        os.kill(parent, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, for another user
        return True
    return True


def _watch(parent: int, first: int) -> None:
    while lives(parent, first):
        time.sleep(SECONDS)
    os._exit(1)
