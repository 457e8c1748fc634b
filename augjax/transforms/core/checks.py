"""Checks of what users pass: shapes, ids and strengths."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jaxtyping import Array

from augjax.transforms.core.configured import Configured
from augjax.transforms.core.types import Ids, Params, Shape
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


def as_shape(transform: Configured, shape: Any, *, clips: bool = False) -> Shape:
    """A shape as a tuple of Python's integers; with `clips` it may have a first axis of frames.

    Raises:
      TypeError, ValueError: if it is not that of one image, or one clip.
    """
    if not isinstance(shape, tuple | list):
        raise TypeError(
            f"{transform.title} takes a shape, (height, width, channels), but got a "
            f"{type(shape).__name__}; an image has it as image.shape"
        )
    if len(shape) != 3 + (clips and len(shape) == 4) or 0 in shape:
        hint = {
            0: "; the key comes first, then the image",
            4: f"; for a batch call .batch(key, images, ids){'' if clips else A_CLIP}",
            5: f"; for a batch of clips call .batch(key, clips, ids){'' if clips else A_CLIP}",
            2: "; a grey image has one channel, image[..., None]",
        }.get(len(shape), "")
        raise ValueError(
            f"{transform.title} takes one image of shape (height, width, channels), "
            f"but got {shape_text(tuple(shape))}{hint}"
        )
    return of_integers(transform, shape)


A_CLIP = (
    "; for clips state same_on, as in Sequential([...], same_on='frames'); there is no transform "
    "of volumes, whose depth is no time"
)
"""For messages."""


def check_frames(transform: Configured, parts: dict[str, Any], frames: AxisSize) -> None:
    """Raises TypeError or ValueError unless all are arrays whose first axis is that of frames."""
    for name, part in parts.items():
        if not hasattr(part, "shape"):
            raise TypeError(
                f"{transform.title} takes {name} of a clip as an array with a first axis for the "
                f"frames, but got a {type(part).__name__}"
            )
        if part.shape[:1] != (frames,):
            raise ValueError(
                f"expected {name} with a first axis for {frames} frames, but got "
                f"{shape_text(part.shape)}"
            )


def of_integers(transform: Configured, shape: Iterable[Any]) -> Shape:
    """A shape of Python's integers, and of the symbols of `jax.export`.

    Raises:
      ValueError: if something else is in it.
    """
    shape = tuple(int(size) if isinstance(size, Integral) else size for size in shape)
    for size in shape:
        if not export.is_symbolic_dim(size) and not (isinstance(size, int) and size > 0):
            raise ValueError(
                f"{transform.title} takes a shape of whole numbers above 0, but got {size!r} in it"
            )
    return shape


def check_layouts(title: str, parts: dict[str, Any]) -> None:
    """Raises TypeError if one of them is a NumPy array that JAX does not take.

    It would read some of them byte for byte, once it has a program for their plain relatives.
    """
    for name, part in parts.items():
        for leaf in jax.tree.leaves(part):
            if isinstance(leaf, np.ma.MaskedArray):
                given = "a masked array; .filled(0) makes one without a mask"
            elif isinstance(leaf, np.ndarray) and not leaf.dtype.isnative:
                given = f"one of {leaf.dtype.str}; .astype({leaf.dtype.name!r}) makes one"
            elif isinstance(leaf, np.ndarray) and leaf.dtype == np.longdouble != np.float64:
                given = f"one of {leaf.dtype.name}; .astype('float32') makes one"
            else:
                continue
            raise TypeError(f"{title} takes a plain array as {name}, but got {given}")


def check_strength(strength: Strength) -> None:
    """Raises TypeError or ValueError unless `strength` may be a strength."""
    if isinstance(strength, np.generic | np.ndarray) and not strength.ndim:
        strength = strength.item()
    dtype = getattr(strength, "dtype", None)
    if dtype is not None and any(jnp.issubdtype(dtype, kind) for kind in _REAL):
        if shape := jnp.shape(strength):
            given = shape_text(shape)
            raise ValueError(f"strength is one number for all images, but got {given}")
        return
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        given = repr(strength) if dtype is None else f"an array of {dtype}"
        raise TypeError(f"strength is a number, but got {given}")
    if not 0 <= strength < 2**31:
        raise ValueError(
            f"strength={strength!r}: expected a number that is not negative, below 2**31"
        )


_REAL = (jnp.integer, jnp.floating)
A_KEY = jax.ShapeDtypeStruct((2,), jnp.uint32)
"""Stands for a key where only names and types of draws are asked for."""


def as_draws(title: str, params: Any, drawn: Params) -> Params:
    """Draws as arrays, of which JSON makes numbers and lists.

    Args:
      title: whose draws they are.
      params: the draws.
      drawn: the names, shapes and types that they should have.

    Raises:
      TypeError: if `params` is no dict.
      ValueError: if draws are missing, unknown, or of another shape.
    """
    if not isinstance(params, dict):
        raise TypeError(f"{title} takes params, the dict that sample returns, but got {params!r}")
    if set(params) != set(drawn):
        raise ValueError(
            f"params hold draws for {sorted(params)}, but {title} takes {sorted(drawn)}"
        )
    return {
        name: as_draws(name, params[name], kind)
        if isinstance(kind, dict)
        else _as_draw(f"{title}'s {name!r}", params[name], kind)
        for name, kind in drawn.items()
    }


def _as_draw(title: str, draw: Any, kind: jax.ShapeDtypeStruct) -> Array:
    array = jnp.asarray(draw, kind.dtype)
    if array.shape != kind.shape:
        raise ValueError(
            f"expected {title} of shape {kind.shape}, but got {array.shape}; draws of several "
            "images are applied by jax.vmap, those of a mix to as many images"
        )
    return array


def shape_text(shape: tuple[int, ...]) -> str:
    """For messages."""
    return f"an array of shape {shape}"
