"""The gradient of the network inside other people's programs is the one under `jax.jit`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from augjax.models import NotebookCNN
from tests.helpers import initialised, noise, quick_jit
from tests.programs import (
    DEVICES,
    SHARED,
    SPLIT,
    in_pmap,
    in_scan,
    in_shard_map,
    in_vmap_of_vmap,
    mapped,
)

MODEL = NotebookCNN()
IMAGES = noise(DEVICES, 2, 16, 16, 3)
LABELS = np.arange(2 * DEVICES, dtype=np.float32).reshape(DEVICES, 2) % 2

needs_devices = pytest.mark.skipif(jax.device_count() < DEVICES, reason="needs 8 devices")


def gradient(variables, images, labels):
    @jax.checkpoint
    def loss(params):
        network = {**variables, "params": params}
        logits, _ = MODEL.apply(network, images, train=True, mutable=["batch_stats"])
        return jnp.mean(jnp.square(logits - labels))

    return jax.grad(loss)(variables["params"])


@needs_devices
def test_it_has_the_types_of_the_weights():
    """Weights that all devices share have a gradient that they share: the sum of their own."""
    variables = jax.eval_shape(partial(MODEL.init, train=False), jax.random.key(0), IMAGES[0])
    images, labels = (x.reshape(-1, *x.shape[2:]) for x in (IMAGES, LABELS))
    in_specs = (SHARED, SPLIT, SPLIT)
    traced = jax.eval_shape(mapped(gradient, in_specs, SHARED), variables, images, labels)
    assert jax.tree.all(jax.tree.map(lambda g, w: g.shape == w.shape, traced, variables["params"]))


@needs_devices
@pytest.mark.long
def test_it_is_the_same():
    variables = initialised(MODEL)

    def of_part(images, labels):
        return gradient(variables, images, labels)

    own = [quick_jit(of_part)(*part) for part in zip(IMAGES, LABELS, strict=True)]
    own = jax.tree.map(lambda *each: np.stack(each), *own)
    summed = jax.tree.map(lambda each: np.broadcast_to(each.sum(axis=0), each.shape), own)
    for program, expected in (
        (in_shard_map, summed),
        (in_pmap, own),
        (in_vmap_of_vmap, own),
        (in_scan, own),
    ):
        found = quick_jit(lambda *parts, inside=program: inside(of_part, *parts))(IMAGES, LABELS)
        jax.tree.map(_assert_close, found, expected)


def _assert_close(found, expected):
    """Relative to the largest entry of an array."""
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max() + 1e-9)
