"""The same numbers, computed once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.once import once


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_are_what_they_were(dtype):
    numbers = np.array([[0, 1, -7], [2**24 - 1, -12345, 3]], dtype)
    for map_ in (lambda f: f, jax.vmap, jax.jit):
        ours = map_(once)(numbers)
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, numbers)
    np.testing.assert_array_equal(once(dtype(5)), 5)


def test_the_gradient_is_one():
    np.testing.assert_array_equal(jax.grad(lambda x: once(x).sum())(jnp.ones(3)), 1)


def test_a_cpu_does_not_fuse_them_into_what_reads_them():
    """So that a few numbers are an array of their own, by which all pixels are then multiplied."""

    def scaled(numbers, images, keep):
        factors = keep(jnp.sqrt(numbers) + 1.0)
        return images * factors[:, None, None]

    def operations(keep):
        step = jax.jit(lambda numbers, images: scaled(numbers, images, keep))
        text = step.lower(np.ones(8, np.float32), np.ones((8, 99, 99), np.float32))
        entry = text.compile().as_text().split("ENTRY")[1]
        return entry.count("calls=")

    assert operations(lambda numbers: numbers) == 1
    assert operations(once) == 2
