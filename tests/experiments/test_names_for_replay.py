"""Which image is meant, and what is said of a name that none has."""

import csv
import dataclasses

import pytest

from augjax.data import Dataset, load_dataset
from augjax.errors import InputError
from experiments.car_truck.replay import find
from tests.helpers import write_image_folder


@pytest.fixture
def folder(tmp_path):
    """A folder with splits; its folder train is one without."""
    return write_image_folder(tmp_path / "data", per_class=9)


def said(path: str, dataset: Dataset, data: str) -> str:
    assert find(dataset.train.sources[-1], dataset, data) == len(dataset.train) - 1
    with pytest.raises(InputError) as error:
        find(path, dataset, data)
    start, _, example = str(error.value).rpartition(", such as ")
    assert example in dataset.train.sources
    return start


def test_of_a_folder_with_splits(folder):
    (folder / "valid/Car/8.png").rename(folder / "valid/Car/seen.png")
    dataset = load_dataset(folder, image_size=8)
    expected = "no training image of the run; expected a path relative to the folder train"
    assert said("Car/99.png", dataset, str(folder)) == f"Car/99.png: {expected}"
    for path in ("Car/seen.png", "./valid/Car/seen.png", "valid/Car/0.png"):
        assert said(path, dataset, str(folder)).startswith(f"{path}: a validation image of the run")


def test_of_data_that_augjax_split(folder):
    unsplit, table = folder / "train", folder / "mine.csv"
    with open(table, "w", newline="") as file:
        rows = [(f"train/{name}/{i}.png", name) for name in ("Car", "Truck") for i in range(9)]
        csv.writer(file).writerows([("path", "label"), *rows])
    for data, kind in ((unsplit, "the folder"), (table, "the folder of the table")):
        dataset = load_dataset(data, image_size=8, valid_fraction=0.3)
        expected = f"no training image of the run; expected a path relative to {kind} {data}"
        assert said("Car/99.png", dataset, str(data)) == f"Car/99.png: {expected}"
        path = dataset.valid.sources[0]
        assert said(path, dataset, str(data)) == (
            f"{path}: a validation image of the run, and those are never augmented; "
            "expected a training image"
        )


def test_of_tensorflow_datasets(folder):
    dataset = load_dataset(folder, image_size=8)
    named = dataclasses.replace(dataset, train=dataclasses.replace(dataset.train, below=None))
    assert said("x", named, "tfds:mnist").endswith("expected an id of tfds:mnist")
