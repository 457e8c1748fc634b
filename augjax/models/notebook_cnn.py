"""The car-or-truck notebook's network: six convolutions, each block behind a BatchNorm."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.kernels.conv import conv_general_dilated
from augjax.kernels.pool import max_pool
from augjax.models.layers import batch_norm, check_images, computing_dtype, logits_of
from augjax.typing import AnyArray

SMALLEST = 16
"""Pixels a side, of which four poolings leave one."""


class NotebookCNN(nn.Module):
    """Two convolutions (16 of 7x7, 32 of 5x5), then 64, 128, 256 and 512 channels, pooled between.

    Keras's settings, where Flax has others: BatchNorm momentum 0.99 and epsilon 1e-3 with the
    variance in two passes, Glorot uniform kernels, 2x2 max pooling with stride 2, ReLU inside the
    convolution's layer. The running statistics live in the mutable collection `batch_stats`.

    All it says of an image goes through the notebook's layer of six units: for many classes,
    `ResNet` is the better network.

    Attributes:
      num_classes: two have one logit, that of class 1; more have one each.
      dtype: in which it computes; parameters and running statistics are float32.
    """

    num_classes: int = 2
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self,
        images: Float[AnyArray, "batch height width channels"],
        *,
        train: bool,
        mask: Bool[Array, " batch"] | None = None,
    ) -> Float[Array, " batch"] | Float[Array, "batch classes"]:
        """The logits of each image.

        Args:
          images: in [0, 1], at least `SMALLEST` pixels high and wide.
          train: whether BatchNorm uses the batch's statistics and updates the running ones.
          mask: the rows that count in the batch's statistics; all of them by default.

        Raises:
          TypeError: for images that are not floating, such as uint8.
          ValueError: for smaller images.
        """
        check_images(images, "NotebookCNN", SMALLEST)
        dtype = computing_dtype(self.dtype)
        valid = None if mask is None else mask[:, None, None, None]

        def norm(x: AnyArray, mask: Array | None) -> Array:
            return batch_norm(x, mask, train=train, dtype=dtype)

        def conv(x: Array, features: int, kernel: int) -> Array:
            layer = nn.Conv(
                features,
                (kernel, kernel),
                kernel_init=nn.initializers.glorot_uniform(),
                conv_general_dilated=conv_general_dilated,
                dtype=dtype,
            )
            return nn.relu(layer(x))

        x = conv(norm(images, valid), 16, 7)
        x = conv(x, 32, 5)
        for features, kernel in ((64, 5), (128, 3), (256, 3), (512, 3)):
            x = max_pool(x, 2)
            x = conv(norm(x, valid), features, kernel)
        x = norm(jnp.mean(x, axis=(1, 2)), None if mask is None else mask[:, None])
        x = nn.Dense(6, kernel_init=nn.initializers.glorot_uniform(), dtype=dtype)(x)
        return logits_of(nn.relu(x), self.num_classes, dtype=dtype)
