"""The car-or-truck notebook's network: six convolutions, each block behind a BatchNorm."""

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.kernels.conv import conv_general_dilated
from augjax.kernels.pool import max_pool
from augjax.typing import AnyArray

SMALLEST = 16
"""Pixels a side, of which four poolings leave one."""


class NotebookCNN(nn.Module):
    """Two convolutions (16 of 7x7, 32 of 5x5), then 64, 128, 256 and 512 channels, pooled between.

    Keras's settings, where Flax has others: BatchNorm momentum 0.99 and epsilon 1e-3 with the
    variance in two passes, Glorot uniform kernels, 2x2 max pooling with stride 2, ReLU inside the
    convolution's layer. The running statistics live in the mutable collection `batch_stats`.
    """

    @nn.compact
    def __call__(
        self,
        images: Float[AnyArray, "batch height width channels"],
        *,
        train: bool,
        mask: Bool[Array, " batch"] | None = None,
    ) -> Float[Array, " batch"]:
        """The logit of class 1 for each image.

        Args:
          images: in [0, 1], at least `SMALLEST` pixels high and wide.
          train: whether BatchNorm uses the batch's statistics and updates the running ones.
          mask: the rows that count in the batch's statistics; all of them by default.

        Raises:
          TypeError: for images that are not floating, such as uint8.
          ValueError: for smaller images.
        """
        if not jnp.issubdtype(images.dtype, jnp.floating):
            raise TypeError(f"NotebookCNN takes floats in [0, 1], but got {images.dtype}")
        if min(images.shape[1:3]) < SMALLEST:
            raise ValueError(
                f"NotebookCNN takes images of at least {SMALLEST}x{SMALLEST} pixels, but got "
                f"{images.shape[1]}x{images.shape[2]}"
            )
        valid = None if mask is None else mask[:, None, None, None]

        def norm(x: AnyArray, mask: Array | None) -> Array:
            return nn.BatchNorm(
                use_running_average=not train,
                momentum=0.99,
                epsilon=1e-3,
                use_fast_variance=False,
            )(x, mask=mask)

        def conv(x: Array, features: int, kernel: int) -> Array:
            layer = nn.Conv(
                features,
                (kernel, kernel),
                kernel_init=nn.initializers.glorot_uniform(),
                conv_general_dilated=conv_general_dilated,
            )
            return nn.relu(layer(x))

        def dense(x: Array, features: int) -> Array:
            return nn.Dense(features, kernel_init=nn.initializers.glorot_uniform())(x)

        x = conv(norm(images, valid), 16, 7)
        x = conv(x, 32, 5)
        for features, kernel in ((64, 5), (128, 3), (256, 3), (512, 3)):
            x = max_pool(x, 2)
            x = conv(norm(x, valid), features, kernel)
        x = norm(jnp.mean(x, axis=(1, 2)), None if mask is None else mask[:, None])
        return dense(nn.relu(dense(x, 6)), 1)[:, 0]
