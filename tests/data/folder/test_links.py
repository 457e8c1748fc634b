"""Links in a data folder: followed where they may be, and each image read once."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from augjax.data import load_image_folder
from augjax.data.folder.load import link_targets
from augjax.data.folder.scan import scan_split
from tests.helpers import write_image_folder


def tangle(root: Path, rng: np.random.Generator) -> None:
    """Two classes and two folders elsewhere, with folders, images, and links between all."""
    folders = [root / "split/Car", root / "split/Truck", root / "here", root / "there"]
    for folder in list(folders):
        folder.mkdir(parents=True)
        (folder / "0.png").write_bytes(b"x")
    for number in range(rng.integers(12)):
        folder = folders[rng.integers(len(folders))] / f"f{number}"
        folder.mkdir()
        folders.append(folder)
    files = []
    for number in range(rng.integers(12)):
        files.append(folders[rng.integers(len(folders))] / f"{number}.png")
        files[-1].write_bytes(b"x")
    for number in range(rng.integers(1, 16)):
        place = folders[rng.integers(len(folders))]
        if files and rng.random() < 0.4:
            (place / f"l{number}.png").symlink_to(files[rng.integers(len(files))])
        else:
            (place / f"{rng.integers(9)}l{number}").symlink_to(folders[rng.integers(len(folders))])


def reachable(folder: Path) -> set[Path]:
    """The images below a class folder, by real path, wherever links lead but to what holds it."""
    waiting, seen, images = [folder.resolve()], set(), set()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for entry in here.iterdir():
            real = entry.resolve()
            if real.is_file():
                images.add(real)
            elif real not in seen and not folder.resolve().is_relative_to(real):
                waiting.append(real)
    return images


@pytest.mark.parametrize("seed", range(40))
def test_a_class_has_each_image_once_wherever_links_lead(tmp_path, seed):
    tangle(tmp_path, np.random.default_rng(seed))
    split = tmp_path / "split"
    found = scan_split(split, follow_links=True)
    assert not any(file.reason for file in found.files)
    for label, name in enumerate(found.class_names):
        mine = [file.path for file in found.files if file.label == label]
        real = [(split / path).resolve() for path in mine]
        assert Counter(real) == Counter(reachable(split / name))
        for path, target in zip(mine, real, strict=True):
            if target.is_relative_to(split / name):
                assert split / path == target, "its own images have the names they have unlinked"
    assert found == scan_split(split, follow_links=True)


def test_a_link_is_read_once_it_may_be(tmp_path):
    """What was found out without the option is not kept."""
    root = write_image_folder(tmp_path / "data")
    elsewhere = tmp_path / "elsewhere.png"
    (root / "train/Car/0.png").rename(elsewhere)
    (root / "train/Car/0.png").symlink_to(elsewhere)
    os.utime(elsewhere, (1, 1))  # Long ago, so that a verdict may be kept.
    for follow_links, count in ((False, 7), (True, 8), (False, 7)):
        data = load_image_folder(root, image_size=8, on_bad_image="skip", follow_links=follow_links)
        assert len(data.train) == count


def test_what_links_lead_to(tmp_path):
    root = write_image_folder(tmp_path / "data")
    for name in ("class", "inner", "split"):
        (tmp_path / name).mkdir()
    (root / "train/Car").rename(tmp_path / "class/it")
    (root / "train/Car").symlink_to(tmp_path / "class/it")
    (tmp_path / "class/it/more").symlink_to(tmp_path / "inner")
    (root / "train/Truck/0.png").rename(tmp_path / "file.png")
    (root / "train/Truck/0.png").symlink_to(tmp_path / "file.png")
    (tmp_path / "inner/more.png").symlink_to(tmp_path / "file.png")
    (root / "valid").rename(tmp_path / "split/it")
    (root / "valid").symlink_to(tmp_path / "split/it")
    found = {str(Path(target).relative_to(tmp_path)) for target in link_targets(root)}
    assert found == {"class/it", "inner", "split/it", "file.png"}


def test_folders_nested_beyond_pythons_recursion(tmp_path, removed_by_rm):
    root = write_image_folder(tmp_path / "data")
    deep = root / "train/Car"
    for _ in range(1200):
        deep /= "d"
        deep.mkdir()
    (root / "train/Car/0.png").rename(deep / "0.png")
    assert len(load_image_folder(root, image_size=8).train) == 8
