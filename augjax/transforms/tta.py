"""Test-time augmentation."""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray, UInt32

from augjax.keys import image_key
from augjax.transforms.core.arguments import plain
from augjax.transforms.core.checks import check_strength, positions
from augjax.transforms.core.run import brought_back
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Images
from augjax.typing import AnyArray, Strength

_MOST = 1000
"""Predictions for an image, which are all made at once."""


def tta(
    predict: Callable[..., Any], pipeline: Transform, k: int, *, dense: bool = False
) -> Callable[..., Any]:
    """`predict`, averaged over each image as it is and `k - 1` augmented copies of it.

        averaged = jax.jit(aj.tta(predict, pipeline, 8))
        logits = averaged(key, images, ids)

    Draw d, from 1 to k - 1, is `pipeline.batch(key, images, ids, epoch=d)`; draw 0 is the same at
    strength 0. So what is predicted for an image depends neither on its neighbours nor, with ids,
    on its place, and a larger k adds draws to those of a smaller one. All are predicted at once, by
    `vmap`, which takes k times the memory.

    A dense prediction p, of the images' height and width, is brought back to the frame of the
    original by the inverse T' of each draw, as by `invert`, and averaged where a draw shows the
    image:

        y = sum_d T'_d(p_d) / sum_d T'_d(1)

    What no draw shows is 0. That cannot be unless the pipeline cuts parts out whatever the
    strength, as RandomCrop does. Pixels are moved back, but not the values of what is predicted:
    a field of directions stays as it was turned.

    Args:
      predict: gives for images of shape (n, height, width, channels) floating predictions, an array
        or a pytree of arrays with a first axis of n: logits, or a map for each image. In inference
        mode: it is given floats in the range that the pipeline returns, and is traced.
      pipeline: what to augment with; it may change the images' size.
      k: how many predictions to average, 1 to 1000; 1 is the image as it is.
      dense: whether all that is predicted has the height and width of the images given to
        `predict`, (n, height, width) or (n, height, width, channels).

    Returns:
      A function of (key, images, ids=None, *, strength=1.0), as for `batch`, of uint8 or floating
      images. It returns what `predict` does, and can be jitted and differentiated.
    """
    if not callable(predict) or not isinstance(pipeline, Transform):
        raise TypeError(
            f"tta takes a function that predicts and a transform, but got {predict!r} and "
            f"{pipeline!r}"
        )
    k = plain(pipeline, "k", k)
    if isinstance(k, bool) or not isinstance(k, Integral) or not 1 <= k <= _MOST:
        raise ValueError(f"tta(k={k!r}): expected a whole number of predictions, 1 to {_MOST}")
    if not isinstance(dense, bool | np.bool_):
        raise TypeError(f"tta(dense={dense!r}): expected True or False")

    def averaged(
        key: PRNGKeyArray,
        images: Images,
        ids: UInt32[AnyArray, "batch"] | UInt32[AnyArray, "batch words"] | None = None,
        *,
        strength: Strength = 1.0,
    ) -> Any:
        if isinstance(images, dict):
            raise TypeError("tta predicts for images, but got a dict; give its images alone")
        if dense and images.ndim != 4:
            raise ValueError("tta(dense=True) takes images, but got clips; give it their frames")
        check_strength(strength)

        def prediction(draw: Int[Array, ""]) -> tuple[Any, Float[Array, "batch _ _"] | None]:
            """What is predicted for a draw, and where in the originals' frame if it is dense."""
            scaled = jnp.where(draw > 0, jnp.float32(strength), 0.0)
            augmented = pipeline.batch(key, images, ids, epoch=draw, strength=scaled)
            predicted = predict(augmented)
            _check(predicted, augmented.shape, dense)
            if not dense:
                return predicted, None

            def back(image_id: Any, maps: Any) -> Any:
                drawn = pipeline.sample(image_key(key, draw, image_id), shape, strength=scaled)
                return jax.tree.map(lambda map: brought_back(pipeline, drawn, map, shape), maps)

            shape = images.shape[1:]
            numbers = positions(images.shape[0]) if ids is None else ids
            shown = jnp.ones(augmented.shape[:3], jnp.float32)
            return jax.vmap(back)(numbers, (predicted, shown))

        predicted, shown = jax.vmap(prediction)(jnp.arange(k, dtype=jnp.int32))
        if shown is None:
            return jax.tree.map(lambda draws: jnp.mean(draws, axis=0), predicted)
        return jax.tree.map(lambda draws: _mean(draws, shown), predicted)

    return averaged


def _mean(maps: Float[Array, "k n h w ..."], shown: Float[Array, "k n h w"]) -> Array:
    """The mean over draws of maps that were multiplied by how far each draw shows a pixel."""
    total, weight = (jnp.sum(part, axis=0, dtype=jnp.float32) for part in (maps, shown))
    weight = weight.reshape(weight.shape + (1,) * (total.ndim - weight.ndim))
    # Of what is not shown the total is 0 as well.
    return (total / jnp.where(weight > 0, weight, 1.0)).astype(maps.dtype)


def _check(predicted: Any, given: tuple[int, ...], dense: bool) -> None:
    """Raises ValueError unless there are floating predictions for a batch of shape `given`."""
    first = given[:3] if dense else given[:1]
    what = "of the images' height and width, as dense=True says" if dense else "for every image"
    for leaf in jax.tree.leaves(predicted):
        shape, dtype = jnp.shape(leaf), jnp.result_type(leaf)
        if shape[: len(first)] != first or not jnp.issubdtype(dtype, jnp.floating):
            raise ValueError(
                f"tta averages floating predictions {what}, but for images of shape {given} "
                f"got {dtype} of shape {shape}"
            )
