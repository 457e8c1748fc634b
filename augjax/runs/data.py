"""The data that settings name: read, described, and kept apart from what a run writes."""

from pathlib import Path

from rich.console import Console

from augjax.data import Dataset, load_dataset
from augjax.data.folder.load import link_targets
from augjax.data.tfds_builder import PREFIX
from augjax.errors import InputError
from augjax.files import lies_in
from augjax.printable import printable, some
from augjax.runs.settings import Settings
from augjax.runtime.processes import ALONE, Processes

_FEW = 10
"""A class with fewer training images is told of."""
_UNEQUAL = 10
"""So many times the images of the smallest class in the greatest one are told of."""


def read_data(settings: Settings, console: Console, processes: Processes = ALONE) -> Dataset:
    """Reads the data that settings name, with all processes of a run, and prints what was found.

    Raises:
      InputError: if it cannot be used.
    """
    assert settings.data is not None
    dataset = load_dataset(
        settings.data,
        image_size=settings.image_size,
        method=settings.interpolation,
        valid_fraction=settings.valid_fraction,
        split_seed=settings.split_seed,
        max_pixels=settings.max_pixels,
        on_bad_image=settings.on_bad_image,
        verify=settings.verify,
        follow_links=settings.follow_links,
        processes=processes,
    )
    print_found(dataset, console)
    print_unequal(dataset, settings, console)
    return dataset


def print_found(dataset: Dataset, console: Console) -> None:
    """Prints how many images there are of each class, and what there is to say about them."""
    names = [printable(name) for name in dataset.class_names]
    for split in (dataset.train, dataset.valid):
        counts = zip(names, split.class_counts(len(names)), strict=True)
        listed = some([f"{name} {count}" for name, count in counts], 20)
        console.print(
            f"Found {len(split)} files belonging to {len(names)} classes. ({split.name}: {listed})"
        )
    for note in dataset.notes:
        console.print(note)


def print_unequal(dataset: Dataset, settings: Settings, console: Console) -> None:
    """Prints which classes have few training images, or fewer by far than others."""
    names = [printable(name) for name in dataset.class_names]
    counts = dataset.train.class_counts(len(names))
    if few := [f"{n} {c}" for n, c in zip(names, counts, strict=True) if c < _FEW]:
        console.print(f"Note: few training images: {some(few, 20)}.")
    if max(counts) >= _UNEQUAL * min(counts):
        remedy = "; --class-weights balanced lets small classes count as much as large ones"
        most, least = (names[counts.index(count)] for count in (max(counts), min(counts)))
        console.print(
            f"Note: {most} has {max(counts) / min(counts):.0f} times the training images of "
            f"{least}{remedy if settings.class_weights == 'none' else ''}."
        )


def check_not_linked(path: Path, option: str, settings: Settings) -> None:
    """Raises InputError if `path` is, or lies in, what links in the data lead to."""
    if not (settings.data and settings.follow_links) or settings.data.startswith(PREFIX):
        return
    for target in link_targets(settings.data):
        if lies_in(path, target):
            raise InputError(
                f"{option} {path} is or lies in {printable(target)}, where a link in the data "
                "leads and nothing is written"
            )
