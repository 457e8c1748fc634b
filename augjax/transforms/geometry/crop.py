"""RandomCrop and CenterCrop: parts of an image as they are."""

import abc
import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from augjax.draws import below
from augjax.keys import stream
from augjax.transforms.core.factors import SIDE
from augjax.transforms.core.scene import Scene, is_on_canvas
from augjax.transforms.core.spatial import Geometric, affine_matrix
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Frame, Params, Shape
from augjax.typing import AnyArray, Strength


@dataclasses.dataclass(frozen=True)
class _Crop(Geometric):
    """A part of `height` rows and `width` columns, of images that are no smaller."""

    ends_group: ClassVar[bool] = True
    reads_size: ClassVar[bool] = True

    height: int = dataclasses.field(metadata=SIDE)
    width: int = dataclasses.field(metadata=SIDE)

    @abc.abstractmethod
    def corner(self, params: Params, shape: Shape) -> tuple[Any, Any]:
        """(top, left) of the part in an image of `shape`."""

    def room(self, shape: Shape) -> tuple[int, int]:
        """By how many rows and columns an image exceeds the part.

        Raises:
          ValueError: if the image is smaller.
        """
        down, right = shape[0] - self.height, shape[1] - self.width
        if down < 0 or right < 0:
            remedy = "put Pad or Resize before it"
            if shape[0] <= 4 < shape[2]:
                remedy = "its channels seem to come first: np.moveaxis(image, 0, -1) puts them last"
            raise ValueError(
                f"{type(self).__name__}(height={self.height}, width={self.width}) is larger than "
                f"the image, of height {shape[0]} and width {shape[1]}; {remedy}"
            )
        return down, right

    def room_on_canvas(self, frame: Frame) -> tuple[Array, Array]:
        """`room` in what a canvas shows; 0 where it is smaller, so that the canvas is seen."""
        down, right = (jnp.maximum(s - n, 0) for s, n in zip(frame, self._size, strict=True))
        return down, right

    @property
    def _size(self) -> tuple[int, int]:
        return self.height, self.width

    @property
    def resampling(self) -> None:
        return None

    def out_shape(self, shape: Shape) -> Shape:
        self.room(shape)
        return (self.height, self.width, *shape[2:])

    def matrix(self, params: Params, shape: Shape) -> Float[Array, "3 3"]:
        top, left = self.corner(params, shape)
        return affine_matrix(1.0, 0.0, left, 0.0, 1.0, top)

    def render(
        self, params: Params, image: Shaped[AnyArray, "height width channels"]
    ) -> Shaped[Array, "_ _ channels"]:
        corner = (*self.corner(params, image.shape), 0)
        return lax.dynamic_slice(
            image, [jnp.int32(place) for place in corner], self.out_shape(image.shape)
        )

    def render_mask(
        self, params: Params, mask: Shaped[Array, "height width channels"], fill: int
    ) -> Shaped[Array, "_ _ channels"]:
        return self.render(params, mask)


@dataclasses.dataclass(frozen=True)
class RandomCrop(Transform, _Crop):
    """Cuts a part of a fixed size out of an image.

    Of an image on a canvas (`augjax.pad_to_canvas`) the part is one of what is shown, or begins at
    its corner and shows the canvas beyond where that is smaller.

    Draws: `top` and `left` (int32), each with the same probability; `strength` changes nothing.

    Keras draws one place a batch, and resizes images that are smaller than the part; here those
    are an error.

    Args:
      height, width: of the part, in pixels, from 1 to 32768.

    Reference: `keras.layers.RandomCrop`.
    """

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        return {
            name: below(stream(key, name), room + 1)
            for name, room in zip(("top", "left"), self.room(shape), strict=True)
        }

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        if not is_on_canvas(scene.frame):
            return self.draw(key, scene.shape, strength)
        rooms = zip(("top", "left"), self.room_on_canvas(scene.frame), strict=True)
        return {name: below(stream(key, name), room + 1) for name, room in rooms}

    def corner(self, params: Params, shape: Shape) -> tuple[Any, Any]:
        return params["top"], params["left"]


@dataclasses.dataclass(frozen=True)
class CenterCrop(Transform, _Crop):
    """Cuts the middle out of an image; if that is half a pixel off, the part is up and to the left.

    Of an image on a canvas (`augjax.pad_to_canvas`) it is the middle of what is shown; where that
    is smaller the part begins at its corner and shows the canvas beyond.

    Draws nothing.

    Keras resizes images that are smaller than the part; here those are an error.

    Args:
      height, width: of the part, in pixels, from 1 to 32768.

    Reference: `keras.layers.CenterCrop`.
    """

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        self.room(shape)
        return {}

    def corner(self, params: Params, shape: Shape) -> tuple[Any, Any]:
        frame = params.get("frame")
        down, right = self.room(shape) if frame is None else self.room_on_canvas(frame)
        return down // 2, right // 2

    def render(
        self, params: Params, image: Shaped[AnyArray, "height width channels"]
    ) -> Shaped[Array, "_ _ channels"]:
        if "frame" in params:
            return super().render(params, image)
        # Of an array of NumPy's, nothing else goes to the device.
        top, left = self.corner(params, image.shape)
        return jnp.asarray(image[top : top + self.height, left : left + self.width])
