"""What a run is, on disk: its flags in config.json, its surroundings in run.json."""

import time
from pathlib import Path
from typing import Any

from augjax.data.tf import DECODER
from augjax.errors import InputError
from augjax.files import read_json, write_json
from augjax.runs.environment import environment
from augjax.runs.flags import write_flags
from augjax.runs.folder import RUN_RECORD

_DECISIVE = (
    "python", "processor", "cpus", "devices", "versions", "settings", "jax", "decoder",
    "git_commit",
)  # fmt: skip
"""Entries of the environment that the bits of a run may depend on."""

_UNRECORDED = {
    "decoder": "TensorFlow, JPEGs by the fast inverse DCT",
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
    *,
    command: str,
    settings: dict[str, Any],
    data: dict[str, Any],
    resumed: bool,
) -> list[str]:
    """Writes `run.json` and `config.json` of a run that starts, or notes that it goes on.

    Args:
      run_dir: the run's folder.
      command: the command line.
      settings: the run's flags by name; those that are None are left to their defaults.
      data: what the run is trained on; a resumed run must be trained on the same.
      resumed: whether the run was recorded before.

    Returns:
      What has changed around a run since it was last at work, `name old -> new`: its data are the
      same, and still it may end in other bits.

    Raises:
      InputError: if the data of a resumed run have changed, or its run.json cannot be read.
    """
    start = {"command": command, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
    here, differs = {**environment(), "decoder": DECODER}, []
    if not resumed:
        record = {**start, **data, **here, "resumed": []}
    else:
        record = _read_record(run_dir)
        if changed := _changes(record, data):
            raise InputError(
                f"--resume {run_dir}: the data are not those of the run: {', '.join(changed)}; "
                "bring them back, or start a new run"
            )
        resumptions = record.get("resumed", [])
        last = _UNRECORDED | (resumptions[-1] if resumptions else record)
        differs = _changes(last, {name: here[name] for name in _DECISIVE})
        record["resumed"] = [*resumptions, {**start, **here}]
    write_json(run_dir / RUN_RECORD, record)
    write_flags(run_dir, settings)  # Last: a folder that has them holds a run.
    return differs


def _changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    changes = []
    for name, value in now.items():
        was = before.get(name)
        if isinstance(value, dict) and isinstance(was, dict):
            changes += _changes(was, {key: value.get(key) for key in sorted({*was, *value})})
        elif was != value:
            changes.append(f"{name} {was!a} -> {value!a}")
    return changes


def _read_record(run_dir: Path) -> dict[str, Any]:
    try:
        record = read_json(run_dir / RUN_RECORD)
    except (OSError, ValueError) as error:
        raise InputError(f"--resume {run_dir}: cannot read its run.json") from error
    resumed = record.get("resumed", []) if isinstance(record, dict) else None
    if not isinstance(resumed, list) or not all(isinstance(one, dict) for one in resumed):
        raise InputError(f"--resume {run_dir}: run.json is not what a run has written")
    return record
