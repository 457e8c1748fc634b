"""Gradients of pixels with respect to the strength and to what was drawn."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.core.transform import Switched
from tests.helpers import noise
from tests.transforms.examples import CATALOG, KEY, ONE_OF_EACH_KIND, example, long_but

SHAPE = (24, 33, 3)
FLOWS = {
    "ColorJitter", "RandomAffine", "RandomBrightness", "RandomContrast", "RandomElastic",
    "RandomGamma", "RandomGaussianNoise", "RandomHue", "RandomMotionBlur", "RandomRotation",
    "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
    "RandomApply", "RandomChoice", "RandomOrder", "RandomSomeOf", "Sequential",
}  # fmt: skip
"""The transforms through which gradients flow to the strength."""


def weighed(made):
    """A number that every pixel moves, each by another amount."""
    return jnp.vdot(made, noise(*made.shape, seed=1)) / made.size


PICTURES = [noise(4, *SHAPE), *(np.full((4, *SHAPE), flat, np.float32) for flat in (0, 0.5, 1))]
STRENGTHS = (0.0, 0.5, 1.0)


@pytest.mark.parametrize("name", long_but(ONE_OF_EACH_KIND, CATALOG))
def test_gradients_of_the_strength_and_of_the_draws_are_finite_and_flow_where_they_can(name):
    transform = example(name)
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(4, dtype=jnp.uint32))

    def draw(strength):
        return jax.vmap(lambda key: transform.sample(key, SHAPE, strength=strength))(keys)

    drawn, tree = jax.tree.flatten(jax.eval_shape(draw, 1.0))
    smooth = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in drawn]

    # One program finds both, as the draws that are differentiated are 0 off those of the strength.
    @jax.jit
    @functools.partial(jax.grad, argnums=(0, 1))
    def slopes(strength, off, images):
        off = iter(off)
        draws = [
            leaf + next(off) if s else leaf
            for s, leaf in zip(smooth, jax.tree.leaves(draw(strength)), strict=True)
        ]
        return weighed(jax.vmap(transform.apply)(jax.tree.unflatten(tree, draws), images))

    off = [np.zeros(leaf.shape, leaf.dtype) for leaf, s in zip(drawn, smooth, strict=True) if s]
    found = [[slopes(s, off, images) for s in STRENGTHS] for images in PICTURES]
    of_strength = [[float(slope) for slope, _ in row] for row in found]
    assert np.isfinite(of_strength).all()
    if name in FLOWS:
        assert abs(of_strength[0][1]) > 1e-6
    if issubclass(CATALOG[name], Switched | aj.RandomFlip | aj.RandomRot90):
        assert not np.any(of_strength), "what is on or off does not follow the strength smoothly"
    for row in found:
        for _, of_draws in row:
            assert all(np.isfinite(slope).all() for slope in of_draws)
    if name in FLOWS:
        assert any(np.any(slope) for slope in found[0][-1][1])


WAVES = 0.5 + 0.2 * np.stack(
    [np.cos(np.arange(33)[None, :] / (4 + i) + np.arange(24)[:, None] / 6) for i in range(6)]
).astype(np.float32).reshape(2, 24, 33, 3)
"""Smooth pictures, whose pixels keep clear of 0 and 1."""


@functools.cache
def value_and_slope(transform):
    def value(strength):
        return jnp.sum((transform.batch(KEY, WAVES, strength=strength) - WAVES) ** 2)

    return jax.jit(jax.value_and_grad(value))


@pytest.mark.parametrize(
    "transform",
    [
        aj.RandomRotation(0.1),
        pytest.param(aj.RandomTranslation(0.2, 0.2), marks=pytest.mark.long),
        pytest.param(aj.RandomZoom(0.3), marks=pytest.mark.long),
        aj.RandomBrightness(0.2),
        aj.RandomContrast(0.5),
        aj.RandomSaturation(0.4),
        aj.Sequential([aj.RandomContrast(0.3), aj.RandomRotation(0.1), aj.RandomShear(0.2, 0.1)]),
    ],
    ids=str,
)
@pytest.mark.parametrize("strength", [0.3, 0.7])
def test_it_is_the_slope_that_finite_differences_find(transform, strength):
    step, both = 0.002, value_and_slope(transform)
    found = (both(strength + step)[0] - both(strength - step)[0]) / (2 * step)
    _, slope = both(strength)
    assert abs(found) > 0.01
    np.testing.assert_allclose(slope, found, rtol=0.02)
