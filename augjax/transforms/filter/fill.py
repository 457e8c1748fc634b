"""What is painted where a part of an image is taken away."""

from typing import Literal

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import field_data, field_key, unit
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.factors import Color, bounded, check_color
from augjax.transforms.core.types import Params

Fill = Color | Literal["random"]
"""A number in [0, 1], one for each channel, or noise."""

FILL = bounded(0, 1, "a number in [0, 1], a tuple of one for each channel, or 'random'")
"""Of a field that is a fill."""


def fill_draws(value: Fill, key: PRNGKeyArray) -> Params:
    """What is drawn for a fill: the data of the noise's key, if it is noise."""
    return {"noise": field_data(key)} if value == "random" else {}


def fill_picture(
    owner: Configured, value: Fill, params: Params, image: Float[Array, "height width channels"]
) -> Float[Array, "_ _ _"]:
    """The fill, as an array that goes with `image`."""
    if value == "random":
        return unit(field_key(params["noise"]), image.shape)
    check_color(owner.title, "value", value, image.shape[2])
    return jnp.float32(value).reshape(1, 1, -1)
