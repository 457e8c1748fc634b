"""Car or truck? The Keras notebook's training run on JAX, from two image folders to a run folder.

python -m experiments.car_truck                  # drawn cars and trucks
python -m experiments.car_truck --data DIR       # DIR/train/<class>/..., DIR/valid/<class>/...
python -m experiments.car_truck --data tfds:cifar10:automobile,truck
python -m experiments.car_truck --resume RUN     # goes on as if nothing had happened
"""

import contextlib
import dataclasses
import io
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from augjax.errors import InputError, told_in_one_line
from augjax.printable import printable

# JAX and TensorFlow are imported by the functions that need them, so that --help is instant.
if TYPE_CHECKING:
    from rich.console import Console

    import augjax as aj
    from augjax.data import Dataset
    from augjax.training.loop import FitResult
    from augjax.training.signals import StopSignals

PROGRAM = "python -m experiments.car_truck"
MAY_CHANGE = ("epochs", "patience", "checkpoint_minutes")
"""The flags that a resumed run may be given anew."""

PREVIEW_SIZE = 128
"""Pixels a side, so that the preview pleases even where training images are small."""


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
    """By how much the validation loss must fall to count as better."""
    seed: int = 0
    """Of the weights, the epochs' orders and the augmentation."""
    augment: bool = True
    """Whether training images are augmented."""
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
    debug: bool = False
    """Show the traceback of an error."""

    def __post_init__(self) -> None:
        for option, valid, expected in (
            ("image_size", self.image_size is None or self.image_size >= 16, "at least 16"),
            ("batch_size", self.batch_size is None or self.batch_size >= 1, "at least 1"),
            ("epochs", self.epochs >= 1, "at least 1"),
            ("learning_rate", 0 < self.learning_rate < float("inf"), "above 0"),
            ("patience", self.patience >= 0, "at least 0"),
            ("min_delta", 0 <= self.min_delta < float("inf"), "at least 0"),
            ("checkpoint_minutes", self.checkpoint_minutes > 0, "above 0"),
            ("max_pixels", self.max_pixels >= 1, "at least 1"),
            ("seed", 0 <= self.seed < 2**32, "from 0 to 4294967295"),
        ):
            if not valid:
                flag = option.replace("_", "-")
                raise InputError(f"--{flag} {getattr(self, option)}: expected {expected}")


def main() -> None:
    """Parses the command line and runs."""
    debug = "--debug" in sys.argv
    with told_in_one_line(debug=debug):
        config = tyro.cli(Config, prog=PROGRAM)
        run(config if config.resume is None else resumed_config(config.resume, sys.argv[1:]))


def resumed_config(run_dir: Path, arguments: list[str]) -> Config:
    """The flags of the run in `run_dir`, with those given anew.

    Raises:
      InputError: if there is no run, or a flag is given that would make it another run.
    """
    before = recorded_config(run_dir, f"--resume {run_dir}")
    now = tyro.cli(Config, args=arguments, prog=PROGRAM, default=before)
    was = settings(before)
    for name, value in settings(now).items():
        if name not in MAY_CHANGE and value != was[name]:
            flag, old, new = f"--{name.replace('_', '-')}", was[name], value
            raise InputError(
                f"--resume {run_dir}: the run has {flag} {old}, not {new}; "
                "leave the flag out, or start a new run"
            )
    return dataclasses.replace(now, run_dir=run_dir)


def recorded_config(run_dir: Path, told: str) -> Config:
    """The flags of the run in `run_dir`, which the user knows by what is `told`.

    Raises:
      InputError: if there is no run.
    """
    from augjax.training.run_record import recorded_flags

    flags = recorded_flags(run_dir, told)
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            return tyro.cli(Config, args=flags, prog=PROGRAM)
    except (SystemExit, InputError) as error:
        path = run_dir / "config.json"
        raise InputError(f"{told}: {path} is not what a run has written") from error


def settings(config: Config) -> dict[str, Any]:
    """The flags that make the run what it is, as config.json records them."""
    recorded = {k: v for k, v in vars(config).items() if k not in ("resume", "debug")}
    if config.data and not config.data.startswith("tfds:"):
        recorded["data"] = os.path.abspath(config.data)  # Resumed from any folder.
    return recorded


def run(config: Config) -> "FitResult":
    """Reads the data, shows the augmentations, trains, and leaves the run folder."""
    flags, deterministic = os.environ.get("XLA_FLAGS", ""), "--xla_gpu_deterministic_ops=true"
    if deterministic not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {deterministic}".strip()
    from augjax.training.run_folder import locked_run_folder
    from augjax.training.signals import StopSignals

    config = with_defaults(config)
    assert config.run_dir
    if config.data and config.run_dir.resolve().is_relative_to(Path(config.data).resolve()):
        raise InputError(f"--run-dir {config.run_dir} lies inside --data, where nothing is written")
    with (
        StopSignals() as signals,
        locked_run_folder(config.run_dir, existing=config.resume is not None),
    ):
        return train(config, signals)


def train(config: Config, signals: "StopSignals") -> "FitResult":
    """`run` in a folder that is this process's own."""
    import optax
    from rich.console import Console

    from augjax.models import NotebookCNN
    from augjax.report.model_table import model_table
    from augjax.report.progress import EpochProgress
    from augjax.training.checkpoints import Checkpoints
    from augjax.training.early_stopping import EarlyStopping
    from augjax.training.environment import device_line
    from augjax.training.loop import fit
    from augjax.training.mesh import data_mesh
    from augjax.training.run_record import record_run
    from augjax.training.run_writer import RunWriter
    from experiments.car_truck_data import bad_images_listed, keep_data_report, load_data

    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    assert config.image_size and config.batch_size and config.run_dir
    mesh = data_mesh()
    if config.batch_size % mesh.size:
        raise InputError(
            f"--batch-size {config.batch_size} does not divide among {mesh.size} devices; "
            f"choose a multiple of {mesh.size}"
        )
    console.print(device_line())
    with bad_images_listed(config.run_dir):
        dataset = load_data(config, console)
    model = NotebookCNN()
    console.print(model_table(model, config.image_size))

    differs = record_run(
        config.run_dir,
        command=f"{PROGRAM} {shlex.join(sys.argv[1:])}".strip(),
        settings=settings(config),
        data={
            "data": settings(config)["data"] or "drawn",
            "class_names": list(dataset.class_names),
            "train_images": len(dataset.train),
            "valid_images": len(dataset.valid),
            "dataset_fingerprint": dataset.fingerprint,
        },
        resumed=config.resume is not None,
    )
    if differs:
        console.print(f"Note: it may not end in the bits it would have: {'; '.join(differs)}")
    signals.hint = f"go on with: {PROGRAM} --resume {shlex.quote(str(config.run_dir))}"
    keep_data_report(dataset, config.run_dir, console)
    preview = config.run_dir / "augmentations.png"
    if not preview.exists():  # As it does in a run that is resumed.
        draw_preview(dataset, config.seed, preview)
    progress = EpochProgress(console, config.epochs)
    with bad_images_listed(config.run_dir), contextlib.closing(progress):
        result = fit(
            dataset,
            model=model,
            optimizer=optax.adam(config.learning_rate),
            augment=augmentation(config.augment),
            image_size=config.image_size,
            batch_size=config.batch_size,
            epochs=config.epochs,
            early_stopping=EarlyStopping(config.patience, config.min_delta),
            seed=config.seed,
            mesh=mesh,
            listener=RunWriter(
                config.run_dir,
                {
                    "class_names": list(dataset.class_names),
                    "image_size": config.image_size,
                    "interpolation": config.interpolation,
                },
                progress,
            ),
            checkpoints=Checkpoints(
                config.run_dir / "checkpoints",
                minutes=config.checkpoint_minutes,
                tell=console.print,
            ),
            signals=signals,
        )
    finish_run(config, result, console)
    return result


def augmentation(augment: bool) -> "aj.Sequential":
    """The notebook's augmentation of training images, or none."""
    import augjax as aj

    if not augment:
        return aj.Sequential([])
    return aj.Sequential(
        [
            aj.RandomContrast(0.2),
            aj.RandomFlip("horizontal"),
            aj.RandomRotation(0.1),
            aj.RandomTranslation(0.1, 0.1),
        ]
    )


def preview_transforms() -> dict[str, "aj.Transform"]:
    """The five transforms whose effect the notebook shows, by the Python that builds them."""
    import augjax as aj

    return {
        "RandomContrast(0.5)": aj.RandomContrast(0.5),
        'RandomFlip("horizontal_and_vertical")': aj.RandomFlip("horizontal_and_vertical"),
        "RandomWidth(0.15)": aj.RandomWidth(0.15),
        "RandomRotation(0.2)": aj.RandomRotation(0.2),
        "RandomTranslation(0.1, 0.1)": aj.RandomTranslation(0.1, 0.1),
    }


def with_defaults(config: Config) -> Config:
    """Fills in what depends on the data: the drawn set is small in every respect."""
    drawn = config.data is None
    return dataclasses.replace(
        config,
        image_size=config.image_size or (32 if drawn else 128),
        batch_size=config.batch_size or (16 if drawn else 64),
        run_dir=config.run_dir or Path("runs", time.strftime("car_truck-%Y%m%d-%H%M%S")),
    )


def draw_preview(dataset: "Dataset", seed: int, path: Path) -> None:
    """Draws the notebook's grid: five draws of each of five transforms on one training image."""
    import jax.numpy as jnp
    import numpy as np

    import augjax as aj
    from augjax.report.figures import picture_grid, save_png

    image = jnp.asarray(dataset.train.example(at_least=PREVIEW_SIZE))
    key = aj.stream(aj.key(seed), "augmentations")
    rows: dict[str, list[Any]] = {}
    for title, transform in preview_transforms().items():
        rows[title] = []
        for draw in range(5):
            params = transform.sample(aj.image_key(key, draw, jnp.uint32(0)), image.shape)
            picture = np.asarray(transform.apply(params, image))
            # RandomWidth leaves its canvas blank beyond the width it drew.
            rows[title].append(picture[:, : int(params["width"])] if "width" in params else picture)
    save_png(picture_grid(rows), path)


def finish_run(config: Config, result: "FitResult", console: "Console") -> None:
    """Draws the curves, writes the summary, and says how it went and where everything lies."""
    from augjax.files import write_json
    from augjax.report.figures import curves, save_png

    run_dir = config.run_dir
    assert run_dir is not None
    for metric, title in (("loss", "Loss"), ("binary_accuracy", "Accuracy")):
        names = {
            metric: "training (augmented)" if config.augment else "training",
            f"val_{metric}": "validation",
        }
        figure = curves(result.history, names, title=title, best_epoch=result.best["epoch"])
        save_png(figure, run_dir / f"{metric.removeprefix('binary_')}.png")
    highest = max(row["val_binary_accuracy"] for row in result.history)
    write_json(
        run_dir / "summary.json",
        {
            **result.best,
            "highest_val_binary_accuracy": highest,
            "epochs": len(result.history),
            "stopped_early": result.stopped_early,
            "total_seconds": round(sum(row["seconds"] for row in result.history), 3),
        },
    )
    if result.stopped_early:
        console.print(f"Stopped: no better validation loss for {config.patience} epochs.")
    console.print(
        f"Restored the weights of epoch {result.best['epoch']}: "
        f"val_loss {result.best['val_loss']:.4f}, "
        f"val_binary_accuracy {result.best['val_binary_accuracy']:.4f}."
    )
    console.print(f"Highest validation accuracy: {highest}")
    console.print(f"Everything is in {printable(str(run_dir))}")


if __name__ == "__main__":
    main()
