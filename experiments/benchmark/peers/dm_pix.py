"""dm-pix: its functions for one image, chained and vmapped."""

from collections.abc import Callable
from typing import Any, cast

import dm_pix as pix
import jax
import jax.numpy as jnp
import numpy as np

from experiments.benchmark.works import Work


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """Functions over a batch, one key an image; `setting` is the fill mode."""
    images = jnp.asarray(work.images())
    s, size = work.strength, work.size

    def chain(key: Any, image: Any) -> Any:
        contrast, flip, turn, shift = jax.random.split(key, 4)
        image = pix.random_contrast(contrast, image, 1 - 0.1 * s, 1 + 0.1 * s + 1e-7)
        image = jnp.clip(image, 0, 1)
        image = pix.random_flip_left_right(flip, image, probability=0.5 * s)
        angle = jax.random.uniform(turn, minval=-0.2 * np.pi * s, maxval=0.2 * np.pi * s)
        image = pix.rotate(image, cast(Any, angle), mode=setting)
        by = jax.random.uniform(shift, (2,), minval=-0.1 * s * size, maxval=0.1 * s * size)
        offset = jnp.concatenate([by, jnp.zeros(1)])
        return pix.affine_transform(image, jnp.eye(3), offset=offset, mode=setting)

    def blur(key: Any, image: Any) -> Any:
        sigma = jax.random.uniform(key, minval=0.5, maxval=2.0)
        blurred = pix.gaussian_blur(image, sigma, 7)
        return blurred if s else image

    one = chain if work.kind == "chain" else blur

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


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's."""
    return np.asarray(result)


CALLS = dict.fromkeys(("chain", "blur"), augment)
