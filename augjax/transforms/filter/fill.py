"""What is painted where a part of an image is taken away."""

from numbers import Real
from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import field_data, field_key, unit
from augjax.transforms.core.types import Params

Fill = float | tuple[float, ...] | Literal["random"]
"""A number in [0, 1], one for each channel, or noise."""


def check_fill(owner: object, value: Fill) -> None:
    """Raises ValueError unless `value` can be painted."""
    numbers = value if isinstance(value, tuple) else (value,)
    if value != "random" and not (numbers and all(_in_unit(number) for number in numbers)):
        raise ValueError(
            f"{type(owner).__name__}(value={value!r}): expected a number in [0, 1], "
            "a tuple of one for each channel, or 'random'"
        )


def fill_draws(value: Fill, key: PRNGKeyArray) -> Params:
    """What is drawn for a fill: the data of the noise's key, if it is noise."""
    return {"noise": field_data(key)} if value == "random" else {}


def fill_picture(
    owner: object, value: Fill, params: Params, image: Float[Array, "height width channels"]
) -> Float[Array, "_ _ _"]:
    """The fill, as an array that goes with `image`."""
    channels = image.shape[2]
    if value == "random":
        return unit(field_key(params["noise"]), image.shape)
    numbers = value if isinstance(value, tuple) else (value,)
    if isinstance(value, tuple) and len(value) != channels:
        raise ValueError(
            f"{type(owner).__name__}(value={value!r}): "
            f"expected one number for each of the image's {channels} channels"
        )
    return jnp.array(numbers, jnp.float32).reshape(1, 1, -1)


def _in_unit(number: object) -> bool:
    return isinstance(number, Real) and 0 <= float(number) <= 1
