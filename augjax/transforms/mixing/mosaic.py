"""Mosaic."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jaxtyping import Array, Bool, Float, Int, Num, PRNGKeyArray

from augjax.draws import whole_number
from augjax.keys import stream
from augjax.transforms.core.factors import LARGEST as LONGEST
from augjax.transforms.core.factors import Color, bounded, check_color, ranged, whole
from augjax.transforms.core.types import Example, Images, Params, Shape, Size
from augjax.transforms.mixing.blend import boxes_of, floats_of, has_partner, to_float
from augjax.transforms.mixing.exchange import rows_at
from augjax.transforms.mixing.labels import smoothed, soft_labels
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.targets import close_boxes, has_labels_of_objects, open_boxes
from augjax.typing import Strength

_TILES = 4
_SIDE = whole(1, LONGEST, "None, or a whole number of pixels")
_FILL = bounded(-(2.0**32), 2.0**32, "a number, or a tuple of one for each channel")
_MASK_FILL = whole(-(2**31), 2**32 - 1)


@dataclasses.dataclass(frozen=True)
class Mosaic(Mix):
    """Puts four images around a drawn point, each cut where the result ends.

    The image's own lower right corner lies at the point, the lower left one of its partner, the
    upper right one of the partner's partner, and the upper left one of that one's partner: so over
    the batch each image is once in each of the four places. Nothing is resampled: pixels and masks
    are moved by whole pixels, and boxes are moved with them and clipped to their tile. That is
    Ultralytics's mosaic of images that were resized already: on a canvas of twice the size the
    tiles meet at a point between a quarter and three quarters of each side, and the middle of the
    canvas is the result.

    An image that is off, or has no partner, stays as it is, in the middle of the result. Of fewer
    than four images some are seen twice. The label of an image is that of all four, by the area
    that is seen of each. Boxes and labels of objects are those of all four in a row: 4 n.

    Draws of each image: `y` and `x` (int32, pixels), where the tiles meet in the result, with `on`
    and `partner`. `strength` scales `p`.

    >>> import augjax as aj
    >>> mosaic = aj.Mosaic(boxes="xyxy", min_visibility=0.1)
    >>> batch = {"image": jnp.zeros((4, 32, 32, 3)), "boxes": jnp.ones((4, 5, 4))}
    >>> mosaic.batch(aj.key(0), batch, ids=jnp.arange(4, dtype=jnp.uint32))["boxes"].shape
    (4, 20, 4)

    Args:
      height, width: of the result, in pixels; by default those of the images.
      center: (lower, upper), the range of y / height and x / width, in [0, 1]. Ultralytics has
        (0, 1); albumentations draws from (0.3, 0.7).
      fill_value: what is painted where no image reaches, in the images' own range, [0, 1] for
        uint8; a number for all channels, or one for each. Ultralytics has 114 / 255.
      mask_fill: what masks of classes hold there; those of instances hold 0.

    References: Bochkovskiy et al., "YOLOv4", arXiv:2004.10934; `ultralytics.data.augment.Mosaic`
    with n=4, of which the middle is kept.
    """

    height: int | None = dataclasses.field(default=None, metadata=_SIDE)
    width: int | None = dataclasses.field(default=None, metadata=_SIDE)
    center: tuple[float, float] = dataclasses.field(
        default=(0.0, 1.0), kw_only=True, metadata=ranged(lowest=0, highest=1, number=None)
    )
    fill_value: Color = dataclasses.field(default=0.0, kw_only=True, metadata=_FILL)
    mask_fill: int = dataclasses.field(default=0, kw_only=True, metadata=_MASK_FILL)

    def chance(self, strength: Strength) -> Strength:
        return self.p * jnp.float32(strength)

    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        lower, upper = self.center
        return {
            name: whole_number(stream(key, name), math.ceil(lower * side), math.floor(upper * side))
            for name, side in zip(("y", "x"), self._size(shape), strict=True)
        }

    def _size(self, shape: Shape) -> Size:
        return self.height or shape[0], self.width or shape[1]

    def combine(
        self, params: Params, example: Example, sharding: NamedSharding | None = None
    ) -> Example:
        partner, images = params["partner"], example["image"]
        check_color(self.title, "fill_value", self.fill_value, images.shape[3])
        on = params["on"] & has_partner(partner)
        shape = images.shape[1:]
        places = jax.vmap(lambda on, y, x: self._places(on, y, x, shape))(
            on, params["y"], params["x"]
        )

        def all_four(rows: Any) -> list[Array]:
            """Those of each image, its partner, and so on."""
            each = [jnp.asarray(rows)]
            for _ in range(_TILES - 1):
                each.append(rows_at(each[-1], partner, sharding))
            return each

        def painted(images: Images) -> Float[Array, "batch _ _ channels"]:
            fill = jnp.float32(self.fill_value).reshape(-1)
            return jax.vmap(lambda place, *tiles: _painted(place, tiles, fill))(
                places, *map(to_float, all_four(images))
            )

        def alone(images: Images) -> Float[Array, "batch _ _ channels"]:
            fill = jnp.float32(self.fill_value).reshape(-1)
            return _in_the_middle(to_float(images), self._size(shape), fill)

        # A branch for the same reason as in `blended_images`.
        floats = jax.lax.cond(jnp.any(on), painted, alone, images)
        made: dict[str, Any] = {"image": floats.astype(floats_of(images))}
        if "mask" in example:
            made["mask"] = self._masks(places, all_four(example["mask"]))
        if "boxes" in example:
            four = zip(*(all_four(part) for part in boxes_of(example).values()), strict=True)
            tiles = [dict(zip(boxes_of(example), each, strict=True)) for each in four]
            made |= jax.vmap(lambda place, *tiles: self._boxes(place, tiles, shape))(places, *tiles)
        if "label" in example and has_labels_of_objects(self.facts, example):
            made["label"] = jnp.concatenate(all_four(example["label"]), axis=1)
        elif "label" in example:
            soft = all_four(soft_labels(example["label"], self.num_classes))
            mixed = jax.vmap(_by_area)(places, *soft)
            made["label"] = smoothed(mixed, self.label_smoothing)
        return made

    def _places(self, on: Bool[Array, ""], y: Any, x: Any, shape: Shape) -> dict[str, Array]:
        """Where each pixel of one result comes from, and where each tile goes."""
        (height, width), (rows, columns) = shape[:2], self._size(shape)
        row, column = (jnp.arange(side, dtype=jnp.int32) for side in (rows, columns))
        y, x = jnp.asarray(y, jnp.int32), jnp.asarray(x, jnp.int32)
        lower, right = on & (row >= y), on & (column >= x)
        middle_y, middle_x = (rows - height) // 2, (columns - width) // 2
        # Where the first row and the first column of each tile lie.
        upper_y, left_x = jnp.where(on, y - height, middle_y), jnp.where(on, x - width, middle_x)
        from_row = row - jnp.where(lower, y, upper_y)
        from_column = column - jnp.where(right, x, left_x)
        tile = 2 * lower[:, None].astype(jnp.int32) + right[None].astype(jnp.int32)
        inside = ((from_row >= 0) & (from_row < height))[:, None]
        inside = inside & ((from_column >= 0) & (from_column < width))[None]
        ends_y, ends_x = jnp.where(on, y, rows), jnp.where(on, x, columns)
        return {
            "row": from_row, "column": from_column, "tile": tile, "inside": inside,
            "tops": jnp.stack([upper_y, upper_y, y, y]), "lefts": jnp.stack([left_x, x, left_x, x]),
            "end": jnp.stack([ends_x, ends_y]), "on": on,
        }  # fmt: skip

    def _masks(self, places: dict[str, Array], tiles: list[Array]) -> Array:
        if not self.instance_masks:
            fill = jnp.asarray(self.mask_fill, tiles[0].dtype)[None]
            has_channels = tiles[0].ndim == 4
            tiles = tiles if has_channels else [mask[..., None] for mask in tiles]
            masks = jax.vmap(lambda place, *tiles: _painted(place, tiles, fill))(places, *tiles)
            return masks if has_channels else masks[..., 0]

        def each(place: Any, *tiles: Any) -> Array:
            first, nothing = jnp.zeros_like(place["tile"]), jnp.zeros(1, tiles[0].dtype)
            shown = []
            for k, tile in enumerate(tiles):
                inside = place["inside"] & (place["tile"] == k)
                shown.append(_painted(place | {"tile": first, "inside": inside}, [tile], nothing))
            return jnp.concatenate(shown, axis=-1)

        return jax.vmap(each)(places, *tiles)

    def _boxes(self, place: dict[str, Array], tiles: Any, shape: Shape) -> dict[str, Array]:
        """The boxes of one result."""
        rows, columns = self._size(shape)
        end_x, end_y = place["end"].astype(jnp.float32)
        last_x, last_y = jnp.float32(columns), jnp.float32(rows)
        nothing, parts = jnp.float32(0.0), []
        for k, tile in enumerate(tiles):
            left, right = (end_x, last_x) if k % 2 else (nothing, end_x)
            top, bottom = (end_y, last_y) if k >= 2 else (nothing, end_y)
            within = jnp.stack([left, top, right, bottom])
            if k:
                within = jnp.where(place["on"], within, 0.0)
            boxes = open_boxes(self.facts, tile, shape)
            parts.append(boxes.shifted(place["lefts"][k], place["tops"][k]).within(within))
        return close_boxes(self.facts, tiles[0], parts, (rows, columns, shape[2]))


def _painted(
    place: dict[str, Any], tiles: Any, fill: Num[Array, " fill"]
) -> Num[Array, "height width channels"]:
    """What one result shows of four images."""
    stacked = jnp.stack(tiles)
    row = jnp.clip(place["row"], 0, stacked.shape[1] - 1)[:, None]
    column = jnp.clip(place["column"], 0, stacked.shape[2] - 1)[None]
    seen = stacked[place["tile"], *jnp.broadcast_arrays(row, column)]
    return jnp.where(place["inside"][..., None], seen, fill[None, None])


def _in_the_middle(
    images: Float[Array, "batch height width channels"], size: Size, fill: Float[Array, " fill"]
) -> Float[Array, "batch _ _ channels"]:
    """Images cut, or filled around, to a size."""
    starts = [(new - old) // 2 for new, old in zip(size, images.shape[1:3], strict=True)]
    canvas = jnp.broadcast_to(fill, (images.shape[0], *size, images.shape[3]))
    (top, left), (rows, columns) = starts, size
    height, width = images.shape[1:3]
    shown = images[:, max(-top, 0) : rows - top, max(-left, 0) : columns - left]
    top, left = max(top, 0), max(left, 0)
    return canvas.at[:, top : top + height, left : left + width].set(shown)


def _by_area(place: dict[str, Array], *labels: Float[Array, "..."]) -> Float[Array, "..."]:
    """The label of one result: those of what it shows, by area."""
    inside, tile = place["inside"], place["tile"]
    counts = [jnp.sum(inside & (tile == k), dtype=jnp.int32) for k in range(_TILES)]
    whole: Int[Array, ""] = jnp.maximum(sum(counts[1:], counts[0]), 1)
    total = jnp.zeros_like(labels[0])
    for count, label in zip(counts, labels, strict=True):
        share = count.astype(jnp.float32) / whole.astype(jnp.float32)
        total = total + jnp.where(count > 0, share * label, 0.0)
    # An image that shows nothing, as its result is all fill, keeps its label.
    return jnp.where(sum(counts[1:], counts[0]) > 0, total, labels[0])
