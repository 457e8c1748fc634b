"""The tables of the READMEs are those that the experiments printed."""

import json
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
RESULTS = CHECKOUT / "experiments" / "results"
README = (CHECKOUT / "README.md").read_text()
BENCHMARKS = [f"benchmark_{what}" for what in ("augment", "step", "pipeline", "startup", "scale")]
TABLES = {
    "results": ["photographs_32", "policies", "drawn", "reliability"],
    "benchmark": BENCHMARKS,
}


def results(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


@pytest.mark.parametrize(("page", "name"), [(p, n) for p, names in TABLES.items() for n in names])
def test_a_table_is_that_of_its_results(page, name):
    text = (CHECKOUT / "experiments" / page / "README.md").read_text()
    assert results(name)["table"] in text


@pytest.mark.parametrize(
    ("name", "images", "augmentation"),
    [
        ("photographs_32", "5,000 photographs", "the notebook's augmentation"),
        ("photographs_32", "5,000 photographs", "none"),
        ("policies", "1,000 photographs", "randaugment"),
        ("policies", "1,000 photographs", "none"),
        ("drawn", "800 drawings", "the notebook's augmentation"),
    ],
)
def test_a_result_in_the_readme_is_from_its_table(name, images, augmentation):
    rows = [row.strip("| ").split(" | ") for row in results(name)["table"].splitlines()]
    highest, restored = next(row[2:4] for row in rows if row[0] == augmentation)
    assert f"| {images} | {augmentation} | {highest} | {restored} |\n" in README


@pytest.mark.parametrize(
    ("name", "work", "size", "peer"),
    [
        ("augment", "contrast, flip, rotation, translation", "64x128x128x3", "Keras (TensorFlow)"),
        ("augment", "contrast, flip, rotation, translation", "64x128x128x3", "kornia (PyTorch)"),
        ("augment", "RandAugment(2)", "256x32x32x3", "kornia (PyTorch)"),
        ("step", "training step", "64x32x32x3", "Keras (TensorFlow)"),
        ("step", "training step", "64x128x128x3", "PyTorch"),
        ("pipeline", "first epoch from JPEGs", "2,000 of 320x240 to 128x128", "Keras (TensorFlow)"),
        ("startup", "time to the first step: the whole command, warm", "64x32x32x3",
         "Keras (TensorFlow)"),
    ],
)  # fmt: skip
def test_a_speed_in_the_readme_is_from_its_benchmark(name, work, size, peer):
    rows = results(f"benchmark_{name}")["rows"]
    asked = {"work": work, "size": size, "peer": peer}
    row = next(row for row in rows if asked.items() <= row.items())
    ours = f"{row['ours']['median']:.3g} {row['unit']}"
    line = f"| {work} | {size} | {ours} | {peer} | {row['value']['median']:.3g} |\n"
    assert line.replace("1.08e+03 ms", "1,080 ms") in README
