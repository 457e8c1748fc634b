import colorsys

import jax
import numpy as np
import pytest

import augjax as aj
from augjax.kernels.color import adjust_hue, adjust_saturation
from tests.helpers import noise, quick_jit

# Ties of every kind, greys, black, white, pure colours, and noise.
LEVELS = np.array([0, 1 / 3, 0.5, 1], np.float32)
TIES = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS), -1).reshape(8, 8, 3)
PICTURE = np.concatenate([TIES, noise(8, 8, 3)])


def by_colorsys(change):
    """The picture with `change(hue, saturation)` of each pixel, in float64."""
    pixels = []
    for rgb in np.asarray(PICTURE, np.float64).reshape(-1, 3):
        hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
        hue, saturation = change(hue, saturation)
        pixels.append(colorsys.hsv_to_rgb(hue, saturation, value))
    return np.reshape(pixels, PICTURE.shape)


@pytest.mark.parametrize("turns", [-0.5, -0.21, 0.0, 1e-4, 1 / 3, 0.5])
def test_hue_is_that_of_hsv(turns):
    expected = by_colorsys(lambda hue, saturation: ((hue + turns) % 1.0, saturation))
    np.testing.assert_allclose(jax.jit(adjust_hue)(PICTURE, turns), expected, atol=2e-6)


@pytest.mark.parametrize("multiplier", [0.0, 0.4, 1.0, 1.7, 1e7])
def test_saturation_is_that_of_hsv(multiplier):
    expected = by_colorsys(lambda hue, saturation: (hue, min(saturation * multiplier, 1.0)))
    np.testing.assert_allclose(jax.jit(adjust_saturation)(PICTURE, multiplier), expected, atol=1e-6)


@pytest.mark.parametrize("adjust", [adjust_hue, adjust_saturation])
def test_gradients_are_finite_at_greys_and_ties(adjust):
    slopes = quick_jit(jax.grad(lambda image, amount: adjust(image, amount).sum(), (0, 1)))
    for amount in (0.0, 0.3, 1.0):
        of_image, of_amount = slopes(PICTURE, amount)
        assert np.isfinite(of_image).all() and np.isfinite(of_amount)


@pytest.mark.parametrize("recolor", [aj.RandomHue((1.0, 1.0)), aj.RandomSaturation((0.8, 0.8))])
def test_colours_are_right_where_xla_fuses_them_with_what_came_before(recolor):
    """With dm-pix's conversion, every sixth pixel is wrong: see augjax/kernels/color.py."""
    turn = aj.RandomRotation((0.04, 0.04))
    images = noise(2, 16, 16, 3)
    fused = aj.Sequential([turn, recolor]).batch(aj.key(0), images)
    apart = recolor.batch(aj.key(0), turn.batch(aj.key(0), images))
    np.testing.assert_allclose(fused, apart, atol=2e-5)
