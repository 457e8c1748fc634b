"""The gradients of a convolution that XLA is slow at on a CPU, by a few large matrix products.

That of the kernel XLA computes as a convolution whose kernel is the whole map, which takes a CPU
two to five times as long as the convolution itself. But if the input is laid out with each row
shifted by every column of the kernel, and the output's gradient shifted by every row, then one
product over pixels

    (columns * in, pixels) (pixels, rows * out)

holds the gradient of every tap at once, with not one multiplication more.

That of the input is a convolution, which XLA is fast at unless it ends in the few channels of an
image. There a product over channels and columns,

    (pixels, columns * out) (columns * out, rows * in)

holds what every row of the kernel adds.

A few images at a time, so that what is laid out stays in the processor's cache.
Other platforms keep XLA's, so removing this file costs speed and nothing else.
"""

from collections.abc import Sequence
from functools import partial, reduce
from math import gcd
from operator import add

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Pads = tuple[tuple[int, int], tuple[int, int]]
LAYOUT = ("NHWC", "HWIO", "NHWC")
PIXELS = 4096
"""In a product, about: more fall out of the cache, fewer make too small a product."""
NARROW_IN, NARROW_OUT = 3, 16
"""Channels of a convolution whose input's gradient is a product: with more, XLA's is faster."""


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
    return _by_lax(pads, precision, x, kernel)


def _forward(x: Array, kernel: Array, pads: Pads, precision: lax.PrecisionLike):
    return _by_lax(pads, precision, x, kernel), (x, kernel)


def _backward(pads: Pads, precision: lax.PrecisionLike, seen: tuple[Array, Array], g: Array):
    x, kernel = seen

    def of_input(g: Array, kernel: Array) -> Array:
        return jax.linear_transpose(lambda x: _by_lax(pads, precision, x, kernel), x)(g)[0]

    def of_narrow_input(g: Array, kernel: Array) -> Array:
        return _input_gradient(g, kernel, x.shape[1:3], pads, precision).astype(x.dtype)

    def of_kernel(x: Array, g: Array) -> Array:
        return jax.linear_transpose(partial(_by_lax, pads, precision, x), kernel)(g)[0]

    def of_kernel_by_products(x: Array, g: Array) -> Array:
        return _kernel_gradient(x, g, kernel.shape[:2], pads, precision).astype(kernel.dtype)

    narrow = x.shape[3] <= NARROW_IN and g.shape[3] <= NARROW_OUT
    on_cpu = of_narrow_input if narrow else of_input
    return (
        lax.platform_dependent(g, kernel, cpu=on_cpu, default=of_input),
        lax.platform_dependent(x, g, cpu=of_kernel_by_products, default=of_kernel),
    )


conv.defvjp(_forward, _backward)


def _by_lax(pads: Pads, precision: lax.PrecisionLike, x: Array, kernel: Array) -> Array:
    return lax.conv_general_dilated(
        x, kernel, (1, 1), pads, dimension_numbers=LAYOUT, precision=precision
    )


def _kernel_gradient(
    x: Float[Array, "n h w i"],
    g: Float[Array, "n y x o"],
    taps: Sequence[int],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "a b i o"]:
    (n, height, width, _), columns = x.shape, g.shape[2]
    wide = _wide(x)
    zero = jnp.zeros((), wide)
    groups, few = _groups(n), _few(n, height * width)
    (top, bottom), (left, right) = pads
    a, b = taps

    def add_few(turn: Array, total: Array) -> Array:
        x_few, g_few = (
            lax.dynamic_slice_in_dim(part, turn * few, few, axis=1).astype(wide)
            for part in (x_groups, g_groups)
        )
        none = (0, 0, 0)
        x_few = lax.pad(x_few, zero, [none, none, none, (left, right, 0), none])
        g_few = lax.pad(g_few, zero, [none, none, (a - 1 - top, a - 1 - bottom, 0), none, none])
        x_shifted = [x_few[..., j : j + columns, :] for j in range(b)]
        g_shifted = [g_few[:, :, a - 1 - i : a - 1 - i + height] for i in range(a)]
        return total + lax.dot_general(
            jnp.concatenate(x_shifted, axis=-1),
            jnp.concatenate(g_shifted, axis=-1),
            (((1, 2, 3), (1, 2, 3)), ((0,), (0,))),
            precision,
        )

    x_groups, g_groups = (part.reshape(groups, n // groups, *part.shape[1:]) for part in (x, g))
    channels, out = x.shape[3], g.shape[3]
    start = jnp.zeros((groups, b * channels, a * out), wide)
    total = lax.fori_loop(0, n // groups // few, add_few, start).sum(axis=0)
    return total.reshape(b, channels, a, out).transpose(2, 0, 1, 3)


def _input_gradient(
    g: Float[Array, "n y x o"],
    kernel: Float[Array, "a b i o"],
    size: Sequence[int],
    pads: Pads,
    precision: lax.PrecisionLike,
) -> Float[Array, "n h w i"]:
    (a, b, channels, out), (height, width), n = kernel.shape, size, g.shape[0]
    wide = _wide(g)
    groups, few = _groups(n), _few(n, height * width)
    (top, bottom), (left, right) = pads
    none, rows, columns = (
        (0, 0, 0), (a - 1 - top, a - 1 - bottom, 0), (b - 1 - left, b - 1 - right, 0)
    )  # fmt: skip
    flat = jnp.flip(kernel.astype(wide), (0, 1)).transpose(1, 3, 0, 2).reshape(b * out, -1)

    def of_few(turn: Array) -> Array:
        few_of_each = lax.dynamic_slice_in_dim(g_groups, turn * few, few, axis=1).astype(wide)
        padded = lax.pad(few_of_each, jnp.zeros((), wide), [none, none, rows, columns, none])
        shifted = jnp.concatenate([padded[..., j : j + width, :] for j in range(b)], axis=-1)
        of_rows = lax.dot_general(shifted, flat, (((4,), (0,)), ((), ())), precision)
        of_rows = of_rows.reshape(*of_rows.shape[:-1], a, channels)
        return reduce(add, (of_rows[:, :, i : i + height, :, i] for i in range(a)))

    g_groups = g.reshape(groups, n // groups, *g.shape[1:])
    parts = lax.map(of_few, jnp.arange(n // groups // few))
    return jnp.moveaxis(parts, 0, 1).reshape(n, height, width, channels)


def _wide(x: Array) -> jnp.dtype:
    return x.dtype if x.dtype.itemsize > 4 else jnp.dtype(jnp.float32)


def _groups(n: int) -> int:
    """A batch split over devices stays split: the loop runs inside each one's share."""
    return gcd(n, jax.device_count())


def _few(n: int, pixels: int) -> int:
    return _divisor(n // _groups(n), PIXELS // pixels)


def _divisor(n: int, most: int) -> int:
    """The largest divisor of `n` that is at most `most`, or 1."""
    return next((d for d in range(min(n, most), 1, -1) if n % d == 0), 1)
