"""Records and re-runs, made for tests."""

from dataclasses import replace

from recurse_lab.records.digest import code_digest
from recurse_lab.records.record import Record
from recurse_lab.records.rerun import Recorded
from recurse_lab.records.reruns import Rerun, mark
from recurse_lab.records.store import write_reference

VERSIONS = {"python": "3.12.0", "torch": "2.13.0+cpu"}


def trial(config, _):
    """Returns what its configuration holds: the share right, and the shift of the learning curve."""
    curve = {"loss": [2.0 + config["off"], 1.0 / 3]}
    return {"params": config["params"], "curve": curve, "right": config["right"], "train_seconds": 0.5}, {}


ARMS = {
    "good": {"right": 0.5, "off": 0.0, "params": 9},
    "poor": {"right": 0.1, "off": 0.0, "params": 9},
}


def right(record):
    return record.values["right"]


RECORDED = Recorded(trial=trial, arms=ARMS, metric=right)


def record(arm="good", seed=0, **changes):
    """A record of the present code."""
    made = Record(
        trial=f"{trial.__module__}:trial",
        arm=arm,
        seed=seed,
        config=repr(ARMS[arm]),
        digest=code_digest(trial),
        commit="aaaaaaa",
        lock="00000000",
        versions=VERSIONS,
        machine="Linux x86_64, 2 cores",
        command="",
        seconds=2.0 + seed,
        values=trial(ARMS[arm], seed)[0],
    )
    return replace(made, **changes)


def altered(one, **values):
    """The record with some values changed."""
    return replace(one, values=one.values | values)


def again(one, word="same bits", **changes):
    """The entry of a re-run of a record."""
    made = Rerun(
        file="trials.json",
        arm=one.arm,
        seed=one.seed,
        record=mark(one),
        word=word,
        metric=0.5,
        by=0.0,
        allowed=0.1,
        digest=code_digest(trial),
        commit="fffffff",
        machine="",
        date="2026-01-31",
        seconds=1.0,
    )
    return replace(made, **changes)


def write(folder, records):
    """Write records as the reference of `trial` below a folder."""
    results = {}
    for one in records:
        results.setdefault(one.arm, {})[one.seed] = one
    return write_reference(folder, trial, results)
