"""The small form of a golden file: weights as draws of their seed, large arrays as samples and projections.

Random weights do not compress, but they are a function of their seed. NumPy's `RandomState`, whose stream
never changes, draws the same bits as torch's generator. So the file keeps each weight tensor as its place in
the stream, and a correction for the few numbers that differ in the last place. The file keeps a large array
of results as `sketch(array)`: a change anywhere in the array moves the projections.

    python -m recurse_lab.parity.compact SEED FOLDER FILE.npz ...
"""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import erfinv

SAMPLES = 60
WAVES = np.sqrt([2.0, 3.0, 5.0, 7.0])  # frequencies of the projections
WHOLE = 200  # arrays of at most this many numbers are kept whole
WEIGHTS = ("w/", "w0/")


def sketch(array: np.ndarray) -> np.ndarray:
    """60 samples of an array, then 4 projections: sums of its N numbers times cos(frequency x index) sqrt(2 / N)."""
    flat = array.ravel().astype(np.float64)
    count = flat.size
    golden_ratio = (math.sqrt(5) - 1) / 2
    places = (np.arange(SAMPLES) * golden_ratio % 1 * count).astype(np.int64)
    waves = np.cos(np.outer(WAVES, np.arange(count))) * math.sqrt(2 / count)
    return np.concatenate((flat[places], waves @ flat))


def draws(seed: int, count: int) -> np.ndarray:
    """Standard normals (count,), cut at two deviations and divided by sqrt(2), as torch draws them in float32."""
    bits = np.random.RandomState(seed).randint(0, 2**32, count, dtype=np.uint32)
    edge = math.erf(math.sqrt(2))
    uniform = (bits & 0xFFFFFF) * 2.0**-24 * np.float32(2 * edge) - np.float32(edge)
    return erfinv(uniform.astype(np.float32).astype(np.float64)).astype(np.float32)


def scaled(drawn: np.ndarray, fan_in: int) -> np.ndarray:
    """Weights of standard deviation 1 / sqrt(fan_in), made from draws; the fan-in of a first state is 1."""
    cut = 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2))
    return drawn * np.float32(math.sqrt(2 / (1 - cut)) * fan_in**-0.5)


def fan_in(shape: Sequence[int]) -> int:
    """Number of inputs to each output of a weight of this shape."""
    return shape[-1] if len(shape) > 1 else 1


def draw_weights(arrays: dict[str, np.ndarray], told: dict[str, Any]) -> dict[str, np.ndarray]:
    """All arrays of a file; weights that a small file keeps as places in the stream are drawn again."""
    places = {
        name.removeprefix("drawn/"): value.tolist()
        for name, value in arrays.items()
        if name.startswith("drawn/")
    }
    if not places:
        return arrays
    ends = [first + math.prod(shape) for first, *shape in places.values()]
    stream = draws(told["compact"]["seed"], max(ends))
    whole = {name: value for name, value in arrays.items() if not name.startswith(("drawn/", "last_place/"))}
    for (name, (first, *shape)), end in zip(places.items(), ends, strict=True):
        weight = scaled(stream[first:end], fan_in(shape)).reshape(shape)
        at, by = arrays[f"last_place/{name}"]
        weight.view(np.int32).reshape(-1)[at] += by
        whole[name] = weight
    return whole


def compact(arrays: dict[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """The small form of a golden file's arrays; `seed` is the one that drew its weights."""
    total = sum(value.size for name, value in arrays.items() if name.startswith(WEIGHTS))
    stream, kept = draws(seed, total + 10_000), {}
    for name, value in arrays.items():
        if name.startswith(WEIGHTS) and value.size > 8 and (place := find(value, stream)) is not None:
            kept[f"drawn/{name}"] = np.array([place, *value.shape])
            near = scaled(stream[place : place + value.size], fan_in(value.shape))
            by = value.view(np.int32).reshape(-1) - near.view(np.int32)
            kept[f"last_place/{name}"] = np.stack((by.nonzero()[0], by[by.nonzero()])).astype(np.int32)
        elif name.startswith(WEIGHTS) or value.size <= WHOLE or "in/" in name:
            kept[name] = value
        else:
            kept[f"sketch/{name}"] = sketch(value)
    return kept


def find(value: np.ndarray, stream: np.ndarray) -> int | None:
    """Place in the stream of draws at which a weight begins; None if it is not there."""
    near = scaled(stream, fan_in(value.shape))
    first, count = value.reshape(-1)[:8], len(stream) - value.size
    matches = np.all([np.abs(near[i : i + count] - first[i]) < 1e-6 for i in range(8)], axis=0).nonzero()[0]
    return int(matches[0]) if len(matches) else None


def main(seed: str, folder: str, *files: str) -> None:
    """Write the small forms of golden files and their JSON into a folder."""
    for path in map(Path, files):
        with np.load(path) as file:
            small: dict[str, Any] = dict(compact({name: file[name] for name in file.files}, int(seed)))
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        kept = {key: told[key] for key in told if key not in ("params", "buffers", "rows")}
        kept["compact"] = {"seed": int(seed), "samples": SAMPLES, "projections": len(WAVES)}
        np.savez_compressed(Path(folder) / path.name, **small)
        (Path(folder) / path.name).with_suffix(".json").write_text(
            json.dumps(kept, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
