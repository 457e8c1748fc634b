"""Arrays in a folder, as Orbax writes and reads them: quietly, and never more than is expected."""

import contextlib
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from augjax.errors import InputError
from augjax.runs.manifest import Damaged


def write_arrays(folder: Path, tree: Any) -> None:
    """Writes a pytree of host arrays to a new `folder`, whose path is absolute.

    Raises:
      Exception: whatever the storage beneath Orbax does; OSError if there is no room.
    """
    arrays = named(tree)
    _check_room(folder.parent, arrays)
    with _quiet_orbax() as (orbax, args):
        orbax.save(folder, args=args.StandardSave(arrays))


def read_arrays(folder: Path, like: Any) -> Any:
    """The arrays in `folder` as a pytree like `like`, whose shapes and types they must have.

    Raises:
      InputError: if they have others.
      Damaged: if they cannot be read.
    """
    expected = {n: jax.ShapeDtypeStruct(x.shape, x.dtype) for n, x in named(like).items()}
    try:
        with _quiet_orbax() as (orbax, _):
            found = dict(orbax.metadata(folder).item_metadata.tree)
        # Before anything is read: what a file declares decides how much memory reading it takes.
        for name in sorted(expected.keys() | found.keys()):
            here, there = expected.get(name), found.get(name)
            if (
                here is None or there is None
                or (tuple(there.shape), np.dtype(there.dtype)) != (here.shape, here.dtype)
            ):  # fmt: skip
                raise InputError(
                    f"{folder}: {name!a} does not fit this network: "
                    f"{_described(there)}, expected {_described(here)}"
                )
        with _quiet_orbax() as (orbax, args):
            restored = orbax.restore(folder, args=args.StandardRestore(expected))
    except InputError:
        raise
    except Exception as error:  # Orbax raises whatever the storage beneath it does.
        raise Damaged(f"it cannot be read: {type(error).__name__}") from error
    return jax.tree.unflatten(jax.tree.structure(like), [restored[n] for n in expected])


def named(tree: Any) -> dict[str, np.ndarray]:
    """The leaves of a pytree of host arrays by their path, such as 'params.Conv_0.kernel'."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(p, simple=True, separator="."): np.asarray(x) for p, x in leaves}


def _check_room(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    """Raises OSError if the disk is too full: better before than in the middle of many writes."""
    needed = sum(array.nbytes for array in arrays.values()) * 1.1 + 2**18
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"it takes {needed / 1e6:.1f} MB, and {free / 1e6:.1f} MB of the disk are free"
        )


@contextlib.contextmanager
def _quiet_orbax() -> Iterator[tuple[Any, Any]]:
    """A checkpointer and its arguments; Orbax logs the traceback of an error that it raises too."""
    import orbax.checkpoint as ocp

    logger, hook = logging.getLogger("absl"), sys.unraisablehook
    level = logger.level

    def all_but_late_writes(event: Any) -> None:
        if str(event.exc_value) != "Event loop is closed":
            hook(event)

    logger.setLevel(logging.CRITICAL)
    # Once a write has failed, the others report to a loop that is gone, at any time: so it stays.
    sys.unraisablehook = all_but_late_writes
    try:
        # One process of several that train together keeps the arrays, which it has whole.
        alone = ocp.options.MultiprocessingOptions(
            primary_host=jax.process_index(),
            active_processes={jax.process_index()},
            barrier_sync_key_prefix="augjax",
        )
        handler = ocp.StandardCheckpointHandler(multiprocessing_options=alone)
        yield ocp.Checkpointer(handler, multiprocessing_options=alone), ocp.args
        sys.unraisablehook = hook
    finally:
        logger.setLevel(level)


def _described(array: Any) -> str:
    return "nothing" if array is None else f"{np.dtype(array.dtype)} {tuple(array.shape)}"
