"""Checks of what users pass: shapes, ids and strengths."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from augjax.transforms.core.configured import Configured
from augjax.transforms.core.types import Ids, Params
from augjax.typing import AxisSize, Strength


def check_ids(ids: Ids, count: AxisSize) -> None:
    """Raises TypeError or ValueError unless they are uint32, one or two words an image."""
    if not hasattr(ids, "dtype"):
        raise TypeError(
            f"ids are an array of uint32, but got a {type(ids).__name__}; aj.image_ids(paths) "
            "makes them of names, np.asarray(ids, np.uint32) of numbers"
        )
    if ids.dtype == jnp.uint32 and ids.ndim in (1, 2) and ids.shape[0] != count:
        raise ValueError(f"expected an id for each of {count} images, but got {ids.shape[0]}")
    if ids.dtype != jnp.uint32 or ids.shape[:1] != (count,) or ids.ndim > 2:
        raise ValueError(
            f"expected uint32 ids of shape ({count},) or ({count}, words), but got {ids.dtype} "
            f"of shape {ids.shape}; np.asarray(ids, np.uint32) makes them of integers"
        )


def positions(count: AxisSize) -> Ids:
    """The identities of a batch's images that are given none."""
    return jnp.arange(count, dtype=jnp.uint32)


def check_shape(transform: Configured, shape: tuple[int, ...]) -> None:
    """Raises TypeError or ValueError unless `shape` is that of one image."""
    if not isinstance(shape, tuple | list):
        raise TypeError(
            f"{transform.title} takes a shape, (height, width, channels), but got a "
            f"{type(shape).__name__}; an image has it as image.shape"
        )
    if len(shape) != 3 or 0 in shape:
        hint = {
            0: "; the key comes first, then the image",
            4: "; for a batch call .batch(key, images, ids)",
            2: "; a grey image has one channel, image[..., None]",
        }.get(len(shape), "")
        raise ValueError(
            f"{transform.title} takes one image of shape (height, width, channels), "
            f"but got {shape_text(shape)}{hint}"
        )


def check_strength(strength: Strength) -> None:
    """Raises TypeError or ValueError unless `strength` may be a strength."""
    if isinstance(strength, np.generic):
        strength = strength.item()
    if hasattr(strength, "dtype"):
        if shape := jnp.shape(strength):
            given = shape_text(shape)
            raise ValueError(f"strength is one number for all images, but got {given}")
        return
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        raise TypeError(f"strength is a number, but got {strength!r}")
    if not 0 <= strength < 2**31:
        raise ValueError(
            f"strength={strength!r}: expected a number that is not negative, below 2**31"
        )


def as_draws(title: str, params: Any) -> Params:
    """Draws as arrays, of which JSON makes numbers and lists.

    Raises:
      TypeError: unless `params` are draws, by name.
    """
    if not isinstance(params, dict):
        raise TypeError(f"{title} takes params, the dict that sample returns, but got {params!r}")
    return {
        name: as_draws(title, draw) if isinstance(draw, dict) else _as_array(draw)
        for name, draw in params.items()
    }


def _as_array(draw: Any) -> Any:
    if not isinstance(draw, list | tuple):
        return draw if hasattr(draw, "dtype") else jnp.asarray(draw)
    values = np.asarray(draw)
    if values.dtype == np.float64:
        return jnp.asarray(values, jnp.float32)
    if values.dtype == np.int64:  # Keys have 32 bits without a sign.
        return jnp.asarray(values, jnp.uint32 if values.max(initial=0) >= 2**31 else jnp.int32)
    return jnp.asarray(values)


def shape_text(shape: tuple[int, ...]) -> str:
    """For messages."""
    return f"an array of shape {tuple(shape)}"
