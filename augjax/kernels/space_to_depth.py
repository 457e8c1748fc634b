"""A convolution of an image's few channels that fills the registers of a CPU.

From three channels to sixteen, a convolution leaves most of a register empty, and XLA gives it to
the slower of its two kinds. So the image is cut into blocks of 2 x 2 pixels, whose pixels count as
channels, on both sides: there are four times as many of either, and a quarter of the pixels. A
kernel of a x b taps becomes one of (a // 2 + 1) x (b // 2 + 1) blocks, padded with zeros where a
block reaches beyond it: for 7 x 7, a third more multiplications, in a third of the time.

Other platforms keep XLA's, so removing this file costs speed and nothing else.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

NARROW_IN, NARROW_OUT = 3, 16
"""Channels, at most: with more, XLA's own is faster."""


def has_few_channels(kernel: Float[Array, "a b i o"]) -> bool:
    """Whether a kernel of more than one tap has that few channels."""
    a, b, channels, out = kernel.shape
    return a * b > 1 and channels <= NARROW_IN and out <= NARROW_OUT


def space_to_depth_conv(
    x: Float[Array, "n h w i"],
    kernel: Float[Array, "a b i o"],
    pads: Sequence[tuple[int, int]],
    precision: lax.PrecisionLike,
) -> Float[Array, "n y x o"]:
    """The convolution of stride 1, undilated and in one group, in blocks of 2 x 2 pixels.

    References: `jax.lax.conv_general_dilated`; "space to depth" in MLPerf's ResNet for TPUs.
    """
    (height, width), (a, b, _, out) = x.shape[1:3], kernel.shape
    (top, bottom), (left, right) = pads
    rows, columns = height + top + bottom - a + 1, width + left + right - b + 1
    # As many blocks as the output needs, whose last row and column may be of no use.
    down, across = -(-rows // 2), -(-columns // 2)
    a_blocks, b_blocks = a // 2 + 1, b // 2 + 1
    bottom, right = (
        2 * (down + a_blocks - 1) - height - top,
        2 * (across + b_blocks - 1) - width - left,
    )
    none = (0, 0)
    pixels = jnp.pad(x, (none, (top, bottom), (left, right), none))
    # Each of the four pixels of an output's block has the kernel in a place of its own.
    kernels = [
        jnp.pad(kernel, ((u, 2 * a_blocks - a - u), (v, 2 * b_blocks - b - v), none, none))
        for u in range(2)
        for v in range(2)
    ]
    y = lax.conv_general_dilated(
        jax.vmap(_in_blocks)(pixels),
        _in_blocks(jnp.concatenate(kernels, axis=3)),
        (1, 1),
        "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=precision,
    )
    y = y.reshape(-1, down, across, 2, 2, out).swapaxes(2, 3)
    return y.reshape(-1, 2 * down, 2 * across, out)[:, :rows, :columns]


def _in_blocks(x: Float[Array, "h w i ..."]) -> Float[Array, "h//2 w//2 4*i ..."]:
    height, width, channels, *rest = x.shape
    x = x.reshape(height // 2, 2, width // 2, 2, channels, *rest).swapaxes(1, 2)
    return x.reshape(height // 2, width // 2, 4 * channels, *rest)
