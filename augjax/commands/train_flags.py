"""The flags of `augjax train` and `augjax resume`, and the settings that they amount to."""

import contextlib
import dataclasses
import io
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from augjax.commands.flags import ByDefault
from augjax.commands.several import Cluster
from augjax.errors import InputError
from augjax.runs.flags import CONFIG, recorded_flags
from augjax.runs.settings import MAY_CHANGE, Settings, check_resumed, check_settings, flag

PROGRAM = "augjax train"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading:
    """How images are read."""

    interpolation: Literal["nearest", "bilinear"] = "nearest"
    """How images are resized."""
    on_bad_image: Literal["fail", "skip"] = "fail"
    """Whether images that cannot be used end the run or are left out of it."""
    max_pixels: int = 64_000_000
    """Width times height of a stored image at most."""
    verify: Literal["auto", "full"] = "auto"
    """full: decode every file before training, even if the images do not fit into memory."""
    split_seed: int = 0
    """Seed of the split that --valid-fraction makes, whatever --seed is."""
    follow_links: bool = False
    """Whether links in DATA are followed wherever they lead, out of the folder too."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Augmenting:
    """How strongly training images are augmented."""

    augment_strength: str = "1.0"
    """A number that all ranges of the augmentation are multiplied by, or START:END:EPOCHS for a
    linear change over so many first epochs, as in 0:1:10."""
    mix: Literal["none", "mixup", "cutmix", "either"] = "none"
    """Whether training images and their labels are mixed with others of their batch; either: an
    image at a time, by the one or the other."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Optimizing:
    """How the weights are changed."""

    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    """sgd: with --momentum."""
    schedule: Literal["constant", "cosine"] = "constant"
    """The learning rate over the run; cosine: down to 0 in the last of --epochs."""
    warmup_epochs: float = 0.0
    """Epochs in which the learning rate rises from 0 at first."""
    weight_decay: float = 0.01
    """Weight decay of adamw; biases and BatchNorm have none."""
    momentum: float = 0.9
    """Momentum of sgd."""
    clip_norm: float | None = None
    """The norm that the gradient of a step is cut down to."""
    ema: float | None = None
    """Decay of an average of the weights over the steps, as in 0.999; it is what is validated,
    kept as the best, and used ever after."""
    label_smoothing: float = 0.0
    """The share of a training label that is spread evenly over the classes."""
    class_weights: Literal["none", "balanced"] = "none"
    """balanced: the fewer training images a class has, the more each counts in the loss."""
    precision: Literal["float32", "bf16"] = "float32"
    """bf16: compute in bfloat16; weights and statistics stay in float32."""
    init: Path | None = None
    """A run whose weights to start from, where they fit."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stopping:
    """When the run stops, and how often it is saved."""

    patience: int = 10
    """Epochs without a better validation loss after which to stop."""
    min_delta: float = 0.001
    """By how much the validation loss must fall below the best so far for an epoch to be the new
    best, whose weights are kept; less than that neither counts nor restarts --patience."""
    checkpoint_minutes: float = 5.0
    """A checkpoint is written after each epoch, and inside one after so many minutes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Output:
    """What else the run writes."""

    report: bool = True
    """Whether report.html is written when the run has ended."""
    logger: Literal["none", "tensorboard"] = "none"
    """tensorboard: write the history for TensorBoard too, into RUN_DIR/tensorboard; augjax resume
    goes on with that."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Train:
    """Trains a classifier on images, and leaves a run folder."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
    """A folder that holds train/<class>/... and valid/<class>/...; or a folder of class folders, or
    a CSV or JSONL of path and label, with --valid-fraction; or tfds:NAME[:CLASS,CLASS,...]."""
    _: dataclasses.KW_ONLY
    run_dir: ByDefault[Path | None] = None
    """Where everything is written; by default runs/<time>."""
    valid_fraction: float | None = None
    """The share of the images to validate on, where DATA is not split, as in 0.2."""
    model: str = "notebook"
    """The network: notebook, resnet, or one of your own as package.module:Name."""
    image_size: int = 128
    """Side in pixels that images are resized to."""
    batch_size: int = 64
    """Images in a batch."""
    epochs: int = 50
    """Epochs at most."""
    learning_rate: float = 1e-3
    """The learning rate; with a schedule, its highest."""
    pipeline: str = "notebook"
    """What augments training images: the name of a preset, such as light or imagenet, or a file of
    JSON that holds what augjax.to_dict made of a pipeline."""
    augment: bool = True
    """Whether training images are augmented."""
    seed: int = 0
    """Seed of the first weights, of the order of images and of the augmentation."""
    reading: tyro.conf.OmitArgPrefixes[Reading] = Reading()
    augmentation: tyro.conf.OmitArgPrefixes[Augmenting] = Augmenting()
    optimization: tyro.conf.OmitArgPrefixes[Optimizing] = Optimizing()
    stopping: tyro.conf.OmitArgPrefixes[Stopping] = Stopping()
    output: tyro.conf.OmitArgPrefixes[Output] = Output()
    cluster: tyro.conf.OmitArgPrefixes[Cluster] = dataclasses.field(default_factory=Cluster)

    def __post_init__(self) -> None:
        flags = flat(self)
        check_settings(flags)
        for name, unused, why in (
            ("pipeline", not self.augment, "--no-augment augments nothing"),
            ("augment_strength", not self.augment, "--no-augment augments nothing"),
            (
                "weight_decay",
                flags["optimizer"] != "adamw",
                "only --optimizer adamw has one",
            ),
            ("momentum", flags["optimizer"] != "sgd", "only --optimizer sgd has a momentum"),
        ):
            if unused and flags[name] != DEFAULTS[name]:
                raise InputError(f"{flag(name)} {flags[name]}: {why}; leave the flag out")
        if 0 < self.epochs <= flags["warmup_epochs"]:
            raise InputError(
                f"--warmup-epochs {flags['warmup_epochs']}: expected fewer than --epochs "
                f"{self.epochs}"
            )


@dataclasses.dataclass(frozen=True)
class Resume:
    """Continues a run that was interrupted, or has ended, as if nothing had happened."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """The run's folder."""
    _: dataclasses.KW_ONLY
    epochs: int | None = None
    """Epochs at most, if other than before."""
    patience: int | None = None
    """Epochs without a better validation loss after which to stop, if other than before."""
    checkpoint_minutes: float | None = None
    """Minutes after which a checkpoint is written inside an epoch, if other than before."""
    report: bool = True
    """Whether report.html is written when the run has ended."""
    debug: bool = False
    """Show the traceback of an error."""
    cluster: tyro.conf.OmitArgPrefixes[Cluster] = dataclasses.field(default_factory=Cluster)


def flat(flags: Any) -> dict[str, Any]:
    """All flags by name, without the groups they are shown in."""
    found = {}
    for field in dataclasses.fields(flags):
        value = getattr(flags, field.name)
        found |= flat(value) if dataclasses.is_dataclass(value) else {field.name: value}
    return found


DEFAULTS = {
    name: field.default
    for group in (Train, Reading, Augmenting, Optimizing, Stopping, Output, Cluster)
    for name, field in group.__dataclass_fields__.items()
}
OF_ONE_START = ("report", "logger", "debug", *(f.name for f in dataclasses.fields(Cluster)))
"""Flags that make the run no other; not recorded."""


def settings_of(flags: Train) -> Settings:
    """The settings that the flags amount to."""
    given = {name: value for name, value in flat(flags).items() if name not in OF_ONE_START}
    if not flags.data.startswith("tfds:"):
        given["data"] = os.path.abspath(flags.data)  # Resumed from any folder.
    if given["init"] is not None:
        given["init"] = Path(os.path.abspath(given["init"]))
    given["run_dir"] = flags.run_dir or Path("runs", time.strftime("%Y%m%d-%H%M%S"))
    return Settings(**given)


def resumed_settings(flags: Resume) -> Settings:
    """The settings of a run that is to go on, with those given anew.

    Raises:
      InputError: if there is no run that `augjax train` can go on with, or it has done more epochs
        than it is given.
    """
    where = f"augjax resume {flags.run}"
    before = recorded_settings(flags.run, where)
    given = {n: v for n, v in vars(flags).items() if n in MAY_CHANGE and v is not None}
    check_settings(given)
    now = dataclasses.replace(before, run_dir=flags.run, **given)
    if before.schedule == "cosine" and now.epochs != before.epochs:
        raise InputError(
            f"{where}: --epochs {now.epochs}: the learning rate falls to 0 over {before.epochs} "
            "epochs (--schedule cosine); leave the flag out, or start a new run with --init"
        )
    check_resumed(flags.run, vars(before), vars(dataclasses.replace(now, run_dir=before.run_dir)))
    return now


def recorded_settings(run_dir: Path, where: str) -> Settings:
    """The settings of the run in `run_dir`, which messages call `where`.

    Raises:
      InputError: if there is no run that `augjax train` can go on with.
    """
    return settings_of(_recorded_train(run_dir, where))


def _recorded_train(run_dir: Path, where: str) -> Train:
    recorded = recorded_flags(run_dir, where)
    data = [text for text in recorded if text.startswith("--data=")]
    flags = [text for text in recorded if not text.startswith("--data=")]
    if not data:
        raise InputError(
            f"{where}: a run on drawn cars and trucks; "
            f"python -m experiments.car_truck --resume {run_dir} goes on with it"
        )
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return tyro.cli(Train, args=[*flags, data[0].removeprefix("--data=")], prog=PROGRAM)
    except (SystemExit, InputError) as error:
        raise InputError(f"{where}: {run_dir / CONFIG} is not what a run has written") from error
