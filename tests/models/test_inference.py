"""What a network says of images does not depend on how many a CPU takes at a time."""

import inspect
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export

from augjax.models import NotebookCNN, infer, inference
from tests.helpers import initialised, noise, quick_jit

MODEL, SIZE = NotebookCNN(), 16
IMAGES = np.round(255 * noise(16, SIZE, SIZE, 3)).astype(np.uint8)


class Mean(nn.Module):
    """A model that compiles in no time."""

    def __call__(self, images, *, train):
        return images.mean(axis=(1, 2, 3))


@pytest.fixture(scope="module")
def variables():
    return initialised(MODEL)


@pytest.fixture(scope="module")
def expected(variables):
    """What the model says of all images at once."""
    images = IMAGES / np.float32(255)
    return np.asarray(quick_jit(partial(MODEL.apply, train=False))(variables, images))


@pytest.fixture
def at_a_time(monkeypatch):
    """Sets how many images a CPU takes; what was compiled with that does not outlive the test."""

    def set_to(images: int) -> None:
        jax.clear_caches()
        monkeypatch.setattr(inference, "PIXELS", images * SIZE**2)

    yield set_to
    jax.clear_caches()


@pytest.mark.parametrize("most", [1, 2, pytest.param(16, marks=pytest.mark.long)])
def test_few_images_at_a_time_are_all_images(variables, expected, most, at_a_time):
    at_a_time(most)
    for given in (IMAGES, IMAGES / np.float32(255)):
        np.testing.assert_allclose(infer(MODEL, variables, given), expected, rtol=1e-5)
        infer(MODEL, variables, given)
    compiled: Any = inference._infer
    assert compiled._cache_size() == 2


def test_a_cpu_takes_a_few_at_a_time(variables, at_a_time):
    at_a_time(1)
    images = np.zeros((2 * jax.device_count(), SIZE, SIZE, 3), np.float32)
    compiled: Any = inference._infer
    program = compiled.lower(MODEL, variables, images).compile()
    assert "while" in str(program.as_text())


def test_a_wrong_batch_or_missing_variables_are_an_error(variables):
    images = np.zeros((2, SIZE, SIZE, 3), np.float32)
    with pytest.raises(ValueError, match=r"image\[None\] makes a batch of one"):
        infer(MODEL, variables, images[0])
    with pytest.raises(ValueError, match=r"'params': \.\.\., 'batch_stats'"):
        infer(MODEL, variables["params"], images)
    with pytest.raises(ValueError, match=r"but got a list; np\.stack"):
        inspect.unwrap(infer)(MODEL, variables, list(images))


def test_images_that_are_plainly_of_another_range_are_refused():
    model, variables = Mean(), {"params": {}}
    images = np.full((2, SIZE, SIZE, 3), 200)
    spoilt = images.astype(np.float32)
    spoilt[0, 0, 0] = np.nan, np.inf, 0
    normalised = np.full(images.shape, 2.5, np.float32)
    unchecked = inspect.unwrap(infer)  # As outside the tests, where types are not checked.
    for given, told in (
        (images, "int64"),
        (images.astype(np.float32), "float32 from 200 to 200"),
        (spoilt, "float32 from 0 to 200"),
        (np.concatenate([0 * spoilt[1:], spoilt]), "float32 from 0 to 200"),
        (normalised.astype(">f4"), "an array of >f4"),
    ):
        with pytest.raises(ValueError, match=rf"but got {told}; images\.astype\(np\.uint8\)"):
            unchecked(model, variables, given)
    assert infer(model, variables, normalised).shape == (2,)
    on_device = jnp.asarray(images, jnp.float32).at[0].set(0.5)  # It would have to be waited for.
    for function in (infer, jax.jit(infer, static_argnums=0)):
        np.testing.assert_array_equal(function(model, variables, on_device), [0.5, np.nan])


@pytest.mark.parametrize(
    ("call", "count"),
    [
        ("infer", 7),
        *(pytest.param("infer", count, marks=pytest.mark.long) for count in (1, 64)),
        *(pytest.param("apply", count, marks=pytest.mark.long) for count in (1, 7, 64)),
    ],
)
def test_a_network_is_exported_for_any_number_of_images(variables, call, count):
    called: Any = partial(infer, MODEL) if call == "infer" else partial(MODEL.apply, train=False)
    images = np.resize(IMAGES, (count, SIZE, SIZE, 3))
    images = images if call == "infer" else images / np.float32(255)
    (n,) = export.symbolic_shape("n")
    any_number = jax.ShapeDtypeStruct((n, SIZE, SIZE, 3), images.dtype)
    like = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), variables)
    exported = export.export(jax.jit(called))(like, any_number)
    found, expected = quick_jit(exported.call)(variables, images), called(variables, images)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
