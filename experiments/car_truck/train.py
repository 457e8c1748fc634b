"""The notebook's training run: data, network and augmentation, put together from the flags."""

import gc
import shlex
import sys

import optax
from rich.console import Console

import augjax as aj
from augjax.data import Dataset
from augjax.models import NotebookCNN
from augjax.printable import argument, printable
from augjax.runs.data_report import bad_images_listed, keep_data_report
from augjax.runs.environment import device_line
from augjax.runs.model_table import model_table
from augjax.runs.run import Training, begin_run, mesh_for, train_run
from augjax.runs.signals import StopSignals
from augjax.runtime.memory import give_back_the_compilers_memory
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation, FitResult
from experiments.car_truck.augmentation import (
    chosen_mix,
    chosen_pipeline,
    recorded_pipeline,
    strength_schedule,
)
from experiments.car_truck.config import PROGRAM, Config, settings
from experiments.car_truck.data import check_not_linked, load_data
from experiments.car_truck.preview import draw_preview
from experiments.replay import PROGRAM as REPLAY


def check_run_dir(config: Config) -> None:
    """Raises InputError if the run's folder lies in one that links in the data lead to."""
    assert config.run_dir
    check_not_linked(config.run_dir, "--run-dir", config)


def train(config: Config, signals: StopSignals) -> FitResult:
    """Reads the data, shows the augmentations, trains, and leaves the run folder.

    Args:
      config: the flags, with defaults filled in.
      signals: requests to stop.
    """
    assert config.image_size and config.batch_size and config.run_dir
    run_dir, resumed = config.run_dir, config.resume is not None
    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    give_back_the_compilers_memory()
    mesh = mesh_for(config.batch_size, resumed=resumed)
    pipeline = aj.Sequential([])
    if resumed:
        pipeline = recorded_pipeline(run_dir, f"--resume {run_dir}")
    elif config.augment:
        pipeline = chosen_pipeline(config.pipeline, config.image_size)
    console.print(device_line())
    # A run that is not resumed after all keeps the report it has.
    with bad_images_listed(None if resumed else run_dir):
        dataset = load_data(config, console)
    most = -(-len(dataset.train) // mesh.size) * mesh.size
    if config.batch_size > most:
        console.print(
            f"--batch-size {config.batch_size} is more than there are: each batch holds all "
            f"{len(dataset.train)} training images."
        )
    gc.freeze()  # No collection need go through all that modules are made of.
    gc.enable()
    model = NotebookCNN()
    console.print(model_table(model, config.image_size))
    begin_run(
        run_dir,
        dataset,
        pipeline,
        data=settings(config)["data"] or "drawn",
        command=f"{PROGRAM} {shlex.join(sys.argv[1:])}".strip(),
        settings=settings(config),
        resumed=resumed,
        console=console,
    )
    signals.hint = f"go on with: {PROGRAM} --resume {argument(str(run_dir))}"
    keep_data_report(dataset, run_dir, console)
    strength = strength_schedule(config.augment_strength, len(dataset.train), config.batch_size)
    augmentation = Augmentation(pipeline, strength, chosen_mix(config.mix))
    preview = run_dir / "augmentations.png"
    if not preview.exists():  # As it does in a run that is resumed.
        draw_preview(dataset, augmentation, config, preview)
    training = Training(
        model=model,
        optimizer=optax.adam(config.learning_rate),
        augmentation=augmentation,
        batch_size=min(config.batch_size, most),
        epochs=config.epochs,
        early_stopping=EarlyStopping(config.patience, config.min_delta),
        seed=config.seed,
        checkpoint_minutes=config.checkpoint_minutes,
    )
    result = train_run(
        run_dir, dataset, training,
        mesh=mesh, interpolation=config.interpolation, console=console, signals=signals,
    )  # fmt: skip
    for what, command in next_commands(config, dataset, result).items():
        console.print(f"{what}: {printable(command)}")
    return result


def next_commands(config: Config, dataset: Dataset, result: FitResult) -> dict[str, str]:
    """What can be done with a finished run, and the commands for it."""
    folder, image = argument(str(config.run_dir)), argument(dataset.train.sources[0])
    more = ""
    if result.stopped_early:
        more += f" --patience {2 * max(config.patience, 1)}"
    if len(result.history) >= config.epochs:
        more += f" --epochs {2 * config.epochs}"
    return {
        "See what the network saw of an image": (
            f"{REPLAY} {folder} {image} --epoch {result.best['epoch']}"
        ),
        "Train on": f"{PROGRAM} --resume {folder}{more}",
    }
