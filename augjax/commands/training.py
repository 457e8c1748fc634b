"""A training run from its settings to its folder: data, network and augmentation, put together."""

import contextlib
import dataclasses
import gc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp
from rich.console import Console

from augjax.commands.report import report_trained
from augjax.data import Dataset
from augjax.data.tfds_builder import PREFIX
from augjax.errors import InputError
from augjax.files import is_folder
from augjax.models import MODELS, build_model, check_model, find_model
from augjax.printable import argument, printable
from augjax.runs.augmentation import (
    chosen_mix,
    chosen_pipeline,
    recorded_pipeline,
    strength_schedule,
)
from augjax.runs.chosen import chosen_objective, chosen_optimizer, start_from, weights_of
from augjax.runs.contents import read_settings
from augjax.runs.data import check_not_linked, read_data
from augjax.runs.data_report import bad_images_listed, keep_data_report
from augjax.runs.environment import device_line
from augjax.runs.folder import locked_run_folder
from augjax.runs.loggers import TENSORBOARD, Logger, TensorBoard
from augjax.runs.model_table import model_table
from augjax.runs.preview import draw_training
from augjax.runs.run import Training, begin_run, mesh_for, train_run
from augjax.runs.settings import Settings
from augjax.runs.signals import StopSignals
from augjax.runtime.memory import give_back_the_compilers_memory
from augjax.runtime.processes import ALONE, Processes
from augjax.training.early_stopping import EarlyStopping
from augjax.training.loop import Augmentation, FitResult
from augjax.transforms import Sequential, from_dict, to_dict


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    """What a command that trains has of its own.

    Attributes:
      command: the command line, which the record keeps.
      flags: what `config.json` records, by name.
      resume: the command that goes on with the run.
      load_data: reads the images, with all processes of the run, and prints what was found.
      draw_preview: draws the augmentation to a file.
      next_commands: what can be done with the finished run, and the commands for it.
      report: whether a report of the finished run is written.
      loggers: are told of each epoch.
    """

    command: str
    flags: Mapping[str, Any]
    resume: str
    load_data: Callable[[Settings, Console, Processes], Dataset]
    draw_preview: Callable[[Dataset, Augmentation, Settings, Path], None]
    next_commands: Callable[[Settings, Dataset, FitResult], Mapping[str, str]]
    report: bool
    loggers: Sequence[Logger] = ()


def train(
    settings: Settings,
    program: Program,
    signals: StopSignals,
    *,
    resumed: bool,
    processes: Processes = ALONE,
) -> FitResult:
    """Reads the data, shows the augmentations, trains, and leaves the run folder.

    Args:
      settings: of the run.
      program: the command that trains.
      signals: requests to stop.
      resumed: whether the run's folder holds a run that is to go on.
      processes: those that train together. They do the same at the same time, but the first one
        alone uses the run's folder and speaks to the user.
    """
    processes = dataclasses.replace(processes, stop=signals)
    with contextlib.ExitStack() as stack:
        with processes.agreeing():
            check_not_linked(settings.run_dir, "--run-dir", settings)
            if processes.is_first:
                stack.enter_context(locked_run_folder(settings.run_dir, existing=resumed))
        return _train(settings, program, signals, resumed=resumed, processes=processes)


def _train(
    settings: Settings,
    program: Program,
    signals: StopSignals,
    *,
    resumed: bool,
    processes: Processes,
) -> FitResult:
    run_dir = settings.run_dir
    console = Console(
        highlight=False, soft_wrap=True, markup=False, emoji=False, quiet=not processes.is_first
    )
    give_back_the_compilers_memory()
    mesh = mesh_for(settings.batch_size, resumed=resumed)
    pipeline = from_dict(processes.from_first(lambda: _pipeline(settings, resumed=resumed)))
    dtype = jnp.bfloat16 if settings.precision == "bf16" else jnp.float32
    weights = None
    with processes.agreeing():
        find_model(settings.model, dtype)
        begun = (run_dir / "checkpoints").exists()
        if settings.init and not begun and processes.is_first:
            weights = weights_of(settings.init)
        if resumed:
            _check_data_are_there(settings)
    console.print(device_line())
    # A run that is not resumed after all keeps the report it has.
    with bad_images_listed(None if resumed or not processes.is_first else run_dir):
        dataset = program.load_data(settings, console, processes)
    most = -(-len(dataset.train) // mesh.size) * mesh.size
    if settings.batch_size > most:
        console.print(
            f"--batch-size {settings.batch_size} is more than there are: each batch holds all "
            f"{len(dataset.train)} training images."
        )
    gc.freeze()  # No collection need go through all that modules are made of.
    gc.enable()
    num_classes = len(dataset.class_names)
    model = build_model(settings.model, num_classes=num_classes, dtype=dtype)
    strength = strength_schedule(settings.augment_strength, len(dataset.train), settings.batch_size)
    augmentation = Augmentation(pipeline, strength, chosen_mix(settings.mix))
    start = None
    together = f", in {processes.count} processes" if processes.count > 1 else ""
    hint = f"go on with: {program.resume}{together}"
    with processes.agreeing():
        if settings.model not in MODELS:  # Tracing takes half a second.
            check_model(model, num_classes=num_classes, image_size=settings.image_size)
        if processes.is_first:
            table = model_table(model, settings.image_size)
            start = start_from(weights, settings, model, console) if weights else None
            begin_run(
                run_dir,
                dataset,
                pipeline,
                data=program.flags["data"] or "drawn",
                command=program.command,
                settings=dict(program.flags),
                resumed=resumed,
                console=console,
            )
            console.print(table)
            signals.hint = hint
            keep_data_report(dataset, run_dir, console)
            preview = run_dir / "augmentations.png"
            if not preview.exists():  # As it does in a run that is resumed.
                program.draw_preview(dataset, augmentation, settings, preview)
    signals.hint = hint
    batch_size = min(settings.batch_size, most)
    training = Training(
        model=model,
        optimizer=chosen_optimizer(settings, steps=-(-len(dataset.train) // batch_size)),
        augmentation=augmentation,
        batch_size=batch_size,
        epochs=settings.epochs,
        early_stopping=EarlyStopping(settings.patience, settings.min_delta),
        seed=settings.seed,
        checkpoint_minutes=settings.checkpoint_minutes,
        objective=chosen_objective(settings, dataset),
        ema_decay=settings.ema,
        start=start,
        model_name=None if settings.model == "notebook" else settings.model,
    )
    result = train_run(
        run_dir, dataset, training,
        mesh=mesh, interpolation=settings.interpolation, console=console, signals=signals,
        loggers=program.loggers if processes.is_first else (), processes=processes,
    )  # fmt: skip
    if not processes.is_first:
        return result
    if program.report:
        report_trained(run_dir, console)
    for what, command in program.next_commands(settings, dataset, result).items():
        console.print(f"{what}: {printable(command)}")
    return result


def _pipeline(settings: Settings, *, resumed: bool) -> dict[str, Any]:
    pipeline = Sequential([])
    if resumed:
        pipeline = recorded_pipeline(settings.run_dir, f"{settings.run_dir}")
    elif settings.augment:
        pipeline = chosen_pipeline(settings.pipeline, settings.image_size)
    return to_dict(pipeline)


def _check_data_are_there(settings: Settings) -> None:
    data = settings.data
    if data and not data.startswith(PREFIX) and not os.path.exists(data):
        raise InputError(
            f"{settings.run_dir}: its images are not where they were, in {printable(data)}; "
            "bring them back"
        )


def longer(settings: Settings, result: FitResult) -> str:
    """The flags with which a run that has ended trains on."""
    more = ""
    if result.stopped_early:
        more += f" --patience {2 * max(settings.patience, 1)}"
    if len(result.history) >= settings.epochs:
        more += f" --epochs {2 * settings.epochs}"
    return more


def train_on_data(
    settings: Settings,
    command: str,
    signals: StopSignals,
    *,
    report: bool,
    resumed: bool = False,
    tensorboard: bool = False,
    processes: Processes = ALONE,
) -> FitResult:
    """`augjax train`, and `augjax resume`: on the data that settings name.

    Args:
      settings: of the run.
      command: the command line, which the record keeps.
      signals: requests to stop.
      report: whether a report of the finished run is written.
      resumed: whether the run's folder holds a run that is to go on.
      tensorboard: whether it is logged for TensorBoard; one that was before is in any case.
      processes: those that train together.
    """
    folder = argument(str(settings.run_dir))
    events = settings.run_dir / TENSORBOARD
    tensorboard = tensorboard or (resumed and is_folder(events))
    program = Program(
        command=command,
        flags=_recorded(settings) if resumed and processes.is_first else vars(settings),
        resume=f"augjax resume {folder}",
        load_data=read_data,
        draw_preview=draw_training,
        next_commands=next_commands,
        report=report,
        loggers=[TensorBoard(events)] if tensorboard else [],
    )
    return train(settings, program, signals, resumed=resumed, processes=processes)


def _recorded(settings: Settings) -> dict[str, Any]:
    """The flags that the run's record has already, which may be those of another program."""
    known = read_settings(settings.run_dir)
    return {name: value for name, value in vars(settings).items() if name in known}


def next_commands(settings: Settings, dataset: Dataset, result: FitResult) -> dict[str, str]:
    """What can be done with a finished run of `augjax train`, and the commands for it."""
    folder = argument(str(settings.run_dir))
    commands = {
        "Evaluate it": f"augjax evaluate {folder}",
        "Predict with it": f"augjax predict {folder} IMAGE",
    }
    if settings.schedule != "cosine" or len(result.history) < settings.epochs:
        commands["Train longer"] = f"augjax resume {folder}{longer(settings, result)}"
    return commands
