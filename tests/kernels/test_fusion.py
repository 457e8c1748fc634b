"""The same numbers, computed once."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.kernels.fusion import compute_once


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_are_what_they_were(dtype):
    numbers = jnp.array([[0, 1, -7], [2**24 - 1, -12345, 3]], dtype)
    for map_ in (lambda f: f, jax.vmap, jax.jit):
        ours = map_(compute_once)(numbers)
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, numbers)
    np.testing.assert_array_equal(compute_once(jnp.array(5, dtype)), 5)


def test_the_gradient_is_one():
    np.testing.assert_array_equal(jax.grad(lambda x: compute_once(x).sum())(jnp.ones(3)), 1)


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="others gain nothing by it")
def test_what_reads_them_does_not_compute_them_anew():
    numbers, images = np.ones(8, np.float32), np.ones((8, 99, 99), np.float32)

    def arrays_of_numbers(keep):
        scale = jax.jit(lambda x, images: images * keep(2.0 * x + 1.0)[:, None, None])
        text = str(scale.lower(numbers, images).compile().as_text())
        return text.split("ENTRY")[1].count("= f32[8]{0}")

    assert arrays_of_numbers(lambda x: x) == 1  # What was given.
    assert arrays_of_numbers(compute_once) == 2
