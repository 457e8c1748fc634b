"""CopyPaste."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jaxtyping import Array, Bool, PRNGKeyArray

from augjax.draws import field_data, field_key, unit
from augjax.keys import stream
from augjax.transforms.core.factors import SHARE
from augjax.transforms.core.oriented import COLUMNS
from augjax.transforms.core.types import Example, Params, Shape
from augjax.transforms.mixing.blend import (
    blended_images,
    blended_labels,
    boxes_of,
    has_partner,
    partners_targets,
)
from augjax.transforms.mixing.exchange import rows_at
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.targets import (
    MixedBoxes,
    close_boxes,
    has_labels_of_objects,
    objects,
    open_boxes,
)
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class CopyPaste(Mix):
    """Pastes objects of another image, by their masks, each by its own coin.

    It takes an example with a mask: with `instance_masks=True` of shape (n, height, width, objects)
    and not 0 where an object is, with or without boxes; else one of classes, (n, height, width),
    with boxes and a label of each, where an object is what has its class within its box.

    Pixels and masks under what is pasted are the partner's, and the image's own objects lose what
    is covered. Of those that lose something, `boxes` become the smallest around what their masks
    leave (at any angle they stay), and `boxes_visible` is the share of their pixels that is left;
    with none left, or less than `min_visibility`, they do not count. Objects of the partner come
    after the image's own: boxes, labels and channels are 2 n in a row, and those that are not
    pasted do not count and have empty masks. The label of an image is mixed by the area pasted.

    Edges are not blended, which Ghiasi et al. found to change nothing, and scales are not drawn
    here: augment images before.

    Draws of each image: `coins` (uint32, 2 words), from which a number in [0, 1) follows for each
    object of the partner, in its order, whatever their count; `share` (float32): those below it are
    pasted. With `on` and `partner`. `strength` scales `share`.

    Args:
      paste: the probability that an object is pasted, in [0, 1].

    References: Ghiasi et al., "Simple Copy-Paste is a Strong Data Augmentation Method for Instance
    Segmentation", arXiv:2012.07177.
    """

    paste: float = dataclasses.field(default=0.5, metadata=SHARE)

    reads_masks = True

    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        share = jnp.clip(jnp.float32(strength) * self.paste, 0.0, 1.0)
        return {"coins": field_data(stream(key, "coins")), "share": share}

    def combine(
        self, params: Params, example: Example, sharding: NamedSharding | None = None
    ) -> Example:
        count = self._check(example)
        partner, images = params["partner"], example["image"]
        theirs = partners_targets(example, partner, sharding)
        own_label = {}
        if not self.instance_masks:
            labels = jnp.asarray(example["label"])
            own_label = {"label": labels}
            theirs["label"] = rows_at(labels, partner, sharding)
        targets = {name: part for name, part in example.items() if name not in ("image", "label")}

        def of_one(own: Any, other: Any, on: Any, coins: Any, share: Any) -> tuple[Array, Any]:
            chosen = on & (unit(field_key(coins), (count,)) < share)
            return self._pasted(own, other, chosen, images.shape[1:])

        pasted, made = jax.vmap(of_one)(
            targets | own_label, theirs, params["on"] & has_partner(partner), params["coins"],
            params["share"],
        )  # fmt: skip
        of_pixels = pasted.astype(jnp.float32)
        made["image"] = blended_images(images, partner, of_pixels, sharding)
        if "label" in example:
            areas = of_pixels.mean(axis=(1, 2))
            made["label"] = blended_labels(self.facts, example, partner, areas, sharding)
        return made

    def _check(self, example: Example) -> int:
        """How many objects each image has."""
        count = objects(self.facts, example) if "mask" in example else None
        if self.instance_masks and count is not None:
            return count
        if self.instance_masks or count is None or not has_labels_of_objects(self.facts, example):
            raise TypeError(
                f"{self.title} pastes objects by their masks: give an example with a mask of "
                "instances and instance_masks=True, or with a mask of classes, boxes and a label "
                "of each"
            )
        if example["mask"].ndim != 3 or example["label"].ndim != 2:
            raise TypeError(
                f"{self.title} finds objects in a mask of classes by boxes and whole numbers as "
                f"labels of each, but got a mask of shape {tuple(example['mask'].shape)} and "
                f"labels of shape {tuple(example['label'].shape)}"
            )
        return count

    def _pasted(
        self, own: Example, other: Example, chosen: Bool[Array, " n"], shape: Shape
    ) -> tuple[Bool[Array, "height width"], dict[str, Array]]:
        """Which pixels of one image are pasted, and its targets thereafter."""
        ours, theirs = (self._objects(each, shape) for each in (own, other))
        if "boxes_valid" in other:
            chosen = chosen & jnp.asarray(other["boxes_valid"], bool)
        pasted = jnp.any(theirs & chosen[None, None], axis=2)
        rest = ours & ~pasted[..., None]
        made, nothing = {}, jnp.zeros((), jnp.asarray(own["mask"]).dtype)
        if self.instance_masks:
            left = jnp.where(pasted[..., None], nothing, own["mask"])
            new = jnp.where(chosen[None, None], other["mask"], nothing)
            made["mask"] = jnp.concatenate([left, new], axis=-1)
        else:
            made["mask"] = jnp.where(pasted, other["mask"], own["mask"])
        if "boxes" in own:
            remaining = _left_of(open_boxes(self.facts, own, shape), ours, rest)
            added = open_boxes(self.facts, other, shape)
            counts = added.counts & chosen & jnp.any(theirs, axis=(0, 1))
            added = dataclasses.replace(added, counts=counts)
            made |= close_boxes(self.facts, boxes_of(own), [remaining, added], shape)
        return pasted, made

    def _objects(self, example: Example, shape: Shape) -> Bool[Array, "height width n"]:
        """Where each object of one image is."""
        if self.instance_masks:
            return jnp.asarray(example["mask"]).astype(bool)
        boxes = open_boxes(self.facts, example, shape).around()
        y = jnp.arange(shape[0], dtype=jnp.float32)[:, None, None] + 0.5
        x = jnp.arange(shape[1], dtype=jnp.float32)[None, :, None] + 0.5
        left, top, right, bottom = boxes.T[:, None, None]
        inside = (x > left) & (x < right) & (y > top) & (y < bottom)
        mask, label = (jnp.asarray(example[name], jnp.int32) for name in ("mask", "label"))
        is_class = mask[..., None] == label[None, None]
        counts = jnp.asarray(example.get("boxes_valid", jnp.ones(boxes.shape[0], bool)), bool)
        return inside & is_class & counts[None, None]


def _left_of(
    boxes: MixedBoxes, were: Bool[Array, "height width n"], are: Bool[Array, "height width n"]
) -> MixedBoxes:
    """The boxes of objects of which only some pixels are left."""
    before, after = (jnp.sum(each, axis=(0, 1), dtype=jnp.int32) for each in (were, are))
    share = after.astype(jnp.float32) / jnp.maximum(before, 1).astype(jnp.float32)
    outlines = boxes.outlines if boxes.format in COLUMNS else _around(are)
    fewer = dataclasses.replace(boxes, outlines=outlines, seen=boxes.seen * share)
    return boxes.but(after < before, fewer)


def _around(masks: Bool[Array, "height width n"]) -> Any:
    """The smallest box around each mask; zeros around nothing."""
    sides = []
    for axis in (1, 0):  # The columns that hold something, then the rows.
        holds = jnp.any(masks, axis=1 - axis)
        first = jnp.argmax(holds, axis=0).astype(jnp.float32)
        end = holds.shape[0] - jnp.argmax(holds[::-1], axis=0).astype(jnp.float32)
        sides.append((first, end))
    (left, right), (top, bottom) = sides
    box = jnp.stack([left, top, right, bottom], axis=1)
    return jnp.where(jnp.any(masks, axis=(0, 1))[:, None], box, 0.0)
