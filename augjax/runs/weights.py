"""A network's variables as one safetensors file: arrays and text, nothing that can run."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from flax.traverse_util import flatten_dict, unflatten_dict

from augjax.errors import InputError
from augjax.files import open_regular, write_atomically

_KEY = "augjax"


def save_weights(path: Path, variables: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Writes host arrays under names such as 'params/Conv_0/kernel', atomically.

    The metadata becomes one JSON text, because safetensors writes several in any order, and equal
    weights should be equal files. A SHA-256 of everything is part of it, because safetensors has
    no checksum.
    """
    arrays = _flat(variables)
    sealed = {**metadata, "sha256": _digest(arrays, metadata)}
    write_atomically(path, safetensors.numpy.save(arrays, {_KEY: json.dumps(sealed)}))


def load_weights(path: Path, like: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The variables and the metadata of a file that `save_weights` wrote.

    Args:
      path: the file.
      like: variables (or `jax.eval_shape` of them) whose names, shapes and types the file must
        have; names and shapes are checked before any array is read.

    Raises:
      InputError: if the file is missing, damaged, or of another network.
    """
    try:
        open_regular(path).close()
        with safetensors.safe_open(path, "numpy") as file:
            if like is not None:
                _check_fit(path, file, like)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if like is not None:
                _check_types(path, arrays, like)
            metadata = json.loads((file.metadata() or {})[_KEY])
            digest = metadata.pop("sha256")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (
        safetensors.SafetensorError, OSError, ValueError, KeyError, AttributeError, TypeError,
        RecursionError,
    ) as error:  # fmt: skip
        raise InputError(f"{path}: damaged, or not written by augjax") from error
    if digest != _digest(arrays, metadata):
        raise InputError(f"{path}: damaged; its contents are not what was written")
    try:
        return unflatten_dict(arrays, sep="/"), metadata
    except (TypeError, AttributeError, IndexError) as error:  # An array and a group of one name.
        raise InputError(f"{path}: not written by augjax") from error


def epoch_of(path: Path) -> object:
    """The epoch whose weights a run has written to the file; None if it did not."""
    try:
        return load_weights(path)[1].get("epoch")
    except InputError:
        return None


def is_intact(path: Path) -> bool:
    """Whether the file is there, and holds what `save_weights` wrote."""
    try:
        load_weights(path)
    except InputError:
        return False
    return True


def _check_fit(path: Path, file: Any, like: Any) -> None:
    found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    _compare(path, found, {name: tuple(x.shape) for name, x in _flat(like).items()})


def _check_types(path: Path, arrays: dict[str, np.ndarray], like: Any) -> None:
    found = {name: x.dtype.name for name, x in arrays.items()}
    _compare(path, found, {name: np.dtype(x.dtype).name for name, x in _flat(like).items()})


def _flat(variables: Any) -> dict[str, Any]:
    return dict(flatten_dict(variables, sep="/"))


def _compare(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise InputError(
                f"{path}: {name!a} does not fit this network: "
                f"{found.get(name)}, expected {expected.get(name)}"
            )


def _digest(arrays: dict[str, np.ndarray], metadata: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\0{name}\0{array.dtype}\0{array.shape}\0".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
