"""The boxes, masks and labels of an example, while it is mixed with others."""

import dataclasses
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.transforms.core.boxes import areas_of, from_corners, to_corners
from augjax.transforms.core.oriented import COLUMNS, area_within, from_quads, to_quads
from augjax.transforms.core.types import Example, Shape


class Facts(NamedTuple):
    """What a mix was told of labels and targets, as `Mix` documents it.

    Attributes:
      title: what messages call the mix.
      num_classes: of labels that are whole numbers.
      label_smoothing: of soft labels.
      boxes: the format of boxes; None if there are none.
      min_visibility: the least share of a box in sight with which it counts.
      instance_masks: whether the channels of a mask are instances.
    """

    title: str
    num_classes: int | None = None
    label_smoothing: float = 0.0
    boxes: str | None = None
    min_visibility: float = 0.0
    instance_masks: bool = False


Rectangle = Float[Array, "4"]
"""(left, top, right, bottom) in pixels; edges lie between pixels."""
Shares = tuple[Float[Array, "_ _"], Float[Array, ""]]
"""What comes from the partner: of each pixel, (height or 1, width or 1), and of the label."""
Cut = tuple[Bool[Array, ""], Float[Array, "4"]]
"""Whether the partner covers a rectangle of the image, and which."""
_ROUNDING = 1e-6
"""The share of a box that may be left of one that is covered."""


@dataclasses.dataclass(frozen=True)
class MixedBoxes:
    """The boxes that one image brings into a mix.

    Attributes:
      format: as `Facts.boxes`.
      outlines: (left, top, right, bottom), or the corners of boxes at any angle.
      counts: which are boxes.
      seen: the share of each that is in sight.
      weight: the share of each in the mixed image.
    """

    format: str
    outlines: Float[Array, "n 4"] | Float[Array, "n 4 2"]
    counts: Bool[Array, " n"]
    seen: Float[Array, " n"]
    weight: Float[Array, " n"]

    def shifted(self, x: Any, y: Any) -> "MixedBoxes":
        """Moved to the right by `x` and down by `y`."""
        along = jnp.stack([jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)])
        shift = along if self.format in COLUMNS else jnp.tile(along, 2)
        shift = shift.reshape((1,) * (self.outlines.ndim - 1) + shift.shape)
        return dataclasses.replace(self, outlines=self.outlines + shift)

    def within(self, rectangle: Rectangle) -> "MixedBoxes":
        """Of which only what is within the rectangle is seen; along the axes, clipped to it."""
        share = self._share(rectangle)
        # Those at any angle keep what is out of the image, which is not in sight already.
        seen = jnp.minimum(self.seen, share) if self.format in COLUMNS else self.seen * share
        return dataclasses.replace(self, outlines=self._clipped(rectangle), seen=seen)

    def without(self, rectangle: Rectangle) -> "MixedBoxes":
        """Of which what is within the rectangle is covered.

        Boxes along the axes become the smallest around what is left of them.
        """
        share = self._share(rectangle)
        if self.format in COLUMNS:
            rest = self.seen - share
            return dataclasses.replace(self, seen=jnp.where(rest > _ROUNDING, rest, 0.0))
        left, top, right, bottom = self.outlines.T
        x0, y0, x1, y1 = rectangle
        across, down = (x0 <= left) & (x1 >= right), (y0 <= top) & (y1 >= bottom)
        rest = [
            jnp.where(down & (x0 <= left), jnp.clip(x1, left, right), left),
            jnp.where(across & (y0 <= top), jnp.clip(y1, top, bottom), top),
            jnp.where(down & (x1 >= right), jnp.clip(x0, left, right), right),
            jnp.where(across & (y1 >= bottom), jnp.clip(y0, top, bottom), bottom),
        ]
        seen = self.seen * (1.0 - share)
        return dataclasses.replace(self, outlines=jnp.stack(rest, axis=1), seen=seen)

    def around(self) -> Float[Array, "n 4"]:
        """The (left, top, right, bottom) of each."""
        if self.format not in COLUMNS:
            return self.outlines
        corners = [self.outlines.min(axis=1), self.outlines.max(axis=1)]
        return jnp.concatenate(corners, axis=1)

    def times(self, weight: Float[Array, ""]) -> "MixedBoxes":
        """Of less weight."""
        return dataclasses.replace(self, weight=self.weight * weight)

    def but(self, gate: Bool[Array, "..."], other: "MixedBoxes") -> "MixedBoxes":
        """These, but for the `other` ones where the gate is open: for all, or for each."""
        gates = jnp.broadcast_to(gate, self.seen.shape)
        of_outlines = gates.reshape(-1, *(1,) * (self.outlines.ndim - 1))
        return MixedBoxes(
            self.format,
            jnp.where(of_outlines, other.outlines, self.outlines),
            jnp.where(gates, other.counts, self.counts),
            jnp.where(gates, other.seen, self.seen),
            jnp.where(gates, other.weight, self.weight),
        )

    def _clipped(self, rectangle: Rectangle) -> Any:
        if self.format in COLUMNS:
            return self.outlines
        first, last = jnp.tile(rectangle[:2], 2)[None], jnp.tile(rectangle[2:], 2)[None]
        return jnp.clip(self.outlines, first, last)

    def _share(self, rectangle: Rectangle) -> Float[Array, " n"]:
        """Of each box, the share of its area that is within a rectangle."""
        if self.format in COLUMNS:
            whole = area_within(self.outlines, None)
            width, height = rectangle[2:] - rectangle[:2]
            inside = area_within(self.outlines - rectangle[None, None, :2], (height, width))
        else:
            whole, inside = areas_of(self.outlines), areas_of(self._clipped(rectangle))
        return jnp.where(whole > 0, jnp.clip(inside / jnp.where(whole > 0, whole, 1.0), 0, 1), 0.0)


def open_boxes(facts: Facts, example: Example, shape: Shape) -> MixedBoxes:
    """The boxes of one example whose image has `shape`, clipped to it as by `Sequential`."""
    assert facts.boxes is not None
    rows = jnp.asarray(example["boxes"], jnp.float32)
    oriented = facts.boxes in COLUMNS
    outlines = to_quads(rows, facts.boxes) if oriented else to_corners(rows, facts.boxes, shape)
    everything = jnp.ones(len(rows), jnp.float32)
    boxes = MixedBoxes(
        facts.boxes,
        outlines,
        jnp.asarray(example.get("boxes_valid", everything), bool),
        jnp.asarray(example.get("boxes_visible", everything), jnp.float32),
        jnp.asarray(example.get("boxes_weight", everything), jnp.float32),
    )
    return boxes.within(jnp.array([0, 0, shape[1], shape[0]], jnp.float32))


def close_boxes(
    facts: Facts, own: Example, parts: list[MixedBoxes], shape: Shape, *, weighted: bool = False
) -> dict[str, Array]:
    """What a mixed example of `shape` says of its boxes, its own first.

    Rows of its own that were off stay what they were, and other rows that do not count are zeros.
    Of weights nothing is said, unless it is `weighted` or the example came with them.
    """
    made = {"boxes": [], "boxes_visible": [], "boxes_valid": [], "boxes_weight": []}
    for place, part in enumerate(parts):
        in_sight = (part.seen > 0) & (part.seen >= facts.min_visibility) & (part.weight > 0)
        valid = part.counts & in_sight
        if part.format in COLUMNS:
            rows = from_quads(part.outlines, part.format)
        else:
            rows = from_corners(part.outlines, part.format, shape)
        rows = jnp.where(valid[:, None], rows, 0.0)
        if place == 0 and "boxes_valid" in own:
            was = jnp.asarray(own["boxes_valid"], bool)
            rows = jnp.where(was[:, None], rows, jnp.asarray(own["boxes"], jnp.float32))
        made["boxes"].append(rows)
        made["boxes_visible"].append(jnp.where(valid, part.seen, 0.0))
        made["boxes_valid"].append(valid)
        made["boxes_weight"].append(jnp.where(valid, part.weight, 0.0))
    if not weighted and "boxes_weight" not in own:
        del made["boxes_weight"]
    return {name: jnp.concatenate(each) for name, each in made.items()}


def objects(facts: Facts, example: Example) -> int | None:
    """How many boxes or instances each example of a batch has; None if it has neither."""
    if "boxes" in example:
        return example["boxes"].shape[1]
    return example["mask"].shape[-1] if facts.instance_masks and "mask" in example else None


def has_labels_of_objects(facts: Facts, example: Example) -> bool:
    """Whether the label of a batch is one of each box or instance, and not of each image."""
    label, count = example.get("label"), objects(facts, example)
    if label is None or count is None:
        return False
    whole = jnp.issubdtype(label.dtype, jnp.integer)
    return label.ndim >= (2 if whole else 3) and label.shape[1] == count


def as_example(images: Any, labels: Any) -> Example:
    """A batch of images and labels as one of examples, which it may be already."""
    return images if isinstance(images, dict) else {"image": images, "label": labels}


def as_given(example: Example, images: Any) -> Any:
    """A mixed batch in the form in which it came."""
    return example if isinstance(images, dict) else (example["image"], example["label"])
