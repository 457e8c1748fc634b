"""The picture of the augmentation shows what the run trains on."""

import dataclasses
import json

import numpy as np
import pytest

import augjax as aj
from augjax.data import load_image_folder
from augjax.runs import preview as runs_preview
from augjax.runs.augmentation import chosen_mix, chosen_pipeline, strength_schedule
from augjax.training.loop import Augmentation
from experiments.car_truck import preview
from experiments.car_truck.config import Config, settings_of
from tests.helpers import write_image_folder

CHEAP = aj.Sequential([aj.RandomFlip("horizontal"), aj.RandomBrightness(0.4)])

SHOWN = (0, 1, 2, 4, 6)
"""Which of four cars and four trucks."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = write_image_folder(tmp_path_factory.mktemp("preview") / "data", size=8)
    return load_image_folder(root, image_size=8)


@pytest.fixture
def drawn(dataset, tmp_path, monkeypatch):
    """What is drawn for flags: rows of pictures, and the title."""
    monkeypatch.setattr(preview, "PREVIEW_SIZE", 8)
    grids = []
    for module in (preview, runs_preview):
        monkeypatch.setattr(
            module, "save_rows", lambda rows, title, path, largest: grids.append((rows, title))
        )
    (tmp_path / "mine.json").write_text(json.dumps(aj.to_dict(CHEAP)))

    def of(**flags):
        config = settings_of(Config(**{"batch_size": 2, "seed": 3, **flags}))
        pipeline = chosen_pipeline(config.pipeline, 8) if config.augment else aj.Sequential([])
        strength = strength_schedule(config.augment_strength, len(dataset.train), 2)
        mix = chosen_mix(config.mix)
        preview.draw_preview(dataset, Augmentation(pipeline, strength, mix), config, tmp_path / "x")
        return grids.pop()

    return of


def test_the_notebooks_grid_where_it_trains_as_the_notebook(drawn):
    rows, title = drawn()
    assert list(rows) == list(preview.preview_transforms()) and title == preview.NOTEBOOK_TITLE
    assert all(len(pictures) == 5 for pictures in rows.values())


def test_no_augmentation_is_said_and_shown(drawn, dataset):
    rows, title = drawn(augment=False)
    assert title == "--no-augment: training images as they are"
    assert list(rows) == ["Car/0.png", "Car/1.png", "Car/2.png", "Truck/0.png", "Truck/2.png"]
    for index, (picture,) in zip(SHOWN, rows.values(), strict=True):
        np.testing.assert_array_equal(picture, dataset.train.image(index))


def trained_on(dataset, index, epoch, strength):
    """By the transform's own protocol, as a training step has it."""
    batch = dataset.train.image(index)[None]
    key = aj.stream(aj.key(3), "augment")
    ids = dataset.train.ids[[index]]
    return np.asarray(CHEAP.batch(key, batch, ids, epoch=epoch, strength=strength))[0]


def test_another_pipeline_is_shown_as_it_trains(drawn, dataset, tmp_path):
    file = str(tmp_path / "mine.json")
    rows, title = drawn(pipeline=file)
    assert f"--pipeline {file}" in title and repr(CHEAP)[:40] in title
    for index, (caption, pictures) in zip(SHOWN, rows.items(), strict=True):
        name = "Car" if index < 4 else "Truck"
        assert caption == f"{name}/{index % 4}.png"
        np.testing.assert_array_equal(pictures[0], dataset.train.image(index))
        for epoch in range(1, 6):
            np.testing.assert_array_equal(pictures[epoch], trained_on(dataset, index, epoch, 1.0))
    # Four steps make an epoch, in which the strength rises from 0 to 1.
    rows, title = drawn(pipeline=file, augment_strength="0:1:1")
    assert "--augment-strength 0:1:1" in title
    first = next(iter(rows.values()))
    np.testing.assert_array_equal(first[2], trained_on(dataset, 0, 2, 1.0))
    likely = [trained_on(dataset, 0, 1, strength) for strength in (0.0, 0.25, 0.5, 0.75)]
    assert any((first[1] == picture).all() for picture in likely)


def test_a_weaker_notebook_is_not_the_notebooks_grid(drawn):
    rows, title = drawn(augment_strength="0")
    assert title.startswith("What this run trains on: --pipeline notebook --augment-strength 0\n")
    for before, *after in rows.values():
        assert all(np.allclose(before / 255, picture, atol=1e-6) for picture in after)


@pytest.mark.parametrize(("epochs", "words"), [(1, "epoch 1"), (3, "epochs 1 to 3")])
def test_only_epochs_that_the_run_has_are_shown(drawn, tmp_path, epochs, words):
    rows, title = drawn(pipeline=str(tmp_path / "mine.json"), epochs=epochs)
    assert title.endswith(f"Then: {words}")
    assert all(len(pictures) == 1 + epochs for pictures in rows.values())


def test_a_name_breaks_no_line(dataset):
    sources = tuple(f"Car\n\x1b[31m/{i}.png" for i in range(8))
    odd = dataclasses.replace(
        dataset,
        class_names=("Car\n\x1b[31m", "b\n"),
        train=dataclasses.replace(dataset.train, sources=sources),
    )
    augmentation = Augmentation(CHEAP, mix=chosen_mix("mixup"))
    rows = runs_preview.training_rows(
        odd, augmentation, settings_of(Config(batch_size=2, epochs=1))
    )
    assert all(caption.isprintable() for caption in rows)


def test_a_mix_is_shown_with_its_labels(drawn, dataset):
    rows, title = drawn(augment=False, mix="mixup")
    assert "--no-augment --mix mixup" in title and "MixUp()" in title
    images = np.stack([dataset.train.image(i) for i in SHOWN])
    labels = np.array([0, 0, 0, 1, 1], np.float32)
    ids, key = dataset.train.ids[list(SHOWN)], aj.stream(aj.key(3), "augment")
    for epoch in range(1, 6):
        mixed, shares = aj.MixUp().batch(key, images, labels, ids, epoch=epoch)
        for row, (caption, pictures) in enumerate(rows.items()):
            np.testing.assert_allclose(pictures[epoch], mixed[row], atol=2e-5)
            assert caption.split("share of Truck: ")[1].split(", ")[epoch - 1] == (
                f"{float(shares[row]):.2f}"
            )
