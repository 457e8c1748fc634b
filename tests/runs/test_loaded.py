"""A run read from its folder, and what it says of images."""

import dataclasses
import itertools
import json
import re
import shutil
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest
from PIL import Image

import augjax
from augjax.data import load_image_folder, load_image_set
from augjax.errors import InputError
from augjax.models import infer
from augjax.runs.loaded import Run, load_run
from augjax.runs.weights import load_weights, save_weights
from tests.helpers import initialised, run_python, write_image_folder
from tests.runs.small_network import SmallCNN, with_metadata


@pytest.fixture(scope="module")
def run(small) -> Run:
    return load_run(small)


@pytest.fixture(scope="module")
def files(small) -> list[Path]:
    """The validation images, in the order of the labels."""
    return sorted((small.parent / "data" / "valid").rglob("*.png"))


@pytest.fixture(scope="module")
def arrays(files) -> np.ndarray:
    return np.stack([np.asarray(Image.open(file)) for file in files])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_what_a_run_holds(small, run):
    assert run.folder == small
    assert run.class_names == ("Car", "Truck")
    assert (run.image_size, run.interpolation) == (16, "nearest")
    assert run.model == SmallCNN()
    assert run.settings["data"] == str(small.parent / "data")
    assert run.record["command"] == "train"
    assert run.summary is not None
    assert run.epoch == run.summary["epoch"]
    assert run.notes == ()
    table = pd.DataFrame(run.history)
    assert table.epoch.tolist() == [1, 2]
    assert table.loss.dtype == np.float64
    assert "variables" not in repr(run)


def test_loading_and_evaluating_change_nothing(small):
    before = contents(small)
    loaded = augjax.load_run(str(small))
    loaded.evaluate()
    assert contents(small) == before


def test_augjax_has_load_run_and_stays_light():
    program = "import sys, augjax; print('load_run' in dir(augjax), 'load_run' in augjax.__all__)"
    assert run_python("-c", program).stdout == "True False\n"


def test_evaluation_is_that_of_the_epoch(run):
    evaluation = run.evaluate()
    best = run.history[run.epoch - 1]
    assert evaluation.accuracy == best["val_binary_accuracy"] == run.summary["val_binary_accuracy"]
    assert evaluation.loss == pytest.approx(run.summary["val_loss"], rel=1e-6)
    assert len(evaluation) == 10
    assert evaluation.sources[0] == "Car/0.png"
    assert evaluation.notes == ()


def test_predictions_have_the_bits_of_the_evaluation(run, files, arrays):
    expected = run.evaluate().probabilities
    column = pd.Series(list(map(str, files)))
    pictures = [Image.open(file) for file in files]
    for images in (files, map(str, files), column, arrays, jax.numpy.asarray(arrays), pictures):
        np.testing.assert_array_equal(run.predict(images), expected)
    rows = list(run.predict_files(files))
    np.testing.assert_array_equal([row for _, row, _ in rows], expected)
    assert [path for path, _, _ in rows] == [str(file) for file in files]


def test_predictions_are_the_networks(run, arrays):
    images = np.stack([run.dataset.valid.image(i) for i in range(10)])
    logits = np.asarray(infer(run.model, run.variables, images), np.float64)
    second = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(run.predict(arrays), np.stack([1 - second, second], 1), atol=1e-6)


def test_predictions_do_not_depend_on_the_batch(run, arrays):
    together = run.predict(arrays)
    np.testing.assert_allclose(run.predict(arrays[3]), together[3:4], atol=1e-6)
    np.testing.assert_allclose(run.predict(arrays[::-1])[::-1], together, atol=1e-6)
    wider = dataclasses.replace(run, settings={**run.settings, "batch_size": 16})
    np.testing.assert_allclose(wider.predict(arrays), together, atol=1e-6)


def test_images_of_any_size_and_kind_together(run, files, arrays):
    other = Image.open(files[3]).resize((33, 21), Image.Resampling.NEAREST)
    mixed = [files[0], arrays[1], other, str(files[2])]
    expected = [run.predict(image)[0] for image in mixed]
    np.testing.assert_allclose(run.predict(iter(mixed)), expected, atol=1e-6)
    assert run.predict([]).shape == (0, 2)


def test_pictures_are_upright_and_on_white(run, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    picture = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    file = tmp_path / "turned.png"
    picture.save(file, exif=exif)
    with Image.open(file) as turned:
        np.testing.assert_array_equal(run.predict(turned), run.predict(file))
    sixteen = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    sixteen.save(tmp_path / "sixteen.png")
    np.testing.assert_array_equal(run.predict(sixteen), run.predict(tmp_path / "sixteen.png"))


@pytest.mark.parametrize(
    ("images", "words"),
    {
        "floats": (np.zeros((2, 4, 4, 3), np.float32), r"but got float32; for floats in \[0, 1\]"),
        "grey": (np.zeros((4, 4), np.uint8), r"but got an array of shape \(4, 4\)"),
        "no pixels": (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        "numbers": (3, "but got a int"),
        "lists": ([[1, 2]], "but got a list"),
    }.values(),
)  # fmt: skip
def test_what_is_no_image_is_refused(run, images, words):
    with pytest.raises(InputError, match=f"expected images as uint8 .*{words}"):
        run.predict(images)


def test_bad_files_are_all_named_and_the_others_streamed(run, files, tmp_path):
    bad = [tmp_path / "a.png", tmp_path / "missing.png"]
    bad[0].write_bytes(b"none")
    with pytest.raises(InputError, match="cannot predict 2 of the images") as caught:
        run.predict([files[0], *bad, files[1]])
    assert [str(path) in line for path, line in zip(bad, caught.value.details, strict=True)]
    with pytest.raises(InputError, match=f"cannot predict {re.escape(str(bad[1]))}"):
        run.predict(bad[1])
    rows = list(run.predict_files([bad[0], files[0], bad[1], files[1]]))
    assert [row is None for _, row, _ in rows] == [True, False, True, False]
    assert [reason != "" for _, _, reason in rows] == [True, False, True, False]
    np.testing.assert_allclose(rows[1][1], run.predict(files[0])[0], atol=1e-6)


def test_files_are_read_as_they_are_needed(run, files):
    given = itertools.cycle(files)  # Without an end.
    rows = list(itertools.islice(run.predict_files(given), 2))
    assert [path for path, _, _ in rows] == [str(file) for file in files[:2]]


def test_other_data_and_splits(run, small):
    expected = run.evaluate()
    data = small.parent / "data"
    images = load_image_set(data, image_size=16, class_names=run.class_names)
    for given in (data, images, images.images, load_image_folder(data, image_size=16).valid):
        found = run.evaluate(given)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    turned = dataclasses.replace(images, class_names=("Truck", "Car"))
    for other in (load_image_set(data, image_size=20), turned):
        with pytest.raises(InputError, match="but the run's of Car, Truck at 16"):
            run.evaluate(other)
    with pytest.raises(InputError, match="valid has the label 2, but the run has 2 classes only"):
        run.evaluate(dataclasses.replace(images.images, labels=images.images.labels + 1))


def test_test_time_augmentation(run):
    once, plain = run.evaluate(tta=3), run.evaluate()
    np.testing.assert_array_equal(once.probabilities, run.evaluate(tta=3).probabilities)
    assert (once.probabilities != plain.probabilities).any()
    np.testing.assert_allclose(once.probabilities.sum(1), 1, atol=1e-6)
    assert (once.views, plain.views) == (3, 1)
    for wrong in (0, 1001, True):
        with pytest.raises(InputError, match="--tta"):
            run.evaluate(tta=wrong)


def test_views_do_not_depend_on_neighbours(run):
    split = run.dataset.valid
    everything = run.evaluate(split, tta=2).probabilities
    import dataclasses

    rest = dataclasses.replace(
        split, sources=split.sources[3:], labels=split.labels[3:], ids=split.ids[3:],
        outlines=split.outlines[3:], sizes=None, decode=lambda index: split.decode(index + 3),
    )  # fmt: skip
    np.testing.assert_allclose(run.evaluate(rest, tta=2).probabilities, everything[3:], atol=1e-6)


def test_the_runs_own_images_changed_or_gone(small, tmp_path):
    base = Path(shutil.copytree(small.parent, tmp_path / "base"))
    flags = json.loads((base / "run" / "config.json").read_bytes())
    flags["data"] = str(base / "data")
    (base / "run" / "config.json").write_text(json.dumps(flags))
    Image.new("RGB", (20, 20)).save(base / "data" / "valid" / "Car" / "0.png")
    (note,) = load_run(base / "run").evaluate().notes
    assert note == "The data have changed since the run: valid/Car/0.png has other content."
    shutil.rmtree(base / "data")
    with pytest.raises(InputError, match=r"own images \(.*no such folder\); give DATA"):
        load_run(base / "run").evaluate()
    flags["data"] = None
    (base / "run" / "config.json").write_text(json.dumps(flags))
    with pytest.raises(InputError, match=r"no data_report.json says where they are\); give DATA"):
        load_run(base / "run").evaluate()
    root = write_image_folder(tmp_path / "drawn", per_class=5)
    (base / "run" / "data_report.json").write_text(json.dumps({"root": str(root)}))
    assert len(load_run(base / "run").evaluate()) == 10


def test_images_that_came_to_harm_are_named_or_left_out(small, tmp_path):
    base = Path(shutil.copytree(small.parent, tmp_path / "base"))
    flags = json.loads((base / "run" / "config.json").read_bytes())
    flags |= {"data": str(base / "data"), "on_bad_image": "fail"}
    (base / "run" / "config.json").write_text(json.dumps(flags))
    file = base / "data" / "valid" / "Truck" / "3.png"
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(InputError, match="cannot use 1 of 20 images") as caught:
        load_run(base / "run").evaluate()
    assert "3.png" in str(caught.value) + " ".join(caught.value.details)
    flags["on_bad_image"] = "skip"
    (base / "run" / "config.json").write_text(json.dumps(flags))
    evaluation = load_run(base / "run").evaluate()
    assert len(evaluation) == 9
    assert "valid/Truck/3.png is gone" in evaluation.notes[0]
    expected = load_run(small).evaluate()
    kept = [expected.sources.index(source) for source in evaluation.sources]
    assert evaluation.labels.tolist() == expected.labels[kept].tolist()
    np.testing.assert_allclose(evaluation.probabilities, expected.probabilities[kept], atol=1e-6)


def test_a_file_that_changes_while_it_is_evaluated_is_left_out(small, tmp_path):
    data = shutil.copytree(small.parent / "data", tmp_path / "data")
    images = load_image_folder(data, image_size=16, cache_limit=0, on_bad_image="skip").valid
    (data / "valid" / "Car" / "1.png").write_bytes(b"")
    evaluation = load_run(small).evaluate(images)
    assert evaluation.notes == ("Left out 1 of 10 images, which cannot be decoded.",)
    assert evaluation.sources == images.sources[:1] + images.sources[2:]
    expected = load_run(small).evaluate().probabilities
    np.testing.assert_allclose(evaluation.probabilities, np.delete(expected, 1, 0), atol=1e-6)


def test_many_classes(copied, files):
    """The network's logits are made probabilities by the softmax, and scored from top to fifth."""
    names = tuple("abcdefghijkl")
    variables = jax.device_get(initialised(SmallCNN(len(names))))
    _, metadata = load_weights(copied / "best.safetensors")
    save_weights(copied / "best.safetensors", variables, {**metadata, "class_names": list(names)})
    loaded = load_run(copied)
    said = loaded.predict(files)
    images = np.stack([loaded.dataset.valid.image(i) for i in range(10)])
    logits = np.exp(np.asarray(infer(loaded.model, variables, images), np.float64))
    np.testing.assert_allclose(said, logits / logits.sum(1, keepdims=True), atol=1e-6)
    evaluation = loaded.evaluate(loaded.dataset.valid)
    assert evaluation.class_names == names
    assert evaluation.confusion.shape == (12, 12)
    assert evaluation.top_5_accuracy is not None
    assert evaluation.accuracy <= evaluation.top_5_accuracy


def test_a_run_that_has_not_ended(copied):
    (copied / "summary.json").unlink()
    loaded = load_run(copied)
    assert loaded.summary is None
    (note,) = loaded.notes
    assert f"those of epoch {loaded.epoch}, the best of 2 so far" in note
    assert loaded.evaluate().notes == (note,)


def test_older_runs_are_of_the_notebooks_network(copied):
    with_metadata(copied, model=None)
    with pytest.raises(InputError, match="does not fit this network"):
        load_run(copied)
