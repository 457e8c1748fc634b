"""Given the same numbers, what albumentations has too paints the same; from the extra `bench`."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from tests.helpers import noise
from tests.transforms.painting import draw, paint_one

A: Any = pytest.importorskip("albumentations", reason="comes with the extra `bench`")
cv2: Any = pytest.importorskip("cv2", reason="comes with albumentations")

KEY = aj.key(23)
IMAGE = noise(24, 32, 3)
BYTES = np.random.default_rng(4).integers(0, 256, (24, 32, 3), np.uint8)
BORDERS: dict[Any, int] = {
    "reflect": cv2.BORDER_REFLECT,
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
}
OPENCV = 2e-5
"""Of bilinear pixels; before version 5, it rounded positions to 1/32 of a pixel."""


def drawn(transform):
    """Six draws, with them as NumPy arrays."""
    for i in range(6):
        params = draw(transform, aj.image_key(KEY, 0, jnp.uint32(i)), IMAGE.shape)
        yield params, jax.tree.map(np.asarray, params)


@pytest.mark.parity("RandomFlip", "albumentations.HorizontalFlip, VerticalFlip")
@pytest.mark.parametrize(
    ("mode", "theirs"), [("horizontal", "HorizontalFlip"), ("vertical", "VerticalFlip")]
)
def test_flip(same, mode, theirs):
    flip, flips = aj.RandomFlip(mode), set()
    for params, known in drawn(flip):
        flipped = bool(known[mode])
        flips.add(flipped)
        same(
            paint_one(flip, params, IMAGE), getattr(A, theirs)().apply(IMAGE) if flipped else IMAGE
        )
    assert flips == {True, False}


@pytest.mark.parity("RandomAffine", "albumentations.Affine")
@pytest.mark.parametrize("fill_mode", BORDERS)
def test_affine(same, fill_mode):
    affine = aj.RandomAffine(20, (0.1, 0.1), (0.8, 1.2), (-10, 10), fill_mode=fill_mode)
    theirs = A.Affine(border_mode=BORDERS[fill_mode])
    for params, _ in drawn(affine):
        # Ours leads from the new picture to the old, theirs from the old to the new.
        matrix = np.linalg.inv(np.asarray(affine.matrix(params, IMAGE.shape), np.float64))
        expected = theirs.apply(IMAGE, matrix=matrix, output_shape=IMAGE.shape[:2])
        same(paint_one(affine, params, IMAGE), expected, tolerance=OPENCV)


@pytest.mark.parity("RandomPerspective", "albumentations.Perspective")
def test_perspective(same):
    perspective = aj.RandomPerspective(0.4, p=1.0, fill_mode="constant")
    for params, _ in drawn(perspective):
        matrix = np.linalg.inv(np.asarray(perspective.matrix(params, IMAGE.shape), np.float64))
        height, width, _ = IMAGE.shape
        expected = A.Perspective().apply(IMAGE, matrix, max_height=height, max_width=width)
        same(paint_one(perspective, params, IMAGE), expected, tolerance=OPENCV)


@pytest.mark.parity("RandomElastic", "albumentations.ElasticTransform")
@pytest.mark.parametrize("fill_mode", BORDERS)
def test_elastic(same, fill_mode):
    elastic = aj.RandomElastic(60, 3, fill_mode=fill_mode)
    theirs = A.ElasticTransform(border_mode=BORDERS[fill_mode])
    rows, columns = np.mgrid[: IMAGE.shape[0], : IMAGE.shape[1]].astype(np.float32)
    # Where ours takes each pixel from, painted as two pictures.
    ramps = np.stack([columns / 31, rows / 23], axis=-1)
    nearest = aj.RandomElastic(60, 3, fill_mode="nearest")
    for params, _ in drawn(elastic):
        x, y = np.moveaxis(np.asarray(paint_one(nearest, params, ramps)), -1, 0)
        inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
        expected = theirs.apply(IMAGE, x * 31, y * 23)
        ours = np.asarray(paint_one(elastic, params, IMAGE))
        assert inside.mean() > 0.8
        same(ours[inside], expected[inside], tolerance=OPENCV)


@pytest.mark.parity("RandomCrop", "albumentations.RandomCrop")
def test_crop(same):
    crop = aj.RandomCrop(9, 14)
    for params, known in drawn(crop):
        top, left = int(known["top"]), int(known["left"])
        expected = A.RandomCrop(9, 14).apply(IMAGE, crop_coords=(left, top, left + 14, top + 9))
        same(paint_one(crop, params, IMAGE), expected, tolerance=0)


@pytest.mark.parity("RandomErasing", "albumentations.CoarseDropout")
def test_erasing(same):
    erasing = aj.RandomErasing(value=0.5, p=1.0)
    for params, known in drawn(erasing):
        top, left = int(known["top"]), int(known["left"])
        hole = [[left, top, left + int(known["width"]), top + int(known["height"])]]
        expected = A.CoarseDropout(fill=0.5).apply(IMAGE.copy(), np.array(hole), seed=0)
        same(paint_one(erasing, params, IMAGE), expected, tolerance=0)


@pytest.mark.parity("RandomGridDropout", "albumentations.GridDropout")
def test_grid_dropout(same):
    grid = aj.RandomGridDropout((5, 9), value=0.5, p=1.0)
    for params, known in drawn(grid):
        unit, hole = int(known["unit"]), int(known["hole"])
        holes = [
            [max(left, 0), max(top, 0), min(left + hole, 32), min(top + hole, 24)]
            for top in range(int(known["top"]) - unit, 24, unit)
            for left in range(int(known["left"]) - unit, 32, unit)
            if min(left, top) + hole > 0
        ]
        expected = A.GridDropout(fill=0.5).apply(IMAGE.copy(), np.array(holes), seed=0)
        same(paint_one(grid, params, IMAGE), expected, tolerance=0)


@pytest.mark.parity("RandomSaltAndPepper", "albumentations.SaltAndPepper")
def test_salt_and_pepper(same):
    specks = aj.RandomSaltAndPepper((0.1, 0.5), (0.2, 0.8))
    for params, known in drawn(specks):
        key = jax.random.wrap_key_data(params["noise"], impl="threefry2x32")
        number = np.asarray(jax.random.uniform(key, (*IMAGE.shape[:2], 1)))[..., 0]
        salt = number < known["amount"] * known["salt_vs_pepper"]
        pepper = (number < known["amount"]) & ~salt
        expected = A.SaltAndPepper().apply(IMAGE, salt_mask=salt, pepper_mask=pepper)
        same(paint_one(specks, params, IMAGE), expected, tolerance=0)


@pytest.mark.parity("RandomMotionBlur", "albumentations.MotionBlur, along the rows")
def test_motion_blur(same):
    blur = aj.RandomMotionBlur(5, 0.0)
    kernel = np.zeros((5, 5), np.float32)
    kernel[2] = 1 / 5
    params = {"length": jnp.float32(5), "angle": jnp.float32(0)}
    expected = A.MotionBlur().apply(IMAGE, kernel=kernel)
    same(paint_one(blur, params, IMAGE), expected, tolerance=1e-6)


@pytest.mark.parity("RandomChannelDrop", "albumentations.ChannelDropout")
def test_channel_drop(same):
    drop = aj.RandomChannelDrop(2, fill_value=0.25, p=1.0)
    for params, known in drawn(drop):
        gone = np.flatnonzero(known["dropped"]).tolist()
        expected = A.ChannelDropout(fill=0.25).apply(IMAGE, channels_to_drop=gone)
        same(paint_one(drop, params, IMAGE), expected, tolerance=0)


@pytest.mark.parity("RandomChannelShuffle", "albumentations.ChannelShuffle")
def test_channel_shuffle(same):
    shuffle = aj.RandomChannelShuffle(p=1.0)
    for params, known in drawn(shuffle):
        expected = A.ChannelShuffle().apply(IMAGE, channels_shuffled=known["order"].tolist())
        same(paint_one(shuffle, params, IMAGE), expected, tolerance=0)


COLOURS: list[Any] = [
    (aj.RandomInvert(p=1.0), A.InvertImg(), {}, 0, ""),
    (aj.RandomSolarize(0.5, p=1.0), A.Solarize(), {"threshold": 0.5}, 0, ""),
    (aj.RandomPosterize(3, p=1.0), A.Posterize(), {"num_bits": 3}, 0, ""),
    (aj.RandomGrayscale(p=1.0), A.ToGray(), {}, 1, "they round to 8 bits"),
    (aj.RandomAutoContrast(p=1.0), A.AutoContrast(method="pil"), {}, 2, "their scale is rounded"),
    (aj.RandomEqualize(p=1.0), A.Equalize(mode="pil"), {"mask": None}, 5,
     "their table is not Pillow's"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "numbers", "steps"),
    [
        pytest.param(
            *rest,
            marks=pytest.mark.parity(
                type(rest[0]).__name__, f"albumentations.{type(rest[1]).__name__}", note=note
            ),
            id=type(rest[0]).__name__,
        )
        for *rest, note in COLOURS
    ],
)
def test_colours_of_8_bits(same, ours, theirs, numbers, steps):
    painted = ours.apply({"on": jnp.bool(True)}, BYTES)
    same(painted, theirs.apply(BYTES, **numbers) / 255, tolerance=(steps + 1e-3) / 255)


@pytest.mark.parity("RandomGamma", "albumentations.RandomGamma")
def test_gamma(same):
    gamma = aj.RandomGamma((0.5, 2.0))
    for params, known in drawn(gamma):
        expected = A.RandomGamma().apply(IMAGE, gamma=float(known["gamma"]))
        same(paint_one(gamma, params, IMAGE), expected, tolerance=1e-6)
