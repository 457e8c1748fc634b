"""A network's answers, as validation computes them."""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float, UInt8

from augjax.kernels.batching import map_in_batches
from augjax.typing import AnyArray

PIXELS = 2**17
"""Of the images that a CPU takes at a time, about: beyond it, what layers write costs too much."""
NOT_NORMALISED = 16.0
"""Images of floats that begin at 0 or above and reach this go from 0 to 255."""


def infer(
    model: nn.Module,
    variables: dict[str, Any],
    images: UInt8[AnyArray, "*batch h w c"] | Float[AnyArray, "*batch h w c"],
) -> Float[Array, "..."]:
    """The logits that `model` gives each image, with BatchNorm using its running statistics.

    Compiled for each model and shape. A CPU takes a few images at a time.

    Args:
      model: hashable; called as `model.apply(variables, images, train=False)`.
      variables: its `params`, and `batch_stats` if it has some.
      images: uint8 from 0 to 255, or floats, which `model` gets as they are: in [0, 1] if it was
        trained on what `augjax` makes of uint8. Floats from 0 to 255 are refused in NumPy arrays;
        on a device and inside `jit` the answers for such an image are NaN.

    Raises:
      ValueError: if `images` is no batch or of other numbers, or if `variables` has no `params`.
    """
    if not hasattr(images, "dtype"):
        raise ValueError(
            f"infer takes an array of images, but got a {type(images).__name__}; np.stack makes a "
            "batch of several of one shape"
        )
    if images.ndim != 4:
        raise ValueError(
            "infer takes images of shape (batch, height, width, channels), but got an array of "
            f"shape {images.shape}; image[None] makes a batch of one"
        )
    if "params" not in variables:
        raise ValueError(
            "infer takes all variables of a model, as in {'params': ..., 'batch_stats': ...}, but "
            f"got {', '.join(map(repr, variables)) or 'none'}"
        )
    _check_numbers(images)
    return _infer(model, variables, images)


def _check_numbers(images: AnyArray) -> None:
    if images.dtype == jnp.uint8:
        return
    given = images.dtype.name if images.dtype.isnative else f"an array of {images.dtype.str}"
    if jnp.issubdtype(images.dtype, jnp.floating) and images.dtype.isnative:
        # On a device they would have to be waited for.
        seen = images if isinstance(images, np.ndarray) else np.zeros((1, 1, 1, 1), np.float32)
        wrong = seen[_are_of_255(seen)]
        if not wrong.size:
            return
        given = (
            f"{images.dtype.name} from {np.nanmin(wrong):g} to {wrong[np.isfinite(wrong)].max():g}"
        )
    raise ValueError(
        f"infer takes uint8 images from 0 to 255, or floats in [0, 1], but got {given}; "
        "images.astype(np.uint8) if they are from 0 to 255"
    )


def _are_of_255(images: Float[AnyArray, "n h w c"]) -> Any:
    """Which images of floats are of 0 to 255."""
    numbers: Any = np if isinstance(images, np.ndarray) else jnp
    finite, axes = numbers.where(numbers.isfinite(images), images, 0), (1, 2, 3)
    return (finite.min(axes) >= 0) & (finite.max(axes) >= NOT_NORMALISED)


@partial(jax.jit, static_argnums=0)
def _infer(model: nn.Module, variables: dict[str, Any], images: AnyArray) -> Array:
    def of(images: Array) -> Array:
        if images.dtype == jnp.uint8:
            return answers(images.astype(jnp.float32) / 255.0)
        unless = jax.vmap(lambda wrong, answer: jnp.where(wrong, jnp.nan, answer))
        return unless(_are_of_255(images), answers(images))

    def answers(images: Array) -> Array:
        answers: Any = model.apply(variables, images, train=False)
        return answers

    def of_few(images: Array) -> Array:
        return map_in_batches(of, images, PIXELS // (images.shape[1] * images.shape[2]))

    return lax.platform_dependent(jnp.asarray(images), cpu=of_few, default=of)
