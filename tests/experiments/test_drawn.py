"""The drawn data set: what is promised, the same on each run, and silent about the class."""

import dataclasses
import hashlib
import multiprocessing
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from augjax.errors import InputError, RunError
from experiments.car_truck.config import Config, settings_of
from experiments.car_truck.data import load_data
from experiments.car_truck.drawn import camera, places, vehicles
from experiments.car_truck.drawn import dataset as drawn

COUNT = 60
PICTURES = COUNT * len(drawn.SPLITS) * len(drawn.KINDS)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first pictures of each folder; the whole set would take half a minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn, "PICTURES_PER_CLASS", dict.fromkeys(drawn.SPLITS, COUNT))
        return drawn.drawn_car_truck(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set of three pictures a folder."""
    monkeypatch.setattr(drawn, "PICTURES_PER_CLASS", {"train": 3, "valid": 3})


def contents(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_folders_are_balanced_and_hold_the_promised_number(root: Path):
    assert {path.name for path in root.iterdir()} == {"train", "valid", "README.txt"}
    for split in drawn.SPLITS:
        assert {path.name for path in (root / split).iterdir()} == {"Car", "Truck"}
        for kind in drawn.KINDS:
            names = sorted(path.name for path in (root / split / kind).iterdir())
            assert names == [f"{kind.lower()}_{i:04d}.jpg" for i in range(1, COUNT + 1)]


def test_every_picture_is_a_128_pixel_rgb_jpeg(root: Path):
    paths = list(root.rglob("*.jpg"))
    assert len(paths) == PICTURES
    for path in paths:
        with Image.open(path) as picture:
            picture.load()
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (128, 128))


def test_no_two_pictures_are_the_same(root: Path):
    digests = [digest for name, digest in contents(root).items() if name.endswith(".jpg")]
    assert len(set(digests)) == PICTURES


@pytest.mark.usefixtures("small")
def test_two_renders_are_identical(tmp_path: Path, root: Path):
    first = contents(drawn.drawn_car_truck(tmp_path / "first"))
    second = contents(drawn.drawn_car_truck(tmp_path / "second"))
    assert first == second
    whole = contents(root)
    assert all(whole[name] == digest for name, digest in first.items())


def test_a_picture_depends_on_nothing_drawn_before_it():
    alone = np.asarray(drawn.draw_picture("valid", "Truck", 2))
    drawn.draw_picture("valid", "Car", 1)
    np.random.default_rng(0).uniform()
    assert np.array_equal(alone, np.asarray(drawn.draw_picture("valid", "Truck", 2)))
    assert alone.shape == (vehicles.SIZE, vehicles.SIZE, 3)


@pytest.mark.usefixtures("small")
def test_second_call_reuses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = drawn.drawn_car_truck(tmp_path)
    before = contents(root)
    monkeypatch.setattr(drawn, "draw_picture", None)  # drawing again would fail
    assert drawn.drawn_car_truck(tmp_path) == root
    assert contents(root) == before


@pytest.mark.usefixtures("small")
def test_an_interrupted_render_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def interrupted(*_: object) -> Image.Image:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(drawn, "draw_picture", interrupted)
        with pytest.raises(KeyboardInterrupt):
            drawn.drawn_car_truck(tmp_path)
    assert list(tmp_path.iterdir()) == []

    leftover = tmp_path / f".{drawn.NAME}-killed" / "fresh" / "train" / "Car"
    leftover.mkdir(parents=True)
    assert len(list(drawn.drawn_car_truck(tmp_path).rglob("*.jpg"))) == 12
    assert leftover.exists()


def lose_a_picture(root: Path) -> None:
    (root / "train/Car/car_0002.jpg").unlink()


def lose_a_folder(root: Path) -> None:
    shutil.rmtree(root / "valid/Truck")


def lose_a_split(root: Path) -> None:
    shutil.rmtree(root / "valid")


def link_a_picture(root: Path) -> None:
    (root / "train/Car/car_0002.jpg").rename(root.parent / "mine.jpg")
    (root / "train/Car/car_0002.jpg").symlink_to(root.parent / "mine.jpg")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("harm", [lose_a_picture, lose_a_folder, lose_a_split, link_a_picture])
def test_what_is_missing_is_drawn_and_other_files_stay(
    tmp_path: Path, harm: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
):
    root = drawn.drawn_car_truck(tmp_path)
    before = contents(root)
    for name in ("notes.txt", "train/Car/photo.jpg", "train/Car/.hidden", "valid/mine/1.png"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("mine")
    harm(root)
    left = contents(tmp_path)
    drawn.drawn_car_truck(tmp_path)
    assert contents(tmp_path) == left | {f"{root.name}/{name}": before[name] for name in before}
    assert not list(tmp_path.glob(".*"))
    monkeypatch.setattr(drawn, "draw_picture", None)
    drawn.drawn_car_truck(tmp_path)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", [".", "train", "train/Car"])
@pytest.mark.parametrize("kind", ["link", "dangling link", "file"])
def test_pictures_are_drawn_into_folders_only(tmp_path: Path, name: str, kind: str):
    path, mine = tmp_path / "cache" / drawn.NAME / name, tmp_path / "mine"
    path.parent.mkdir(parents=True)
    if kind == "file":
        path.touch()
    else:
        path.symlink_to(mine)
    if kind == "link":
        mine.mkdir()
    with pytest.raises(RunError, match=f"{path}: pictures are to be drawn there, but it is a link"):
        drawn.drawn_car_truck(tmp_path / "cache")
    assert not mine.exists() or not list(mine.iterdir())
    assert os.path.lexists(path) and not list((tmp_path / "cache").glob(".*"))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["train/Car/my.jpg", "valid/Truck/sub/my.png"])
def test_pictures_of_the_users_own_are_not_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    drawn._cache.cache_clear()
    config = settings_of(Config(run_dir=tmp_path / "run"))
    try:
        dataset = load_data(config, Console(quiet=True))
        assert (len(dataset.train), len(dataset.valid)) == (6, 6)
        mine = tmp_path / "augjax" / drawn.NAME / name
        mine.parent.mkdir(exist_ok=True)
        Image.new("RGB", (8, 8)).save(mine)
        with pytest.raises(InputError, match=f"{mine} is not one of the drawn pictures; move it"):
            load_data(config, Console(quiet=True))
        assert mine.exists()
    finally:
        drawn._cache.cache_clear()


def test_an_unusable_cache_folder_is_errors_in_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cache: cannot keep the drawn pictures there"):
        drawn.drawn_car_truck(tmp_path / "file" / "cache")


@pytest.mark.usefixtures("small")
def test_a_faster_process_is_not_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    render = drawn._render

    def beaten(root: Path, wanted: Collection[str]) -> None:
        render(root, wanted)
        render(tmp_path / drawn.NAME, wanted)

    monkeypatch.setattr(drawn, "_render", beaten)
    root = drawn.drawn_car_truck(tmp_path)
    assert len(list(root.rglob("*.jpg"))) == 12
    assert list(tmp_path.iterdir()) == [root]


def _render_a_few(cache: Path) -> None:
    drawn.PICTURES_PER_CLASS.update({"train": 3, "valid": 3})
    drawn.drawn_car_truck(cache)


def test_processes_that_start_at_once_all_succeed(tmp_path: Path):
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_render_a_few, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [drawn.NAME]


def test_colours_and_contrast_do_not_give_the_class_away(root: Path):
    """The nearest centroid of the mean and spread of each colour is no better than a guess."""

    def statistics(split: str) -> tuple[np.ndarray, np.ndarray]:
        rows, labels = [], []
        for label, kind in enumerate(drawn.KINDS):
            for path in sorted((root / split / kind).iterdir()):
                pixels = np.asarray(Image.open(path), np.float64).reshape(-1, 3)
                rows.append([*pixels.mean(0), *pixels.std(0)])
                labels.append(label)
        return np.array(rows), np.array(labels)

    rows, labels = statistics("train")
    scale = rows.std(0)
    centroids = np.stack([(rows / scale)[labels == label].mean(0) for label in (0, 1)])
    rows, labels = statistics("valid")
    distance = np.linalg.norm((rows / scale)[:, None] - centroids, axis=-1)
    assert 0.35 < np.mean(distance.argmin(1) == labels) < 0.65


def test_cars_and_trucks_fill_the_same_box_in_the_same_surroundings():
    """With one seed for both, only the pixels where a vehicle stands may differ."""
    scene = vehicles.choose_scene(np.random.default_rng(5), places.DAYLIGHT)
    still = dataclasses.replace(
        camera.careful_shot(np.random.default_rng(6)), tilt=0.0, shift=(0.0, 0.0)
    )
    car, truck = (
        np.asarray(vehicles.draw_vehicle(kind, scene, still, [7]), float) for kind in drawn.KINDS
    )
    rows, columns = np.nonzero(np.abs(car - truck).max(-1) > 8)
    height = scene.width / scene.proportion
    assert np.ptp(columns) == pytest.approx(scene.width, abs=8)
    assert np.ptp(rows) == pytest.approx(height, abs=8)
