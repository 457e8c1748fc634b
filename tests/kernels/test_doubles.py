"""Numbers that are traced come to the bits of Python's doubles."""

import jax
import numpy as np
import pytest

from augjax.kernels.doubles import middle_and_half


@pytest.mark.parametrize("bounds", [(0.08, 1.0), (0.05, 0.33), (1 / 3, 2 / 3), (0.1, 0.1)])
def test_they_are_rounded_as_python_rounds_them(bounds):
    rng = np.random.default_rng(0)
    counts = (rng.integers(1, 32769, 100_000) * rng.integers(1, 32769, 100_000)).astype(np.int32)
    low, high = (counts.astype(np.float64) * bound for bound in bounds)
    middle, half = jax.jit(jax.vmap(lambda n: middle_and_half(n, *bounds)))(counts)
    np.testing.assert_array_equal(middle, ((low + high) / 2).astype(np.float32))
    np.testing.assert_array_equal(half, ((high - low) / 2).astype(np.float32))
