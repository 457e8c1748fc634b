"""What a network says of images does not depend on how many a CPU takes at a time."""

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.models import NotebookCNN, infer, inference
from tests.helpers import noise

MODEL, SIZE = NotebookCNN(), 16


@pytest.fixture(scope="module")
def variables():
    return MODEL.init(jax.random.key(0), jnp.zeros((1, SIZE, SIZE, 3)), train=False)


@pytest.fixture
def at_a_time(monkeypatch):
    """Sets how many images a CPU takes; what was compiled with that does not outlive the test."""

    def set_to(images: int) -> None:
        jax.clear_caches()
        monkeypatch.setattr(inference, "PIXELS", images * SIZE**2)

    yield set_to
    jax.clear_caches()


@pytest.mark.parametrize("most", [1, 2, 16])
def test_few_images_at_a_time_are_all_images(variables, most, at_a_time):
    at_a_time(most)
    images = np.round(255 * noise(16, SIZE, SIZE, 3)).astype(np.uint8)
    expected: Any = MODEL.apply(variables, images / np.float32(255), train=False)
    for given in (images, images / np.float32(255)):
        np.testing.assert_allclose(infer(MODEL, variables, given), expected, rtol=1e-5)
        infer(MODEL, variables, given)
    compiled: Any = inference._infer
    assert compiled._cache_size() == 2


def test_a_cpu_takes_a_few_at_a_time(variables, at_a_time):
    at_a_time(1)
    images = jnp.zeros((2 * jax.device_count(), SIZE, SIZE, 3))
    program = jax.jit(infer, static_argnums=0).lower(MODEL, variables, images).compile()
    assert "while" in str(program.as_text())


def test_a_wrong_batch_or_missing_variables_are_an_error(variables):
    images = jnp.zeros((2, SIZE, SIZE, 3))
    with pytest.raises(ValueError, match=r"image\[None\] makes a batch of one"):
        infer(MODEL, variables, images[0])
    with pytest.raises(ValueError, match=r"'params': \.\.\., 'batch_stats'"):
        infer(MODEL, variables["params"], images)
    with pytest.raises(ValueError, match=r"but got a list; np\.stack"):
        inspect.unwrap(infer)(MODEL, variables, list(images))


def test_images_that_are_plainly_of_another_range_are_refused(variables):
    images = np.full((2, SIZE, SIZE, 3), 200)
    spoilt = images.astype(np.float32)
    spoilt[0, 0, 0] = np.nan, np.inf, 0
    unchecked = inspect.unwrap(infer)  # As outside the tests, where types are not checked.
    for given, told in (
        (images, "int64"),
        (images.astype(np.float32), "float32 from 200 to 200"),
        (spoilt, "float32 from 0 to 200"),
    ):
        with pytest.raises(ValueError, match=rf"but got {told}; images\.astype\(np\.uint8\)"):
            unchecked(MODEL, variables, given)
    normalised = np.full(images.shape, 2.5, np.float32)
    assert infer(MODEL, variables, normalised).shape == (2,)
    on_device = jnp.asarray(images, jnp.float32)  # Whose values would have to be waited for.
    for function in (infer, jax.jit(infer, static_argnums=0)):
        assert function(MODEL, variables, on_device).shape == (2,)
