"""The notebook's training run: `augjax train` with data, grid and words of its own."""

import shlex
import sys

from augjax.commands.training import Program, longer, train
from augjax.data import Dataset
from augjax.printable import argument
from augjax.runs.settings import Settings
from augjax.runs.signals import StopSignals
from augjax.runtime.processes import ALONE, Processes
from augjax.training.loop import FitResult
from experiments.car_truck.config import PROGRAM, recorded
from experiments.car_truck.data import load_data
from experiments.car_truck.preview import draw_preview
from experiments.replay import PROGRAM as REPLAY


def train_car_truck(
    settings: Settings,
    signals: StopSignals,
    *,
    report: bool,
    resumed: bool,
    processes: Processes = ALONE,
) -> FitResult:
    """Trains, and leaves the run folder.

    Args:
      settings: of the run.
      signals: requests to stop.
      report: whether a report of the finished run is written.
      resumed: whether the run's folder holds a run that is to go on.
      processes: those that train together.
    """
    program = Program(
        command=f"{PROGRAM} {shlex.join(sys.argv[1:])}".strip(),
        flags=recorded(settings),
        resume=f"{PROGRAM} --resume {argument(str(settings.run_dir))}",
        load_data=load_data,
        draw_preview=draw_preview,
        next_commands=next_commands,
        report=report,
    )
    return train(settings, program, signals, resumed=resumed, processes=processes)


def next_commands(settings: Settings, dataset: Dataset, result: FitResult) -> dict[str, str]:
    """What can be done with a finished run, and the commands for it."""
    folder, image = argument(str(settings.run_dir)), argument(dataset.train.sources[0])
    return {
        "See what the network saw of an image": (
            f"{REPLAY} {folder} {image} --epoch {result.best['epoch']}"
        ),
        "Train longer": f"{PROGRAM} --resume {folder}{longer(settings, result)}",
    }
