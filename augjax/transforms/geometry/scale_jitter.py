"""ScaleJitter."""

import dataclasses
from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import uniform, unit
from augjax.keys import stream
from augjax.transforms.core.factors import SIDE, ranged
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.geometry.placed import Place, Placed, most_shrink, within
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class ScaleJitter(Transform, Placed):
    """Enlarges or shrinks an image by a random scale, on a canvas of one size.

    At scale 1 the image just fits the canvas. Larger, a random part of it is shown; smaller, it
    stands in the upper left, and the rest is filled. Its proportions stay.

    Draws: `scale` ~ U[scale]; `top` and `left` ~ U[0, 1): where the part lies that is shown, from
    the first place to the last. `strength` changes nothing.

    torchvision leaves the image as large as it is; `FixedSizeCrop` of its references follows it,
    as here.

    Args:
      height, width: of the canvas, in pixels, from 1 to 32768.
      scale: (lower, upper), above 0 and up to 100.
      fill_value: what lies beside the image, in [0, 1] whatever the pipeline's value range; a
        number for all channels, or one for each.
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of an image that it shrinks, rather than the
        nearest four only.

    References: `torchvision.transforms.v2.ScaleJitter`; Ghiasi et al. 2021, arXiv 2012.07177.
    """

    height: int = dataclasses.field(metadata=SIDE)
    width: int = dataclasses.field(metadata=SIDE)
    scale: tuple[float, float] = dataclasses.field(
        default=(0.1, 2.0),
        metadata=ranged(lowest=0, highest=100, number=None, open_below="expected lower above 0"),
    )

    reads_frame: ClassVar[bool] = True
    reads_size: ClassVar[bool] = True

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            "scale": uniform(stream(key, "scale"), *self.scale),
            "top": unit(stream(key, "top")),
            "left": unit(stream(key, "left")),
        }

    def out_shape(self, shape: Shape) -> Shape:
        return (self.height, self.width, *shape[2:])

    def places(self, params: Params, shape: Shape) -> tuple[Place, Place]:
        frame = params.get("frame", shape[:2])
        canvas = (self.height, self.width)
        shrink = most_shrink(shape, canvas) / min(self.scale[0], 1.0)
        rows, columns = (
            Place(side, extent, resized, -jnp.floor(params[name] * (room + 1)), shrink)
            for side, extent, fitting, name in zip(
                canvas, frame, within(frame, canvas), ("top", "left"), strict=True
            )
            for resized in [jnp.maximum(jnp.round(params["scale"] * jnp.float32(fitting)), 1.0)]
            for room in [jnp.maximum(resized - side, 0.0)]
        )
        return rows, columns
