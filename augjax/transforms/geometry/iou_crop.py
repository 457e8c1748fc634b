"""RandomIoUCrop."""

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from augjax.draws import unit, whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import bounded, ranged
from augjax.transforms.core.scene import Scene
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.geometry.resize import ResizedPart
from augjax.typing import Strength

_ROUNDS = 16
"""Each has one least overlap for all of its trials."""
_TRIALS = 40


@dataclasses.dataclass(frozen=True)
class RandomIoUCrop(Transform, ResizedPart):
    """Cuts out a part that overlaps boxes enough, and resizes it, as SSD does.

    A least overlap is drawn from `overlaps`. If it is 1 or more, the whole image is taken. Else up
    to 40 parts are drawn, and the first is taken that has proportions within bounds, the centre of
    a box, and an intersection over union of at least that much with one of the boxes whose centres
    it has. If none is, another overlap is drawn, and so up to sixteen times; then the whole image
    is taken, as it is where there are no boxes.

    A box whose centre is not in the part becomes invisible: it is off in `boxes_valid`, where
    there is one, and `boxes_visible` is 0.

    Draws: `top`, `left`, `height` and `width` of the part (int32, in pixels). They depend on the
    example's boxes; `strength` changes nothing.

    torchvision leaves the part as large as it is, tries for ever, and removes boxes.

    Args:
      height, width: of the result, in pixels, from 1 to 32768.
      scale: (lower, upper) of the part's height and of its width, in shares of the image's.
      ratio: (lower, upper), widths over heights.
      overlaps: the least intersections over unions to choose from, each from 0 to 1; 1 takes the
        whole image.
      interpolation: 'bilinear' or 'nearest'.
      antialias: as for Resize.

    References: `torchvision.transforms.v2.RandomIoUCrop`; Liu et al. 2016, arXiv 1512.02325.
    """

    adopts_fill: ClassVar[bool] = True
    sees_targets: ClassVar[bool] = True
    keeps_by_centre: ClassVar[bool] = True

    scale: tuple[float, float] = dataclasses.field(
        default=(0.3, 1.0),
        metadata=ranged(lowest=0, highest=1, number=None, open_below="expected lower above 0"),
    )
    ratio: tuple[float, float] = dataclasses.field(
        default=(0.5, 2.0), metadata=ranged(lowest=0.001, highest=1000, number=None)
    )
    overlaps: Sequence[float] = dataclasses.field(
        default=(0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
        metadata=bounded(0, 1, "numbers from 0 to 1"),
    )

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        height, width, _ = shape
        return _part(0, 0, height, width)

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        if scene.boxes is None or not len(scene.boxes.given):
            return self.draw(key, scene.shape, strength)
        height, width, _ = scene.shape
        options = jnp.asarray([*self.overlaps], jnp.float32)
        choice = whole_number(stream(key, "overlap"), 0, len(self.overlaps) - 1, shape=(_ROUNDS,))
        least = jnp.repeat(options[choice], _TRIALS)
        drawn = unit(stream(key, "parts"), (4, _ROUNDS * _TRIALS))
        lower, upper = self.scale
        rows, columns = (
            jnp.floor(side * (lower + (upper - lower) * share))
            for side, share in zip((height, width), drawn[:2], strict=True)
        )
        top, left = jnp.floor((height - rows) * drawn[2]), jnp.floor((width - columns) * drawn[3])
        parts = jnp.stack([left, top, left + columns, top + rows], axis=1)
        overlap = best_overlap(parts, scene.boxes.around(), scene.boxes.is_on())
        low, high = self.ratio
        proportion = columns / jnp.maximum(rows, 1.0)
        fits = (proportion >= low) & (proportion <= high) & (rows > 0) & (columns > 0)
        whole = least >= 1
        fits = (fits & (overlap >= least)) | whole
        first = jnp.argmax(fits)
        taken = fits.any() & ~whole[first]
        part = _part(top[first], left[first], rows[first], columns[first])
        everything = self.draw(key, scene.shape, strength)
        return {name: jnp.where(taken, part[name], everything[name]) for name in part}


def _part(top: Any, left: Any, height: Any, width: Any) -> Params:
    return {
        name: jnp.asarray(value, jnp.int32)
        for name, value in (("top", top), ("left", left), ("height", height), ("width", width))
    }


def best_overlap(
    parts: Float[Array, "m 4"], boxes: Float[Array, "n 4"], is_on: Bool[Array, " n"]
) -> Float[Array, " m"]:
    """The greatest intersection over union of each part with a box whose centre it has.

    -1 for a part without such a box.
    """
    part, box = parts[:, None], boxes[None]
    first = jnp.maximum(part[..., :2], box[..., :2])
    last = jnp.minimum(part[..., 2:], box[..., 2:])
    shared = jnp.prod(jnp.maximum(last - first, 0.0), axis=-1)
    one, other = (jnp.prod(each[..., 2:] - each[..., :2], axis=-1) for each in (part, box))
    centre = (box[..., :2] + box[..., 2:]) / 2
    inside = ((centre > part[..., :2]) & (centre < part[..., 2:])).all(axis=-1) & is_on[None]
    union = jnp.maximum(one + other - shared, jnp.finfo(jnp.float32).tiny)
    return jnp.where(inside, shared / union, -1.0).max(axis=1)
