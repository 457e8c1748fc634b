"""Images that are resized to a size of their own, and placed on a canvas."""

import abc
import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from augjax.kernels.resize import resize_axis
from augjax.kernels.warp import Interpolation
from augjax.transforms.core.factors import COLOR, Color, check_color
from augjax.transforms.core.motion import Resampling
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.types import Params, Shape


class Place(NamedTuple):
    """Where an image lies along one axis of the canvas.

    Attributes:
      canvas: the canvas's length; static.
      extent: the image's length before.
      resized: and after.
      offset: where it begins on the canvas, in pixels; maybe before it.
      most_shrink: how many times shorter the image becomes at most; static.
    """

    canvas: int
    extent: Any
    resized: Any
    offset: Any
    most_shrink: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placed(Geometric):
    """An image that is resized and placed on a canvas.

    Attributes:
      fill_value: what lies beside it, in [0, 1] whatever the pipeline's value range; a number for
        all channels, or one for each.
      interpolation: 'bilinear' or 'nearest'.
      antialias: whether 'bilinear' weighs every pixel of an image that it shrinks, rather than the
        nearest four only.
    """

    fill_value: Color = dataclasses.field(default=0.0, metadata=COLOR)
    interpolation: Interpolation = "bilinear"
    antialias: bool = True

    @abc.abstractmethod
    def places(self, params: Params, shape: Shape) -> tuple[Place, Place]:
        """Of the rows, and of the columns."""

    @property
    def fuses(self) -> bool:
        return False

    @property
    def resampling(self) -> Resampling:
        return Resampling("constant", self.interpolation, self.fill_value)

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        (rows, y), (columns, x) = (_line(place) for place in self.places(params, shape))
        return affine_matrix(columns, 0.0, x, 0.0, rows, y)

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        check_color(self.title, "fill_value", self.fill_value, image.shape[2])
        fill = jnp.asarray(self.fill_value, jnp.float32)
        return self._placed(params, image, self.interpolation, fill)

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        return self._placed(params, mask, "nearest", jnp.asarray(fill, mask.dtype))

    def _placed(
        self, params: Params, image: Array, interpolation: Interpolation, fill: Array
    ) -> Shaped[Array, "_ _ channels"]:
        places = self.places(params, image.shape)
        for axis, place in enumerate(places):
            image = resize_axis(
                image,
                axis,
                place.canvas,
                extent=place.extent,
                resized=place.resized,
                offset=place.offset,
                interpolation=interpolation,
                antialias=self.antialias,
                most_shrink=place.most_shrink,
            )
        rows, columns = map(_shown, places)
        return jnp.where((rows[:, None] & columns[None, :])[..., None], image, fill)


def chosen(condition: Any, one: Any, other: Any) -> Any:
    """One or the other, of Python's numbers or traced ones, or of tuples of them."""
    if isinstance(condition, bool):
        return one if condition else other
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), one, other)


def within(size: tuple[Any, ...], canvas: tuple[int, int]) -> tuple[Any, Any]:
    """The largest (rows, columns) of the proportions of `size` that a canvas has room for.

    Whole numbers throughout, so that traced ones come to the same; halves are rounded up.
    """
    (height, width), (rows, columns) = size, canvas
    is_tall = columns * height >= rows * width
    most = jnp.maximum if isinstance(is_tall, jax.Array) else max
    by_height = (rows, most((width * rows + height // 2) // height, 1))
    by_width = (most((height * columns + width // 2) // width, 1), columns)
    return chosen(is_tall, by_height, by_width)


def most_shrink(shape: Shape, canvas: tuple[int, int]) -> float:
    """How many times smaller `within` makes what has up to `shape`'s rows and columns, at most.

    Half as much again as the canvas asks for, since a side may be rounded down.
    """
    return 1.5 * max(shape[0] / canvas[0], shape[1] / canvas[1])


def _shown(place: Place) -> Array:
    """Which pixels of the canvas show the image."""
    pixel = jnp.arange(place.canvas, dtype=jnp.float32) - jnp.float32(place.offset)
    return (pixel >= 0) & (pixel < jnp.float32(place.resized))


def _line(place: Place) -> tuple[Array, Array]:
    """The (slope, value at 0) of the pixel of the image that each of the canvas shows."""
    slope = jnp.float32(place.extent) / jnp.float32(place.resized)
    return slope, (slope - 1.0) / 2 - slope * jnp.float32(place.offset)
