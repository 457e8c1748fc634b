"""Car or truck? The Keras notebook's training run on JAX, from two image folders to a run folder.

python -m experiments.car_truck                  # drawn cars and trucks
python -m experiments.car_truck --data DIR       # DIR/train/<class>/..., DIR/valid/<class>/...
python -m experiments.car_truck --data tfds:cifar10:automobile,truck
python -m experiments.car_truck --resume RUN     # goes on as if nothing had happened
"""

import contextlib
import gc
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from augjax.errors import InputError, told_in_one_line
from augjax.printable import printable
from augjax.runtime.compilation_cache import keep_compiled_programs
from augjax.runtime.memory import keep_freed_memory
from experiments.car_truck.augmentation import (
    chosen_mix,
    chosen_pipeline,
    recorded_pipeline,
    strength_schedule,
)
from experiments.car_truck.config import (
    PROGRAM,
    Config,
    resumed_config,
    settings,
    with_defaults,
)

# JAX and TensorFlow are imported by the functions that need them, so that --help is instant.
if TYPE_CHECKING:
    from rich.console import Console

    import augjax as aj
    from augjax.data import Dataset
    from augjax.runs.signals import StopSignals
    from augjax.training.loop import FitResult

PREVIEW_SIZE = 128
"""Pixels a side, so that the preview pleases even where training images are small."""
PREVIEW_TITLE = (
    "Transforms one by one, as strong as the notebook draws them;\n"
    "what this run saw of an image is drawn by experiments.replay"
)


def main() -> None:
    """Parses the command line and runs."""
    debug = "--debug" in sys.argv
    gc.disable()  # While modules are imported there is nothing to collect, but much to search.
    with told_in_one_line(debug=debug):
        config = tyro.cli(Config, prog=PROGRAM)
        keep_compiled_programs()
        run(config if config.resume is None else resumed_config(config.resume, sys.argv[1:]))


def run(config: Config) -> "FitResult":
    """Reads the data, shows the augmentations, trains, and leaves the run folder."""
    flags, deterministic = os.environ.get("XLA_FLAGS", ""), "--xla_gpu_deterministic_ops=true"
    if deterministic not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {deterministic}".strip()
    from augjax.runs.folder import locked_run_folder
    from augjax.runs.signals import StopSignals

    config = with_defaults(config)
    assert config.run_dir and config.image_size
    keep_freed_memory(config.image_size)
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

    import augjax as aj
    from augjax.models import NotebookCNN
    from augjax.runs.checkpoints import Checkpoints
    from augjax.runs.environment import device_line
    from augjax.runs.model_table import model_table
    from augjax.runs.progress import EpochProgress
    from augjax.runs.record import record_run
    from augjax.runs.writer import RunWriter
    from augjax.runtime.memory import give_back_the_compilers_memory
    from augjax.training.early_stopping import EarlyStopping
    from augjax.training.loop import fit
    from augjax.training.mesh import data_mesh
    from experiments.car_truck.data import bad_images_listed, keep_data_report, load_data

    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    assert config.image_size and config.batch_size and config.run_dir
    give_back_the_compilers_memory()
    mesh = data_mesh()
    if config.batch_size % mesh.size:
        raise InputError(
            f"--batch-size {config.batch_size} does not divide among {mesh.size} devices; "
            f"choose a multiple of {mesh.size}"
        )
    pipeline = aj.Sequential([])
    if config.resume is not None:
        pipeline = recorded_pipeline(config.run_dir, f"--resume {config.run_dir}")
    elif config.augment:
        pipeline = chosen_pipeline(config.pipeline, config.image_size)
    console.print(device_line())
    # A run that is not resumed after all keeps the report it has.
    with bad_images_listed(config.run_dir if config.resume is None else None):
        dataset = load_data(config, console)
    gc.freeze()  # No collection need go through all that modules are made of.
    gc.enable()
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
            "pipeline": aj.to_dict(pipeline),
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
            augment=pipeline,
            strength=strength_schedule(
                config.augment_strength, len(dataset.train), config.batch_size
            ),
            mix=chosen_mix(config.mix),
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
                tell=console.print,
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


def draw_preview(dataset: "Dataset", seed: int, path: Path) -> None:
    """Draws the notebook's grid: five draws of each of five transforms on one training image."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    import augjax as aj
    from augjax.runs.figures import picture_grid, save_png

    image = jnp.asarray(dataset.train.example(at_least=PREVIEW_SIZE))
    key = aj.stream(aj.key(seed), "augmentations")
    transforms = preview_transforms()

    @jax.jit
    def drawn(number: Any) -> dict[str, Any]:
        image_key = aj.image_key(key, number, jnp.uint32(0))
        draws = {title: t.sample(image_key, image.shape) for title, t in transforms.items()}
        return {
            title: (draws[title], t.apply(draws[title], image)) for title, t in transforms.items()
        }

    rows: dict[str, list[Any]] = {title: [] for title in transforms}
    for number in range(5):
        for title, (params, picture) in jax.tree.map(np.asarray, drawn(number)).items():
            # RandomWidth leaves its canvas blank beyond the width it drew.
            rows[title].append(picture[:, : int(params["width"])] if "width" in params else picture)
    save_png(picture_grid(rows, PREVIEW_TITLE), path)


def finish_run(config: Config, result: "FitResult", console: "Console") -> None:
    """Draws the curves, writes the summary, and says how it went and where everything lies."""
    from augjax.files import write_json
    from augjax.runs.figures import curves, save_png

    run_dir = config.run_dir
    assert run_dir is not None
    augmented = config.augment or config.mix != "none"
    for metric, title in (("loss", "Loss"), ("binary_accuracy", "Accuracy")):
        names = {
            metric: "training (augmented)" if augmented else "training",
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
