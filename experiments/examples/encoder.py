"""The small network of the examples without labels."""

from typing import Any

import jax
from jaxtyping import Array, Float


def encoder() -> Any:
    """The parameters of a convolution and of a linear layer on the mean of its maps."""
    numbers = jax.random.normal(jax.random.key(0), (32, 91))
    return {"kernel": numbers[:, :75].reshape(32, 3, 5, 5) / 9, "out": numbers[:, 75:]}


def codes(network: Any, images: Float[Array, "*n h w 3"]) -> Float[Array, "*n 16"]:
    """What the network makes of images of any size."""
    given = images.reshape(-1, *images.shape[-3:]).transpose(0, 3, 1, 2) - 0.5
    maps = jax.nn.relu(jax.lax.conv(given, network["kernel"], (2, 2), "SAME"))
    return (maps.mean((2, 3)) @ network["out"]).reshape(*images.shape[:-3], 16)
