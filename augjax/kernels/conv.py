"""Convolution that stays fast on a CPU when a feature map is smaller than its kernel.

XLA's fast convolution on a CPU asks for at least as many pixels in the map as the kernel has taps.
A deep network on small images breaks this in its last layers: 3 x 3 on a 2 x 2 map falls to a plain
loop, ten to fifty times slower. One matrix product is all that such a map needs: lay what each
output pixel sees side by side, and multiply by the flattened kernel. Its gradients are products.

On larger maps the convolution is XLA's, but for that of an image's few channels, which is in
`augjax.kernels.space_to_depth`; the gradients are in `augjax.kernels.conv_gradient`. Any other
convolution, and any other platform, gets `jax.lax.conv_general_dilated` untouched, so removing this
file costs speed and nothing else.
"""

from collections.abc import Sequence

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from augjax.kernels.conv_gradient import conv
from augjax.kernels.varying import varying_with


def conv_general_dilated(
    lhs: Float[Array, "..."],
    rhs: Float[Array, "..."],
    window_strides: Sequence[int],
    padding: str | Sequence[tuple[int, int]],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: lax.ConvGeneralDilatedDimensionNumbers = None,
    feature_group_count: int = 1,
    precision: lax.PrecisionLike = None,
) -> Float[Array, "..."]:
    """Convolves as `jax.lax.conv_general_dilated` does: same arguments, same result up to rounding.

    Made for Flax: `nn.Conv(features, (3, 3), conv_general_dilated=conv_general_dilated)`.
    The product replaces a convolution of stride 1, undilated and in one group, of `lhs` (batch,
    height, width, in) with `rhs` (rows, columns, in, out), if the map or the output has fewer
    pixels than `rhs` has taps. It sums in float32 at least. Differentiable in reverse mode to any
    order, and forwards over that.

    Reference: `jax.lax.conv_general_dilated`.
    """

    def by_lax(lhs: Array, rhs: Array) -> Array:
        return lax.conv_general_dilated(
            lhs,
            rhs,
            window_strides,
            padding,
            lhs_dilation=lhs_dilation,
            rhs_dilation=rhs_dilation,
            dimension_numbers=dimension_numbers,
            feature_group_count=feature_group_count,
            precision=precision,
        )

    plain = (
        lhs.ndim == rhs.ndim == 4
        and lhs.dtype == rhs.dtype
        and jnp.issubdtype(lhs.dtype, jnp.floating)
        and feature_group_count == 1
        and all(n == 1 for n in (*window_strides, *(lhs_dilation or ()), *(rhs_dilation or ())))
        and lhs.shape[3] == rhs.shape[2]
        and lax.conv_dimension_numbers(lhs.shape, rhs.shape, dimension_numbers)
        == lax.conv_dimension_numbers(lhs.shape, rhs.shape, ("NHWC", "HWIO", "NHWC"))
    )
    if not plain:
        return by_lax(lhs, rhs)

    taps = rhs.shape[:2]
    if isinstance(padding, str):
        padding = lax.padtype_to_pads(lhs.shape[1:3], taps, window_strides, padding)
    pads = [(int(low), int(high)) for low, high in padding]
    height, width = lhs.shape[1:3]
    rows, columns = (
        n + sum(pad) - k + 1 for n, pad, k in zip((height, width), pads, taps, strict=True)
    )
    empty = min(rows, columns) < 1 or 0 in (*lhs.shape, *rhs.shape)
    if empty or any(n < 0 for pad in pads for n in pad):
        return by_lax(lhs, rhs)
    lhs, rhs = varying_with(lhs, rhs), varying_with(rhs, lhs)
    # The output is the map that the input's gradient is convolved from, so it counts as well.
    if min(height * width, rows * columns) >= taps[0] * taps[1]:
        return conv(lhs, rhs, (pads[0], pads[1]), precision)
    return lax.platform_dependent(
        lhs, rhs, cpu=lambda lhs, rhs: _by_product(lhs, rhs, pads, precision), default=by_lax
    )


def _by_product(
    x: Float[Array, "n h w i"],
    kernel: Float[Array, "a b i o"],
    pads: Sequence[tuple[int, int]],
    precision: lax.PrecisionLike,
) -> Float[Array, "n y x o"]:
    a, b, _, out = kernel.shape
    wide = x.dtype if x.dtype.itemsize > 4 else jnp.float32
    padded = lax.pad(
        x.astype(wide),
        jnp.zeros((), wide),
        [(0, 0, 0), *((low, high, 0) for low, high in pads), (0, 0, 0)],
    )
    rows, columns = padded.shape[1] - a + 1, padded.shape[2] - b + 1
    # Only channels are merged and only channels are summed: a batch split over devices stays split.
    seen = jnp.concatenate(
        [padded[:, i : i + rows, j : j + columns] for i in range(a) for j in range(b)], axis=3
    )
    flat = kernel.astype(wide).reshape(-1, out)
    return lax.dot_general(seen, flat, (((3,), (0,)), ((), ())), precision).astype(x.dtype)
