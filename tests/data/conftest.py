"""Folders of images that several tests read."""

import pytest

from tests.corpora.folder_zoo import picture
from tests.helpers import write_image_folder


@pytest.fixture
def root(tmp_path):
    return write_image_folder(tmp_path / "data")


@pytest.fixture
def unsplit(tmp_path):
    """Five classes of twelve images, each unlike the others."""
    root = tmp_path / "unsplit"
    for label, name in enumerate(("a", "b", "c", "d", "é")):
        (root / name).mkdir(parents=True)
        for number in range(12):
            (root / name / f"{number}.png").write_bytes(picture(100 * label + number))
    return root
