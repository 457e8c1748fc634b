"""RandomMotionBlur."""

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.kernels.blur import filter_2d, line_kernel
from augjax.keys import stream
from augjax.transforms.base import Params, Shape, Strength, Transform
from augjax.transforms.factors import (
    Factor,
    Range,
    always,
    at_least,
    factor_range,
    uniform,
)


@dataclasses.dataclass(frozen=True)
class RandomMotionBlur(Transform):
    """Blurs an image along a line, as a camera does that moves.

    Each pixel becomes the mean over a line of `length` pixels through its middle. Beyond its border
    the image is mirrored without repeating the outermost pixel.

    Draws: `length` in pixels ~ U[lower, upper], of which `strength` scales what exceeds 1, a sharp
    image; `angle` in radians ~ 2 pi U[lower, upper], counter-clockwise on screen.

    Albumentations draws an odd kernel size, and moves the line off the middle as well; that would
    move the image, and not its masks, boxes and points.

    Args:
      kernel_size: the line's length in pixels, a number or a pair (lower, upper), at least 1.
      angle: a fraction of a full turn, a number or a pair within [-1, 1]; by default any direction.

    Reference: `albumentations.MotionBlur(blur_limit, angle_range, allow_shifted=False)`.
    """

    kernel_size: Range
    angle: Factor = 0.25

    @classmethod
    def example(cls) -> "RandomMotionBlur":
        return cls((3, 9))

    def __post_init__(self) -> None:
        super().__post_init__()
        self._lengths()
        self._angles()

    def _lengths(self) -> tuple[float, float]:
        return factor_range(self, "kernel_size", self.kernel_size, lowest=1, number=always)

    def _angles(self) -> tuple[float, float]:
        return factor_range(self, "angle", self.angle, lowest=-1, highest=1)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        shortest, longest = self._lengths()
        lower, upper = (2 * math.pi * bound for bound in self._angles())
        more = at_least(0.0, uniform(stream(key, "length"), shortest - 1, longest - 1, strength))
        return {"length": 1.0 + more, "angle": uniform(stream(key, "angle"), lower, upper)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        taps = 1 + 2 * math.ceil((self._lengths()[1] - 1) / 2)
        angle, length = jnp.float32(params["angle"]), jnp.float32(params["length"])
        kernel = line_kernel(angle, length, taps)
        return jnp.clip(filter_2d(image, kernel), 0.0, 1.0)
