import os

import numpy as np
import pytest
from PIL import Image

from augjax.data import load_image_folder
from augjax.data.scan import scan_split
from augjax.errors import InputError
from augjax.keys import image_ids
from tests.helpers import write_image_folder


@pytest.fixture
def root(tmp_path):
    return write_image_folder(tmp_path / "data")


def refuse(root, *words, **options):
    with pytest.raises(InputError) as error:
        load_image_folder(root, image_size=16, **options)
    for word in words:
        assert str(word) in str(error.value)
    assert "\n" not in str(error.value)


def test_reads_classes_labels_and_ids(root):
    dataset = load_image_folder(root, image_size=20)
    assert dataset.class_names == ("Car", "Truck")
    assert dataset.train.sources[:2] == ("Car/0.png", "Car/1.png")
    assert dataset.train.labels.tolist() == [0] * 4 + [1] * 4
    np.testing.assert_array_equal(dataset.valid.ids, image_ids(dataset.valid.sources))
    with Image.open(root / "train" / "Truck" / "2.png") as picture:
        np.testing.assert_array_equal(dataset.train.image(6), np.asarray(picture))


def test_class_names_are_sorted_by_code_point_and_images_found_below(tmp_path):
    for name in ("10", "2", "Zebra", "car", "Élan"):
        folder = tmp_path / name / "deeper"
        folder.mkdir(parents=True)
        Image.new("L", (2, 2)).save(folder / "a.PNG")
    scanned = scan_split(tmp_path)
    assert scanned.class_names == ("10", "2", "Zebra", "car", "Élan")
    assert scanned.files[0].path == "10/deeper/a.PNG"


def test_hidden_things_are_skipped(root):
    for path in ("Car/.hidden.png", "Car/.ipynb_checkpoints/x.png", "__MACOSX/x.png", ".git/x.png"):
        (root / "train" / path).parent.mkdir(exist_ok=True)
        (root / "train" / path).write_bytes(b"not an image")
    (root / "train" / "Car" / "notes.txt").write_text("not an image either")
    assert len(load_image_folder(root, image_size=16).train) == 8


@pytest.mark.parametrize("name", ["val", "validation", "test"])
def test_other_names_of_the_validation_folder_are_noted(root, name):
    (root / "valid").rename(root / name)
    dataset = load_image_folder(root, image_size=16)
    assert dataset.valid.name == name
    assert any(name in note for note in dataset.notes)


def test_valid_comes_before_test(root):
    (root / "test").mkdir()
    assert load_image_folder(root, image_size=16).valid.name == "valid"


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_images_without_cache_equal_cached_ones(root, method):
    cached = load_image_folder(root, image_size=16, method=method)
    streamed = load_image_folder(root, image_size=16, method=method, cache_limit=0)
    assert streamed.train.cache is None and cached.train.cache is not None
    assert "kept in memory" in cached.notes[-1] and "each epoch" in streamed.notes[-1]
    for i in range(8):
        np.testing.assert_array_equal(cached.train.image(i), streamed.train.image(i))
    assert cached.fingerprint == streamed.fingerprint


def test_every_kind_of_file_becomes_rgb(root):
    folder = root / "train" / "Car"
    grey = Image.fromarray(np.full((20, 20), 77, np.uint8))
    for name in ("a.jpg", "b.gif", "c.bmp", "d.webp"):
        grey.convert("L").save(folder / name)
    dataset = load_image_folder(root, image_size=16)
    for i in range(4, 8):
        assert abs(dataset.train.image(i).astype(int) - 77).max() <= 3


def test_the_fingerprint_follows_names_and_sizes(root):
    before = load_image_folder(root, image_size=16).fingerprint
    assert load_image_folder(root, image_size=32).fingerprint == before
    (root / "train" / "Car" / "0.png").rename(root / "train" / "Car" / "9.png")
    assert load_image_folder(root, image_size=16).fingerprint != before


def test_no_such_folder(tmp_path):
    refuse(tmp_path / "nothing", f"--data {tmp_path / 'nothing'}: no such folder")


def test_missing_splits_list_what_was_found(root):
    (root / "valid").rename(root / "holdout")
    refuse(root, "valid, val, validation, test", "there are: holdout, train")
    refuse(root / "train", "none of the folders train", "there are: Car, Truck")


def test_no_classes_and_one_class(root):
    for name in os.listdir(root / "train" / "Truck"):
        (root / "train" / "Truck" / name).unlink()
    refuse(root, "no images", root / "train" / "Truck")
    (root / "train" / "Truck").rmdir()
    refuse(root, "one class only (Car)")


def test_classes_that_differ_between_splits(root):
    (root / "valid" / "Truck").rename(root / "valid" / "Lorry")
    refuse(root, "Car, Truck against Car, Lorry", root / "train", root / "valid")


@pytest.mark.parametrize("cache_limit", [0, 2**30])
def test_all_bad_images_are_named_at_once(root, cache_limit):
    good = (root / "train" / "Car" / "0.png").read_bytes()
    (root / "train" / "Car" / "empty.jpg").write_bytes(b"")
    (root / "train" / "Truck" / "truncated.png").write_bytes(good[: len(good) // 2])
    (root / "valid" / "Car" / "text.jpg").write_text("this is not an image")
    refuse(
        root,
        "cannot read 3 image(s)",
        "empty.jpg (the file is empty)",
        "truncated.png (",
        "text.jpg (Unknown image file format",
        cache_limit=cache_limit,
    )
