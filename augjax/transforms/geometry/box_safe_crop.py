"""RandomBoxSafeCrop."""

import dataclasses
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import unit
from augjax.keys import stream
from augjax.transforms.core.factors import SHARE
from augjax.transforms.core.scene import Scene
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.geometry.resize import ResizedPart
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class RandomBoxSafeCrop(Transform, ResizedPart):
    """Cuts out a part that holds all boxes, and resizes it.

    Each side of the part lies between the image's and that of the smallest rectangle around all
    boxes, uniformly; it is a whole pixel, rounded outwards. Without boxes the part has the image's
    proportions, and a height between 1 - `erosion` and 1 of the image's, anywhere.

    Draws: `top`, `left`, `height` and `width` of the part (int32, in pixels). They depend on the
    example's boxes; `strength` changes nothing.

    Args:
      height, width: of the result, in pixels, from 1 to 32768.
      erosion: the share by which the rectangle around all boxes is made smaller at most, half of it
        at each side, so that boxes may be cut, in [0, 1].
      interpolation: 'bilinear' or 'nearest'.
      antialias: as for Resize.

    Reference: `albumentations.RandomSizedBBoxSafeCrop`.
    """

    adopts_fill: ClassVar[bool] = True
    sees_targets: ClassVar[bool] = True

    erosion: float = dataclasses.field(default=0.0, metadata=SHARE)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        height, width, _ = shape
        size, down, right, _ = unit(stream(key, "part"), (4,))
        share = 1.0 - self.erosion * size
        rows, columns = (jnp.maximum(jnp.round(side * share), 1.0) for side in (height, width))
        top, left = jnp.floor((height - rows + 1) * down), jnp.floor((width - columns + 1) * right)
        return _part(top, left, jnp.minimum(top + rows, height), jnp.minimum(left + columns, width))

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        without = self.draw(key, scene.shape, strength)
        if scene.boxes is None or not len(scene.boxes.given):
            return without
        height, width, _ = scene.shape
        is_on = scene.boxes.is_on()
        corners = scene.boxes.around()
        left, top = jnp.where(is_on[:, None], corners[:, :2], jnp.inf).min(axis=0)
        right, bottom = jnp.where(is_on[:, None], corners[:, 2:], -jnp.inf).max(axis=0)
        across, down = self.erosion * (right - left) / 2, self.erosion * (bottom - top) / 2
        left, right, top, bottom = left + across, right - across, top + down, bottom - down
        share = unit(stream(key, "part"), (4,))
        part = _part(
            jnp.floor(jnp.clip(top, 0, height - 1) * share[0]),
            jnp.floor(jnp.clip(left, 0, width - 1) * share[1]),
            height - jnp.floor((height - jnp.clip(bottom, 1, height)) * share[2]),
            width - jnp.floor((width - jnp.clip(right, 1, width)) * share[3]),
        )
        return {name: jnp.where(is_on.any(), part[name], without[name]) for name in part}


def _part(top: Any, left: Any, bottom: Any, right: Any) -> Params:
    """Of edges in whole pixels, at least one pixel high and wide."""
    rows, columns = jnp.maximum(bottom - top, 1), jnp.maximum(right - left, 1)
    named = {"top": top, "left": left, "height": rows, "width": columns}
    return {name: value.astype(jnp.int32) for name, value in named.items()}
