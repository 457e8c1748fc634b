"""Every public transform is certified, and what breaks a promise is not."""

import dataclasses
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import augjax as aj
from augjax.transforms.certify import IMAGES, SETTINGS, TIPPED, TOLERANCE, Comparison, certify
from tests.transforms.examples import CATALOG, MIXES, example, long_but


def certified(transform, **more):
    return certify(transform, batches=(7,), devices=(8,), **more)


@pytest.mark.parametrize("name", long_but(["RandomCrop"], [*CATALOG, *MIXES]))
def test_is_certified(name):
    found = certified(example(name))
    assert found.ok, found


@pytest.mark.long
def test_the_notebook_s_pipeline_is_certified():
    found = certified(aj.preset("notebook"), elsewhere=jax.devices()[1:2])
    assert found.ok, found


@dataclasses.dataclass(frozen=True, kw_only=True)
class _DrawsAsJaxIsSet(aj.RandomBrightness):
    """Draws by JAX's own functions, as a transform of a user's may."""

    def draw(self, key, shape, strength):
        return {"delta": jax.random.uniform(key, (3,)).sum().astype(jnp.float32)}


def test_settings_that_move_draws_are_found():
    found = certify(_DrawsAsJaxIsSet(0.1), batches=(), settings=tuple(SETTINGS))
    assert set(found.differing_draws) == {"jax_enable_x64", "jax_threefry_partitionable off"}
    assert certify(aj.RandomBrightness(0.1), batches=(), settings=tuple(SETTINGS)).ok


_traced = itertools.count()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _DrawsByProgram(aj.RandomBrightness):
    """Draws a number that each program has for itself."""

    def draw(self, key, shape, strength):
        return {"delta": jnp.float32(next(_traced) / 100)}


def test_draws_that_depend_on_more_are_found():
    found = certified(_DrawsByProgram(0.1), elsewhere=jax.devices()[1:2])
    assert not found.ok
    assert found.differing_draws == (
        "batches of 7",
        "one by one without jit",
        "one by one without jit",
        "a pipeline with one more",
        "8 devices",
        "on a cpu",
    )


def test_pixels_that_depend_on_more_are_found():
    draws, pixels = np.arange(IMAGES), np.zeros((IMAGES, 100, 100, 3), np.float32)

    def compared(difference, share):
        comparison = Comparison(draws, pixels)
        other = pixels.copy()
        other.reshape(-1)[: round(share * pixels.size)] = difference
        comparison.add("x", slice(None), draws, other)
        return comparison.certificate("x")

    assert compared(0.0, 1).ok and compared(0.9 * TOLERANCE, 1).ok
    assert not compared(1.1 * TOLERANCE, 1).ok
    assert compared(0.5, 0.9 * TIPPED).ok and not compared(0.5, 1.1 * TIPPED).ok
    assert compared(0.5, 0.9 * TIPPED).tipped > 0


def test_rows_are_compared_with_their_own():
    comparison = Comparison(np.arange(4), np.zeros((4, 1, 1, 1), np.float32))
    comparison.add("right", slice(1, 3), np.array([1, 2]))
    comparison.add("wrong", slice(1, 3), np.array([1, 3]))
    assert comparison.certificate("x").differing_draws == ("wrong",)
