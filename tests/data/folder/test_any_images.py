"""Some images of any folder or table, and which images they are in a run."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from augjax import image_ids
from augjax.data import any_images, load_image_folder
from augjax.errors import InputError
from tests.helpers import write_image_folder


def test_training_images_are_spread_over_their_split(tmp_path):
    root = write_image_folder(tmp_path / "data")  # 4 images of 2 classes of 2 splits
    four = any_images(root, 4, image_size=8)
    assert four.ids == ("Car/0.png", "Car/2.png", "Truck/0.png", "Truck/2.png")
    assert [one.path for one in four.images] == [f"{root}/train/{id}" for id in four.ids]
    train = load_image_folder(root, image_size=8).train
    np.testing.assert_array_equal(image_ids(four.ids), train.ids[[0, 2, 4, 6]])
    np.testing.assert_array_equal(four.images[1].image, train.image(2))
    assert len(any_images(root, 100, image_size=8).images) == 8


def test_others_take_the_places_of_bad_ones_which_are_named(tmp_path):
    root = write_image_folder(tmp_path / "data")
    (root / "train/Car/0.png").write_bytes(b"not an image")
    found = any_images(root, 4, image_size=8)
    assert found.ids == ("Car/1.png", "Car/2.png", "Truck/0.png", "Truck/2.png")
    assert [(Path(one.path).name, one.reason) for one in found.bad] == [
        ("0.png", "text, not an image")
    ]


def test_classes_take_turns(tmp_path):
    root = write_image_folder(tmp_path / "data", per_class=1)
    (root / "train/Car/0.png").rename(root / "train/Car/9.png")
    for name in ("Car/deep/1.png", "Car/deep/2.png", "Car/er/3.png", "Bus/1.png", "Bus/2.png"):
        (root / "train" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "train/Truck/0.png", root / "train" / name)
    assert any_images(root, 3, image_size=8).ids == ("Bus/1.png", "Car/9.png", "Truck/0.png")
    (root / "train/Bus/1.png").write_bytes(b"")
    assert any_images(root, 3, image_size=8).ids == ("Bus/2.png", "Car/9.png", "Truck/0.png")
    wrapped = root / "a/b"
    wrapped.parent.mkdir()
    (root / "train").rename(wrapped)
    shutil.rmtree(root / "valid")
    assert any_images(root, 3, image_size=8).ids == (
        "a/b/Bus/2.png",
        "a/b/Car/9.png",
        "a/b/Truck/0.png",
    )


def test_loose_images_and_unsplit_ones_have_their_path_below_the_folder(tmp_path):
    root = write_image_folder(tmp_path / "data")
    assert any_images(root / "valid/Car", 2, image_size=8).ids == ("0.png", "2.png")
    shutil.rmtree(root / "valid")
    (root / "train").rename(root / "a")
    assert any_images(root, 2, image_size=8).ids == ("a/Car/0.png", "a/Truck/0.png")


def test_rows_of_a_table(tmp_path):
    root = write_image_folder(tmp_path / "data")
    rows = [
        "path,label,split",
        "valid/Car/1.png,b,test",
        "train/Car/1.png,a,train",
        "x.png,a,train",
    ]
    (root / "t.csv").write_text("\n".join(rows))
    found = any_images(root / "t.csv", 5, image_size=8)
    assert (found.ids, found.class_names) == (("train/Car/1.png",), ("a",))
    assert [one.reason for one in found.bad] == ["no such file"]


def test_linked_folders_are_looked_into_once_where_links_are_followed(tmp_path):
    root = write_image_folder(tmp_path / "data", per_class=1)
    (root / "train/Car/again").symlink_to(root / "train")
    (root / "train/Bus").symlink_to(root / "valid/Car")
    assert any_images(root, 9, image_size=8).ids == ("Car/0.png", "Truck/0.png")
    followed = any_images(root, 9, image_size=8, follow_links=True)
    assert followed.ids == ("Bus/0.png", "Car/0.png", "Truck/0.png")


def test_what_has_no_image(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="none of its 0 images"):
        any_images(tmp_path / "empty", 3, image_size=8)
    with pytest.raises(InputError, match="no such folder"):
        any_images(tmp_path / "none", 3, image_size=8)
