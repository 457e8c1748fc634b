"""What a run's folder holds, read and checked; the lock is not taken and nothing is written."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, get_args

import flax.linen as nn
import jax
import jax.numpy as jnp

from augjax.data.tf import ResizeMethod
from augjax.errors import InputError
from augjax.files import read_bounded, read_json
from augjax.models import build_model
from augjax.printable import printable
from augjax.runs.flags import CONFIG
from augjax.runs.folder import BEST_WEIGHTS, DATA_REPORT, EVALUATION, RUN_RECORD, SUMMARY
from augjax.runs.history import HISTORY
from augjax.runs.weights import load_weights


class Trained(NamedTuple):
    """A network with its weights, and what was kept with them.

    Attributes:
      class_names: in the order of the labels.
      image_size: side in pixels of the square that images are resized to.
      interpolation: how they are resized.
      epoch: after which the weights are these.
      model: the network.
      variables: its `params` and `batch_stats`.
    """

    class_names: tuple[str, ...]
    image_size: int
    interpolation: ResizeMethod
    epoch: int
    model: nn.Module
    variables: dict[str, Any]


def read_settings(folder: Path) -> dict[str, Any]:
    """A run's flags by name.

    Raises:
      InputError: if there is no such folder, no run in it, or its flags cannot be read.
    """
    if not os.path.isdir(folder):  # Nor if its name is too long, of which pathlib makes an error.
        problem = "not a folder" if os.path.exists(folder) else "no such run folder"
        raise InputError(f"{_shown(folder)}: {problem}")
    settings = _read_object(folder / CONFIG)
    if settings is None:
        raise InputError(
            f"{_shown(folder)}: there is no run (no {CONFIG}); give the folder of a run"
        )
    return settings


def read_record(folder: Path) -> dict[str, Any]:
    """A run's surroundings; empty if it has not recorded any.

    Raises:
      InputError: if they cannot be read.
    """
    return _read_object(folder / RUN_RECORD) or {}


def read_summary(folder: Path) -> dict[str, Any] | None:
    """What a run came to; None if it has not ended.

    Raises:
      InputError: if it cannot be read.
    """
    return _read_object(folder / SUMMARY)


def read_data_report(folder: Path) -> dict[str, Any] | None:
    """What a run found out about its data's files; None if it has not kept that.

    Raises:
      InputError: if it cannot be read.
    """
    return _read_object(folder / DATA_REPORT)


def read_history(folder: Path) -> list[dict[str, Any]]:
    """A row for each epoch, of numbers by name.

    Raises:
      InputError: if it cannot be read.
    """
    path = folder / HISTORY
    try:
        rows = [json.loads(line) for line in read_bounded(path).splitlines()]
        if not all(is_number(n) for row in rows for n in (row["epoch"], *row.values())):
            raise ValueError
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_of_a_run(path) from error
    return rows


def evaluated_epoch(folder: Path) -> int | None:
    """The epoch whose weights the run's evaluation.json is of; None if that cannot be told."""
    try:
        epoch = read_json(folder / EVALUATION)["epoch"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return epoch if type(epoch) is int and 0 < epoch < 2**63 else None


def read_trained(folder: Path, dtype: Any = jnp.float32) -> Trained:
    """The network with the weights of the best epoch so far.

    The module of a network that is not augjax's own is imported.

    Args:
      folder: of the run.
      dtype: in which the network computes.

    Raises:
      InputError: if there are no weights yet, they are damaged, or they are of another network.
    """
    path = folder / BEST_WEIGHTS
    if not path.exists():
        raise InputError(
            f"{_shown(folder)}: the run has no weights yet (no {BEST_WEIGHTS}, which it writes "
            "after its first epoch); wait for that, or resume it"
        )
    about: dict[str, Any] = load_weights(path)[1]
    names: Any = about.get("class_names")
    size: Any = about.get("image_size")
    interpolation: Any = about.get("interpolation")
    epoch = about.get("epoch")
    name = about.get("model", "notebook")  # As of before there were others.
    for entry, valid in (
        ("class_names", _are_names(names)),
        ("image_size", type(size) is int and size > 0),
        ("interpolation", interpolation in get_args(ResizeMethod)),
        ("epoch", type(epoch) is int and epoch > 0),
        ("model", isinstance(name, str)),
    ):
        if not valid:
            raise InputError(
                f"{_shown(path)}: its metadata has no usable {entry} "
                f"({about.get(entry)!a:.60}); it is not what a run has written"
            )
    try:
        model = build_model(name, num_classes=len(names), dtype=dtype)
        image = jax.ShapeDtypeStruct((1, size, size, 3), jnp.float32)
        like = jax.eval_shape(partial(model.init, train=False), jax.random.key(0), image)
    except InputError as error:
        raise InputError(f"{_shown(path)}: {error}") from error
    except (TypeError, ValueError) as error:  # The network's.
        reason = str(error).partition("\n")[0]
        raise InputError(f"{_shown(path)}: {printable(name)} cannot be used: {reason}") from error
    variables, about = load_weights(path, like)
    return Trained(tuple(names), size, interpolation, about["epoch"], model, variables)


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number that a run may have written."""
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


def _are_names(names: Any) -> bool:
    return (
        isinstance(names, list)
        and len(names) > 1
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
    )


def _read_object(path: Path) -> dict[str, Any] | None:
    try:
        found = read_json(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _not_of_a_run(path) from error
    if not isinstance(found, dict):
        raise _not_of_a_run(path)
    return found


def _not_of_a_run(path: Path) -> InputError:
    return InputError(f"{_shown(path)} is not what a run has written")


def _shown(path: Path) -> str:
    return printable(str(path))
