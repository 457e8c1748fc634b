"""The strength of a step: worked by hand, and the same bits wherever it is asked for."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from augjax.training.schedule import FULL_STRENGTH, strength_ramp


@pytest.mark.parametrize(
    ("ramp", "expected"),
    [
        ((0.0, 1.0, 4), [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]),
        ((1.0, 0.5, 2), [1.0, 0.75, 0.5, 0.5, 0.5, 0.5]),
        ((2.0, 2.0, 3), [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]),
    ],
)
def test_by_hand(ramp, expected):
    assert [float(strength_ramp(*ramp)(step)) for step in range(6)] == expected


@pytest.mark.parametrize("ramp", [(0.0, 1.0, 7), (0.2, 1.0, 500), (1.0, 0.3, 333)])
def test_its_bits_are_those_of_any_program_and_its_values_those_of_optax(ramp):
    schedule, steps = strength_ramp(*ramp), list(range(ramp[2] + 2))
    eager = np.array([schedule(step) for step in steps])
    assert eager.dtype == np.float32
    jitted = jax.jit(schedule)
    np.testing.assert_array_equal([jitted(step) for step in steps], eager)
    np.testing.assert_array_equal(jax.jit(jax.vmap(schedule))(jnp.array(steps)), eager)
    expected = [optax.linear_schedule(*ramp)(step) for step in steps]
    np.testing.assert_allclose(eager, np.array(expected), atol=2e-7)


def test_full_strength_is_pythons_one():
    assert FULL_STRENGTH(jnp.int32(3)) == 1.0 and isinstance(FULL_STRENGTH(3), float)
