"""The keypoints of an example while it is transformed."""

import dataclasses
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from augjax.transforms.core.boxes import PointMap
from augjax.transforms.core.types import Frame, Gate

Pairs = Sequence[Sequence[int]]
"""Places of keypoints that a mirror exchanges, such as those of the left and the right eye."""


@dataclasses.dataclass
class Keypoints:
    """Points, and whether they are in the frame.

    Attributes:
      points: (x, y) in pixels.
      in_frame: whether each has been in the frame so far.
      flip_pairs: places of those that a mirror exchanges.
    """

    points: Float[Array, "k 2"]
    in_frame: Bool[Array, " k"]
    flip_pairs: Pairs

    def __post_init__(self) -> None:
        count = len(self.points)
        if self.flip_pairs and (last := max(map(max, self.flip_pairs))) >= count:
            raise ValueError(
                f"flip_pairs name keypoint {last}, counted from 0, but there are {count}"
            )

    def move(self, forward: PointMap, mirrors: Gate) -> None:
        """Moves them; left and right change places where the motion mirrors."""
        self.points = forward(self.points)
        if self.flip_pairs:
            order = np.arange(len(self.points))
            for one, other in self.flip_pairs:
                order[[one, other]] = other, one
            self.points = jnp.where(mirrors, self.points[order], self.points)
            self.in_frame = jnp.where(mirrors, self.in_frame[order], self.in_frame)

    def clip(self, frame: Frame) -> None:
        """Records which leave the frame."""
        height, width = (jnp.float32(size) for size in frame)
        x, y = self.points.T
        inside = (x >= -0.5) & (y >= -0.5) & (x < width - 0.5) & (y < height - 0.5)
        self.in_frame = self.in_frame & inside
