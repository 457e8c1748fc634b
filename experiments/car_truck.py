"""Car or truck? The Keras notebook's training run on JAX, from two image folders to a run folder.

python -m experiments.car_truck                  # drawn cars and trucks
python -m experiments.car_truck --data DIR       # DIR/train/<class>/..., DIR/valid/<class>/...
python -m experiments.car_truck --data tfds:cifar10:automobile,truck
"""

import dataclasses
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
    from augjax.data import BadImagesError, Dataset
    from augjax.training.loop import FitResult


DATA_REPORT = "data_report.json"
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
        run(tyro.cli(Config, prog="python -m experiments.car_truck"))


def run(config: Config) -> "FitResult":
    """Reads the data, shows the augmentations, trains, and leaves the run folder."""
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true".strip()
    import optax
    from rich.console import Console

    from augjax.data import BadImagesError
    from augjax.models import NotebookCNN
    from augjax.report.model_table import model_table
    from augjax.report.progress import EpochProgress
    from augjax.training.early_stopping import EarlyStopping
    from augjax.training.environment import device_line
    from augjax.training.loop import fit
    from augjax.training.mesh import data_mesh
    from augjax.training.run_writer import RunWriter

    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    config = with_defaults(config)
    assert config.image_size and config.batch_size and config.run_dir
    mesh = data_mesh()
    if config.batch_size % mesh.size:
        raise InputError(
            f"--batch-size {config.batch_size} does not divide among {mesh.size} devices; "
            f"choose a multiple of {mesh.size}"
        )
    check_run_dir(config)
    console.print(device_line())
    dataset = load_data(config, console)
    model = NotebookCNN()
    console.print(model_table(model, config.image_size))

    start_run(config, dataset)
    keep_data_report(dataset, config.run_dir, console)
    draw_preview(dataset, config.seed, config.run_dir / "augmentations.png")
    progress = EpochProgress(console, config.epochs)
    try:
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
                {"class_names": list(dataset.class_names), "image_size": config.image_size},
                progress,
            ),
        )
    except BadImagesError as error:
        list_bad_images(error, config.run_dir)
        raise
    except KeyboardInterrupt:
        progress.close()
        console.print(
            f"The history and the best weights so far are in {printable(str(config.run_dir))}"
        )
        raise
    finally:
        progress.close()
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


def check_run_dir(config: Config) -> None:
    """Refuses a run folder that holds files, or that lies within the data."""
    run_dir = config.run_dir
    assert run_dir is not None
    if run_dir.exists() and not (run_dir.is_dir() and all(map(is_disposable, run_dir.iterdir()))):
        raise InputError(f"--run-dir {run_dir} already holds files; choose a new or empty folder")
    if config.data and run_dir.resolve().is_relative_to(Path(config.data).resolve()):
        raise InputError(f"--run-dir {run_dir} lies inside --data, where nothing is written")


def is_disposable(path: Path) -> bool:
    """Whether a run folder may hold this before the run: what a run that bad images ended left."""
    return path.name == DATA_REPORT or path.name.startswith(".")


def load_data(config: Config, console: "Console") -> "Dataset":
    """Reads the folder, the TensorFlow data set or the drawn set, and says what was found."""
    from augjax.data import BadImagesError, load_image_folder, load_tfds
    from augjax.data.tfds import PREFIX

    assert config.image_size and config.run_dir
    size, method = config.image_size, config.interpolation
    if config.data is None:
        from augjax.data.drawn import drawn_car_truck

        root = drawn_car_truck()
        console.print(
            f"No --data given: training on drawn cars and trucks, in {root} "
            f"({size}x{size} pixels, batches of {config.batch_size})."
        )
        dataset = load_image_folder(root, image_size=size, method=method)
    elif config.data.startswith(PREFIX):
        listed = config.data.split(":")[2:]
        if listed and listed[0].count(",") != 1:
            raise InputError(f"--data {config.data}: name two classes, as in tfds:NAME:CLASS,CLASS")
        dataset = load_tfds(config.data, image_size=size, method=method)
    else:
        try:
            dataset = load_image_folder(
                config.data,
                image_size=size,
                method=method,
                max_pixels=config.max_pixels,
                on_bad_image=config.on_bad_image,
                verify=config.verify,
            )
        except BadImagesError as error:
            list_bad_images(error, config.run_dir)
            raise
    names = [printable(name) for name in dataset.class_names]
    for split in (dataset.train, dataset.valid):
        counts = zip(names, split.class_counts(len(names)), strict=True)
        listed = ", ".join(f"{name} {count}" for name, count in counts)
        console.print(
            f"Found {len(split)} files belonging to {len(names)} classes. ({split.name}: {listed})"
        )
    for note in dataset.notes:
        console.print(note)
    if len(names) != 2:
        raise InputError(
            f"--data {config.data} has {len(names)} classes ({', '.join(names)}), but this network "
            "tells two apart; keep two class folders, or name two as in tfds:cifar10:truck,ship"
        )
    return dataset


def list_bad_images(error: "BadImagesError", run_dir: Path) -> None:
    """Leaves all that was found out about the files in the run folder that an error ends."""
    from augjax.files import write_json

    run_dir.mkdir(parents=True, exist_ok=True)
    write_json(run_dir / DATA_REPORT, error.report.as_json())
    error.details += (f"All that was found is in {run_dir / DATA_REPORT}",)


def keep_data_report(dataset: "Dataset", run_dir: Path, console: "Console") -> None:
    """Writes what was found out about the data's files, and again when an epoch finds more."""
    from augjax.files import write_json

    report = dataset.report
    if report is None:
        return

    def tell(news: str) -> None:
        write_json(run_dir / DATA_REPORT, report.as_json())
        console.print(news)

    report.tell = tell
    write_json(run_dir / DATA_REPORT, report.as_json())


def start_run(config: Config, dataset: "Dataset") -> None:
    """Creates the run folder with what the run is about to do, and on what."""
    from augjax.files import write_json
    from augjax.training.environment import environment

    run_dir = config.run_dir
    assert run_dir is not None
    run_dir.mkdir(parents=True, exist_ok=True)
    settings = dataclasses.asdict(config)
    write_json(
        run_dir / "config.json",
        {k: str(v) if isinstance(v, Path) else v for k, v in settings.items()},
    )
    write_json(
        run_dir / "run.json",
        {
            "command": shlex.join(["python", "-m", "experiments.car_truck", *sys.argv[1:]]),
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "data": "drawn" if config.data is None else config.data,
            "class_names": dataset.class_names,
            "train_images": len(dataset.train),
            "valid_images": len(dataset.valid),
            "dataset_fingerprint": dataset.fingerprint,
            **environment(),
        },
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
