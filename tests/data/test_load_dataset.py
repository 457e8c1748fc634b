"""One entry for all data: folders with and without splits, tables, TensorFlow Datasets."""

import csv
import hashlib
import json
import os
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from augjax.data import BadImagesError, load_dataset, load_image_folder, load_image_set
from augjax.data.folder.load import link_targets
from augjax.errors import InputError
from augjax.keys import image_ids
from augjax.runs.record import changed_images, record_run
from tests.corpora.folder_zoo import picture
from tests.helpers import write_image_folder


def table_of(root: Path, name: str = "table.csv", **splits: str) -> Path:
    """A table of all images below a folder of class folders; of splits if they are given."""
    rows = []
    for path in sorted(root.rglob("*.png")):
        parts = path.relative_to(root).parts
        row = {"path": "/".join(parts), "label": parts[-2]}
        rows.append(row | ({"split": splits[parts[0]]} if splits else {}))
    with (root / name).open("w", newline="", encoding="utf-8") as file:
        if name.endswith(".csv"):
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return root / name


def same(one, other):
    assert one.sources == other.sources and one.name == other.name
    for name in ("labels", "ids", "outlines", "contents", "cache"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_a_folder_with_splits_is_as_it_was(root):
    """Runs that were started before load_dataset was there know these fingerprints."""
    before, now = load_image_folder(root, image_size=16), load_dataset(root, image_size=16)
    digest = hashlib.blake2b(digest_size=16)
    for split in ("train", "valid"):
        for name in ("Car", "Truck"):
            for number in range(4):
                size = (root / split / name / f"{number}.png").stat().st_size
                digest.update(f"{name}/{number}.png\0{size}\0".encode())
        digest.update(b"\0")
    assert before.fingerprint == now.fingerprint == digest.hexdigest()
    assert before.notes == now.notes
    same(before.train, now.train)
    same(before.valid, now.valid)


def sides(dataset) -> dict[str, str]:
    return {
        source: split.name for split in (dataset.train, dataset.valid) for source in split.sources
    }


def test_class_folders_are_divided(unsplit):
    data = load_dataset(unsplit, image_size=4, valid_fraction=0.3, split_seed=5)
    assert data.class_names == ("a", "b", "c", "d", "é")
    assert (data.train.name, data.valid.name) == ("train", "valid")
    assert len(data.train) + len(data.valid) == 60 and 8 <= len(data.valid) <= 28
    for split in (data.train, data.valid):
        np.testing.assert_array_equal(split.ids, image_ids(split.sources))
        for n, source in enumerate(split.sources):
            assert data.class_names[split.labels[n]] == source.split("/")[0]
            number = 100 * int(split.labels[n]) + int(Path(source).stem)
            assert split.image(n)[0, 0].tolist() == [number % 256, number // 256, 99]
    assert data.report is not None
    counts = data.report.counts
    assert {name: counts["train"][name] + counts["valid"][name] for name in data.class_names} == (
        dict.fromkeys(data.class_names, 12)
    )
    assert any("--valid-fraction 0.3 (split seed 5)" in note for note in data.notes)
    other = load_dataset(unsplit, image_size=4, valid_fraction=0.3, split_seed=6)
    assert sides(other) != sides(data)


def test_what_is_validated_on_is_counted_without_bad_images(unsplit):
    before = load_dataset(unsplit, image_size=4, valid_fraction=0.3)
    for split in (before.train, before.valid):
        (unsplit / split.sources[0]).write_bytes(b"text")
    data = load_dataset(unsplit, image_size=4, valid_fraction=0.3, on_bad_image="skip")
    assert len(data.train) + len(data.valid) == 58
    assert data.notes[0] == (
        f"Validating on {len(data.valid)} of 58 images, by --valid-fraction 0.3 (split seed 0)."
    )


def test_images_stay_on_their_sides(unsplit):
    """When others come and go, names are decomposed, and the fraction grows."""
    before = sides(load_dataset(unsplit, image_size=4, valid_fraction=0.3))
    (unsplit / "a/0.png").unlink()
    for number in range(20):
        (unsplit / "b" / f"new{number}.png").write_bytes(picture(5000 + number))
    (unsplit / "é").rename(unsplit / unicodedata.normalize("NFD", "é"))
    now = sides(load_dataset(unsplit, image_size=4, valid_fraction=0.3))
    composed = {unicodedata.normalize("NFC", name): side for name, side in now.items()}
    del before["a/0.png"]
    assert {name: composed[name] for name in before} == before
    more = sides(load_dataset(unsplit, image_size=4, valid_fraction=0.5))
    assert all(more[name] == "valid" for name, side in now.items() if side == "valid")


def test_leaks_across_the_sides_are_told(unsplit):
    """Copies of an image are on either side, as their names have it."""
    for number in range(12):
        shutil.copy(unsplit / "a/0.png", unsplit / "b" / f"copy{number}.png")
    data = load_dataset(unsplit, image_size=4, valid_fraction=0.3)
    side = sides(data)
    copies = ["a/0.png", *(f"b/copy{number}.png" for number in range(12))]
    validated = [name for name in copies if side[name] == "valid"]
    assert data.report is not None
    assert sorted(valid for valid, _ in data.report.leaks) == sorted(validated) != []
    assert {side[train] for _, train in data.report.leaks} == {"train"}
    crossing = [p for p in data.report.leaks if p[0].split("/")[0] != p[1].split("/")[0]]
    assert data.report.torn == crossing
    assert any(
        f"{len(validated)} validation images with the bytes of training" in n for n in data.notes
    )


def test_without_a_fraction_the_error_says_so(unsplit, root):
    with pytest.raises(InputError) as raised:
        load_dataset(unsplit, image_size=4)
    assert str(raised.value) == (
        f"{unsplit}: found no folder train (there are: a, b, c, d, é); expected train/<class>/... "
        "and valid/<class>/...; these hold images, as class folders do: "
        f"augjax train {unsplit} --valid-fraction 0.2 splits them"
    )
    spaced = unsplit.rename(unsplit.with_name("my data"))
    with pytest.raises(InputError) as raised:
        load_dataset(spaced, image_size=4)
    assert f": augjax train '{spaced}' --valid-fraction 0.2 splits them" in str(raised.value)
    unsplit = spaced.rename(unsplit)
    (unsplit / "a/deep").mkdir()
    for path in (unsplit / "a").glob("*.png"):
        path.rename(unsplit / "a/deep" / path.name)
    with pytest.raises(InputError) as raised:
        load_dataset(unsplit, image_size=4)
    assert str(raised.value).endswith(
        f"; if {unsplit} holds class folders, --valid-fraction 0.2 splits them"
    )
    shutil.rmtree(root / "valid")
    with pytest.raises(InputError, match="no folder valid or val") as raised:
        load_dataset(root, image_size=4)
    assert str(raised.value).endswith(
        f"; or give {root}/train with --valid-fraction 0.2, which splits that"
    )
    table = table_of(unsplit)
    rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join([f"{rows[0]},split", *(f"{r},train" for r in rows[1:])]), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"without the column split, --valid-fraction 0\.2"):
        load_dataset(table, image_size=4)
    (root / "notes.txt").touch()
    with pytest.raises(InputError, match=r"not a folder, nor a table NAME\.csv or NAME\.jsonl$"):
        load_dataset(root / "notes.txt", image_size=4)


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, float("nan")])
def test_a_fraction_lies_between_0_and_1(unsplit, fraction):
    with pytest.raises(InputError, match=f"--valid-fraction {fraction}: expected a number"):
        load_dataset(unsplit, image_size=4, valid_fraction=fraction)


def test_a_class_whose_training_images_are_all_bad_is_named(unsplit):
    for path in (unsplit / "a").iterdir():
        path.write_bytes(b"text")
    with pytest.raises(
        BadImagesError,
        match=r"the split train that --valid-fraction makes of .*unsplit, class a: none of its",
    ) as error:
        load_dataset(unsplit, image_size=4, valid_fraction=0.3, on_bad_image="skip")
    assert error.value.details[0] == f"{unsplit}/a/0.png (text, not an image)"


@pytest.mark.parametrize(("count", "words"), [(1, "one class only"), (1001, "has 1,001 classes")])
def test_there_are_2_to_1000_classes(tmp_path, count, words):
    rows = "".join(f"0.png,{number}\n" for number in range(count))
    (tmp_path / "0.png").write_bytes(picture(0))
    for number in range(count):
        os.link(tmp_path / "0.png", tmp_path / f"{number}a.png")
        rows = rows.replace(f"0.png,{number}\n", f"{number}a.png,{number}\n", 1)
        (tmp_path / "folder" / str(number)).mkdir(parents=True)
        os.link(tmp_path / "0.png", tmp_path / "folder" / str(number) / "0.png")
    (tmp_path / "table.csv").write_text("path,label\n" + rows)
    for data in (tmp_path / "folder", tmp_path / "table.csv"):
        with pytest.raises(InputError, match=words):
            load_dataset(data, image_size=4, valid_fraction=0.5)


@pytest.mark.parametrize("name", ["table.csv", "table.jsonl"])
def test_a_table_is_read_as_its_folder(root, unsplit, name):
    table = table_of(root, name, train="train", valid="valid")
    of_table, of_folder = load_dataset(table, image_size=16), load_dataset(root, image_size=16)
    assert of_table.class_names == of_folder.class_names
    for mine, theirs in ((of_table.train, of_folder.train), (of_table.valid, of_folder.valid)):
        assert mine.sources == tuple(f"{theirs.name}/{source}" for source in theirs.sources)
        np.testing.assert_array_equal(mine.labels, theirs.labels)
        np.testing.assert_array_equal(mine.cache, theirs.cache)
    options = {"image_size": 4, "valid_fraction": 0.3}
    one, other = (load_dataset(d, **options) for d in (table_of(unsplit, name), unsplit))
    same(one.train, other.train)
    same(one.valid, other.valid)
    assert one.fingerprint == other.fingerprint


def test_the_order_of_rows_is_of_no_account(unsplit):
    table = table_of(unsplit)
    one = load_dataset(table, image_size=4, valid_fraction=0.3)
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join([header, *reversed(rows)]), encoding="utf-8")
    other = load_dataset(table, image_size=4, valid_fraction=0.3)
    same(one.train, other.train)
    assert one.fingerprint == other.fingerprint


def test_of_many_bad_rows_the_first_are_shown(unsplit):
    table = table_of(unsplit)
    with table.open("a") as file:
        file.writelines(f"none{number}.png,a\n" for number in range(30))
    with pytest.raises(InputError, match="cannot use 30 of 90 rows") as error:
        load_dataset(table, image_size=4, valid_fraction=0.3)
    assert error.value.details[0] == "line 62: none0.png: no such file"
    assert error.value.details[20:] == ("... and 10 more",)
    skipped = load_dataset(table, image_size=4, valid_fraction=0.3, on_bad_image="skip")
    assert len(skipped.train) + len(skipped.valid) == 60
    assert skipped.report is not None and len(skipped.report.bad) == 30


def test_what_links_and_tables_lead_to(unsplit, tmp_path):
    (tmp_path / "elsewhere.png").write_bytes(picture(1))
    (unsplit / "a/0.png").unlink()
    (unsplit / "a/0.png").symlink_to(tmp_path / "elsewhere.png")
    assert link_targets(unsplit) == (str(tmp_path / "elsewhere.png"),)
    (tmp_path / "table.csv").write_text("path,label\nunsplit/a/0.png,a\nunsplit/b/0.png,b\n")
    assert link_targets(tmp_path / "table.csv") == (str(tmp_path / "elsewhere.png"),)


@pytest.mark.parametrize("kind", ["folder", "table"])
def test_a_run_notices_what_has_changed(unsplit, tmp_path, kind):
    data = unsplit if kind == "folder" else table_of(unsplit)
    run = tmp_path / "run"
    run.mkdir()

    def load():
        return load_dataset(data, image_size=4, valid_fraction=0.3)

    record_run(run, load(), command="", settings={}, data={}, resumed=False)
    assert changed_images(run, load(), "run") == []
    before = (unsplit / "a/0.png").read_bytes()
    (unsplit / "a/0.png").write_bytes(picture(9999))
    assert changed_images(run, load(), "run") == ["a/0.png has other content"]
    with pytest.raises(InputError, match=r"the data have changed: a/0\.png has other content"):
        record_run(run, load(), command="", settings={}, data={}, resumed=True)
    (unsplit / "a/0.png").write_bytes(before)
    assert changed_images(run, load(), "run") == []
    if kind == "table":
        data.write_text(
            data.read_text(encoding="utf-8").replace("a/0.png,a", "a/0.png,b"), encoding="utf-8"
        )
        (change,) = changed_images(run, load(), "run")
        assert change.startswith("dataset_fingerprint")
    else:
        shutil.copy(unsplit / "a/0.png", unsplit / "a/new.png")
        (change, *_) = changed_images(run, load(), "run")
        assert change == "a/new.png is new"


def test_a_row_in_another_split_is_said_to_be_there(unsplit, tmp_path):
    table, run = table_of(unsplit), tmp_path / "run"
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    names = ["valid" if number % 3 else "train" for number in range(len(rows))]
    split = [f"{header},split", *(f"{r},{name}" for r, name in zip(rows, names, strict=True))]
    table.write_text("\n".join(split), encoding="utf-8")
    run.mkdir()
    record_run(
        run, load_dataset(table, image_size=4), command="", settings={}, data={}, resumed=False
    )
    split[1] = split[1].replace(",train", ",valid")
    table.write_text("\n".join(split), encoding="utf-8")
    (change,) = changed_images(run, load_dataset(table, image_size=4), "run")
    assert change == f"{split[1].partition(',')[0]} is in another split"


def test_an_image_set_is_all_or_what_is_for_validation(root, unsplit):
    dataset = load_dataset(root, image_size=16)
    for data in (root, root / "valid"):
        images = load_image_set(data, image_size=16)
        assert images.class_names == ("Car", "Truck") and images.image_size == 16
        np.testing.assert_array_equal(images.images.cache, dataset.valid.cache)
        np.testing.assert_array_equal(images.images.ids, dataset.valid.ids)
    assert load_image_set(root, image_size=16).images.name == "valid"
    assert "Only what is in 'valid' is used." in load_image_set(root, image_size=16).notes
    table = table_of(root, train="train", valid="test")
    assert load_image_set(table, image_size=16).images.sources[0] == "valid/Car/0.png"
    whole = load_image_set(unsplit, image_size=4)
    assert len(whole.images) == 60 and whole.images.name == ""
    same(load_image_set(table_of(unsplit), image_size=4).images, whole.images)
    shutil.rmtree(root / "valid")
    with pytest.raises(InputError, match=r"train only, and none of valid .*give .*/train to use"):
        load_image_set(root, image_size=16)
    (root / "train").rename(root / "test")
    assert len(load_image_set(root, image_size=16).images) == 8


def test_labels_are_those_of_the_classes_given(unsplit):
    names = ("é", "x", "d", "c", "b", "a")
    found = load_image_set(unsplit, image_size=4, class_names=names)
    assert found.class_names == names
    for source, label in zip(found.images.sources, found.images.labels, strict=True):
        assert names[label] == source.split("/")[0]
    assert "Classes without an image: x." in found.notes
    shutil.copytree(unsplit / "a", unsplit.parent / "one/a")
    one = load_image_set(unsplit.parent / "one", image_size=4, class_names=names)
    assert set(one.images.labels.tolist()) == {5}
    with pytest.raises(InputError) as raised:
        load_image_set(unsplit, image_size=4, class_names=("a", "x", "d"))
    assert str(raised.value) == (f"{unsplit} has other classes: b, c, é; expected some of a, x, d")
    with pytest.raises(InputError, match="one class only"):
        load_image_set(unsplit.parent / "one", image_size=4)


def test_an_image_set_of_bad_images(unsplit):
    for path in unsplit.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(BadImagesError, match="cannot use 60 of 60 images"):
        load_image_set(unsplit, image_size=4)
    with pytest.raises(BadImagesError, match="unsplit: none of its images can be used"):
        load_image_set(unsplit, image_size=4, on_bad_image="skip")
    for path in unsplit.rglob("*.png"):
        path.unlink()
    with pytest.raises(InputError, match="unsplit has no images"):
        load_image_set(unsplit, image_size=4)


@pytest.mark.parametrize("names", [("Train", "Valid"), ("training", "testing")])
def test_splits_by_other_names_are_no_classes(tmp_path, names):
    root = write_image_folder(tmp_path / "data")
    for split, name in zip(("train", "valid"), names, strict=True):
        (root / split).rename(root / f"{name} now")
        (root / f"{name} now").rename(root / name)
    with pytest.raises(InputError, match=f"{names[0]} and {names[1]} look like splits"):
        load_dataset(root, image_size=16, valid_fraction=0.2)
