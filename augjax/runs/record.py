"""What a run is, on disk: its flags in config.json, its surroundings in run.json."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from augjax.data import Dataset
from augjax.data.fingerprint import FINGERPRINT
from augjax.data.tf import DECODER
from augjax.errors import InputError
from augjax.files import read_json, write_json
from augjax.printable import some
from augjax.runs.environment import environment
from augjax.runs.fingerprints import Fingerprints
from augjax.runs.flags import write_flags
from augjax.runs.folder import RUN_RECORD

_DECISIVE = (
    "python", "processor", "cpus", "processes", "devices", "versions", "settings", "jax", "decoder",
    "fingerprint", "git_commit",
)  # fmt: skip
"""Entries of the environment that the bits of a run may depend on."""

_UNRECORDED = {
    "processes": 1,
    "decoder": "TensorFlow, JPEGs by the fast inverse DCT",
    "fingerprint": "names and sizes of files",
    "jax": {
        "jax_enable_x64": False,
        "jax_threefry_partitionable": True,
        "jax_default_prng_impl": "threefry2x32",
        "jax_default_matmul_precision": None,
    },
}
"""What was so in runs whose record does not say."""


def record_run(
    run_dir: Path,
    dataset: Dataset,
    *,
    command: str,
    settings: dict[str, Any],
    data: dict[str, Any],
    resumed: bool,
) -> list[str]:
    """Writes what a run is that starts, or notes that it goes on.

    Args:
      run_dir: the run's folder.
      dataset: what it is trained on; of a resumed run, images that it has decoded before are from
        now on decoded from the same bytes only.
      command: the command line.
      settings: the run's flags by name; those that are None are left to their defaults.
      data: where it comes from, and what is made of it; a resumed run must have the same.
      resumed: whether the run was recorded before.

    Returns:
      What has changed around a run since it last trained, `name old -> new`: its data are the same,
      and still it may end in other bits.

    Raises:
      InputError: if the data of a resumed run have changed, or its record cannot be read.
    """
    where, images = f"{run_dir}", Fingerprints(run_dir, dataset)
    start = {"command": command, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    with suppress(OSError):  # It may be gone.
        start["started_in"] = os.getcwd()
    here = {**environment(), "decoder": DECODER, "fingerprint": FINGERPRINT}
    differs = []
    if not resumed:
        record = {**start, **_description(dataset), **data, **here, "resumed": []}
    else:
        record = _read_record(run_dir, where)
        if changed := _changed(record, images, dataset, where) or _changes(record, data):
            raise InputError(
                f"{where}: the data have changed: {some(changed)}; "
                "bring them back, or start a new run"
            )
        if _last(record)["fingerprint"] == FINGERPRINT:
            images.adopt(where)
        checkpoint = _latest_checkpoint(run_dir)
        trained = _trained_last(record, checkpoint)
        differs = _changes(trained, {name: here[name] for name in _DECISIVE})
        resumption = {**start, "checkpoint": checkpoint, **here}
        record["resumed"] = [*record.get("resumed", []), resumption]
    images.save()
    write_json(run_dir / RUN_RECORD, record)
    write_flags(run_dir, settings)  # Last: a folder that has them holds a run.
    return differs


def changed_images(run_dir: Path, dataset: Dataset, where: str) -> list[str]:
    """What of the images is not as it was, as in 'train/Car/1.png has other content'.

    Args:
      run_dir: the run's folder.
      dataset: what is now where it was trained on.
      where: what an error begins with.

    Raises:
      InputError: if the run's record cannot be read.
    """
    return _changed(_read_record(run_dir, where), Fingerprints(run_dir, dataset), dataset, where)


def _changed(
    record: dict[str, Any], images: Fingerprints, dataset: Dataset, where: str
) -> list[str]:
    known = _last(record)["fingerprint"] == FINGERPRINT
    return (images.changes(where) if known else []) or _changes(record, _description(dataset))


def _description(dataset: Dataset) -> dict[str, Any]:
    """What tells a data set from another even without a fingerprint of its images' content."""
    return {
        "class_names": list(dataset.class_names),
        "train_images": len(dataset.train),
        "valid_images": len(dataset.valid),
        "dataset_fingerprint": dataset.fingerprint,
    }


def _last(record: dict[str, Any]) -> dict[str, Any]:
    """What surrounded a run when it was last at work."""
    resumptions = record.get("resumed", [])
    return _UNRECORDED | (resumptions[-1] if resumptions else record)


def _trained_last(record: dict[str, Any], checkpoint: str) -> dict[str, Any]:
    """What surrounded a run when it came to `checkpoint`; a resumption from there kept nothing."""
    resumed = [one for one in record.get("resumed", []) if one.get("checkpoint") != checkpoint]
    return _UNRECORDED | (resumed or [record])[-1]


def _latest_checkpoint(run_dir: Path) -> str:
    """Its name, which rises with epoch and step; '' before the first."""
    found = (run_dir / "checkpoints" / "last").glob("[0-9]*-[0-9]*")
    return max((folder.name for folder in found), default="")


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    changes = []
    for name, value in now.items():
        was = before.get(name)
        if isinstance(value, dict) and isinstance(was, dict):
            changes += _changes(was, {key: value.get(key) for key in sorted({*was, *value})})
        elif was != value:
            shown = name.upper() if name.startswith("jax_") else name  # As its variable.
            changes.append(f"{shown} {was!a} -> {value!a}")
    return changes


def _read_record(run_dir: Path, where: str) -> dict[str, Any]:
    try:
        record = read_json(run_dir / RUN_RECORD)
    except (OSError, ValueError) as error:
        raise InputError(f"{where}: cannot read its {RUN_RECORD}") from error
    resumed = record.get("resumed", []) if isinstance(record, dict) else None
    if not isinstance(resumed, list) or not all(isinstance(one, dict) for one in resumed):
        raise InputError(f"{where}: {RUN_RECORD} is not what a run has written")
    return record
