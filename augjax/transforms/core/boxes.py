"""Boxes in their formats, and how a motion of points moves them."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from augjax.transforms.core.types import Points, Shape

BOX_FORMATS = ("xyxy", "xywh", "center_xywh", "rel_xyxy", "rel_xywh", "rel_center_xywh")
"""Keras's names: corners, corner and size, centre and size; `rel_` is in shares of the size."""

PointMap = Callable[[Points], Points]
"""From where points are to where they end up."""


def to_corners(boxes: Float[Array, "n 4"], format: str, shape: Shape) -> Float[Array, "n 4"]:
    """Boxes of a format in an image of `shape` as (left, top, right, bottom) in pixels."""
    boxes = boxes * _unit(format, shape)
    first, second = boxes[:, :2], boxes[:, 2:]
    match format.removeprefix("rel_"):
        case "xywh":
            second = first + second
        case "center_xywh":
            first, second = first - second / 2, first + second / 2
    return jnp.concatenate([first, second], axis=1)


def from_corners(corners: Float[Array, "n 4"], format: str, shape: Shape) -> Float[Array, "n 4"]:
    """The inverse of `to_corners`."""
    first, second = corners[:, :2], corners[:, 2:]
    match format.removeprefix("rel_"):
        case "xywh":
            second = second - first
        case "center_xywh":
            first, second = (first + second) / 2, second - first
    return jnp.concatenate([first, second], axis=1) / _unit(format, shape)


def _unit(format: str, shape: Shape) -> Float[Array, "1 4"]:
    height, width = shape[:2] if format.startswith("rel_") else (1, 1)
    return jnp.array([[width, height, width, height]], jnp.float32)


def moved_boxes(forward: PointMap, corners: Float[Array, "n 4"]) -> Float[Array, "n 4"]:
    """The smallest boxes around boxes that were moved."""
    left, top, right, bottom = corners.T - 0.5  # Pixel centres lie at integers.
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    outline = [
        (left, top), (middle_x, top), (right, top), (right, middle_y),
        (right, bottom), (middle_x, bottom), (left, bottom), (left, middle_y),
    ]  # fmt: skip
    points = jnp.stack([jnp.stack(point, axis=1) for point in outline])
    moved = forward(points.reshape(-1, 2)).reshape(points.shape) + 0.5
    return jnp.concatenate([moved.min(axis=0), moved.max(axis=0)], axis=1)


def table(values: Any, what: str, columns: int) -> Float[Array, "n columns"]:
    """An example's boxes or keypoints as float32.

    Raises:
      ValueError: unless there are `columns` numbers a row.
    """
    check_rows(values, what, columns)
    rows = jnp.asarray(values, jnp.float32)
    if rows.shape == (0,):
        return rows.reshape(0, columns)
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise ValueError(f"expected {what} of shape (n, {columns}), but got {rows.shape}")
    return rows


def check_rows(values: Any, what: str, columns: int) -> None:
    """Raises ValueError unless all are numbers, and each row of a list has `columns` of them."""
    for leaf in jax.tree.leaves(values, is_leaf=lambda leaf: leaf is None):
        if not _is_number(leaf):
            given = f"an array of {leaf.dtype}" if hasattr(leaf, "dtype") else repr(leaf)
            raise ValueError(f"expected {what} of {columns} numbers each, but got {given}")
    if isinstance(values, list | tuple) and (odd := {_length(row) for row in values} - {columns}):
        raise ValueError(f"expected {what} of {columns} numbers each, but got one of {min(odd)}")


def _is_number(leaf: Any) -> bool:
    """Whether it is a real number, or an array of them."""
    dtype = getattr(leaf, "dtype", None)
    if dtype is None:
        return isinstance(leaf, Real)
    return jnp.issubdtype(dtype, jnp.integer) or jnp.issubdtype(dtype, jnp.floating)


def _length(row: Any) -> int:
    return len(row) if isinstance(row, list | tuple) else np.size(row)
