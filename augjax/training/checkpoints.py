"""Checkpoints: a run kept on disk, so that it can go on as if nothing had happened.

    checkpoints/last/<epoch>-<step>/   a run between two steps
    checkpoints/best/<epoch>/          the network's variables after the best epoch so far

Orbax writes the arrays, and would restore a flipped bit without a word. So each folder also holds
`manifest.json` with the SHA-256 of every other file, and is used only if all of them agree.
"""

import contextlib
import dataclasses
import hashlib
import json
import logging
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from augjax.errors import InputError, RunError
from augjax.files import json_text, sync_folder, write_json
from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow
from augjax.training.snapshot import Snapshot

_KEPT = 2  # The latest and, should it come to harm, the one before it.


class Damaged(Exception):
    """A checkpoint is not what was written."""


class Checkpoints:
    """The checkpoints of one run.

    Args:
      folder: where they are kept; made when needed.
      minutes: after so many since the last one, another is due.
      tell: is given a line about each damaged checkpoint.
    """

    def __init__(
        self,
        folder: Path,
        *,
        minutes: float = math.inf,
        tell: Callable[[str], object] = lambda line: None,
    ) -> None:
        self._folder = folder.absolute()  # Orbax takes no other.
        self._minutes = minutes
        self._tell = tell
        self._saved_at = time.monotonic()
        self._best: dict[str, Any] = {}
        self._damaged: set[Path] = set()

    @property
    def due(self) -> bool:
        """Whether it is time for one inside an epoch."""
        return time.monotonic() - self._saved_at >= 60 * self._minutes

    def save(self, snapshot: Snapshot) -> None:
        """Keeps `snapshot`, and removes what the two latest checkpoints do not need.

        A checkpoint appears in one step when it is whole, and those before it stay as they were
        if it cannot be written.

        Raises:
          RunError: if the weights are not finite, or it cannot be written.
        """
        name = _name(snapshot)
        _check_finite(snapshot)
        try:
            best_epoch = snapshot.early_stopping.best_epoch
            if snapshot.best is not None and self._best.get("epoch") != best_epoch:
                manifest = self._write(f"best/{best_epoch:06d}", snapshot.best, {})
                self._best = {"epoch": best_epoch, "manifest": manifest}
            progress = {
                "epoch": snapshot.epoch,
                "step": snapshot.step,
                "seconds": snapshot.seconds,
                "history": snapshot.history,
                "early_stopping": dataclasses.asdict(snapshot.early_stopping),
                "best": self._best,
            }
            arrays = {"state": snapshot.state, "metrics": snapshot.metrics}
            self._write(f"last/{name}", arrays, progress)
            # Else they would count among the latest, and push out intact ones.
            for folder in self._damaged - {self._folder / "last" / name}:
                shutil.rmtree(folder, ignore_errors=True)
            self._damaged.clear()
            self._remove_old()
        except Exception as error:  # Orbax raises whatever the storage beneath it does.
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise RunError(
                f"cannot write the checkpoint {self._folder / 'last' / name} ({reason:.160}); "
                "what was kept before is as it was: see to the cause, then --resume the run"
            ) from error
        self._saved_at = time.monotonic()

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """The latest intact checkpoint; None if the run has none yet.

        Args:
          beginning: of the same run, for the shapes and types that the arrays must have.

        Raises:
          InputError: if there are checkpoints, but none is intact, or they are of another network.
        """
        found = self._found("last")
        for folder in reversed(found):
            try:
                return self._load(folder, beginning)
            except Damaged as damage:
                self._damaged.add(folder)
                self._tell(f"Warning: the checkpoint {folder} is damaged ({damage}); not used.")
        if found:
            raise InputError(f"{self._folder}: no checkpoint is intact; start a new run")
        return None

    def _found(self, kind: str) -> list[Path]:
        try:
            names = os.listdir(self._folder / kind)
        except FileNotFoundError:
            return []
        return [self._folder / kind / name for name in sorted(names) if not name.startswith(".")]

    def _write(self, place: str, arrays: Any, progress: dict[str, Any]) -> str:
        target = self._folder / place
        for folder in (self._folder, target.parent):  # Not a run folder that has vanished.
            folder.mkdir(exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
        try:
            _check_room(scratch, arrays)
            fresh = scratch / "fresh"
            fresh.mkdir()
            with _quiet_orbax() as (orbax, args):
                orbax.save(fresh / "arrays", args=args.StandardSave(_named(arrays)))
            write_json(fresh / "progress.json", progress)
            write_json(fresh / "manifest.json", _manifest(fresh, sync=True))
            digest = _sha256(fresh / "manifest.json")
            if target.exists():  # Damaged, or a resumed run would not have come by here again.
                target.rename(scratch / "replaced")
            fresh.rename(target)
            sync_folder(target.parent)
            return digest
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _remove_old(self) -> None:
        for kind in ("last", "best"):
            for scratch in (self._folder / kind).glob(".*"):  # Left by a process that was killed.
                shutil.rmtree(scratch, ignore_errors=True)
        last = self._found("last")
        for folder in last[:-_KEPT]:
            shutil.rmtree(folder)
        needed = set()
        for folder in last[-_KEPT:]:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                progress = json.loads((folder / "progress.json").read_text())
                needed.add(progress["best"].get("epoch"))
        for folder in self._found("best"):
            if folder.name not in {f"{epoch:06d}" for epoch in needed if epoch}:
                shutil.rmtree(folder)

    def _load(self, folder: Path, beginning: Snapshot) -> Snapshot:
        verify(folder)
        progress = _read_progress(folder / "progress.json")
        arrays = {"state": beginning.state, "metrics": beginning.metrics}
        arrays = _restore(folder / "arrays", arrays)
        best, self._best = None, progress.pop("best")
        if self._best:
            of_best = self._folder / "best" / f"{self._best['epoch']:06d}"
            try:
                verify(of_best)
            except Damaged as damage:
                raise Damaged(f"its best weights, {of_best}: {damage}") from damage
            if _sha256(of_best / "manifest.json") != self._best["manifest"]:
                raise Damaged(f"its best weights, {of_best}, are those of another run")
            best = _restore(of_best / "arrays", beginning.state.variables)
        snapshot = Snapshot(**arrays, **progress, best=best)
        if folder.name != _name(snapshot):
            raise Damaged(f"it is that of {_name(snapshot)}")
        return snapshot


def _name(snapshot: Snapshot) -> str:
    return f"{snapshot.epoch:06d}-{snapshot.step:09d}"


def _check_finite(snapshot: Snapshot) -> None:
    for name, array in _named(snapshot.state).items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise RunError(
                f"{name} is not finite in epoch {snapshot.epoch} after step {snapshot.step}; "
                "what was kept before is as it was; try a smaller --learning-rate"
            )


def _check_room(folder: Path, arrays: Any) -> None:
    """Raises OSError if the disk is too full: better before than in the middle of many writes."""
    needed = sum(array.nbytes for array in _named(arrays).values()) * 1.1 + 2**18
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
        yield ocp.Checkpointer(ocp.StandardCheckpointHandler()), ocp.args
        sys.unraisablehook = hook
    finally:
        logger.setLevel(level)


def _named(tree: Any) -> dict[str, np.ndarray]:
    """The leaves of a pytree of host arrays by their path, such as 'params.Conv_0.kernel'."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {jax.tree_util.keystr(p, simple=True, separator="."): np.asarray(x) for p, x in leaves}


def _restore(folder: Path, like: Any) -> Any:
    """The arrays in `folder` as a pytree like `like`, whose shapes and types they must have."""
    expected = {n: jax.ShapeDtypeStruct(x.shape, x.dtype) for n, x in _named(like).items()}
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


def _described(array: Any) -> str:
    return "nothing" if array is None else f"{np.dtype(array.dtype)} {tuple(array.shape)}"


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(folder: Path, *, sync: bool = False) -> dict[str, str]:
    """The SHA-256 of every file below `folder` but the manifest, by POSIX path."""
    digests = {}
    for where, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = Path(where, name)
            if path.is_symlink() or not path.is_file():
                raise Damaged(f"{path.name!a} is not a regular file")
            relative = path.relative_to(folder).as_posix()
            if relative != "manifest.json":
                digests[relative] = _sha256(path)
                if sync:
                    with open(path, "rb") as file:
                        os.fsync(file.fileno())
        if sync:
            sync_folder(Path(where))
    return digests


def verify(folder: Path) -> None:
    """Raises `Damaged` unless every file in `folder` is as its manifest says, and none is more."""
    try:
        written = (folder / "manifest.json").read_bytes()
        expected = json.loads(written)
        found = _manifest(folder)
    except FileNotFoundError as error:
        raise Damaged(f"{Path(error.filename).name!a} is missing") from error
    except (OSError, ValueError) as error:
        raise Damaged(f"manifest.json cannot be read: {type(error).__name__}") from error
    if not isinstance(expected, dict):
        raise Damaged("manifest.json is not one")
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            raise Damaged(f"{name!a} is missing")
        if expected.get(name) != found[name]:
            raise Damaged(f"{name!a} has changed")
    if written != json_text(found).encode():
        raise Damaged("manifest.json has changed")


def _read_progress(path: Path) -> dict[str, Any]:
    """The numbers beside the arrays, each of the type it should have."""

    def number(value: Any, *kinds: type) -> Any:
        if type(value) not in kinds:
            raise ValueError
        return value

    try:
        read = json.loads(path.read_bytes())
        stopping, best = read["early_stopping"], read["best"]
        best_epoch = stopping["best_epoch"]
        rows = []
        for row in read["history"]:
            if row.keys() != EpochRow.__annotations__.keys():
                raise ValueError
            rows.append({n: number(v, int if n == "epoch" else float) for n, v in row.items()})
        return {
            "epoch": number(read["epoch"], int),
            "step": number(read["step"], int),
            "seconds": number(read["seconds"], float),
            "history": tuple(EpochRow(**row) for row in rows),
            "early_stopping": EarlyStopping(
                patience=number(stopping["patience"], int),
                min_delta=float(number(stopping["min_delta"], int, float)),
                best=number(stopping["best"], float),
                best_epoch=None if best_epoch is None else number(best_epoch, int),
                wait=number(stopping["wait"], int),
            ),
            "best": best
            and {
                "epoch": number(best["epoch"], int),
                "manifest": number(best["manifest"], str),
            },
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{path.name} is not one") from error
