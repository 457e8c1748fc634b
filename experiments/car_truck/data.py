"""The data of the car-or-truck run: found, judged, and described."""

from pathlib import Path

from rich.console import Console

from augjax.data import Dataset, load_image_folder, load_tfds
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runs.data import print_found
from augjax.runs.settings import Settings
from augjax.runtime.processes import ALONE, Processes
from experiments.car_truck.drawn.dataset import SPLITS, drawn_car_truck, picture_names


def load_data(settings: Settings, console: Console, processes: Processes = ALONE) -> Dataset:
    """Reads the folder, the TensorFlow data set or the drawn set, and says what was found.

    Args:
      settings: of the run.
      console: is told.
      processes: those that read the data together.
    """
    size, method = settings.image_size, settings.interpolation
    if settings.data is None:
        with processes.agreeing():
            root = drawn_car_truck()
        console.print(
            f"No --data given: training on drawn cars and trucks, in {root} "
            f"({size}x{size} pixels, batches of {settings.batch_size})."
        )
        dataset = load_image_folder(root, image_size=size, method=method, processes=processes)
        _check_drawn(dataset, root)
    elif settings.data.startswith("tfds:"):
        listed = settings.data.split(":")[2:]
        if listed and listed[0].count(",") != 1:
            raise InputError(
                f"--data {settings.data}: name two classes, as in tfds:NAME:CLASS,CLASS"
            )
        with processes.agreeing():
            dataset = load_tfds(settings.data, image_size=size, method=method)
    else:
        dataset = load_image_folder(
            settings.data,
            image_size=size,
            method=method,
            max_pixels=settings.max_pixels,
            on_bad_image=settings.on_bad_image,
            verify=settings.verify,
            follow_links=settings.follow_links,
            processes=processes,
        )
    print_found(dataset, console)
    names = [printable(name) for name in dataset.class_names]
    if len(names) != 2:
        raise InputError(
            f"--data {settings.data} has {len(names)} classes ({', '.join(names)}), but this "
            "network tells two apart; keep two class folders, or name two as in "
            "tfds:cifar10:truck,ship"
        )
    return dataset


def _check_drawn(dataset: Dataset, root: Path) -> None:
    for name, split in zip(SPLITS, (dataset.train, dataset.valid), strict=True):
        if others := sorted(set(split.sources) - set(picture_names(name))):
            path = printable(str(root / name / others[0]))
            raise InputError(
                f"{path} is not one of the drawn pictures; move it to another place, or train on "
                f"all that is there by --data {printable(str(root))}"
            )
