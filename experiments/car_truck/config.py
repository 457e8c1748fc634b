"""The flags of the car-or-truck run, and those of a run that is resumed."""

import contextlib
import dataclasses
import io
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from augjax.commands.parse import parse
from augjax.commands.several import Cluster
from augjax.errors import InputError
from augjax.printable import argument
from augjax.runs.flags import recorded_flags
from augjax.runs.settings import Settings, check_resumed, check_settings, flag

PROGRAM = "python -m experiments.car_truck"

_Whole = Annotated[int | None, tyro.conf.arg(constructor=int, metavar="INT", help_behavior_hint="")]
"""A whole number if it is given; a flag's words say what it is by default."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Car or truck? Trains the notebook's network on a folder of images, with augmentation."""

    data: str | None = None
    """A folder that holds train/<class>/... and valid/<class>/..., or tfds:NAME[:CLASS,CLASS].
    Without it: a small built-in set of drawn cars and trucks."""
    run_dir: Path | None = None
    """Where everything is written; by default runs/car_truck-<time>."""
    image_size: _Whole = None
    """Side in pixels that images are resized to; by default 128, or 32 for the drawn set."""
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    """How images are resized."""
    batch_size: _Whole = None
    """Images in a batch; by default 64, or 16 for the drawn set."""
    epochs: int = 50
    """Epochs at most."""
    learning_rate: float = 1e-3
    """Adam's learning rate."""
    patience: int = 10
    """Epochs without a better validation loss after which to stop."""
    min_delta: float = 0.001
    """By how much the validation loss must fall below the best so far for an epoch to be the new
    best, whose weights are kept; less than that neither counts nor restarts --patience."""
    seed: int = 0
    """Seed of the first weights, of the order of images and of the augmentation."""
    augment: bool = True
    """Whether training images are augmented."""
    pipeline: str = "notebook"
    """What augments them: the name of a preset, such as light or imagenet, or a file of JSON that
    holds what augjax.to_dict made of a pipeline."""
    augment_strength: str = "1.0"
    """A number that all ranges of the augmentation are multiplied by, or START:END:EPOCHS for a
    linear change over so many first epochs, as in 0:1:10."""
    mix: Literal["none", "mixup", "cutmix", "either"] = "none"
    """Whether training images and their labels are mixed with others of their batch; either: an
    image at a time, by the one or the other."""
    checkpoint_minutes: float = 5.0
    """A checkpoint is written after each epoch, and inside one after so many minutes."""
    resume: Path | None = None
    """The folder of a run to go on with; its own flags are used, and --epochs, --patience and
    --checkpoint-minutes may be given anew."""
    on_bad_image: Literal["fail", "skip"] = "fail"
    """Whether images that cannot be used end the run or are left out of it."""
    max_pixels: int = 64_000_000
    """Width times height of a stored image at most."""
    verify: Literal["auto", "full"] = "auto"
    """full: decode every file before training, even if the images do not fit into memory."""
    follow_links: bool = False
    """Whether links in --data are followed wherever they lead, out of the folder too."""
    report: bool = False
    """Whether report.html is written when the run has ended."""
    debug: bool = False
    """Show the traceback of an error."""
    cluster: tyro.conf.OmitArgPrefixes[Cluster] = dataclasses.field(default_factory=Cluster)

    def __post_init__(self) -> None:
        check_settings(vars(self))
        for option in ("pipeline", "augment_strength"):
            value = getattr(self, option)
            if not self.augment and value != getattr(type(self), option):
                raise InputError(f"--no-augment augments nothing; leave out {flag(option)} {value}")


RECORDED = tuple(
    field.name
    for field in dataclasses.fields(Config)
    if field.name not in ("resume", "report", "debug", "cluster")
)
"""The flags that make the run what it is."""


def settings_of(config: Config) -> Settings:
    """The settings that the flags amount to: the drawn set is small in every respect."""
    drawn = config.data is None
    given = {k: v for k, v in vars(config).items() if k in RECORDED}
    return Settings(
        **given
        | {
            "image_size": config.image_size or (32 if drawn else 128),
            "batch_size": config.batch_size or (16 if drawn else 64),
            "run_dir": config.run_dir or Path("runs", time.strftime("car_truck-%Y%m%d-%H%M%S")),
        }
    )


def recorded(settings: Config | Settings) -> dict[str, Any]:
    """What config.json records of a run: all flags but those of this one start."""
    flags = {name: getattr(settings, name) for name in RECORDED}
    if settings.data and not settings.data.startswith("tfds:"):
        flags["data"] = os.path.abspath(settings.data)  # Resumed from any folder.
    return flags


def resumed_config(run_dir: Path, arguments: list[str]) -> Config:
    """The flags of the run in `run_dir`, with those given anew.

    Raises:
      InputError: if there is no run, or a flag is given that would make it another run.
    """
    before = recorded_config(run_dir, f"--resume {run_dir}")
    now = parse(Config, args=arguments, prog=PROGRAM, default=before)
    check_resumed(run_dir, recorded(before), recorded(now))
    return dataclasses.replace(now, run_dir=run_dir)


def recorded_config(run_dir: Path, option: str) -> Config:
    """The flags of the run in `run_dir`, which messages call `option`.

    Raises:
      InputError: if there is no run.
    """
    flags = recorded_flags(run_dir, option)
    names = {_name(flag) for flag in flags}
    if not names <= set(RECORDED) and names <= {f.name for f in dataclasses.fields(Settings)}:
        raise InputError(
            f"{option}: not a run of {PROGRAM}; if it is one of augjax train, "
            f"augjax resume {argument(str(run_dir))} goes on with it"
        )
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return tyro.cli(Config, args=flags, prog=PROGRAM)
    except (SystemExit, InputError) as error:
        path = run_dir / "config.json"
        raise InputError(f"{option}: {path} is not what a run has written") from error


def _name(flag: str) -> str:
    """The setting that a flag of a command line sets: --no-augment sets augment."""
    return flag.partition("=")[0].replace("--no-", "--").removeprefix("--").replace("-", "_")
