"""A network's variables as one safetensors file: arrays and text, nothing that can run."""

from pathlib import Path
from typing import Any

import safetensors
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict

from augjax.files import write_atomically


def save_weights(path: Path, variables: dict[str, Any], metadata: dict[str, str]) -> None:
    """Writes host arrays under names such as 'params/Conv_0/kernel', atomically."""
    arrays: dict[str, Any] = dict(flatten_dict(variables, sep="/"))
    write_atomically(path, safetensors.numpy.save(arrays, metadata))


def load_weights(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The variables and the metadata of a file that `save_weights` wrote."""
    with safetensors.safe_open(path, "numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return unflatten_dict(arrays, sep="/"), dict(file.metadata() or {})
