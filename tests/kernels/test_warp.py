from functools import partial
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from augjax.kernels.warp import FillMode, warp
from tests.helpers import noise

SCIPY_MODES = {
    "reflect": "reflect",
    "wrap": "grid-wrap",
    "nearest": "nearest",
    "constant": "grid-constant",
}


@partial(jax.jit, static_argnames=("interpolation", "fill_value"))
def in_every_mode(image, matrices, **options):
    """One image at each of the matrices, by fill mode."""
    return {
        fill_mode: jax.lax.map(
            lambda matrix, fill_mode=fill_mode: warp(image, matrix, fill_mode=fill_mode, **options),
            matrices,
        )
        for fill_mode in get_args(FillMode)
    }


def rows(values, starts, **options):
    """A row of pixels as it is seen from each of the starts, by fill mode."""
    matrices = np.stack([np.eye(3, dtype=np.float32) for _ in starts])
    matrices[:, 0, 2] = starts
    warped = in_every_mode(np.array(values, np.float32).reshape(1, -1, 1), matrices, **options)
    return {fill_mode: np.asarray(seen)[:, 0, :, 0] for fill_mode, seen in warped.items()}


def test_half_a_pixel_worked_by_hand():
    """Output pixel x reads the input at x - 0.5: the picture moves right by half a pixel."""
    ours = rows([0.0, 0.4, 0.8], [-0.5], fill_value=1.0)
    for fill_mode, expected in {
        "reflect": [0.0, 0.2, 0.6],  # Left of 0.0 stands its mirror image 0.0.
        "nearest": [0.0, 0.2, 0.6],
        "wrap": [0.4, 0.2, 0.6],  # Left of 0.0 stands the last pixel, 0.8.
        "constant": [0.5, 0.2, 0.6],  # Half of 0.0 and half of the fill, 1.0.
    }.items():
        np.testing.assert_allclose(ours[fill_mode], [expected], atol=1e-7, err_msg=fill_mode)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_whole_pixels_beyond_both_borders(interpolation):
    ours = rows([0, 1, 2, 3], [-4, 0, 4], interpolation=interpolation, fill_value=9.0)
    for fill_mode, expected in {
        "reflect": [3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0],
        "nearest": [0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3],
        "wrap": [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3],
        "constant": [9, 9, 9, 9, 0, 1, 2, 3, 9, 9, 9, 9],
    }.items():
        np.testing.assert_array_equal(ours[fill_mode].ravel(), expected, err_msg=fill_mode)


def test_nearest_rounds_halves_away_from_zero():
    ours = rows([1, 2, 3], [-0.5], interpolation="nearest", fill_value=9.0)
    # -0.5 rounds to -1, which lies outside; 0.5 to 1, and 1.5 to 2.
    np.testing.assert_array_equal(ours["constant"], [[9, 2, 3]])


@pytest.mark.parametrize("shape", [(13, 8, 3), (1, 9, 1), (9, 1, 4), (1, 1, 2)])
def test_equals_scipy_far_beyond_the_border(shape):
    image, rng = noise(*shape), np.random.default_rng(1)
    matrices = np.stack([np.eye(3)] * 10)
    for matrix in matrices:
        matrix[:2, :2] += rng.normal(size=(2, 2)) / 2
        matrix[:2, 2] = rng.normal(size=2) * 20
    warped = in_every_mode(image, matrices.astype(np.float32), fill_value=0.3)
    for fill_mode, mode in SCIPY_MODES.items():
        for matrix, ours in zip(matrices, np.asarray(warped[fill_mode]), strict=True):
            theirs = [
                ndimage.affine_transform(
                    image[..., c].astype(np.float64),
                    # SciPy's axes are (row, column).
                    matrix[:2, :2][::-1, ::-1],
                    matrix[:2, 2][::-1],
                    order=1,
                    mode=mode,
                    cval=0.3,
                )
                for c in range(shape[2])
            ]
            np.testing.assert_allclose(ours, np.stack(theirs, -1), atol=4e-5, err_msg=fill_mode)


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_nothing_is_read_from_where_a_constant_lies(poison):
    image = jnp.ones((3, 4, 2), jnp.float32).at[0, 0].set(poison)
    shift = jnp.array([[1, 0, -2], [0, 1, -1], [0, 0, 1]], jnp.float32)
    moved = warp(image, shift, fill_mode="constant", fill_value=0.25)
    expected = np.full((3, 4, 2), 0.25, np.float32)
    expected[1:, 2:] = image[:2, :2]
    np.testing.assert_array_equal(moved, expected)


def test_gradients_pass_where_a_tap_has_no_weight():
    image = jnp.asarray(noise(5, 6, 1))

    def total(dx):
        matrix = jnp.eye(3, dtype=jnp.float32).at[0, 2].set(dx)
        return warp(image, matrix, fill_mode="constant")[2, 2, 0]

    np.testing.assert_allclose(jax.grad(total)(0.0), image[2, 3, 0] - image[2, 2, 0], rtol=1e-6)
