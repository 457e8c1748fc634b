"""The flags of the car-or-truck run, and those of a run that is resumed."""

import contextlib
import dataclasses
import io
import os
import time
from pathlib import Path
from typing import Any, Literal

import tyro

from augjax.errors import InputError
from augjax.files import is_path
from augjax.printable import printable
from augjax.runs.flags import recorded_flags
from augjax.runs.history import epochs_done

PROGRAM = "python -m experiments.car_truck"
MAY_CHANGE = ("epochs", "patience", "checkpoint_minutes")
"""The flags that a resumed run may be given anew."""

LARGEST_SIDE = 8000
"""Pixels; a square of it is as many as --max-pixels allows a stored image by default."""
MOST = 1e38
"""Of what becomes a float32."""


def strength_parts(text: str) -> tuple[float, float, int]:
    """Start, end and epochs of the ramp that --augment-strength asks for.

    Raises:
      InputError: if it asks for none.
    """
    try:
        start, end, epochs = text.split(":") if ":" in text else (text, text, "1")
        parts = float(start), float(end), int(epochs)
    except ValueError:
        parts = (-1.0, -1.0, 0)
    strongest, longest = 1000, 10**6
    if not all(0 <= s <= strongest for s in parts[:2]) or not 1 <= parts[2] <= longest:
        raise InputError(
            f"--augment-strength {printable(text):.60}: expected a number from 0 to {strongest}, "
            "as in 0.5, or START:END:EPOCHS, as in 0:1:10 for a rise from 0 to 1 over the first "
            f"10 epochs (at most {longest})"
        )
    return parts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """Car or truck? Trains the notebook's network on a folder of images, with augmentation."""

    data: str | None = None
    """A folder that holds train/<class>/... and valid/<class>/..., or tfds:NAME[:CLASS,CLASS].
    Without it: a small built-in set of drawn cars and trucks."""
    run_dir: Path | None = None
    """Where everything is written; by default runs/car_truck-<time>."""
    image_size: int | None = None
    """Side in pixels that images are resized to; by default 128, or 32 for the drawn set."""
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    """How images are resized."""
    batch_size: int | None = None
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
    """Of the weights, the epochs' orders and the augmentation."""
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
    """The folder of a run to go on with; its own flags are used, and --epochs and --patience may
    be given anew."""
    on_bad_image: Literal["fail", "skip"] = "fail"
    """Whether images that cannot be used end the run or are left out of it."""
    max_pixels: int = 64_000_000
    """Width times height of a stored image at most."""
    verify: Literal["auto", "full"] = "auto"
    """full: decode every file before training, even if the images do not fit into memory."""
    follow_links: bool = False
    """Whether links in --data are followed wherever they lead, out of the folder too."""
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        strength_parts(self.augment_strength)
        size = self.image_size
        for option, valid, expected in (
            ("image_size", size is None or size >= 16, "at least 16"),
            ("image_size", size is None or size <= LARGEST_SIDE, f"at most {LARGEST_SIDE}"),
            ("batch_size", self.batch_size is None or self.batch_size >= 1, "at least 1"),
            ("epochs", self.epochs >= 1, "at least 1"),
            ("learning_rate", self.learning_rate > 0, "above 0"),
            ("learning_rate", self.learning_rate <= MOST, f"at most {MOST:g}"),
            ("patience", self.patience >= 0, "at least 0"),
            ("min_delta", self.min_delta >= 0, "at least 0"),
            ("min_delta", self.min_delta <= MOST, f"at most {MOST:g}"),
            ("checkpoint_minutes", self.checkpoint_minutes > 0, "above 0"),
            ("max_pixels", self.max_pixels >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**32, "from 0 to 4294967295"),
        ):
            if not valid:
                flag = option.replace("_", "-")
                raise InputError(f"--{flag} {getattr(self, option)}: expected {expected}")
        if self.data == "":
            raise InputError("--data '': expected a folder, or tfds:NAME")
        for option in ("data", "run_dir", "resume", "pipeline"):
            value = str(getattr(self, option) or "")
            if not is_path(value):
                flag = option.replace("_", "-")
                raise InputError(f"--{flag} {printable(value)}: no file has such a name")
        for option in ("pipeline", "augment_strength"):
            value, flag = getattr(self, option), option.replace("_", "-")
            if not self.augment and value != getattr(type(self), option):
                raise InputError(f"--no-augment augments nothing; leave out --{flag} {value}")


def with_defaults(config: Config) -> Config:
    """Fills in what depends on the data: the drawn set is small in every respect."""
    drawn = config.data is None
    return dataclasses.replace(
        config,
        image_size=config.image_size or (32 if drawn else 128),
        batch_size=config.batch_size or (16 if drawn else 64),
        run_dir=config.run_dir or Path("runs", time.strftime("car_truck-%Y%m%d-%H%M%S")),
    )


def settings(config: Config) -> dict[str, Any]:
    """The flags that make the run what it is, as config.json records them."""
    recorded = {k: v for k, v in vars(config).items() if k not in ("resume", "debug")}
    if config.data and not config.data.startswith("tfds:"):
        recorded["data"] = os.path.abspath(config.data)  # Resumed from any folder.
    return recorded


def resumed_config(run_dir: Path, arguments: list[str]) -> Config:
    """The flags of the run in `run_dir`, with those given anew.

    Raises:
      InputError: if there is no run, or a flag is given that would make it another run.
    """
    before = recorded_config(run_dir, f"--resume {run_dir}")
    now = tyro.cli(Config, args=arguments, prog=PROGRAM, default=before)
    if now.epochs < (done := epochs_done(run_dir)):
        raise InputError(
            f"--resume {run_dir}: --epochs {now.epochs}, but {done} are done; expected no fewer"
        )
    was = settings(before)
    for name, value in settings(now).items():
        if name not in MAY_CHANGE and value != was[name]:
            flag, old, new = f"--{name.replace('_', '-')}", was[name], value
            raise InputError(
                f"--resume {run_dir}: the run has {flag} {old}, not {new}; "
                "leave the flag out, or start a new run"
            )
    return dataclasses.replace(now, run_dir=run_dir)


def recorded_config(run_dir: Path, option: str) -> Config:
    """The flags of the run in `run_dir`, which messages call `option`.

    Raises:
      InputError: if there is no run.
    """
    flags = recorded_flags(run_dir, option)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return tyro.cli(Config, args=flags, prog=PROGRAM)
    except (SystemExit, InputError) as error:
        path = run_dir / "config.json"
        raise InputError(f"{option}: {path} is not what a run has written") from error
