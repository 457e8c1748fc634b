"""Small runs whose reports several tests read."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augjax.data import load_image_folder
from augjax.files import write_json
from augjax.report.page import report_page
from augjax.runs.evaluation import Evaluation
from augjax.runs.loaded import Run, load_run
from tests.helpers import write_image_folder
from tests.report.html_tree import Element, tree_of
from tests.runs.small_network import small_run

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "\"quoted\" & 'single'",
    "emoji 🚚",
    "new\nline {{ 7 * 7 }}",
    os.fsdecode(b"\xff") + " javascript:alert(2)",
)
"""Names of classes; a folder may have each of them."""
FILE = "\"><svg onload=alert(3)>\u202e'.png"


def write_five(root: Path) -> Path:
    """Noise of five classes, the hardest to compress, in hostile names; 30 for validation."""
    rng = np.random.default_rng(0)
    for split, name in ((s, n) for s in ("train", "valid") for n in HOSTILE):
        folder = root / split / name
        folder.mkdir(parents=True)
        for file in (f"{i}.png" for i in range(5)):
            Image.fromarray(rng.integers(0, 256, (140, 150, 3), np.uint8)).save(folder / file)
        Image.fromarray(rng.integers(0, 256, (9, 20, 3), np.uint8)).save(folder / FILE)
    return root


@pytest.fixture(scope="session")
def two(tmp_path_factory) -> Run:
    """A finished run of two classes; its images lie beside it, in data/."""
    base = tmp_path_factory.mktemp("two")
    return load_run(small_run(base / "run", write_image_folder(base / "data", per_class=5)))


@pytest.fixture(scope="session")
def five(tmp_path_factory) -> Run:
    """A finished run of five classes in hostile names."""
    base = tmp_path_factory.mktemp("five")
    folder = small_run(base / "run", write_five(base / "data"))
    report = load_image_folder(base / "data", image_size=16).report
    assert report is not None
    write_json(folder / "data_report.json", report.as_json())
    return load_run(folder)


@pytest.fixture(scope="session")
def two_page(two) -> str:
    return report_page(two).html


@pytest.fixture(scope="session")
def five_page(five) -> str:
    return report_page(five).html


@pytest.fixture(scope="session")
def two_tree(two_page) -> Element:
    return tree_of(two_page)


@pytest.fixture(scope="session")
def five_tree(five_page) -> Element:
    return tree_of(five_page)


def section(tree: Element, name: str) -> Element:
    return tree.one("section", id=name)


def copy(run, tmp_path: Path) -> Path:
    """A copy of a run with its images, to be changed."""
    base = Path(shutil.copytree(run.folder.parent, tmp_path / "base"))
    flags = json.loads((base / "run" / "config.json").read_bytes())
    flags["data"] = str(base / "data")
    (base / "run" / "config.json").write_text(json.dumps(flags))
    return base


class Judged(Run):
    """A run whose evaluation is given."""

    evaluation: Evaluation

    def evaluate(self, data=None, *, tta=1):
        return self.evaluation
