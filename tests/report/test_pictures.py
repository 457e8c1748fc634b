"""Pictures as data URIs: what is in them, and how large they are."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from augjax.report.pictures import SIDE, file_picture, heat_picture, picture


def opened(uri: str) -> np.ndarray:
    kind, _, content = uri.partition(",")
    assert kind == "data:image/jpeg;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


@pytest.mark.parametrize(("shape", "expected"), [((9, 20), (9, 20)), ((512, 256), (SIDE, 64))])
def test_a_picture_is_the_image_of_bounded_size(shape, expected):
    image = np.full((*shape, 3), (200, 30, 60), np.uint8)
    found = opened(picture(image))
    assert found.shape == (*expected, 3)
    assert np.abs(found.astype(int) - (200, 30, 60)).max() <= 4


def test_heat_is_where_the_map_says():
    image = np.full((64, 64, 3), 128, np.uint8)
    heat = np.zeros((8, 8), np.float32)
    heat[:, 5:] = 1.0
    found = opened(heat_picture(image, heat)).astype(int)
    assert np.abs(found[:, :24] - 128).max() <= 6, "the image in grey"
    right = found[:, 52:].reshape(-1, 3)
    assert (right[:, 0] > 180).all() and (right[:, 0] - right[:, 2] > 40).all(), "yellow"


def test_pictures_of_files(tmp_path):
    path = tmp_path / "figure.png"
    Image.new("RGBA", (2200, 100), (10, 200, 10, 255)).save(path)
    found = file_picture(path)
    assert found is not None and opened(found).shape == (50, 1100, 3)
    path.write_bytes(path.read_bytes()[:100])
    assert file_picture(path) is None
    assert file_picture(tmp_path / "missing.png") is None
    assert file_picture(tmp_path) is None
