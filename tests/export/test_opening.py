"""The code that opens an image file: it sees the pixels that the run sees."""

import numpy as np
import pytest
from PIL import Image

from augjax.export.opening import IMAGE, opening
from augjax.runs.images import seen_images

SIZES = ((1, 1), (7, 300), (97, 61), (224, 149), (28, 84), (640, 40))


@pytest.mark.parametrize("method", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [16, 28, 32, 100])
def test_it_sees_what_the_run_sees(tmp_path, monkeypatch, method, size):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(size)
    for width, height in SIZES:
        noise = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
        noise.save("image.jpg", "PNG")
        (seen,) = seen_images([noise], image_size=size, method=method, max_pixels=10**6)
        names: dict = {}
        exec(opening(size, method).replace(IMAGE, "image.jpg"), names)
        assert names["images"].dtype == np.uint8
        np.testing.assert_array_equal(names["images"], seen[None])


def test_a_picture_taken_upright_is_turned(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    turned = Image.Exif()
    turned[0x0112] = 6
    pixels = np.random.default_rng(0).integers(0, 256, (40, 20, 3), np.uint8)
    Image.fromarray(pixels).save("image.jpg", exif=turned)
    (seen,) = seen_images(["image.jpg"], image_size=16, method="nearest", max_pixels=10**6)
    names: dict = {}
    exec(opening(16, "nearest").replace(IMAGE, "image.jpg"), names)
    np.testing.assert_array_equal(names["images"][0], seen)
