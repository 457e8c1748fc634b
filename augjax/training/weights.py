"""A network's variables as one safetensors file: arrays and text, nothing that can run."""

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict

from augjax.files import write_atomically

_KEY = "augjax"


def save_weights(path: Path, variables: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Writes host arrays under names such as 'params/Conv_0/kernel', atomically.

    The metadata becomes one JSON text, because safetensors writes several in any order, and equal
    weights should be equal files.
    """
    arrays: dict[str, Any] = dict(flatten_dict(variables, sep="/"))
    write_atomically(path, safetensors.numpy.save(arrays, {_KEY: json.dumps(metadata)}))


def load_weights(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The variables and the metadata of a file that `save_weights` wrote."""
    with safetensors.safe_open(path, "numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return unflatten_dict(arrays, sep="/"), json.loads(file.metadata()[_KEY])
