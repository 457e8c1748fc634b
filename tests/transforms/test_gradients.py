"""Gradients of pixels with respect to the strength and to what was drawn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.catalog import catalog, examples
from augjax.transforms.core.transform import Switched
from tests.helpers import noise

CATALOG = catalog()
KEY = aj.key(0)
SHAPE = (24, 33, 3)
FLOWS = {
    "ColorJitter", "RandomAffine", "RandomBrightness", "RandomContrast", "RandomElastic",
    "RandomGamma", "RandomGaussianNoise", "RandomHue", "RandomMotionBlur", "RandomRotation",
    "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
    "RandomApply", "RandomChoice", "RandomOrder", "RandomSomeOf", "Sequential",
}  # fmt: skip
"""The transforms through which gradients flow to the strength."""

every = pytest.mark.parametrize("name", CATALOG)


def weighed(made):
    """A number that every pixel moves, each by another amount."""
    return jnp.vdot(made, noise(*made.shape, seed=1)) / made.size


@every
def test_the_gradient_of_the_strength_is_finite_and_flows_where_it_can(name):
    transform = examples()[name]

    @jax.jit
    @jax.grad
    def slope(strength, images):
        return weighed(transform.batch(KEY, images, strength=strength))

    pictures = [noise(4, *SHAPE), *(np.full((4, *SHAPE), flat, np.float32) for flat in (0, 0.5, 1))]
    slopes = [[float(slope(s, images)) for s in (0.0, 0.5, 1.0)] for images in pictures]
    assert np.isfinite(slopes).all()
    if name in FLOWS:
        assert abs(slopes[0][1]) > 1e-6
    if issubclass(CATALOG[name], Switched | aj.RandomFlip | aj.RandomRot90):
        assert not np.any(slopes), "what is on or off does not follow the strength smoothly"


@every
def test_the_gradient_of_what_is_drawn_is_finite(name):
    transform, images = examples()[name], noise(4, *SHAPE)
    keys = jax.vmap(lambda i: aj.image_key(KEY, 0, i))(jnp.arange(4, dtype=jnp.uint32))
    draws = jax.vmap(lambda key: transform.sample(key, SHAPE))(keys)
    leaves, tree = jax.tree.flatten(draws)
    smooth = [jnp.issubdtype(leaf.dtype, jnp.floating) for leaf in leaves]

    @jax.jit
    @jax.grad
    def slopes(floats):
        floats = iter(floats)
        given = [next(floats) if s else leaf for s, leaf in zip(smooth, leaves, strict=True)]
        return weighed(jax.vmap(transform.apply)(jax.tree.unflatten(tree, given), images))

    made = slopes([leaf for leaf, s in zip(leaves, smooth, strict=True) if s])
    assert all(np.isfinite(slope).all() for slope in made)
    if name in FLOWS:
        assert any(np.any(slope) for slope in made)


WAVES = 0.5 + 0.2 * np.stack(
    [np.cos(np.arange(33)[None, :] / (4 + i) + np.arange(24)[:, None] / 6) for i in range(6)]
).astype(np.float32).reshape(2, 24, 33, 3)
"""Smooth pictures, whose pixels keep clear of 0 and 1."""


@pytest.mark.parametrize(
    "transform",
    [
        aj.RandomRotation(0.1),
        aj.RandomTranslation(0.2, 0.2),
        aj.RandomZoom(0.3),
        aj.RandomBrightness(0.2),
        aj.RandomContrast(0.5),
        aj.RandomSaturation(0.4),
        aj.Sequential([aj.RandomContrast(0.3), aj.RandomRotation(0.1), aj.RandomShear(0.2, 0.1)]),
    ],
    ids=str,
)
@pytest.mark.parametrize("strength", [0.3, 0.7])
def test_it_is_the_slope_that_finite_differences_find(transform, strength):
    def value(strength):
        return jnp.sum((transform.batch(KEY, WAVES, strength=strength) - WAVES) ** 2)

    step = 0.002
    found = (value(strength + step) - value(strength - step)) / (2 * step)
    slope = jax.grad(value)(strength)
    assert abs(found) > 0.01
    np.testing.assert_allclose(slope, found, rtol=0.02)
