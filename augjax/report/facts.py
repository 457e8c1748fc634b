"""What a run was and came to, and what it takes to repeat it."""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from augjax.errors import InputError
from augjax.report.data import DataSummary
from augjax.runs.augmentation import recorded_pipeline
from augjax.runs.loaded import Run
from augjax.runs.model_table import count_parameters
from augjax.runs.settings import MAY_CHANGE, Settings
from augjax.training.history import accuracy_name

_ELSEWHERE = ("data", "run_dir")
"""Settings that other parts of the report show."""
_MAIN = (
    "model", "image_size", "batch_size", "epochs", "learning_rate", "optimizer", "schedule",
    "pipeline", "augment_strength", "mix", "patience", "seed",
)  # fmt: skip
"""Settings that are read first."""
_DEFAULTS = {
    field.name: field.default
    for field in dataclasses.fields(Settings)
    if field.default is not dataclasses.MISSING
}
"""Settings that are read first too where they differ from these."""

_WITHOUT_EFFECT: dict[str, Callable[[dict[str, Any]], bool]] = {
    "weight_decay": lambda settings: settings.get("optimizer") != "adamw",
    "momentum": lambda settings: settings.get("optimizer") != "sgd",
    "pipeline": lambda settings: settings.get("augment") is False,
    "augment_strength": lambda settings: settings.get("augment") is False,
    "split_seed": lambda settings: settings.get("valid_fraction") is None,
}
"""Settings that others may leave without effect."""


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
    return _settings(run, _read_first(run))


def other_settings(run: Run) -> dict[str, Any]:
    """The others, by name."""
    first = _read_first(run)
    return _settings(run, [name for name in run.settings if name not in (*first, *_ELSEWHERE)])


def _read_first(run: Run) -> list[str]:
    given = run.settings
    changed = [name for name, usual in _DEFAULTS.items() if given.get(name, usual) != usual]
    return [name for name in dict.fromkeys((*_MAIN, *changed)) if name in given]


def _settings(run: Run, names: list[str]) -> dict[str, Any]:
    unused = {name for name, is_so in _WITHOUT_EFFECT.items() if is_so(run.settings)}
    given = {
        name: run.settings[name]
        for name in names
        if run.settings[name] is not None and name not in unused
    }
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


def augments(run: Run) -> bool:
    """Whether training images are augmented or mixed."""
    return bool(pipeline(run)) or run.settings.get("mix") not in (None, "none")


def own_loss(run: Run) -> list[str]:
    """What the loss of training has and that of validation has not; empty if they are the same."""
    weights, smoothing, mix = (
        run.settings.get(name) for name in ("class_weights", "label_smoothing", "mix")
    )
    return [
        *(["balanced class weights"] if weights == "balanced" else []),
        *([f"label smoothing {smoothing:g}"] if smoothing else []),
        *([f"mixed labels ({mix})"] if mix not in (None, "none") else []),
    ]


def parameters(run: Run) -> int:
    """How many numbers were trained."""
    return count_parameters(run.variables.get("params", {}))


class Repeat(NamedTuple):
    """How to make the run once more.

    Attributes:
      commands: the command lines, one after the other; empty if the run has not kept them.
      folder: in which the first was started; '' if the run has not kept it.
      resumed: how often the run was resumed and then trained on.
      processes: how many ran the command together, or each of the commands.
    """

    commands: tuple[str, ...]
    folder: str
    resumed: int
    processes: tuple[int, ...]


def repeat(run: Run) -> Repeat:
    """How to make the run once more: by its first command alone, unless its end was put off."""
    resumed = _resumptions(run)
    starts = [str(one["checkpoint"]) for one in resumed if "checkpoint" in one]
    if len(starts) == len(resumed):
        # Each came as far as to where the next began, and the last to the end of the history.
        ends = [*starts, f"{len(run.history) + 1:06}"][1:]
        resumed = [one for one, s, e in zip(resumed, starts, ends, strict=True) if s < e]
    longer = any(f"--{name}" in str(one.get("command")) for one in resumed for name in MAY_CHANGE)
    kept = [run.record, *(resumed if longer else ())]
    kept = [one for one in kept if isinstance(one.get("command"), str)]
    return Repeat(
        commands=tuple(str(one["command"]) for one in kept),
        folder=str(run.record.get("started_in") or ""),
        resumed=len(resumed),
        processes=tuple(_count(one.get("processes")) for one in kept),
    )


def _count(processes: Any) -> int:
    return processes if isinstance(processes, int) else 1


def _resumptions(run: Run) -> list[dict[str, Any]]:
    resumed = run.record.get("resumed")
    return [one for one in resumed if isinstance(one, dict)] if isinstance(resumed, list) else []


def reproduction(run: Run) -> dict[str, str]:
    """What the bits of the run depend on, by name."""
    record = run.record
    versions = record.get("versions")
    devices = record.get("devices")
    found = {
        "started": record.get("started"),
        "resumed": ", ".join(str(one.get("started")) for one in _resumptions(run)),
        "seed": run.settings.get("seed"),
        "data": run.record.get("data"),
        "fingerprint of the data": record.get("dataset_fingerprint"),
        "git commit of augjax": record.get("git_commit"),
        "Python": record.get("python"),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items())
        if isinstance(versions, dict)
        else None,
        "processes": record.get("processes") if record.get("processes") != 1 else None,
        "devices": ", ".join(map(str, devices)) if isinstance(devices, list) else None,
        "processor": record.get("processor"),
        "platform": record.get("platform"),
        "decoder": record.get("decoder"),
    }
    return {name: str(value) for name, value in found.items() if value not in (None, "")}
