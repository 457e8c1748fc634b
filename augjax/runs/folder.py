"""A run's folder, which belongs to one process at a time."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from augjax.errors import InputError
from augjax.files import is_file, is_folder, read_json, remove_parts
from augjax.runs.flags import CONFIG

DATA_REPORT = "data_report.json"
"""What a run that bad images ended leaves in its folder."""

RUN_RECORD = "run.json"
"""What a run writes of its surroundings, before the config.json with which it begins."""

FINGERPRINTS = "fingerprints.json"
"""What a run knows of the content of its images; written before its run.json."""

BEST_WEIGHTS = "best.safetensors"
"""The network's variables after the best epoch so far."""

SUMMARY = "summary.json"
"""What a run came to."""

EVALUATION = "evaluation.json"
"""The scores of a run's network, once they have been asked for."""

PREDICTIONS = "predictions.csv"
"""What the network said of each image, beside its scores."""

REPORT = "report.html"
"""The page of a run that has ended, or of what there was of it when it was asked for."""

READS = "reads.jsonl"
"""What each of several processes has read of the images' files in each epoch."""

OF_THE_END = (SUMMARY, "loss.png", "accuracy.png", REPORT)
"""What a run writes when it has ended; until it ends again if it goes on."""

_LOCK = ".lock"
_FILES = {
    CONFIG, RUN_RECORD, FINGERPRINTS, DATA_REPORT, BEST_WEIGHTS, _LOCK, "history.csv",
    "history.jsonl", "augmentations.png", READS, *OF_THE_END,
}  # fmt: skip
_ENTRIES = {
    RUN_RECORD: {"command", "devices", "versions"},
    FINGERPRINTS: {"fingerprint", "images"},
    DATA_REPORT: {"root", "on_bad_image", "counts"},
}
"""By which what a run has written is told from other files of these names."""
_BUCKET = re.compile(r"^/(gs|s3|az|hf)/|gs:/")
_FOLDERS = {"checkpoints", "checkpoints/last", "checkpoints/best", "tensorboard"}


@contextmanager
def locked_run_folder(path: Path, *, existing: bool) -> Iterator[None]:
    """Makes the folder of a new run, or opens that of an `existing` one, and locks it.

    The lock dies with its process, however that ends. A folder that was made, and that nothing was
    written to, is removed again.

    Raises:
      InputError: if a new run's folder holds files, there is no existing one, another process has
        locked it, no checkpoint or no folder can have its path, or what a run writes there is a
        link or of another kind.
    """
    import filelock  # Late: it takes as long to import as all that a command line needs.

    option = f"{'' if existing else '--run-dir '}{path}"
    try:
        _check_path(path, option)
        made = not path.is_dir()
        if existing and made:
            raise InputError(f"{path}: no such run folder")
        if not existing:
            _check_free(path)
        path.mkdir(parents=True, exist_ok=True)
        _check_kinds(path)
    except OSError as error:
        raise InputError(f"{option}: cannot use it ({error.strerror})") from error
    lock = filelock.FileLock(path / _LOCK)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise InputError(
            f"{path} is in use by another run; wait for it, or choose another"
        ) from error
    except OSError as error:
        raise InputError(f"{path}: cannot write there ({error.strerror})") from error
    try:
        if not existing:
            _check_free(path)  # Another run may have had it a moment ago.
        remove_parts(path, _FILES)
        yield
    finally:
        with suppress(OSError):  # The folder may have vanished.
            (path / _LOCK).unlink()  # While it is still held: nobody locks a file that is gone.
        lock.release()
        if made:
            with suppress(OSError):
                path.rmdir()  # If it is empty.


def _check_path(path: Path, option: str) -> None:
    """Refuses where Orbax would write elsewhere or not at all, as is said after an epoch only."""
    absolute = path.absolute()
    text, problem = f"{absolute}/", ""
    if not _is_utf8(text):
        problem = "is not UTF-8, or not in this locale"
    elif os.sep == "/" and "\\" in text:
        problem = "has a backslash"
    elif _BUCKET.search(text):
        problem = "Orbax takes for a bucket's"
    if problem:
        raise InputError(
            f"{option}: checkpoints cannot be written to {absolute}, which {problem}; "
            "choose another folder"
        )


def _is_utf8(path: str) -> bool:
    """Whether the UTF-8 that Orbax makes of a path is the path that Python uses."""
    try:
        return path.encode() == os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _check_free(path: Path) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"--run-dir {path} is not a folder")
    if (path / CONFIG).exists():
        raise InputError(
            f"--run-dir {path} already holds a run; resume that, or choose a new or empty folder"
        )
    if any(not _is_disposable(entry) for entry in path.iterdir()):
        raise InputError(f"--run-dir {path} already holds files; choose a new or empty folder")


def _check_kinds(path: Path) -> None:
    """What is written or removed is in the run's folder, and nowhere that a link leads to."""
    wrong = [name for name in _FILES if os.path.lexists(path / name) and not is_file(path / name)]
    wrong += [f for f in _FOLDERS if os.path.lexists(path / f) and not is_folder(path / f)]
    if wrong:
        raise InputError(
            f"{path}: a run writes files and folders there, but {', '.join(sorted(wrong))} is a "
            "link or of another kind; remove it, or start a new run"
        )
    lock = path / _LOCK
    if is_file(lock) and lock.stat().st_size:
        raise InputError(
            f"{lock} is not a run's, which would be empty; move it, or choose another folder"
        )


def _is_disposable(entry: Path) -> bool:
    """Whether a run left it that never came to write its config.json."""
    if entry.name in _ENTRIES:
        try:
            return is_file(entry) and _ENTRIES[entry.name] <= read_json(entry).keys()
        except (OSError, ValueError, AttributeError):
            return False
    return entry.name.startswith(".")
