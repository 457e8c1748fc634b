"""One step of a pipeline, and what runs as a sequence of steps."""

import abc
import dataclasses
from collections.abc import Iterator, Sequence
from typing import ClassVar, NamedTuple

from jaxtyping import Array, Float

from augjax.transforms.core.configured import Configured
from augjax.transforms.core.types import Gate, Params, Shape


class Step(NamedTuple):
    """An operation in a pipeline, with its draws.

    Attributes:
      operation: what is done.
      params: its draws.
      gate: whether it is applied to this image; None if it always is.
      why_separate: why it may not share a resample with its neighbours; empty if it may.
    """

    operation: "Operation"
    params: Params
    gate: Gate | None
    why_separate: str


class Facts(NamedTuple):
    """What is known about the data that a pipeline transforms.

    Attributes:
      value_range: of floating images going in and of images coming out.
      boxes: the format of boxes; None if there are none.
      mask_fill: what masks hold beyond the image, where that is not filled from inside.
      flip_pairs: places of the keypoints that a mirror exchanges.
      min_visibility: the least share of a box in the frame with which it stays valid.
      min_area: the fewest pixels of a box in the frame with which it stays valid.
      dtype_out: of images coming out; None for that of floating images, and float32 for uint8.
      same_on: 'frames' or 'nothing', where images may be clips; None where they may not.
    """

    value_range: tuple[float, float] = (0.0, 1.0)
    boxes: str | None = None
    mask_fill: int = 0
    flip_pairs: Sequence[Sequence[int]] = ()
    min_visibility: float = 0.0
    min_area: float = 0.0
    dtype_out: str | None = None
    same_on: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pipeline(Configured, abc.ABC):
    """What runs as a sequence of steps: an operation as one, a container as those inside it."""

    @property
    def facts(self) -> Facts:
        """What is known about the data: the defaults, unless it is a `Sequential`."""
        return Facts()

    @abc.abstractmethod
    def steps(self, params: Params | None) -> Iterator[Step]:
        """The steps to take one after the other; with None for draws, to see which they are."""

    def out_shape(self, shape: Shape) -> Shape:
        """The shape that an image of `shape` becomes, whatever is drawn."""
        return shape


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation(Pipeline):
    """What a step does with an image, given draws."""

    keeps_range: ClassVar[bool] = True
    """Whether images in [0, 1] stay there."""
    of_colors: ClassVar[bool] = False
    """Whether it takes channels as red, green and blue, so that only those images have a meaning
    that are grey (1 channel), RGB (3) or RGBA (4)."""
    draws_frame: ClassVar[bool] = False
    """Whether its result may be blank beyond a frame, in the upper left, whose size it draws."""
    reads_frame: ClassVar[bool] = False
    """Whether it is given, as a draw named 'frame', the size of its image that is not blank."""
    reads_size: ClassVar[bool] = False
    """Whether it takes images on a canvas, of which an example's size is shown: it draws and reads
    as if that were all, and shows nothing of the rest. It is given 'frame' where there is one."""

    @abc.abstractmethod
    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        """The image that the draws make of a float32 image in [0, 1]."""

    def steps(self, params: Params | None) -> Iterator[Step]:
        yield Step(self, params or {}, None, "")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pointwise(Operation):
    """An operation on each pixel's colour by itself, so that it may stand between resamplings."""
