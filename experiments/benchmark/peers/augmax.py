"""augmax."""

from collections.abc import Callable
from typing import Any

import augmax
import jax
import jax.numpy as jnp
import numpy as np

from experiments.benchmark.works import Work


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """A chain over a batch, one key an image."""
    images, one = jnp.asarray(work.images()), _of_one_image(work.kind, work)

    @jax.jit
    def drawn(key: Any, images: Any) -> Any:
        key, own = jax.random.split(key)
        return key, jax.vmap(one)(jax.random.split(own, work.batch), images)

    key = jax.random.key(0)

    def call() -> Any:
        nonlocal key
        key, result = jax.block_until_ready(drawn(key, images))
        return result

    return call


def _of_one_image(kind: str, work: Work) -> Callable[[Any, Any], Any]:
    s = work.strength
    if kind == "color_jitter":
        jitter = augmax.Chain(augmax.ColorJitter(0.4 * s, 0.4 * s, 0.4 * s, 0.1 * s, p=1.0))
        return lambda key, image: jitter(key, image)

    def chain(key: Any, image: Any) -> Any:
        own, shift = jax.random.split(key)
        limit = 0.1 * s * work.size
        # Its Translate is given the shift; what is not random there is drawn here.
        dx, dy = jax.random.uniform(shift, (2,), minval=-limit, maxval=limit)
        return augmax.Chain(
            augmax.RandomContrast((-0.1 * s, 0.1 * s), p=1.0),
            augmax.HorizontalFlip(p=0.5 * s),
            augmax.Rotate((-36 * s, 36 * s), p=1.0),
            augmax.Translate(dx, dy),
        )(own, image)

    return chain


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's."""
    return np.asarray(result)


CALLS = dict.fromkeys(("chain", "color_jitter"), augment)
