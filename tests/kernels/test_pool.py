"""Max pooling against XLA's reduce-window and Keras, ties and NaN included."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augjax.kernels.pool import max_pool
from tests.helpers import noise, quick_jit
from tests.oracles import linen as nn


def by_flax(x, window):
    return nn.max_pool(x, (window, window), (window, window))


@partial(quick_jit, static_argnums=(0, 2))
def values_and_gradients(pools, x, window):
    def of(pool):
        y, pull = jax.vjp(lambda x: pool(x, window), x)
        # Every output pulls with a weight of its own.
        weights = jnp.arange(1, y.size + 1, dtype=jnp.float32).reshape(y.shape).astype(y.dtype)
        return y, *pull(weights)

    return [of(pool) for pool in pools]


def assert_as_flax(x, window):
    ours, theirs = values_and_gradients((max_pool, by_flax), x, window)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.float32(a), np.float32(b))


@settings(max_examples=12, deadline=None)
@given(
    window=st.integers(1, 4),
    shape=st.tuples(st.integers(1, 2), st.integers(4, 9), st.integers(4, 9), st.integers(1, 3)),
    levels=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_value_and_gradient_are_those_of_flax_ties_included(window, shape, levels, seed):
    # Few levels make many ties; one makes nothing else.
    x = np.random.default_rng(seed).integers(-levels, 1, shape).astype(np.float32)
    assert_as_flax(x, window)


def test_the_first_of_equal_values_in_reading_order_takes_the_gradient():
    x = np.array([[0, 1], [1, 1]], np.float32).reshape(1, 2, 2, 1)
    gradient = jax.jit(jax.grad(lambda x: jnp.sum(max_pool(x))))(x)
    np.testing.assert_array_equal(np.asarray(gradient)[0, :, :, 0], [[0.0, 1.0], [0.0, 0.0]])


def test_tensorflow_breaks_ties_the_same_way():
    tf = pytest.importorskip("tensorflow")
    x = np.random.default_rng(0).integers(0, 3, (2, 7, 6, 3)).astype(np.float32)
    watched = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(watched)
        y = tf.nn.max_pool2d(watched, 2, 2, "VALID")
        weights = tf.reshape(tf.range(1, tf.size(y) + 1, dtype=tf.float32), tf.shape(y))
        total = tf.reduce_sum(y * weights)
    (ours,) = values_and_gradients((max_pool,), x, 2)
    np.testing.assert_array_equal(ours[0], y.numpy())
    np.testing.assert_array_equal(ours[1], tape.gradient(total, watched).numpy())


def test_bfloat16():
    assert_as_flax((noise(2, 6, 6, 3) - 0.5).astype(jnp.bfloat16), 2)


def test_infinities():
    x = np.full((1, 4, 4, 1), -np.inf, np.float32)
    x[0, 0, 0, 0] = np.inf
    pooled = np.asarray(jax.jit(max_pool)(x))
    np.testing.assert_array_equal(pooled[0, :, :, 0], [[np.inf, -np.inf], [-np.inf, -np.inf]])


def test_nan_is_never_hidden():
    """At each of a window's four places."""
    x = np.where(np.eye(4) == 1, np.nan, np.arange(4)).astype(np.float32).reshape(4, 2, 2, 1)
    assert np.isnan(jax.jit(max_pool)(x)).all()


def test_leading_axes_and_vmap():
    x = noise(2, 3, 5, 4, 2)
    whole, mapped, one = jax.jit(lambda x: (max_pool(x), jax.vmap(max_pool)(x), max_pool(x[1, 2])))(
        x
    )
    assert whole.shape == (2, 3, 2, 2, 2)
    np.testing.assert_array_equal(whole, mapped)
    np.testing.assert_array_equal(np.asarray(whole)[1, 2], one)


def test_a_map_smaller_than_the_window_leaves_nothing():
    assert jax.jit(max_pool)(np.ones((2, 1, 5, 3), np.float32)).shape == (2, 0, 2, 3)


def test_window_must_be_positive():
    with pytest.raises(ValueError, match="window must be at least 1, not 0"):
        jax.eval_shape(lambda x: max_pool(x, 0), np.ones((1, 2, 2, 1)))


def test_the_gradient_does_not_scatter():
    gradient = jax.grad(lambda x: jnp.sum(max_pool(x)))
    text = jax.jit(gradient).lower(jnp.ones((2, 8, 8, 3))).as_text()
    assert "scatter" not in text
