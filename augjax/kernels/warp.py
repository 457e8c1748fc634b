"""Resampling an image: one bilinear or nearest lookup per output pixel.

The image is read as H*W vectors of C channels, so each tap is one contiguous gather whatever the
number of channels. Each axis turns its coordinate into two taps and two weights; what lies
outside the image is settled there, per axis, and never per corner.
"""

from typing import Literal, TypeAlias

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from augjax.kernels.fusion import compute_once

FillMode: TypeAlias = Literal["reflect", "constant", "wrap", "nearest"]
Interpolation: TypeAlias = Literal["nearest", "bilinear"]

HORIZON = 1e-6
"""The least denominator of a projective map; what lies at or behind its horizon is far outside."""


def warp(
    image: Shaped[Array, "height width channels"],
    matrix: Float[Array, "3 3"],
    size: tuple[int, ...] | None = None,
    *,
    projective: bool = False,
    fill_mode: FillMode = "reflect",
    interpolation: Interpolation = "bilinear",
    fill_value: float | tuple[float, ...] = 0.0,
) -> Shaped[Array, "_ _ channels"]:
    """Samples `image` at `matrix @ (x, y, 1)` for every output pixel (x, y).

    Args:
      image: float32, or of any dtype if the interpolation is 'nearest'.
      matrix: output pixel to input pixel, in pixels, x to the right and y down, the centre of the
        first pixel at (0, 0).
      size: (height, width) of the result; by default those of `image`.
      projective: whether the last row of `matrix` is other than (0, 0, 1), and divides.
      fill_mode, interpolation, fill_value: as for `sample_at`.

    References: `keras.ops.image.affine_transform`; `scipy.ndimage.affine_transform` with the modes
    reflect, grid-wrap, nearest and grid-constant.
    """
    height, width = image.shape[:2] if size is None else size
    column = jnp.arange(width, dtype=jnp.float32)[None, :]
    row = jnp.arange(height, dtype=jnp.float32)[:, None]
    x = matrix[0, 0] * column + matrix[0, 1] * row + matrix[0, 2]
    y = matrix[1, 0] * column + matrix[1, 1] * row + matrix[1, 2]
    if projective:
        depth = matrix[2, 0] * column + matrix[2, 1] * row + matrix[2, 2]
        nearness = 1.0 / jnp.maximum(depth, HORIZON)
        x, y = x * nearness, y * nearness
    return sample_at(
        image, x, y, fill_mode=fill_mode, interpolation=interpolation, fill_value=fill_value
    )


def sample_at(
    image: Shaped[Array, "height width channels"],
    x: Float[Array, "h w"],
    y: Float[Array, "h w"],
    *,
    fill_mode: FillMode = "reflect",
    interpolation: Interpolation = "bilinear",
    fill_value: float | tuple[float, ...] = 0.0,
) -> Shaped[Array, "h w channels"]:
    """Samples `image` at the points (x, y), in pixels.

    Args:
      image: float32, or of any dtype if the interpolation is 'nearest'.
      x: to the right; the centres of the first column's pixels are at 0.
      y: down, in pixels.
      fill_mode: what lies outside: 'reflect' mirrors about the edge of the outermost pixel
        (d c b a | a b c d | d c b a), 'wrap' repeats with the image's period, 'nearest' repeats
        the outermost pixel, 'constant' is `fill_value`, blended in over one pixel at the border.
      interpolation: 'nearest' rounds halves away from zero.
      fill_value: in the units of `image`, a number or one for each channel; used by 'constant'
        only.
    """
    height, width, channels = image.shape
    pixels = image.reshape(height * width, channels)

    def tap(row_index: Int[Array, "h w"], column_index: Int[Array, "h w"]):
        index = row_index * width + column_index
        return pixels.at[index].get(mode="promise_in_bounds")

    if interpolation == "nearest":
        i, i_inside = _nearest_tap(y, height, fill_mode)
        j, j_inside = _nearest_tap(x, width, fill_mode)
        if fill_mode != "constant":
            return pixels.at[compute_once(i * width + j)].get(mode="promise_in_bounds")
        # One pixel more, of the fill: chosen afterwards, whatever follows would choose again.
        fill = jnp.broadcast_to(jnp.array(fill_value, image.dtype).reshape(1, -1), (1, channels))
        index = jnp.where(i_inside & j_inside, i * width + j, height * width)
        return jnp.concatenate([pixels, fill]).at[compute_once(index)].get(mode="promise_in_bounds")

    top, bottom, top_weight, bottom_weight = _linear_taps(y, height, fill_mode)
    left, right, left_weight, right_weight = _linear_taps(x, width, fill_mode)
    top_weight, bottom_weight, left_weight, right_weight = (
        w[..., None] for w in (top_weight, bottom_weight, left_weight, right_weight)
    )
    share = _share if fill_mode == "constant" else jnp.multiply
    upper = share(left_weight, tap(top, left)) + share(right_weight, tap(top, right))
    lower = share(left_weight, tap(bottom, left)) + share(right_weight, tap(bottom, right))
    sampled = share(top_weight, upper) + share(bottom_weight, lower)
    if fill_mode == "constant" and fill_value != 0.0:
        inside = (top_weight + bottom_weight) * (left_weight + right_weight)
        sampled = sampled + (1.0 - inside) * jnp.float32(fill_value).reshape(1, 1, -1)
    return sampled


def _share(
    weight: Float[Array, "h w 1"], value: Float[Array, "h w channels"]
) -> Float[Array, "h w channels"]:
    """`weight * value`, and 0 where a value that is not finite has no weight."""
    return weight * jnp.where((weight > 0) | jnp.isfinite(value), value, 0.0)


def _linear_taps(
    position: Float[Array, "h w"], size: int, fill_mode: FillMode
) -> tuple[Int[Array, "h w"], Int[Array, "h w"], Float[Array, "h w"], Float[Array, "h w"]]:
    """The two neighbours of a coordinate along an axis of `size` pixels, and their weights."""
    last = size - 1
    if fill_mode == "constant":
        position = jnp.clip(position, -1.0, float(size))
    elif fill_mode == "wrap":
        position = position - size * jnp.floor(position / size)
    else:
        if fill_mode == "reflect":
            # One triangle wave; between the outermost pixel's centre and its edge the mirror image
            # is that pixel itself, so that a clamp completes the reflection.
            position = position + 0.5
            position = position - 2 * size * jnp.floor(position / (2 * size))
            position = jnp.minimum(position, 2 * size - position) - 0.5
        position = jnp.clip(position, 0.0, float(last))
    floor = jnp.floor(position)
    second_weight = position - floor
    first_weight = 1.0 - second_weight
    first = floor.astype(jnp.int32)
    second = first + 1
    if fill_mode == "constant":
        first_weight = jnp.where((first >= 0) & (first <= last), first_weight, 0.0)
        second_weight = jnp.where((second >= 0) & (second <= last), second_weight, 0.0)
    elif fill_mode == "wrap":
        first = jnp.where(first > last, 0, first)
        second = jnp.where(first == last, 0, first + 1)
    return jnp.clip(first, 0, last), jnp.clip(second, 0, last), first_weight, second_weight


def _nearest_tap(
    position: Float[Array, "h w"], size: int, fill_mode: FillMode
) -> tuple[Int[Array, "h w"], Bool[Array, "h w"]]:
    """The pixel nearest to a coordinate, and whether the coordinate lay inside the image."""
    half_away_from_zero = jnp.sign(position) * jnp.floor(jnp.abs(position) + 0.5)
    index = half_away_from_zero.astype(jnp.int32)
    inside = (index >= 0) & (index < size)
    if fill_mode == "reflect":
        index = index % (2 * size)
        index = jnp.minimum(index, 2 * size - 1 - index)
    elif fill_mode == "wrap":
        index = index % size
    return jnp.clip(index, 0, size - 1), inside
