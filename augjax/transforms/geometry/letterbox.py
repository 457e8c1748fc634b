"""Letterbox."""

import dataclasses
from typing import ClassVar

from jaxtyping import PRNGKeyArray

from augjax.transforms.core.factors import COLOR, SIDE, Color
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.geometry.placed import Place, Placed, chosen, most_shrink, within
from augjax.typing import Strength

_GREY = 114 / 255


@dataclasses.dataclass(frozen=True)
class Letterbox(Transform, Placed):
    """Resizes an image so that it just fits, and centres it between bars.

    Its proportions stay. Where the bars' pixels are odd in number, the bar below or on the right
    is the larger one. After RandomWidth or RandomHeight it takes what they left not blank, and
    of an image on a canvas (`augjax.pad_to_canvas`) what is shown.

    Draws nothing.

    Args:
      height, width: of the result, in pixels, from 1 to 32768.
      scale_up: whether an image that is smaller than the result is enlarged.
      fill_value: of the bars, in [0, 1] whatever the pipeline's value range; a number for all
        channels, or one for each. The default is YOLO's grey, 114 of 255.
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of an image that it shrinks, rather than the
        nearest four only, as YOLO does.

    References: `ultralytics.data.augment.LetterBox`; `albumentations.LongestMaxSize` with
    `PadIfNeeded`.
    """

    reads_frame: ClassVar[bool] = True
    reads_size: ClassVar[bool] = True

    height: int = dataclasses.field(metadata=SIDE)
    width: int = dataclasses.field(metadata=SIDE)
    scale_up: bool = dataclasses.field(default=True, kw_only=True)
    fill_value: Color = dataclasses.field(default=_GREY, kw_only=True, metadata=COLOR)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {}

    def out_shape(self, shape: Shape) -> Shape:
        return (self.height, self.width, *shape[2:])

    def places(self, params: Params, shape: Shape) -> tuple[Place, Place]:
        frame = params.get("frame", shape[:2])
        rows, columns = within(frame, (self.height, self.width))
        if not self.scale_up:
            is_small = (frame[0] <= self.height) & (frame[1] <= self.width)
            rows, columns = chosen(is_small, frame, (rows, columns))
        shrink = most_shrink(shape, (self.height, self.width))
        return (
            Place(self.height, frame[0], rows, (self.height - rows) // 2, shrink),
            Place(self.width, frame[1], columns, (self.width - columns) // 2, shrink),
        )
