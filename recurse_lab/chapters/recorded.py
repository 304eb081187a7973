"""All arms that data/records may hold; chapters declare them as `RECORDED` in arms.py and rates.py."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from recurse_lab import chapters
from recurse_lab.records.rerun import Recorded

FILES = ("arms", "rates")


def recorded() -> list[Recorded]:
    """One entry for each trial function, with the arms of all chapters.

    Raises:
        ValueError: two chapters give different configurations the same name.
    """
    found: dict[object, Recorded] = {}
    for one in _declared():
        known = found.get(one.trial, one)
        for name in set(known.arms) & set(one.arms):
            if repr(known.arms[name]) != repr(one.arms[name]):
                raise ValueError(f"two chapters record different arms as {name!r}")
        merged = {**known.arms, **one.arms}
        found[one.trial] = Recorded(trial=one.trial, arms=merged, metric=known.metric)
    return list(found.values())


def _declared() -> Iterator[Recorded]:
    for room in pkgutil.iter_modules(chapters.__path__, f"{chapters.__name__}."):
        if room.ispkg:
            for file in pkgutil.iter_modules(import_module(room.name).__path__):
                if file.name in FILES:
                    yield from getattr(import_module(f"{room.name}.{file.name}"), "RECORDED", ())
