"""Boxes in their formats, and how a motion of points moves them."""

import abc
import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from augjax.transforms.core.types import Frame, Gate, Points

BOX_FORMATS = ("xyxy", "xywh", "center_xywh", "rel_xyxy", "rel_xywh", "rel_center_xywh")
"""Keras's names: corners, corner and size, centre and size; `rel_` is in shares of the size."""

PointMap = Callable[[Points], Points]
"""From where points are to where they end up."""


@dataclasses.dataclass
class Boxes(abc.ABC):
    """The boxes of an example while it is transformed.

    Attributes:
      given: as they came, in their format.
      valid: False for rows that only pad, or are off already; None if nobody asked.
      seen: the share of each box that is still in the frame.
    """

    given: Float[Array, "n columns"]
    valid: Bool[Array, " n"] | None
    seen: Float[Array, " n"]

    @abc.abstractmethod
    def move(self, forward: PointMap, mirrors: Gate) -> None:
        """Moves them."""

    @abc.abstractmethod
    def clip(self, frame: Frame) -> None:
        """Records what is out of the frame."""

    @abc.abstractmethod
    def around(self) -> Float[Array, "n 4"]:
        """The (left, top, right, bottom) of each."""

    @abc.abstractmethod
    def outlines(self) -> Float[Array, "n 4 2"]:
        """The corners of each, in the order in which they go round."""

    @abc.abstractmethod
    def areas(self) -> Float[Array, " n"]:
        """How many pixels of each are in the frame."""

    @abc.abstractmethod
    def rows(self, shape: Frame) -> Float[Array, "n columns"]:
        """In their format, in an image of `shape`."""

    def drop_by_centre(self, frame: Frame, gate: Gate) -> None:
        """Makes boxes invisible whose centre is out of the frame, where the gate is open."""
        centre, (height, width) = self.outlines().mean(axis=1), frame
        size = jnp.stack([jnp.float32(width), jnp.float32(height)])[None]
        inside = ((centre > 0) & (centre < size)).all(axis=1)
        self.seen = jnp.where(inside | ~jnp.asarray(gate), self.seen, 0.0)

    def is_on(self) -> Bool[Array, " n"]:
        """Which are boxes, of which something is in the frame."""
        visible = self.seen > 0
        return visible if self.valid is None else self.valid & visible

    def close(self, shape: Frame, min_visibility: float, min_area: float) -> dict[str, Any]:
        """What an example says of them at the end. Rows that were off stay what they were."""
        rows, seen = self.rows(shape), self.seen
        if self.valid is not None:
            rows = jnp.where(self.valid[:, None], rows, self.given)
            seen = jnp.where(self.valid, seen, 0.0)
        closed: dict[str, Any] = {"boxes": rows, "boxes_visible": seen}
        if self.valid is not None or min_visibility or min_area:
            enough = (seen >= min_visibility) & (self.areas() >= min_area)
            closed["boxes_valid"] = self.is_on() & enough
        return closed


@dataclasses.dataclass
class AxisAligned(Boxes):
    """Boxes along the axes, which are clipped to the frame.

    Attributes:
      format: one of `BOX_FORMATS`.
      corners: left, top, right, bottom.
    """

    format: str
    corners: Float[Array, "n 4"]

    def move(self, forward: PointMap, mirrors: Gate) -> None:
        self.corners = moved_boxes(forward, self.corners)

    def clip(self, frame: Frame) -> None:
        height, width = (jnp.float32(size) for size in frame)
        whole = areas_of(self.corners)
        limits = jnp.stack([width, height, width, height])
        self.corners = jnp.clip(self.corners, 0.0, limits[None])
        share = areas_of(self.corners) / jnp.where(whole > 0, whole, 1.0)
        self.seen = self.seen * jnp.where(whole > 0, share, 0.0)

    def around(self) -> Float[Array, "n 4"]:
        return self.corners

    def outlines(self) -> Float[Array, "n 4 2"]:
        return outlines_of(self.corners)

    def areas(self) -> Float[Array, " n"]:
        return areas_of(self.corners)

    def rows(self, shape: Frame) -> Float[Array, "n columns"]:
        return from_corners(self.corners, self.format, shape)


def to_corners(boxes: Float[Array, "n 4"], format: str, shape: Frame) -> Float[Array, "n 4"]:
    """Boxes of a format in an image of `shape` as (left, top, right, bottom) in pixels."""
    boxes = boxes * _unit(format, shape)
    first, second = boxes[:, :2], boxes[:, 2:]
    match format.removeprefix("rel_"):
        case "xywh":
            second = first + second
        case "center_xywh":
            first, second = first - second / 2, first + second / 2
    return jnp.concatenate([first, second], axis=1)


def from_corners(corners: Float[Array, "n 4"], format: str, shape: Frame) -> Float[Array, "n 4"]:
    """The inverse of `to_corners`."""
    first, second = corners[:, :2], corners[:, 2:]
    match format.removeprefix("rel_"):
        case "xywh":
            second = second - first
        case "center_xywh":
            first, second = (first + second) / 2, second - first
    return jnp.concatenate([first, second], axis=1) / _unit(format, shape)


def _unit(format: str, shape: Frame) -> Float[Array, "1 4"]:
    height, width = shape[:2] if format.startswith("rel_") else (1, 1)
    return jnp.array([[width, height, width, height]], jnp.float32)


def outlines_of(corners: Float[Array, "n 4"]) -> Float[Array, "n 4 2"]:
    """The four corners of (left, top, right, bottom), from the upper left clockwise."""
    return corners[:, np.array([[0, 1], [2, 1], [2, 3], [0, 3]])]


def areas_of(corners: Float[Array, "n 4"]) -> Float[Array, " n"]:
    """The areas of (left, top, right, bottom)."""
    left, top, right, bottom = corners.T
    return (right - left) * (bottom - top)


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
