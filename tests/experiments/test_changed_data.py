"""A run goes on, and is replayed, with the content it began with."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from augjax.data import BadImagesError
from augjax.errors import InputError
from experiments.car_truck.__main__ import run
from experiments.car_truck.config import Config, resumed_config
from experiments.car_truck.replay import replay_image
from tests.oracles import Image

pytestmark = pytest.mark.usefixtures("adam_may_promote", "small_network")

SIZE = 64
OTHER = "the data have changed: train/Car/0.bmp has other content"


def write_bmps(root: Path) -> Path:
    """Of one size, and longer than what is read of their ends."""
    pixels = np.random.default_rng(0).integers(0, 256, (2, 2, 2, SIZE, SIZE, 3), np.uint8)
    for split, images_of_split in zip(("train", "valid"), pixels, strict=True):
        for name, images in zip(("Car", "Truck"), images_of_split, strict=True):
            (root / split / name).mkdir(parents=True)
            for i, image in enumerate(images):
                Image.fromarray(image).save(root / split / name / f"{i}.bmp")
    return root


def begin(folder: Path) -> Path:
    data = write_bmps(folder / "data")
    run(Config(data=str(data), run_dir=folder / "run", image_size=16, batch_size=8, epochs=2))
    return data


def resume(folder: Path, *arguments: str) -> None:
    run(resumed_config(folder / "run", [f"--resume={folder / 'run'}", "--epochs=3", *arguments]))


def change_the_middle(path: Path) -> None:
    before, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def exchange_the_classes(data: Path) -> None:
    for split in ("train", "valid"):
        (data / split / "Car").rename(data / "car")
        (data / split / "Truck").rename(data / split / "Car")
        (data / "car").rename(data / split / "Truck")


def replayed(folder: Path) -> list[str]:
    return replay_image(folder / "run", "Car/0.bmp", epoch=1, out=folder / "x.png")[1]


def test_a_byte_changed_in_images_kept_in_memory_is_refused(tmp_path):
    data = begin(tmp_path)
    change_the_middle(data / "train" / "Car" / "0.bmp")
    with pytest.raises(InputError, match=re.escape(OTHER)) as error:
        resume(tmp_path)
    assert error.value.exit_code == 2
    assert "train/Car/0.bmp has other content" in replayed(tmp_path)[0]


def test_a_byte_changed_in_images_that_are_streamed_is_named(tmp_path, nothing_fits):
    data = begin(tmp_path)
    assert replayed(tmp_path) == [f"Written to {tmp_path / 'x.png'}"]
    change_the_middle(data / "train" / "Car" / "0.bmp")
    with pytest.raises(BadImagesError) as error:
        resume(tmp_path)
    named = f"{data}/train/Car/0.bmp (has changed since it was first read)"
    assert error.value.details[0] == named
    assert "train/Car/0.bmp has other content" in replayed(tmp_path)[0]


@pytest.mark.parametrize("limit", ["kept", pytest.param("streamed", marks=pytest.mark.long)])
def test_classes_exchanged_are_refused(tmp_path, request, limit):
    if limit == "streamed":
        request.getfixturevalue("nothing_fits")
    exchange_the_classes(begin(tmp_path))
    with pytest.raises(InputError, match=re.escape(OTHER)):
        resume(tmp_path)
    assert "train/Car/0.bmp has other content" in replayed(tmp_path)[0]


@pytest.mark.long
def test_times_do_not_count(tmp_path, nothing_fits):
    data = begin(tmp_path)
    shutil.copytree(data, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(data)
    (tmp_path / "copy").rename(data)
    resume(tmp_path)


def test_a_run_of_before_fingerprints_goes_on_with_one_note(tmp_path, capsys):
    begin(tmp_path)
    record = json.loads((tmp_path / "run" / "run.json").read_bytes())
    del record["fingerprint"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    (tmp_path / "run" / "fingerprints.json").unlink()
    assert replayed(tmp_path) == [f"Written to {tmp_path / 'x.png'}"]
    capsys.readouterr()
    resume(tmp_path)
    note = "fingerprint 'names and sizes of files' -> 'all bytes of each file'"
    assert capsys.readouterr().out.count(note) == 1
    change_the_middle(tmp_path / "data" / "train" / "Car" / "0.bmp")
    with pytest.raises(InputError, match=re.escape(OTHER)):
        resume(tmp_path)
