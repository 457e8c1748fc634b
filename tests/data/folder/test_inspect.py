"""Folders and tables as they are, with all that is wrong with them."""

import shutil

import numpy as np
import pytest
from PIL import Image

from augjax.data import inspect
from augjax.data.data_report import BadImage
from augjax.errors import InputError
from tests.helpers import write_image_folder


@pytest.fixture
def root(tmp_path):
    return write_image_folder(tmp_path / "data", per_class=2)


def test_splits_classes_counts_and_sizes(root):
    Image.new("RGB", (30, 10)).save(root / "train/Car/wide.png")
    shutil.copytree(root / "valid", root / "test")
    found = inspect(root, image_size=8)
    assert [split.images.name for split in found.splits] == ["train", "valid", "test"]
    assert all(split.class_names == ("Car", "Truck") for split in found.splits)
    assert found.report.counts["train"] == {"Car": 3, "Truck": 2}
    assert found.splits[0].images.sources == (
        "Car/0.png", "Car/1.png", "Car/wide.png", "Truck/0.png", "Truck/1.png",
    )  # fmt: skip
    assert found.splits[0].sizes.tolist() == [[20, 20], [20, 20], [30, 10], [20, 20], [20, 20]]
    assert found.splits[1].images.image(0).shape == (8, 8, 3)
    assert found.findings == ()


def test_what_is_wrong_is_found_and_raises_nothing(root):
    (root / "train/Car/bad.jpg").write_bytes(b"text")
    cut = (root / "train/Car/0.png").read_bytes()[:300]
    (root / "valid/Truck/cut.png").write_bytes(cut)
    (root / "valid/Bus").mkdir()
    (root / "valid/Bus/empty.png").touch()
    shutil.copy(root / "train/Car/0.png", root / "train/Truck/same.png")
    shutil.copy(root / "train/Car/0.png", root / "valid/Car/same.png")
    (root / "labels").mkdir()
    found = inspect(root, image_size=8)
    assert sorted(found.report.bad) == [
        BadImage("train/Car/bad.jpg", "text, not an image"),
        BadImage("valid/Bus/empty.png", "the file is empty"),
        BadImage("valid/Truck/cut.png", "truncated or damaged"),
    ]
    assert found.duplicates == (("train/Car/0.png", "train/Truck/same.png", "valid/Car/same.png"),)
    assert found.report.leaks == [("valid/Car/same.png", "train/Car/0.png")]
    assert found.findings == (
        "Folders that are no split: labels.",
        "Classes in valid, not in train: Bus.",
        "Classes without a usable image in valid: Bus.",
    )
    assert found.splits[1].class_names == ("Bus", "Car", "Truck")
    again = inspect(root, image_size=8)
    assert sorted(again.report.bad) == sorted(found.report.bad)


def test_a_folder_without_splits(root):
    found = inspect(root / "train", image_size=8)
    (whole,) = found.splits
    assert whole.images.name == "" and whole.images.sources[0] == "Car/0.png"
    assert found.report.counts == {"": {"Car": 2, "Truck": 2}} and not found.report.leaks
    shutil.rmtree(root / "train/Truck")
    assert inspect(root / "train", image_size=8).splits[0].class_names == ("Car",)
    assert [s.images.name for s in inspect(root, image_size=8).splits] == ["train", "valid"]
    shutil.rmtree(root / "train")
    assert [s.images.name for s in inspect(root, image_size=8).splits] == ["valid"]


def test_a_table(root):
    table = root / "table.csv"
    table.write_text(
        "path,label,split\n"
        "train/Car/0.png,Auto,train\ntrain/Truck/0.png,Lorry,train\nvalid/Car/0.png,Auto,test\n"
        "none.png,Auto,test\n"
    )
    found = inspect(table, image_size=8)
    assert [split.images.name for split in found.splits] == ["train", "test"]
    assert found.report.bad == [BadImage("none.png", "no such file")]
    assert found.findings == ("Classes in train, not in test: Lorry.",)


def test_nothing_but_bad_files(root):
    for path in root.rglob("*.png"):
        path.write_bytes(b"")
    found = inspect(root, image_size=8)
    assert len(found.report.bad) == 8 and found.duplicates == ()
    assert all(len(split.images) == 0 and split.sizes.shape == (0, 2) for split in found.splits)
    np.testing.assert_array_equal(found.splits[0].images.class_counts(2), [0, 0])


@pytest.mark.parametrize("place", ["train/Car", "none", "train/Car/0.png"])
def test_what_has_no_classes_is_one_line(root, place):
    with pytest.raises(InputError, match=r"no class folders|no such folder|not a folder"):
        inspect(root / place, image_size=8)
