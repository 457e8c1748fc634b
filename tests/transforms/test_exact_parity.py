"""What moves or paints whole pixels, against the same in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise
from tests.transforms.painting import draw, paint_one

KEY = aj.key(11)
IMAGE = noise(12, 18, 3)
DRAWS = range(6)


def drawn(transform, shape=IMAGE.shape):
    """Six draws, as NumPy arrays."""
    for i in DRAWS:
        params = draw(transform, aj.image_key(KEY, 0, jnp.uint32(i)), shape)
        yield params, jax.tree.map(np.asarray, params)


@pytest.mark.parity("RandomRot90", "numpy.rot90")
@pytest.mark.parametrize("shape", [(12, 12, 3), (12, 18, 3)])
def test_quarter_turns(same, shape):
    image, seen = noise(*shape), set()
    for params, known in drawn(aj.RandomRot90(), shape):
        seen.add(int(known["k"]))
        same(
            paint_one(aj.RandomRot90(), params, image),
            np.rot90(image, int(known["k"])),
            tolerance=0,
        )
    assert len(seen) > 1


@pytest.mark.parity("RandomCrop", "numpy's slices")
def test_random_crop(same):
    crop = aj.RandomCrop(5, 7)
    for params, known in drawn(crop):
        top, left = known["top"], known["left"]
        same(paint_one(crop, params, IMAGE), IMAGE[top : top + 5, left : left + 7], tolerance=0)


@pytest.mark.parity("CenterCrop", "numpy's slices")
def test_center_crop(same):
    same(aj.CenterCrop(5, 8).apply({}, IMAGE), IMAGE[3:8, 5:13], tolerance=0)


@pytest.mark.parity("Pad", "numpy.pad")
@pytest.mark.parametrize(
    ("fill_mode", "mode"),
    [("constant", "constant"), ("reflect", "symmetric"), ("nearest", "edge"), ("wrap", "wrap")],
)
def test_pad(same, fill_mode, mode):
    pad = aj.Pad((1, 2, 3, 4), fill_mode=fill_mode)
    theirs = np.pad(IMAGE, ((2, 4), (1, 3), (0, 0)), mode)
    same(pad.apply({}, IMAGE), theirs, tolerance=0)


@pytest.mark.parity("RandomErasing", "numpy's assignment")
def test_erasing(same):
    erasing = aj.RandomErasing(value=(0.2, 0.4, 0.6), p=1.0)
    for params, known in drawn(erasing):
        theirs = IMAGE.copy()
        top, left = known["top"], known["left"]
        theirs[top : top + known["height"], left : left + known["width"]] = (0.2, 0.4, 0.6)
        same(paint_one(erasing, params, IMAGE), theirs, tolerance=0)


@pytest.mark.parity("RandomGridDropout", "numpy's assignment")
def test_grid_dropout(same):
    grid = aj.RandomGridDropout((4, 7), value=0.5, p=1.0)
    for params, known in drawn(grid):
        theirs = IMAGE.copy()
        unit, hole = int(known["unit"]), int(known["hole"])
        for top in range(int(known["top"]) - unit, IMAGE.shape[0], unit):
            for left in range(int(known["left"]) - unit, IMAGE.shape[1], unit):
                rows, columns = (slice(max(0, v), max(0, v + hole)) for v in (top, left))
                theirs[rows, columns] = 0.5
        same(paint_one(grid, params, IMAGE), theirs, tolerance=0)


@pytest.mark.parity("RandomGaussianNoise", "its formula in NumPy, of the same noise")
def test_gaussian_noise(same):
    noisy = aj.RandomGaussianNoise((0.05, 0.3))
    for params, known in drawn(noisy):
        key = jax.random.wrap_key_data(params["noise"], impl="threefry2x32")
        normal = np.asarray(jax.random.normal(key, IMAGE.shape))
        theirs = np.clip(IMAGE + known["stddev"] * normal, 0, 1)
        same(paint_one(noisy, params, IMAGE), theirs, tolerance=1e-6)


@pytest.mark.parity("RandomSaltAndPepper", "its formula in NumPy, of the same noise")
def test_salt_and_pepper(same):
    specks = aj.RandomSaltAndPepper((0.1, 0.5), (0.2, 0.8))
    for params, known in drawn(specks):
        key = jax.random.wrap_key_data(params["noise"], impl="threefry2x32")
        number = np.asarray(jax.random.uniform(key, (*IMAGE.shape[:2], 1)))
        amount, salt = known["amount"], known["salt_vs_pepper"]
        theirs = np.where(number < amount, np.float32(number < amount * salt), IMAGE)
        same(paint_one(specks, params, IMAGE), theirs, tolerance=0)
