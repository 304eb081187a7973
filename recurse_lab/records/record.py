"""Records: the numbers of one trained model and their origin, on disk.

A record is a JSON file. If the trial keeps its trained weights, they lie beside it as safetensors. Each file
is written whole or not at all, and the JSON last, so an interrupted run leaves only finished records.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from recurse_lab.files import put, put_text

Net = TypeVar("Net", bound=nn.Module)


class RecordError(ValueError):
    """A record cannot be read; the message names the file and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One trial: its arm, its seed, its measurements and its origin."""

    trial: str  # module:function
    arm: str  # name of the arm
    seed: int
    config: str  # the arm's configuration in full, as its repr
    digest: str  # digest of the code behind the trial
    commit: str  # commit of that code, with "+" if its files differed; "unknown" without git
    lock: str  # digest of constraints.txt
    versions: dict[str, str]
    machine: str
    command: str  # command that makes this record again
    seconds: float  # CPU-seconds of the trial
    values: dict[str, Any]  # plain numbers, lists and dictionaries
    weights: dict[str, Tensor] = field(default_factory=dict, compare=False)

    def save(self, path: Path) -> None:
        """Write `path` (.json), and the weights beside it.

        Raises:
            OSError: the folder cannot be written to, or the disk is full.
        """
        if self.weights:
            put(path.with_suffix(".safetensors"), lambda beside: save_file(self.weights, beside))
        put_text(path, json.dumps(self.plain()) + "\n")

    def plain(self) -> dict[str, Any]:
        """All but the weights, as plain data for JSON."""
        return {key: value for key, value in asdict(replace(self, weights={})).items() if key != "weights"}

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Read a record and its weights.

        Raises:
            RecordError: either file cannot be read, or is not what `save` wrote.
        """
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            beside = path.with_suffix(".safetensors")
            return cls(**plain, weights=load_file(beside) if beside.exists() else {})
        except (OSError, ValueError, TypeError, SafetensorError) as error:
            reason = str(error).splitlines()[0]
            raise RecordError(
                f"record {path.name} in {path.parent} cannot be read ({reason}); delete it to train it again"
            ) from error


def save_reference(records: list[Record], path: Path) -> None:
    """Write records without their weights into one JSON file, sorted by arm and seed."""
    ordered = sorted(records, key=lambda record: (record.arm, record.seed))
    lines = ",\n".join(json.dumps(record.plain()) for record in ordered)
    put_text(path, f"[\n{lines}\n]\n")


def load_reference(path: Path) -> list[Record]:
    """Read the records that `save_reference` wrote.

    Raises:
        RecordError: the file cannot be read.
    """
    try:
        return [Record(**plain) for plain in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise RecordError(
            f"reference records {path.name} cannot be read ({reason}); restore the file"
        ) from error


def kept(model: nn.Module) -> dict[str, Tensor]:
    """The weights of a trained net, as a trial returns them."""
    return {name: tensor.contiguous() for name, tensor in model.state_dict().items()}


def loaded(model: Net, weights: Mapping[str, Tensor], label: str) -> Net:
    """The net with the weights of a finished trial, in evaluation mode; errors name the arm by `label`.

    Raises:
        ValueError: the weights belong to another configuration.
    """
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise ValueError(f"these weights are not those of {label}: {reason}") from None
    return model.eval()
