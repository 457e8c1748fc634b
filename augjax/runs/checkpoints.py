"""Checkpoints: a run kept on disk, so that it can go on as if nothing had happened.

    checkpoints/last/<epoch>-<step>/   a run between two steps
    checkpoints/best/<epoch>/          the network's variables after the best epoch so far

Orbax writes the arrays, and would restore a flipped bit without a word. So each folder also holds
`manifest.json` with the SHA-256 of every other file, and is used only if all of them agree.
"""

import contextlib
import dataclasses
import math
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from augjax.errors import InputError, RunError
from augjax.files import is_file, is_folder, read_json, remove_folder, sync_folder, write_json
from augjax.runs.arrays import named, read_arrays, write_arrays
from augjax.runs.folder import BEST_WEIGHTS, SUMMARY
from augjax.runs.history import epochs_done
from augjax.runs.manifest import Damaged, seal, seal_of, verify
from augjax.runs.weights import epoch_of, is_intact
from augjax.training.early_stopping import EarlyStopping
from augjax.training.history import EpochRow, columns
from augjax.training.snapshot import Snapshot

_KEPT = 2  # The latest and, should it come to harm, the one before it.
_NAMES = {"last": r"\d{6,}-\d{9,}", "best": r"\d{6,}"}
_SCRATCH = ".part-"


class Checkpoints:
    """The checkpoints of one run.

    Args:
      folder: where they are kept; made when needed.
      minutes: after so many since the last one, another is due.
      tell: is given a line about each damaged checkpoint, and the first that cannot be removed.
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
        self._could_remove = True

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
                self._remove(folder)
            self._damaged.clear()
            self._remove_old()
        except Exception as error:  # Orbax raises whatever the storage beneath it does.
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise RunError(
                f"cannot write the checkpoint {self._folder / 'last' / name} ({reason:.160}); "
                "what was kept before is as it was: see to the cause, then resume the run"
            ) from error
        self._saved_at = time.monotonic()

    def latest(self, beginning: Snapshot) -> Snapshot | None:
        """The latest intact checkpoint; None if the run has none yet.

        Args:
          beginning: of the same run, for the shapes and types that the arrays must have.

        Raises:
          InputError: if none is intact of those there are or were, or they are of another network.
        """
        found = self._found("last")
        for folder in reversed(found):
            try:
                return self._load(folder, beginning)
            except Damaged as damage:
                self._damaged.add(folder)
                self._tell(f"Warning: the checkpoint {folder} is damaged ({damage}); not used.")
        if found or _has_had_one(self._folder.parent):
            which = "intact" if found else "left"
            raise InputError(
                f"{self._folder}: no checkpoint is {which}; start a new run{self._consolation()}"
            )
        return None

    def _consolation(self) -> str:
        weights = self._folder.parent / BEST_WEIGHTS
        return f" ({weights} is whole: the best epoch's weights)" if is_intact(weights) else ""

    def _found(self, kind: str) -> list[Path]:
        folder = self._folder / kind
        if not is_folder(folder):  # A link may have taken its place while the run trains.
            return []
        found = [f for f in folder.iterdir() if re.fullmatch(_NAMES[kind], f.name)]
        return sorted(filter(is_folder, found))

    def _write(self, place: str, arrays: Any, progress: dict[str, Any]) -> str:
        target = self._folder / place
        self._make_folders(target.parent)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=target.parent))
        try:
            fresh = scratch / "fresh"
            fresh.mkdir()
            write_arrays(fresh / "arrays", arrays)
            write_json(fresh / "progress.json", progress)
            digest = seal(fresh)
            if target.exists():  # Damaged, or a resumed run would not have come by here again.
                target.rename(scratch / "replaced")
            fresh.rename(target)
            sync_folder(target.parent)
            return digest
        finally:
            _remove_scratch(scratch)

    def _make_folders(self, folder: Path) -> None:
        """Makes the folders of checkpoints, but not a run folder that has vanished."""
        for one in (self._folder, folder):
            one.mkdir(exist_ok=True)
            if not is_folder(one):
                raise OSError(f"{one} is a link")

    def _remove_old(self) -> None:
        for folder in filter(is_folder, (self._folder / kind for kind in _NAMES)):
            for scratch in folder.glob(f"{_SCRATCH}????????"):  # Of one killed.
                _remove_scratch(scratch)
        # Not those removed but for a file of the user's, or they would push out intact ones.
        last = [folder for folder in self._found("last") if is_file(folder / "manifest.json")]
        for folder in last[:-_KEPT]:
            self._remove(folder)
        needed = set()
        for folder in last[-_KEPT:]:
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError, KeyError):
                progress = read_json(folder / "progress.json")
                needed.add(progress["best"].get("epoch"))
        for folder in self._found("best"):
            if folder.name not in {f"{epoch:06d}" for epoch in needed if epoch}:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        problem = _remove(folder)
        if problem and self._could_remove:
            self._could_remove = False
            self._tell(f"Note: cannot remove the old checkpoint {folder} ({problem}); it stays.")

    def _load(self, folder: Path, beginning: Snapshot) -> Snapshot:
        verify(folder)
        names = columns(beginning.metrics.num_classes)
        progress = _read_progress(folder / "progress.json", names)
        arrays = {"state": beginning.state, "metrics": beginning.metrics}
        arrays = read_arrays(folder / "arrays", arrays)
        best, self._best = None, progress.pop("best")
        if self._best:
            of_best = self._folder / "best" / f"{self._best['epoch']:06d}"
            try:
                verify(of_best)
            except Damaged as damage:
                raise Damaged(f"its best weights, {of_best}: {damage}") from damage
            if seal_of(of_best) != self._best["manifest"]:
                raise Damaged(f"its best weights, {of_best}, are those of another run")
            best = read_arrays(of_best / "arrays", beginning.state.variables)
        snapshot = Snapshot(**arrays, **progress, best=best)
        if folder.name != _name(snapshot):
            raise Damaged(f"it is that of {_name(snapshot)}")
        best_epoch = snapshot.early_stopping.best_epoch
        if self._best.get("epoch") != best_epoch or not _fits(snapshot):
            raise Damaged("its numbers do not fit together")
        return snapshot


def _fits(snapshot: Snapshot) -> bool:
    """Whether the numbers of a snapshot, each of which is possible, are possible together."""
    epochs = [row["epoch"] for row in snapshot.history]
    seconds = [snapshot.seconds, *(row["seconds"] for row in snapshot.history)]
    return (
        epochs == [*range(1, len(epochs) + 1)]
        and snapshot.epoch == len(epochs) + 1
        and snapshot.early_stopping.best_epoch in (None, *epochs)
        and snapshot.early_stopping.wait >= 0
        and snapshot.step == int(snapshot.metrics.steps)
        and (snapshot.step > 0) == (int(snapshot.metrics.count) > 0)
        and all(0 <= number < math.inf for number in seconds)
    )


def _has_had_one(run_dir: Path) -> bool:
    """Whether a run has come further than to the row and the weights of its first epoch.

    They are written just before that epoch's checkpoint: a run may have been killed in between.
    """
    weights = run_dir / BEST_WEIGHTS
    return (
        (run_dir / SUMMARY).exists()
        or epochs_done(run_dir) > 1
        or (weights.exists() and epoch_of(weights) != 1)
    )


def _remove(folder: Path) -> str:
    """Removes a checkpoint, but no file that is not of it; returns why it cannot, or ''."""
    if not is_folder(folder):
        return ""
    problem = remove_folder(folder / "arrays")
    try:
        for name in ("progress.json", "manifest.json"):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        problem = problem or str(error.strerror)
    with contextlib.suppress(OSError):  # It is not empty if anything stays.
        folder.rmdir()
    return problem


def _remove_scratch(scratch: Path) -> None:
    if not is_folder(scratch):
        return
    remove_folder(scratch / "fresh")
    _remove(scratch / "replaced")
    with contextlib.suppress(OSError):
        scratch.rmdir()


def _name(snapshot: Snapshot) -> str:
    return f"{snapshot.epoch:06d}-{snapshot.step:09d}"


def _check_finite(snapshot: Snapshot) -> None:
    for name, array in named(snapshot.state).items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            raise RunError(
                f"{name} is not finite in epoch {snapshot.epoch} after step {snapshot.step}; "
                "what was kept before is as it was; try a smaller --learning-rate"
            )


def _read_progress(path: Path, names: Sequence[str]) -> dict[str, Any]:
    """The numbers beside the arrays, each of the type it should have; `names` are those of rows."""

    def number(value: Any, *kinds: type) -> Any:
        if type(value) not in kinds:
            raise ValueError
        return value

    try:
        read = read_json(path)
        stopping, best = read["early_stopping"], read["best"]
        best_epoch = stopping["best_epoch"]
        rows = []
        for row in read["history"]:
            if row.keys() != set(names):
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
