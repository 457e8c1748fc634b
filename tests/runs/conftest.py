"""A small run that several tests read."""

import shutil
from pathlib import Path

import pytest

from tests.helpers import write_image_folder
from tests.runs.small_network import small_run


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The folder of a finished run, which no test changes; its images lie beside it, in data/."""
    base = tmp_path_factory.mktemp("small")
    # 10 images for validation: the second batch is padded.
    data = write_image_folder(base / "data", per_class=5)
    return small_run(base / "run", data)


@pytest.fixture
def copied(small, tmp_path) -> Path:
    """A copy of it, to be harmed."""
    return Path(shutil.copytree(small, tmp_path / "run"))
