"""Arithmetic of 8-bit colours gives what Pillow gives, level for level."""

from functools import partial

import jax
import numpy as np
import pytest

from augjax.kernels import pillow
from tests.oracles import Image, ImageEnhance, ImageFilter, ImageOps

RANDOM = np.random.default_rng(0)
SIZES = [(1, 1), (2, 5), (5, 2), (3, 3), (13, 8), (40, 31)]


def noise(*shape):
    return RANDOM.integers(0, 256, shape, np.uint8)


def by_augjax(function, pixels):
    """The kernel's answer for uint8, or for each of several images."""
    levels = jax.tree.map(np.float32, pixels)
    return jax.tree.map(np.asarray, jax.jit(partial(jax.tree.map, function))(levels))


def test_levels_are_the_nearest():
    to_levels = jax.jit(pillow.to_levels)
    values = [0, 0.4 / 255, 0.6 / 255, 99.4 / 255, 1, 1.5, -2]
    image = np.array(values, np.float32).reshape(1, 7, 1)
    assert np.asarray(to_levels(image))[0, :, 0].tolist() == [0, 0, 1, 99, 255, 255, 0]
    every = np.arange(256, dtype=np.float32).reshape(16, 16, 1)
    np.testing.assert_array_equal(to_levels(every / np.float32(255)), every)


def test_grey_is_that_of_pillow():
    """Of all pairs of red and green, with some blues."""
    pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256)), axis=-1)
    grey = jax.jit(pillow.grey)
    for blue in (0, 1, 77, 128, 254, 255):
        pixels = np.insert(pairs, 2, blue, axis=-1).astype(np.uint8)
        theirs = np.asarray(Image.fromarray(pixels).convert("L"))
        np.testing.assert_array_equal(np.asarray(grey(np.float32(pixels)))[..., 0], theirs)


def test_what_has_no_colours_is_its_own_grey():
    pixels = noise(4, 5, 1)
    np.testing.assert_array_equal(by_augjax(pillow.grey, pixels), pixels)


def test_the_mean_is_what_no_contrast_leaves():
    images = [noise(*size, 3) for size in SIZES]
    for pixels, ours in zip(images, by_augjax(pillow.mean_grey, images), strict=True):
        theirs = np.asarray(ImageEnhance.Contrast(Image.fromarray(pixels)).enhance(0.0))
        assert (theirs == ours).all(), pixels.shape


def test_halves_of_a_mean_are_rounded_up():
    pairs = [np.array([dark, dark + 1], np.uint8).reshape(1, 2, 1) for dark in (10, 11)]
    assert by_augjax(pillow.mean_grey, pairs) == [11, 12]


@pytest.mark.parametrize(
    ("name", "function"), [("Color", pillow.grey), ("Sharpness", pillow.smooth)]
)
def test_the_grey_image_is_what_no_colour_leaves_and_the_smooth_one_no_sharpness(name, function):
    images = [noise(*size, 3) for size in SIZES]
    for pixels, ours in zip(images, by_augjax(function, images), strict=True):
        theirs = getattr(ImageEnhance, name)(Image.fromarray(pixels)).enhance(0.0)
        ours = np.broadcast_to(ours, pixels.shape)
        np.testing.assert_array_equal(ours, np.asarray(theirs))


def test_any_number_of_channels_is_smoothed():
    images = [noise(9, 12, channels) for channels in (1, 4)]
    for pixels, ours in zip(images, by_augjax(pillow.smooth, images), strict=True):
        for i in range(pixels.shape[2]):
            theirs = Image.fromarray(pixels[..., i]).filter(ImageFilter.SMOOTH)
            np.testing.assert_array_equal(ours[..., i], np.asarray(theirs))


def test_every_sum_is_smoothed_to_the_nearest_level():
    """Of eight alike neighbours of a pixel: all sums that differ by 5 of one and 8 of the other."""
    inner, outer = np.meshgrid(np.arange(256), np.arange(256))
    blocks = np.repeat(np.repeat(outer, 3, axis=0), 3, axis=1)
    blocks[1::3, 1::3] = inner
    ours = by_augjax(pillow.smooth, blocks.astype(np.uint8)[..., None])[1::3, 1::3, 0]
    np.testing.assert_array_equal(ours, np.rint((5 * inner + 8 * outer) / 13))


@pytest.mark.parametrize("factor", [0.0, 0.1, 0.55, 1.0, 1.3, 1.9])
def test_blends_of_all_pairs_of_levels(factor):
    one, other = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    theirs = Image.blend(Image.fromarray(other), Image.fromarray(one), factor)
    ours = jax.jit(pillow.blend)(
        other.astype(np.float32), one.astype(np.float32), np.float32(factor)
    )
    np.testing.assert_array_equal(ours, np.asarray(theirs))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_each_channel_is_stretched_by_whole_numbers(channels):
    """Pillow, in doubles, is a level lower where a quotient is whole and comes out just below."""
    images = [noise(*size, channels) for size in SIZES]
    for pixels, ours in zip(images, by_augjax(pillow.stretch, images), strict=True):
        lowest, highest = (f(pixels, axis=(0, 1)).astype(int) for f in (np.min, np.max))
        exact = 255 * (pixels - lowest) // np.maximum(highest - lowest, 1)
        np.testing.assert_array_equal(ours, np.where(highest > lowest, exact, pixels))
        for i in range(channels):
            theirs = np.asarray(ImageOps.autocontrast(Image.fromarray(pixels[..., i])), int)
            assert set(np.unique(ours[..., i] - theirs)) <= {0, 1}


@pytest.mark.parametrize("spread", [256, 20], ids=["all levels", "few"])
def test_each_channel_is_equalized_to_whole_levels(spread):
    pixels = RANDOM.integers(0, spread, (40, 31, 3)).astype(np.uint8)
    pixels[..., 2] = 7  # What has one level keeps it.
    theirs = np.asarray(ImageOps.equalize(Image.fromarray(pixels)))
    assert (theirs[..., :2] != pixels[..., :2]).any() and (theirs[..., 2] == 7).all()
    np.testing.assert_array_equal(by_augjax(pillow.equalize, pixels), theirs)


@pytest.mark.parametrize("size", [(4200, 4200), (3, 2**23), (2**23, 3), (1, 1), (7, 1)])
def test_the_mean_of_a_large_image_does_not_wrap(size):
    white = np.broadcast_to(np.uint8(255), (*size, 1)).copy()
    white[0, 0] = 0
    (ours,) = by_augjax(pillow.mean_grey, [white])
    total = 255 * (white.size - 1)
    assert ours == (total + white.size // 2) // white.size
