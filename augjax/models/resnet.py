"""A small residual network for photographs of 32 to 224 pixels."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.kernels.conv import conv_general_dilated
from augjax.kernels.pool import max_pool
from augjax.models.layers import batch_norm, check_images, computing_dtype, logits_of
from augjax.typing import AnyArray

SMALLEST = 16
"""Pixels a side, of which the last stage sees two."""
STAGES = ((32, 2), (64, 2), (128, 3), (256, 1))
"""Channels and blocks of each stage; a stage but the first halves the map."""


class ResNet(nn.Module):
    """ResNet-18 of half width, with the stem that the image's size asks for.

    It has the 18 layers of ResNet-18, at half its channels: 1.9 million parameters, and 2.2 million
    for 1,000 classes. One of the two blocks of the last stage, 1.2 million parameters on maps of
    seven pixels a side at most, has gone to the third stage, where it costs as many operations and
    a quarter of the parameters: folders of thousands of photographs do not fill more.

    The first stage works on maps of 32 to 64 pixels, which the stem makes by the image's smaller
    side: below 64 a convolution of 3x3 alone, as is usual for CIFAR; from 64 on with stride 2; from
    128 on with a 2x2 max pooling behind it, as for ImageNet. So 224 pixels cost three times as much
    as 32, not 49 times, and the parameters are the same for every size: weights trained at one
    size are a start for another.

    BatchNorm is that of `NotebookCNN`. The last one of each block starts with a scale of zero, so
    that a block starts as the identity. Kernels are He uniform, convolutions have no biases.

    Attributes:
      num_classes: two have one logit, that of class 1; more have one each.
      dtype: in which it computes; parameters and running statistics are float32.

    References: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385; Goyal
    et al., "Accurate, Large Minibatch SGD", arXiv:1706.02677, for the scale of zero.
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
        check_images(images, "ResNet", SMALLEST)
        dtype, side = computing_dtype(self.dtype), min(images.shape[1:3])
        valid = None if mask is None else mask[:, None, None, None]
        x = _conv(images, STAGES[0][0], 3, 1 if side < 64 else 2, dtype)
        x = nn.relu(batch_norm(x, valid, train=train, dtype=dtype))
        if side >= 128:
            x = max_pool(x, 2)
        for stage, (features, blocks) in enumerate(STAGES):
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                x = ResidualBlock(features, stride, dtype)(x, train=train, mask=valid)
        return logits_of(jnp.mean(x, axis=(1, 2)), self.num_classes, dtype=dtype)


class ResidualBlock(nn.Module):
    """Two convolutions of 3x3 beside a shortcut, which is the identity where shapes agree.

    Attributes:
      features: channels of both convolutions.
      stride: of the first one.
      dtype: in which it computes, as Flax's layers take it.
    """

    features: int
    stride: int
    dtype: Any

    @nn.compact
    def __call__(
        self,
        x: Float[Array, "batch height width channels"],
        *,
        train: bool,
        mask: Bool[Array, "batch 1 1 1"] | None,
    ) -> Float[Array, "batch rows columns features"]:
        """The map, of `features` channels and `stride` times fewer rows and columns."""

        def norm(x: Array, scale: nn.initializers.Initializer) -> Array:
            return batch_norm(x, mask, train=train, dtype=self.dtype, scale_init=scale)

        ones, zeros = nn.initializers.ones_init(), nn.initializers.zeros_init()
        y = nn.relu(norm(_conv(x, self.features, 3, self.stride, self.dtype), ones))
        y = norm(_conv(y, self.features, 3, 1, self.dtype), zeros)
        if x.shape != y.shape:
            x = norm(_conv(x, self.features, 1, self.stride, self.dtype), ones)
        return nn.relu(x + y)


def _conv(x: AnyArray, features: int, kernel: int, stride: int, dtype: Any) -> Array:
    layer = nn.Conv(
        features,
        (kernel, kernel),
        strides=stride,
        use_bias=False,
        kernel_init=nn.initializers.he_uniform(),
        conv_general_dilated=conv_general_dilated,
        dtype=dtype,
    )
    return layer(x)
