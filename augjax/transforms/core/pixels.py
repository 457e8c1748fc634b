"""Pixels as they come and go, and as float32 in [0, 1] between."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from augjax.transforms.core.operation import Facts, Pipeline
from augjax.transforms.core.types import Image


def to_unit(pipeline: Pipeline, image: Image, facts: Facts) -> Float[Array, "h w c"]:
    """An image that came in as float32 in [0, 1].

    Raises:
      TypeError: if it is neither uint8 nor floating.
    """
    if image.dtype == jnp.uint8:
        return jnp.asarray(image).astype(jnp.float32) / 255.0
    if not jnp.issubdtype(image.dtype, jnp.floating):
        raise TypeError(
            f"{pipeline.title} takes uint8 or floating images, but got {image.dtype}; make uint8 "
            "of values up to 255, and divide others by the greatest there can be"
        )
    unit = jnp.asarray(image, jnp.float32)
    lowest, highest = facts.value_range
    return unit if (lowest, highest) == (0.0, 1.0) else (unit - lowest) / (highest - lowest)


def from_unit(
    image: Float[Array, "h w c"],
    came_as: jnp.dtype,
    facts: Facts,
    *,
    is_unit: bool,
    dtype_out: str | None,
) -> Num[Array, "h w c"]:
    """An image as it goes out.

    Args:
      image: float32, in [0, 1] if `is_unit`.
      came_as: the dtype of the image that came in.
      facts: of the pipeline.
      is_unit: whether the image has yet to be brought to the pipeline's value range.
      dtype_out: of what goes out; None as `Sequential(dtype_out=None)`.
    """
    lowest, highest = facts.value_range
    if dtype_out == "uint8":
        # What is not a number fails the comparison, and no dtype of whole numbers holds it.
        unit = jnp.where(image > 0.0, jnp.minimum(image, 1.0), 0.0)
        return jnp.floor(_ALMOST_256 * unit).astype(jnp.uint8)
    if is_unit and (lowest, highest) != (0.0, 1.0):
        image = image * (highest - lowest) + lowest
    # NumPy's float64 becomes float32, as everywhere in JAX, without a warning for each image.
    as_floats = jnp.float32 if came_as == jnp.uint8 else jax.dtypes.canonicalize_dtype(came_as)
    return image.astype(as_floats if dtype_out is None else dtype_out)


_ALMOST_256 = 255.999
"""torchvision's: as many floats become 255 as become any other level."""
