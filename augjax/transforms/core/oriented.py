"""Oriented boxes: rectangles at any angle, which are moved by their four corners."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from augjax.transforms.core.boxes import Boxes, PointMap
from augjax.transforms.core.types import Frame, Gate

ORIENTED_FORMATS = ("center_xywhr", "xyxyxyxy")
"""Centre, width, height and the angle counter-clockwise in radians; four corners in pixels."""
COLUMNS = {"center_xywhr": 5, "xyxyxyxy": 8}

Quads = Float[Array, "n 4 2"]
"""Corners as (x, y): the box's own top left, top right, bottom right and bottom left."""


@dataclasses.dataclass
class Oriented(Boxes):
    """Boxes at any angle, which the frame does not clip.

    Of a motion that mirrors, a box's right side stays its right side, and top and bottom change
    places, so that its corners go round the same way.

    Attributes:
      format: one of `ORIENTED_FORMATS`.
      quads: where their corners are.
      inside: how many pixels of each are in the frame.
    """

    format: str
    quads: Quads
    inside: Float[Array, " n"]

    def move(self, forward: PointMap, mirrors: Gate) -> None:
        centres = (self.quads - 0.5).reshape(-1, 2)  # Of pixels, which lie at integers.
        moved = forward(centres).reshape(self.quads.shape) + 0.5
        self.quads = jnp.where(mirrors, moved[:, _UPSIDE_DOWN], moved)

    def clip(self, frame: Frame) -> None:
        whole = area_within(self.quads, None)
        self.inside = area_within(self.quads, frame)
        share = self.inside / jnp.where(whole > 0, whole, 1.0)
        self.seen = jnp.minimum(self.seen, jnp.where(whole > 0, jnp.clip(share, 0, 1), 0.0))

    def around(self) -> Float[Array, "n 4"]:
        return jnp.concatenate([self.quads.min(axis=1), self.quads.max(axis=1)], axis=1)

    def outlines(self) -> Quads:
        return self.quads

    def areas(self) -> Float[Array, " n"]:
        return self.inside

    def rows(self, shape: Frame) -> Float[Array, "n columns"]:
        return from_quads(self.quads, self.format)


_UPSIDE_DOWN = np.array([3, 2, 1, 0])


def to_quads(boxes: Float[Array, "n columns"], format: str) -> Quads:
    """Oriented boxes of a format as corners."""
    if format == "xyxyxyxy":
        return boxes.reshape(-1, 4, 2)
    centre, half, angle = boxes[:, None, :2], boxes[:, 2:4] / 2, boxes[:, 4, None]
    dx = half[:, :1] * jnp.array([[-1.0, 1.0, 1.0, -1.0]], jnp.float32)
    dy = half[:, 1:] * jnp.array([[-1.0, -1.0, 1.0, 1.0]], jnp.float32)
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return centre + jnp.stack([dx * cos + dy * sin, dy * cos - dx * sin], axis=-1)


def from_quads(quads: Quads, format: str) -> Float[Array, "n columns"]:
    """The inverse of `to_quads`; of corners that form no rectangle, the one nearest to them.

    That is the rectangle with the same centre whose corners have the least sum of squared
    distances to those of the parallelogram that the quadrilateral's sides are on average.
    """
    if format == "xyxyxyxy":
        return quads.reshape(-1, 8)
    first, second, third, fourth = (quads[:, corner] for corner in range(4))
    ax, ay = ((second - first + third - fourth) / 2).T  # From left to right, on average.
    bx, by = ((fourth - first + third - second) / 2).T  # From top to bottom.
    # It turns by the angle t that makes (a . u)^2 + (b . v)^2 greatest, where u = (cos t, sin t)
    # and v = (-sin t, cos t).
    double = jnp.arctan2(2 * (ax * ay - bx * by), ax**2 - ay**2 - bx**2 + by**2)
    cos, sin = jnp.cos(double / 2), jnp.sin(double / 2)
    back = ax * cos + ay * sin < 0
    cos, sin = jnp.where(back, -cos, cos), jnp.where(back, -sin, sin)
    width, height = ax * cos + ay * sin, by * cos - bx * sin
    angle = jnp.arctan2(-sin, cos)
    return jnp.concatenate(
        [quads.mean(axis=1), jnp.stack([width, jnp.abs(height), angle], axis=1)], axis=1
    )


def area_within(quads: Quads, frame: Frame | None) -> Float[Array, " n"]:
    """The area of each quadrilateral, or of its part within the frame, exactly.

    By Green's theorem it is the integral of x dy around it, of x held between 0 and the width and
    along the parts of the sides that lie between 0 and the height.
    """
    x0, y0 = quads[..., 0], quads[..., 1]
    x1, y1 = jnp.roll(x0, -1, axis=1), jnp.roll(y0, -1, axis=1)
    if frame is None:
        return jnp.abs(jnp.sum((x0 + x1) / 2 * (y1 - y0), axis=1))
    height, width = (jnp.float32(size) for size in frame)
    rise = jnp.where(y1 == y0, 1.0, y1 - y0)
    starts, ends = jnp.clip(y0, 0.0, height), jnp.clip(y1, 0.0, height)
    run = (x1 - x0) / rise
    start_x, end_x = x0 + run * (starts - y0), x0 + run * (ends - y0)
    mean = _mean_held(jnp.minimum(start_x, end_x), jnp.maximum(start_x, end_x), width)
    return jnp.abs(jnp.sum(mean * (ends - starts), axis=1))


def _mean_held(
    low: Float[Array, "n 4"], high: Float[Array, "n 4"], width: Float[Array, ""]
) -> Float[Array, "n 4"]:
    """The mean from `low` to `high` of x held between 0 and `width`."""
    length = jnp.where(high == low, 1.0, high - low)
    first, last = jnp.clip(low, 0.0, width), jnp.clip(high, 0.0, width)
    between = (first + last) / 2 * (last - first) / length
    beyond = width * (jnp.maximum(high, width) - jnp.maximum(low, width)) / length
    return jnp.where(high == low, first, between + beyond)
