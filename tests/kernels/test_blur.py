import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from augjax.kernels.blur import filter_2d, filter_separable, gaussian_kernel, line_kernel
from tests.helpers import noise, quick_jit

TOLERANCE = 1e-6
# The smaller ones are mirrored more than once.
SHAPES = [(1, 1, 3), (1, 6, 2), (7, 1, 1), (2, 3, 4), (9, 14, 3), (40, 33, 3)]


def channel_by_channel(image, operation):
    return np.stack([operation(np.float64(image[..., c])) for c in range(image.shape[2])], -1)


def by_each(function, image, kernels):
    """`function(image, kernel)` for each of the kernels, in one program."""
    return quick_jit(lambda x, kernels: [function(x, kernel) for kernel in kernels])(image, kernels)


gaussian = jax.jit(gaussian_kernel, static_argnums=1)
line_of = jax.jit(line_kernel, static_argnums=2)


@pytest.mark.parametrize("shape", SHAPES)
def test_separable_filters_are_scipys(shape):
    image, kernels = noise(*shape), [noise(size, seed=1) - 0.5 for size in (1, 3, 9)]

    def both_ways(x, kernel):
        x = ndimage.correlate1d(x, kernel, 0, mode="mirror")
        return ndimage.correlate1d(x, kernel, 1, mode="mirror")

    for kernel, ours in zip(kernels, by_each(filter_separable, image, kernels), strict=True):
        theirs = channel_by_channel(image, partial(both_ways, kernel=kernel))
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


@pytest.mark.parametrize("shape", SHAPES)
def test_filters_are_scipys(shape):
    image, kernels = noise(*shape), [noise(size, size, seed=1) - 0.5 for size in (1, 3, 7)]
    for kernel, ours in zip(kernels, by_each(filter_2d, image, kernels), strict=True):
        theirs = channel_by_channel(
            image, partial(ndimage.correlate, weights=kernel, mode="mirror")
        )
        np.testing.assert_allclose(ours, theirs, atol=len(kernel) * TOLERANCE)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gaussian_is_scipys(shape):
    image = noise(*shape)
    sigmas = [np.float32(sigma) for sigma in (0.1, 0.7, 2.0, 50.0)]
    blurred = by_each(
        lambda x, sigma: filter_separable(x, gaussian_kernel(sigma, 9)), image, sigmas
    )
    for sigma, ours in zip(sigmas, blurred, strict=True):
        theirs = channel_by_channel(
            image, partial(ndimage.gaussian_filter, sigma=sigma, mode="mirror", radius=4)
        )
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_no_spread_is_the_identity():
    np.testing.assert_array_equal(gaussian(np.float32(0), 5), [0, 0, 1, 0, 0])
    for angle in np.linspace(-3, 3, 13):
        point = line_of(np.float32(angle), np.float32(1), 3)
        np.testing.assert_allclose(point, np.outer([0, 1, 0], [0, 1, 0]), atol=TOLERANCE)


def test_lines_worked_by_hand():
    def line(degrees, length):
        return np.asarray(line_of(np.float32(math.radians(degrees)), np.float32(length), 5))

    middle = np.array([0, 0, 1, 0, 0])
    across = np.outer(middle, [0, 1, 1, 1, 0]) / 3
    np.testing.assert_allclose(line(0, 3), across, atol=TOLERANCE)
    np.testing.assert_allclose(line(180, 3), across, atol=TOLERANCE)
    np.testing.assert_allclose(line(90, 5), np.outer(np.ones(5), middle) / 5, atol=TOLERANCE)
    # Ends that reach half a pixel further: their taps are half a pixel away.
    np.testing.assert_allclose(line(0, 4), np.outer(middle, [1, 2, 2, 2, 1]) / 8, atol=TOLERANCE)
    # Up to the right. Its ends lie 1 from the middle, so that the corners are sqrt(2) - 1 from
    # them, and the four neighbours sqrt(1/2) from the line.
    end, beside = 2 - math.sqrt(2), 1 - math.sqrt(0.5)
    diagonal = np.zeros((5, 5))
    diagonal[1:4, 1:4] = [[0, beside, end], [beside, 1, beside], [end, beside, 0]]
    np.testing.assert_allclose(line(45, 3), diagonal / diagonal.sum(), atol=TOLERANCE)
    assert line(45, 3)[1, 3] > 0, "counter-clockwise on screen"


def test_kernels_have_gradients_everywhere():
    def spread(angle, length):
        kernel = line_kernel(angle, length, 5)
        return (kernel * jnp.square(jnp.arange(5.0) - 2)[None]).sum()

    slopes_of_spread = jax.jit(jax.grad(spread, (0, 1)))
    for angle in (0.0, 0.3, math.pi / 4):
        slopes = slopes_of_spread(np.float32(angle), np.float32(2.5))
        assert np.isfinite(slopes).all() and slopes[1] > 0
    slope = jax.jit(jax.grad(lambda sigma: gaussian_kernel(sigma, 5)[0]))
    assert np.asarray(slope(np.float32(0))) == 0
    assert np.asarray(slope(np.float32(1))) > 0
