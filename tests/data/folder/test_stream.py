"""Files decoded one after another, as for training, whatever is wrong with some."""

import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from augjax.data import expand, load_image_folder, stream_files
from augjax.data.folder import stream as module
from augjax.errors import InputError
from tests.corpora import image_zoo
from tests.corpora.image_bytes import png
from tests.helpers import write_image_folder


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
def test_pixels_are_those_of_training_to_the_bit(tmp_path, method):
    """Of every kind of picture there is."""
    root = write_image_folder(tmp_path / "data", per_class=1)
    for number, kind in enumerate(image_zoo.kinds()):
        if kind.pixels is not None:
            place = root / "train/Car" / f"{number}" / kind.file
            place.parent.mkdir()
            kind.write(place)
    train = load_image_folder(root, image_size=24, method=method).train
    paths = [str(root / "train" / source) for source in train.sources]
    assert len(paths) > 50
    for n, one in enumerate(stream_files(paths, image_size=24, method=method)):
        assert one.reason == "" and one.path == paths[n]
        np.testing.assert_array_equal(one.image, train.image(n), err_msg=one.path)


def test_what_cannot_be_used_has_the_reason_of_training_and_ends_nothing(tmp_path, capfd):
    root = write_image_folder(tmp_path / "data", per_class=1)
    for number, kind in enumerate(image_zoo.kinds()):
        if kind.pixels is None:
            place = root / "train/Car" / f"{number}" / kind.file
            place.parent.mkdir()
            kind.write(place)
    report = load_image_folder(root, image_size=24, on_bad_image="skip").report
    assert report is not None
    reasons = {str(root / bad.path): bad.reason for bad in report.bad}
    assert len(reasons) > 30
    streamed = list(stream_files(expand([root / "train/Car"]), image_size=24))
    bad = {one.path: one.reason for one in streamed if one.reason}
    links = {path for path, reason in reasons.items() if "leads out of the data" in reason}
    for path in links:  # Without a data folder, a link may lead anywhere.
        reasons.pop(path)
        bad.pop(path, "")
    assert bad == reasons
    assert all((one.image is None) == bool(one.reason) for one in streamed)
    assert capfd.readouterr().err == ""


def test_what_is_no_file_has_a_reason(tmp_path):
    good = tmp_path / "good.png"
    good.write_bytes(png(np.full((4, 4, 3), 9, np.uint8)))
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "dangling.jpg").symlink_to("nowhere")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "no_suffix").write_bytes(good.read_bytes())
    expected = {
        "pipe.jpg": "not a regular file",
        "folder.jpg": "a folder, not a file",
        "dangling.jpg": "a link that leads nowhere",
        "circle.jpg": "cannot be read (Too many levels of symbolic links)",
        "empty.jpg": "the file is empty",
        "vanished.jpg": "no such file",
        "good.png/a.jpg": "no such file",
        "nul\0.jpg": "not the name of a file",
        "a" * 300: "cannot be read (File name too long)",
        "no_suffix": "",
        "good.png": "",
    }
    paths = [f"{tmp_path}/{name}" for name in expected]
    streamed = list(stream_files(paths, image_size=8))
    assert [one.path for one in streamed] == paths
    assert [one.reason for one in streamed] == list(expected.values())
    assert [one.image is None for one in streamed] == [bool(one.reason) for one in streamed]


def test_a_file_that_vanishes_or_changes_on_the_way_has_a_reason(tmp_path, monkeypatch):
    paths = [tmp_path / f"{n}.png" for n in range(3)]
    for n, path in enumerate(paths):
        path.write_bytes(png(np.full((4, 4, 3), n, np.uint8)))

    def judge_and_change(*arguments):
        verdicts = judge_files(*arguments)
        paths[0].unlink()
        paths[1].write_bytes(png(np.full((4, 4, 3), 99, np.uint8)))
        return verdicts

    judge_files = module.judge_files
    monkeypatch.setattr(module, "judge_files", judge_and_change)
    reasons = [one.reason for one in stream_files(paths, image_size=8)]
    assert reasons == [
        "cannot be read (No such file or directory)", "has changed since it was first read", "",
    ]  # fmt: skip


def test_files_are_asked_for_a_piece_at_a_time(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(png(np.full((4, 4, 3), 9, np.uint8)))
    asked = []

    def endless():
        while True:
            asked.append(path)
            yield path

    monkeypatch.setattr(module, "PIECE", 4)
    stream = stream_files(endless(), image_size=8)
    assert not asked
    for count in range(1, 10):
        assert next(stream).image is not None
        assert len(asked) == -(-count // 4) * 4
    monkeypatch.setattr(module, "PIECE_BYTES", 2 * 8 * 8 * 3 + 1)
    asked.clear()
    next(stream_files(endless(), image_size=8))
    assert len(asked) == 2


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_files(tmp_path):
    Image.new("RGB", (32, 32)).save(tmp_path / "a.jpg")

    def peak(count: int) -> int:
        tracemalloc.start()
        for one in stream_files((tmp_path / "a.jpg" for _ in range(count)), image_size=32):
            assert one.image is not None
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(256)
    # From the second piece on, there is the one before too.
    assert peak(8 * module.PIECE) < 1.2 * peak(2 * module.PIECE)


@pytest.mark.parametrize("options", [{"image_size": 0}, {"image_size": 8, "max_pixels": 15}])
def test_options(tmp_path, options):
    path = tmp_path / "a.png"
    path.write_bytes(png(np.zeros((4, 4, 3), np.uint8)))
    if options["image_size"]:
        (one,) = stream_files([path], **options)
        assert one.reason == "4 x 4 pixels are more than --max-pixels 15"
    else:
        with pytest.raises(InputError, match="image_size=0"):
            stream_files([path], **options)


def test_folders_are_expanded_in_order_and_without_what_training_skips(tmp_path):
    names = ["b.png", "a/z.JPG", "a.png", "a/b/c.webp", "a-.png", "é.png"]
    skipped = [".h.png", ".g/a.png", "__MACOSX/a.png", "a/notes.txt", "README"]
    for name in names + skipped:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "a")
    (tmp_path / "linked.png").symlink_to("a.png")
    expected = sorted([*names, "folder.png", "linked.png"])
    found = list(expand([tmp_path, "gone.jpg", tmp_path / "a/notes.txt", tmp_path / "a"]))
    assert found == [
        *(f"{tmp_path}/{name}" for name in expected),
        "gone.jpg", f"{tmp_path}/a/notes.txt", f"{tmp_path}/a/b/c.webp", f"{tmp_path}/a/z.JPG",
    ]  # fmt: skip


@given(st.sets(st.lists(st.sampled_from(["a", "b", "a-", "a.", "é", "A"]), min_size=1, max_size=3)
               .map("/".join), min_size=1))  # fmt: skip
def test_a_folder_comes_sorted_by_path(tmp_path_factory, names):
    root = tmp_path_factory.mktemp("tree")
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "1.png").touch()
    found = [os.path.relpath(path, root) for path in expand([root])]
    assert found == sorted(f"{name}/1.png" for name in names)


def test_a_folder_that_cannot_be_read_is_one_bad_file(tmp_path, monkeypatch):
    def scandir(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    (tmp_path / "closed").mkdir()
    (one,) = stream_files(expand([tmp_path]), image_size=8)
    assert one == (f"{tmp_path}/closed", None, "cannot be read (Permission denied)")
