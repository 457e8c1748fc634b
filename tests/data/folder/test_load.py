import os
import shutil

import numpy as np
import pytest
from PIL import Image

from augjax.data import BadImagesError, load_image_folder
from augjax.data.folder.scan import scan_split
from augjax.errors import InputError
from augjax.keys import image_ids
from tests.corpora import folder_zoo, table_zoo
from tests.helpers import run_python, write_image_folder


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
    refuse(tmp_path / ("a" * 300), f"--data {tmp_path}/aaa", "File name too long")


def test_missing_splits_list_what_was_found(root):
    (root / "valid").rename(root / "holdout")
    refuse(root, "valid or val or validation or test", "there are: holdout, train")
    refuse(root / "train", "no folder train", "there are: Car, Truck")
    for number in range(40):
        (root / "train" / f"class_{number:02}").mkdir()
    refuse(root / "train", "(there are: Car, Truck, class_00, class_01, class_02, and 37 more);")


def test_no_classes_and_one_class(root):
    for name in os.listdir(root / "train" / "Truck"):
        (root / "train" / "Truck" / name).unlink()
    refuse(root, "no images", root / "train" / "Truck")
    (root / "train" / "Truck").rmdir()
    refuse(root, "one class only (Car)")


def test_classes_that_differ_between_splits(root):
    (root / "valid" / "Truck").rename(root / "valid" / "Lorry")
    refuse(root, "Car, Truck against Car, Lorry", root / "train", root / "valid")


def spoil(root):
    good = (root / "train" / "Car" / "0.png").read_bytes()
    (root / "train" / "Car" / "empty.jpg").write_bytes(b"")
    (root / "train" / "Truck" / "truncated.png").write_bytes(good[: len(good) // 2])
    (root / "valid" / "Car" / "text.jpg").write_text("this is not an image")
    return [
        f"{root}/train/Car/empty.jpg (the file is empty)",
        f"{root}/train/Truck/truncated.png (truncated or damaged)",
        f"{root}/valid/Car/text.jpg (text, not an image)",
    ]


@pytest.mark.parametrize("options", [{}, {"cache_limit": 0, "verify": "full"}])
def test_all_bad_images_are_named_at_once(root, options):
    named = spoil(root)
    with pytest.raises(
        BadImagesError, match=r"cannot use 3 of 19 images; .*on_bad_image='skip'"
    ) as error:
        load_image_folder(root, image_size=16, **options)
    assert error.value.details == tuple(named) and error.value.exit_code == 2
    assert error.value.__notes__ == named
    assert [bad["path"] for bad in error.value.report.as_json()["bad"]] == [
        "train/Car/empty.jpg",
        "train/Truck/truncated.png",
        "valid/Car/text.jpg",
    ]


def test_options_there_are_none_of_are_refused(root):
    wrong = [
        (
            {"image_size": (16, 16)},
            "image_size=(16, 16): expected the side of a square, at least 1 pixel",
        ),
        ({"image_size": 0}, "image_size=0: expected the side of a square, at least 1 pixel"),
        ({"on_bad_image": "ignore"}, "on_bad_image='ignore': expected 'fail' or 'skip'"),
        ({"method": "area"}, "method='area': expected 'nearest' or 'bilinear'"),
        ({"verify": True}, "verify=True: expected 'auto' or 'full'"),
    ]
    # In a process of its own, without the tests' type checker, which would be the first to object.
    done = run_python(
        "-c",
        "from augjax.data import load_image_folder\n"
        "from augjax.errors import InputError\n"
        f"for options in {[options for options, _ in wrong]}:\n"
        "    try:\n"
        f"        load_image_folder({str(root)!r}, **{{'image_size': 16, **options}})\n"
        "    except InputError as error:\n"
        "        print(error)\n",
    )
    assert done.stdout.splitlines() == [message for _, message in wrong], done.stderr


def test_of_many_bad_images_the_first_are_named(root):
    for i in range(25):
        (root / "train" / "Car" / f"bad{i:02}.jpg").write_bytes(b"")
    with pytest.raises(BadImagesError, match="cannot use 25 of 41 images") as error:
        load_image_folder(root, image_size=16)
    assert len(error.value.details) == 21
    assert "bad19.jpg" in error.value.details[19]
    assert error.value.details[20] == "... and 5 more"
    assert len(error.value.report.as_json()["bad"]) == 25


@pytest.mark.parametrize("options", [{}, {"cache_limit": 0, "verify": "full"}])
def test_bad_images_can_be_left_out(root, options):
    before = load_image_folder(root, image_size=16)
    spoil(root)
    dataset = load_image_folder(root, image_size=16, on_bad_image="skip", **options)
    assert dataset.train.sources == before.train.sources
    assert dataset.fingerprint == before.fingerprint
    for i in range(8):
        np.testing.assert_array_equal(dataset.train.image(i), before.train.image(i))
    assert dataset.notes[:2] == (
        "Checked 19 files: 16 readable (16 decoded).",
        f"Left out 3 bad images: {', '.join(spoil(root))}.",
    )
    assert dataset.report is not None
    report = dataset.report.as_json()
    assert report["files_judged"] == 19 and report["files_decoded"] == {"TensorFlow": 16}
    assert report["counts"] == {"train": {"Car": 4, "Truck": 4}, "valid": {"Car": 4, "Truck": 4}}


def test_a_class_without_a_good_image_is_an_error_even_if_bad_ones_are_left_out(root):
    for path in (root / "train" / "Car").iterdir():
        path.write_bytes(b"text")
    with pytest.raises(InputError, match="train/Car: none of its images can be used") as error:
        load_image_folder(root, image_size=16, on_bad_image="skip")
    assert len(error.value.details) == 4


def test_what_does_not_fit_is_judged_by_its_headers(root):
    notes = load_image_folder(root, image_size=16, cache_limit=0).notes
    assert notes[0].startswith("Checked the headers of 16 files: all readable.")
    assert "--verify full" in notes[0]


def test_a_folder_that_cannot_be_read_is_named(root, monkeypatch):
    def scandir(path):
        if str(path).endswith("valid/Truck"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    refuse(root, f"cannot read the folder {root}/valid/Truck: Permission denied")


ALL_KINDS = [*folder_zoo.kinds(), *table_zoo.kinds()]
KINDS = {kind.name: kind for kind in ALL_KINDS}


def test_the_zoo_is_as_large_as_promised():
    assert len(KINDS) == len(ALL_KINDS) >= 90


@pytest.mark.parametrize("name", KINDS)
def test_a_folder_is_read_rightly_or_refused(name, tmp_path):
    outcome = folder_zoo.judge(KINDS[name], tmp_path)
    assert outcome.ok, outcome


def test_a_name_that_is_not_utf8_has_an_identity_of_its_own(root):
    names = [os.fsdecode(b"a\xff.png"), os.fsdecode(b"a\xfe.png"), "a\ufffd.png"]
    for name in names:
        shutil.copy(root / "train" / "Car" / "0.png", root / "train" / "Car" / name)
    dataset = load_image_folder(root, image_size=16)
    assert {f"Car/{name}" for name in names} <= set(dataset.train.sources)
    assert len({tuple(row) for row in dataset.train.ids.tolist()}) == len(dataset.train) == 11
