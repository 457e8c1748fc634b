"""What a run was and came to, and what it takes to repeat it."""

from typing import Any, NamedTuple

from augjax.errors import InputError
from augjax.report.data import DataSummary
from augjax.runs.augmentation import recorded_pipeline
from augjax.runs.loaded import Run
from augjax.runs.model_table import count_parameters
from augjax.training.history import accuracy_name

_ELSEWHERE = ("data", "run_dir")
"""Settings that other parts of the report show."""
_MAIN = (
    "model", "image_size", "batch_size", "epochs", "learning_rate", "optimizer", "schedule",
    "pipeline", "augment_strength", "mix", "patience", "seed",
)  # fmt: skip
"""Settings that are read first."""


class Headline(NamedTuple):
    """The run in a few numbers.

    Attributes:
      accuracy: of validation in the best epoch; None if the run has not kept it.
      loss: likewise.
      chance: the class with the most validation images, and its share, if that is known.
      epochs: how many were done.
      seconds: that they took.
      ending: how the run ended, or that it has not.
    """

    accuracy: float | None
    loss: float | None
    chance: tuple[str, float] | None
    epochs: int
    seconds: float
    ending: str


def headline(run: Run, data: DataSummary) -> Headline:
    """The run in a few numbers."""
    rows = [row for row in run.history if row["epoch"] == run.epoch]
    best = rows[0] if rows else run.summary or {}
    ending = "has not ended"
    if run.summary is not None:
        early = run.summary.get("stopped_early")
        ending = "stopped early, as validation got no better" if early else "has ended"
    return Headline(
        accuracy=best.get(f"val_{accuracy_name(len(run.class_names))}"),
        loss=best.get("val_loss"),
        chance=data.greatest_share,
        epochs=max(len(run.history), run.epoch),
        seconds=sum(row.get("seconds", 0.0) for row in run.history),
        ending=ending,
    )


def main_settings(run: Run) -> dict[str, Any]:
    """Those that are read first, by name."""
    return _settings(run, [name for name in _MAIN if name in run.settings])


def other_settings(run: Run) -> dict[str, Any]:
    """The others, by name."""
    return _settings(run, [name for name in run.settings if name not in (*_MAIN, *_ELSEWHERE)])


def _settings(run: Run, names: list[str]) -> dict[str, Any]:
    given = {name: run.settings[name] for name in names if run.settings[name] is not None}
    return {
        name.replace("_", " "): ("no", "yes")[value] if isinstance(value, bool) else value
        for name, value in given.items()
    }


def pipeline(run: Run) -> list[str] | None:
    """What augments training images, a line for each transform; None if the run does not say."""
    try:
        return [repr(stage) for stage in recorded_pipeline(run.folder, str(run.folder)).children]
    except InputError:
        return None


def parameters(run: Run) -> int:
    """How many numbers were trained."""
    return count_parameters(run.variables.get("params", {}))


def commands(run: Run) -> list[str]:
    """The command lines that made the run what it is: the first, and those that resumed it."""
    resumed = run.record.get("resumed")
    entries = [run.record, *(resumed if isinstance(resumed, list) else [])]
    found = [one.get("command") for one in entries if isinstance(one, dict)]
    return [command for command in found if isinstance(command, str)]


def reproduction(run: Run) -> dict[str, str]:
    """What the bits of the run depend on, by name."""
    record = run.record
    resumed = [one.get("started") for one in record.get("resumed") or [] if isinstance(one, dict)]
    versions = record.get("versions")
    devices = record.get("devices")
    found = {
        "started": record.get("started"),
        "resumed": ", ".join(str(one) for one in resumed),
        "seed": run.settings.get("seed"),
        "data": run.record.get("data"),
        "fingerprint of the data": record.get("dataset_fingerprint"),
        "git commit": record.get("git_commit"),
        "Python": record.get("python"),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items())
        if isinstance(versions, dict)
        else None,
        "devices": ", ".join(map(str, devices)) if isinstance(devices, list) else None,
        "processor": record.get("processor"),
        "platform": record.get("platform"),
        "decoder": record.get("decoder"),
    }
    return {name: str(value) for name, value in found.items() if value not in (None, "")}
