import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from augjax.kernels.warp import warp
from tests.helpers import noise

SHIFT_HALF = np.array([[1, 0, -0.5], [0, 1, 0], [0, 0, 1]], np.float32)
"""Output pixel x reads the input at x - 0.5: the picture moves right by half a pixel."""


def row(values):
    return jnp.float32(values).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("reflect", [0.0, 0.2, 0.6]),  # Left of 0.0 stands its mirror image 0.0.
        ("nearest", [0.0, 0.2, 0.6]),
        ("wrap", [0.4, 0.2, 0.6]),  # Left of 0.0 stands the last pixel, 0.8.
        ("constant", [0.5, 0.2, 0.6]),  # Half of 0.0 and half of the fill, 1.0.
    ],
)
def test_half_a_pixel_worked_by_hand(fill_mode, expected):
    warped = warp(
        row([0.0, 0.4, 0.8]), jnp.asarray(SHIFT_HALF), fill_mode=fill_mode, fill_value=1.0
    )
    np.testing.assert_allclose(warped[0, :, 0], expected, atol=1e-7)


@pytest.mark.parametrize(
    ("fill_mode", "expected"),
    [
        ("reflect", [3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0]),
        ("nearest", [0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3]),
        ("wrap", [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]),
        ("constant", [9, 9, 9, 9, 0, 1, 2, 3, 9, 9, 9, 9]),
    ],
)
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_whole_pixels_beyond_both_borders(fill_mode, expected, interpolation):
    image = row([0, 1, 2, 3, *[0] * 8])[:, :4]
    for start in (-4, 0, 4):
        matrix = np.array([[1, 0, start], [0, 1, 0], [0, 0, 1]], np.float32)
        warped = warp(
            image,
            jnp.asarray(matrix),
            fill_mode=fill_mode,
            interpolation=interpolation,
            fill_value=9.0,
        )
        np.testing.assert_array_equal(warped[0, :, 0], expected[start + 4 : start + 8])


def test_nearest_rounds_halves_away_from_zero():
    warped = warp(
        row([1, 2, 3]),
        jnp.asarray(SHIFT_HALF),
        interpolation="nearest",
        fill_mode="constant",
        fill_value=9.0,
    )
    # -0.5 rounds to -1, which lies outside; 0.5 to 1, and 1.5 to 2.
    np.testing.assert_array_equal(warped[0, :, 0], [9, 2, 3])


SCIPY_MODES = {
    "reflect": "reflect",
    "wrap": "grid-wrap",
    "nearest": "nearest",
    "constant": "grid-constant",
}


@pytest.mark.parametrize("fill_mode", SCIPY_MODES)
@pytest.mark.parametrize("shape", [(13, 8, 3), (1, 9, 1), (9, 1, 4), (1, 1, 2)])
def test_equals_scipy_far_beyond_the_border(fill_mode, shape):
    image = noise(*shape)
    rng = np.random.default_rng(1)
    for _ in range(10):
        matrix = np.eye(3)
        matrix[:2, :2] += rng.normal(size=(2, 2)) / 2
        matrix[:2, 2] = rng.normal(size=2) * 20
        expected = np.stack(
            [
                ndimage.affine_transform(
                    image[..., c].astype(np.float64),
                    # SciPy's axes are (row, column).
                    matrix[:2, :2][::-1, ::-1],
                    matrix[:2, 2][::-1],  # type: ignore[arg-type]
                    order=1,
                    mode=SCIPY_MODES[fill_mode],
                    cval=0.3,
                )
                for c in range(shape[2])
            ],
            axis=-1,
        )
        warped = warp(jnp.asarray(image), jnp.float32(matrix), fill_mode=fill_mode, fill_value=0.3)
        np.testing.assert_allclose(warped, expected, atol=4e-5)
