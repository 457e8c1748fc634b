"""RandomMotionBlur."""

import dataclasses
import math

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import at_least, uniform
from augjax.kernels.blur import filter_2d, line_kernel
from augjax.keys import stream
from augjax.transforms.core.factors import KERNEL, Factor, Range, always, ranged
from augjax.transforms.core.operation import Operation
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomMotionBlur(Transform, Operation):
    """Blurs an image along a line, as a camera does that moves.

    Each pixel becomes the mean over a line of `length` pixels through its middle. Beyond its border
    the image is mirrored without repeating the outermost pixel.

    Draws: `length` in pixels ~ U[lower, upper], of which `strength` scales what exceeds 1, a sharp
    image; `angle` in radians ~ 2 pi U[lower, upper], counter-clockwise on screen.

    Albumentations draws an odd kernel size, and moves the line off the middle as well; that would
    move the image, and not its masks, boxes and keypoints.

    Args:
      kernel_size: the line's length in pixels, a number or a pair (lower, upper) within
        [1, 1023].
      angle: a fraction of a full turn, a number or a pair within [-1, 1]; by default any direction.

    Reference: `albumentations.MotionBlur(blur_limit, angle_range, allow_shifted=False)`.
    """

    kernel_size: Range = dataclasses.field(metadata=ranged(lowest=1, highest=KERNEL, number=always))
    angle: Factor = dataclasses.field(default=0.25, metadata=ranged(lowest=-1, highest=1))

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        shortest, longest = self.range("kernel_size")
        lower, upper = (2 * math.pi * bound for bound in self.range("angle"))
        more = at_least(0.0, uniform(stream(key, "length"), shortest - 1, longest - 1, strength))
        return {"length": 1.0 + more, "angle": uniform(stream(key, "angle"), lower, upper)}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        taps = 1 + 2 * math.ceil((self.range("kernel_size")[1] - 1) / 2)
        angle, length = jnp.float32(params["angle"]), jnp.float32(params["length"])
        kernel = line_kernel(angle, length, taps)
        return jnp.clip(filter_2d(image, kernel), 0.0, 1.0)
