"""What the networks share: the check of their images, BatchNorm and the last layer.

Called inside a module's `nn.compact` method, where layers get their names in the order of calls.
"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.typing import AnyArray


def check_images(images: AnyArray, network: str, smallest: int) -> None:
    """Raises unless a network takes such images.

    Raises:
      TypeError: for images that are not floating, such as uint8.
      ValueError: for images of fewer than `smallest` pixels a side.
    """
    if not jnp.issubdtype(images.dtype, jnp.floating):
        raise TypeError(f"{network} takes floats in [0, 1], but got {images.dtype}")
    if min(images.shape[1:3]) < smallest:
        raise ValueError(
            f"{network} takes images of at least {smallest}x{smallest} pixels, but got "
            f"{images.shape[1]}x{images.shape[2]}"
        )


def computing_dtype(dtype: Any) -> Any:
    """The `dtype` of Flax's layers: None, that of images and parameters, stands for float32."""
    return None if jnp.dtype(dtype) == jnp.float32 else dtype


def batch_norm(
    x: Float[AnyArray, "batch *places channels"],
    mask: Bool[Array, "batch *#places #channels"] | None,
    *,
    train: bool,
    dtype: Any,
    scale_init: nn.initializers.Initializer = nn.initializers.ones_init(),  # noqa: B008
) -> Float[Array, "batch *places channels"]:
    """BatchNorm with Keras's momentum of 0.99 and epsilon of 1e-3, and the variance in two passes.

    Statistics are computed in float32 at least, of the rows whose mask, which has axes of one as
    `x` has others, is True; the result has the computing type.
    """
    layer = nn.BatchNorm(
        use_running_average=not train,
        momentum=0.99,
        epsilon=1e-3,
        use_fast_variance=False,
        scale_init=scale_init,
    )
    return (
        layer(x, mask=mask)
        if dtype is None
        else layer(x.astype(jnp.float32), mask=mask).astype(dtype)
    )


def logits_of(
    x: Float[Array, "batch features"], num_classes: int, *, dtype: Any
) -> Float[Array, " batch"] | Float[Array, "batch {num_classes}"]:
    """The last layer: the logit of class 1 for two classes, else one of each class.

    They are float32 where the computing type is narrower.
    """
    layer = nn.Dense(
        1 if num_classes == 2 else num_classes,
        kernel_init=nn.initializers.glorot_uniform(),
        dtype=dtype,
    )
    logits = layer(x) if dtype is None else layer(x).astype(jnp.float32)
    return logits[:, 0] if num_classes == 2 else logits
