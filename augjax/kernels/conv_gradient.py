"""The gradients of a convolution that XLA is slow at on a CPU, made of what it is fast at.

That of the kernel XLA computes as a convolution whose kernel is the output's gradient for the whole
batch, which takes a CPU two to five times as long as the convolution itself: it is read again for
every tap, from beyond the processor's caches. The sum over a few images at a time is the same, and
what these need stays in the cache.

That is best for wide kernels, whose columns fill a register. For others, and for an image's few
channels, the input is laid out with each row shifted by every column of the kernel, and the
output's gradient shifted by every row. One product over pixels

    (columns * in, pixels) (pixels, rows * out)

then holds the gradient of every tap at once, with not one multiplication more.

The gradient of the input is a convolution, which XLA is fast at unless it ends in the few channels
of an image. There a product over channels and columns,

    (pixels, columns * out) (columns * out, rows * in)

holds what every row of the kernel adds.

Other platforms keep XLA's, so removing this file costs speed and nothing else.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import add

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from augjax.kernels.batching import device_groups, largest_divisor, map_in_batches
from augjax.kernels.space_to_depth import has_few_channels, space_to_depth_conv
from augjax.kernels.varying import varying_with

Pads = tuple[tuple[int, int], tuple[int, int]]
LAYOUT = ("NHWC", "HWIO", "NHWC")
PIXELS = 4096
"""In a product, about: more fall out of the cache, fewer make too small a product."""
NUMBERS = 2**17
"""Of the output's gradient in a convolution, about, for the same reasons."""
WIDE = 5
"""Columns of a kernel whose gradient is made of convolutions: with fewer, products are faster."""


@partial(jax.custom_vjp, nondiff_argnums=(2, 3))
def conv(
    x: Float[Array, "n h w i"],
    kernel: Float[Array, "a b i o"],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "n y x o"]:
    """The convolution of stride 1, undilated and in one group, with those gradients.

    Differentiable in reverse mode, and that again in any; `jax.jvp` of it alone is refused.

    Reference: `jax.lax.conv_general_dilated`.
    """
    if not has_few_channels(kernel):
        return _by_lax(pads, precision, x, kernel)
    return lax.platform_dependent(
        x,
        kernel,
        cpu=lambda x, kernel: space_to_depth_conv(x, kernel, pads, precision),
        default=partial(_by_lax, pads, precision),
    )


def _forward(x: Array, kernel: Array, pads: Pads, precision: lax.PrecisionLike):
    return conv(x, kernel, pads, precision), (x, kernel)


def _backward(pads: Pads, precision: lax.PrecisionLike, seen: tuple[Array, Array], g: Array):
    x, kernel = seen
    narrow, wide = has_few_channels(kernel), kernel.shape[1] >= WIDE
    # A sum of convolutions would gather what is split over devices; a batched product does not.
    convolve = wide and not narrow and device_groups(x.shape[0]) == 1

    def of_input(g: Array, kernel: Array) -> Array:
        return jax.linear_transpose(lambda x: _by_lax(pads, precision, x, kernel), x)(g)[0]

    def of_narrow_input(g: Array, kernel: Array) -> Array:
        return _input_gradient(g, kernel, x.shape[1:3], pads, precision).astype(x.dtype)

    def of_kernel(x: Array, g: Array) -> Array:
        return jax.linear_transpose(partial(_by_lax, pads, precision, x), kernel)(g)[0]

    def of_kernel_in_batches(x: Array, g: Array) -> Array:
        if convolve:
            gradient = _by_convolutions(x, g, pads, precision)
        else:
            gradient = _by_products(x, g, kernel.shape[:2], pads, precision)
        return gradient.astype(kernel.dtype)

    return (
        lax.platform_dependent(
            g, kernel, cpu=of_narrow_input if narrow else of_input, default=of_input
        ),
        lax.platform_dependent(x, g, cpu=of_kernel_in_batches, default=of_kernel),
    )


conv.defvjp(_forward, _backward)


def _by_lax(pads: Pads, precision: lax.PrecisionLike, x: Array, kernel: Array) -> Array:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), pads, dimension_numbers=LAYOUT, precision=precision
    )


def _by_convolutions(
    x: Float[Array, "n h w i"],
    g: Float[Array, "n y x o"],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "a b i o"]:
    def of_few(x: Array, g: Array) -> Array:
        # Laid out like a convolution of channels last: as its transpose, XLA:CPU loops over it.
        x, g = x[0].transpose(3, 1, 2, 0), g[0].transpose(1, 2, 0, 3)
        return _by_lax(pads, precision, x, g).transpose(1, 2, 0, 3)[None]

    return _sum_in_batches(of_few, x, g, NUMBERS // g[0].size)


def _by_products(
    x: Float[Array, "n h w i"],
    g: Float[Array, "n y x o"],
    taps: Sequence[int],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "a b i o"]:
    height, columns = x.shape[1], g.shape[2]
    (top, bottom), (left, right) = pads
    a, b = taps
    none = (0, 0, 0)

    def of_few(x: Array, g: Array) -> Array:
        zero = jnp.zeros((), x.dtype)
        x = lax.pad(x, zero, [none, none, none, (left, right, 0), none])
        g = lax.pad(g, zero, [none, none, (a - 1 - top, a - 1 - bottom, 0), none, none])
        x_shifted = [x[..., j : j + columns, :] for j in range(b)]
        g_shifted = [g[:, :, a - 1 - i : a - 1 - i + height] for i in range(a)]
        return lax.dot_general(
            jnp.concatenate(x_shifted, axis=-1),
            jnp.concatenate(g_shifted, axis=-1),
            (((1, 2, 3), (1, 2, 3)), ((0,), (0,))),
            precision,
        )

    total = _sum_in_batches(of_few, x, g, PIXELS // (height * x.shape[2]))
    return total.reshape(b, x.shape[3], a, g.shape[3]).transpose(2, 0, 1, 3)


def _sum_in_batches(
    of_few: Callable[[Array, Array], Array], x: Array, g: Array, most: int
) -> Array:
    """The sum of `of_few` over at most `most` images at a time, of each device's share at once."""
    count, wide, groups = x.shape[0], _wide(x), device_groups(x.shape[0])
    few = largest_divisor(count // groups, most)
    of_all = [part.reshape(groups, count // groups, *part.shape[1:]) for part in (x, g)]

    def add_few(turn: Array | int, total: Array | float) -> Array:
        of_turn = (
            lax.dynamic_slice_in_dim(part, turn * few, few, axis=1).astype(wide) for part in of_all
        )
        return total + of_few(*of_turn)

    like = jax.eval_shape(add_few, 0, 0.0)
    start = varying_with(jnp.zeros(like.shape, like.dtype), *of_all)
    return lax.fori_loop(0, count // groups // few, add_few, start).sum(axis=0)


def _input_gradient(
    g: Float[Array, "n y x o"],
    kernel: Float[Array, "a b i o"],
    size: Sequence[int],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "n h w i"]:
    (a, b, channels, out), (height, width) = kernel.shape, size
    wide = _wide(g)
    (top, bottom), (left, right) = pads
    none, rows, columns = (
        (0, 0, 0), (a - 1 - top, a - 1 - bottom, 0), (b - 1 - left, b - 1 - right, 0)
    )  # fmt: skip
    flat = jnp.flip(kernel.astype(wide), (0, 1)).transpose(1, 3, 0, 2).reshape(b * out, -1)

    def of_few(g: Array) -> Array:
        padded = lax.pad(g.astype(wide), jnp.zeros((), wide), [none, rows, columns, none])
        shifted = jnp.concatenate([padded[..., j : j + width, :] for j in range(b)], axis=-1)
        of_rows = lax.dot_general(shifted, flat, (((3,), (0,)), ((), ())), precision)
        of_rows = of_rows.reshape(*of_rows.shape[:-1], a, channels)
        return reduce(add, (of_rows[:, i : i + height, :, i] for i in range(a)))

    return map_in_batches(of_few, g, PIXELS // (height * width))


def _wide(x: Array) -> jnp.dtype:
    return x.dtype if x.dtype.itemsize > 4 else jnp.dtype(jnp.float32)
