"""A batch of examples of which each is blended with one other."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jaxtyping import Array, Bool, Float, Int, Num

from augjax.transforms.core.types import Example, Images
from augjax.transforms.mixing.exchange import rows_at
from augjax.transforms.mixing.labels import SoftLabels, smoothed, soft_labels
from augjax.transforms.mixing.targets import (
    Facts,
    close_boxes,
    has_labels_of_objects,
    open_boxes,
)
from augjax.typing import AnyArray

Places = Int[Array, " batch"]
BatchShares = tuple[Float[Array, "batch _ _"], Float[Array, " batch"]]
"""What comes from each image's partner: of each pixel, and of the label."""
Cuts = tuple[Bool[Array, " batch"], Float[Array, "batch 4"]]
"""Whether, and in which rectangle, the partner covers an image."""


def blended(
    facts: Facts,
    example: Example,
    partner: Places,
    shares: BatchShares,
    cuts: Cuts,
    sharding: NamedSharding | None,
) -> Example:
    """A batch of examples that are blended with their partners by these shares."""
    of_pixels, of_labels = shares
    made = {"image": blended_images(example["image"], partner, of_pixels, sharding)}
    if "label" in example:
        made["label"] = blended_labels(facts, example, partner, of_labels, sharding)
    has = has_partner(partner)
    theirs = partners_targets(example, partner, sharding)
    if "mask" in example:
        of_masks = jnp.where(has[:, None, None], of_pixels, 0.0)
        made["mask"] = _blended_masks(facts, example["mask"], theirs["mask"], of_masks)
    if "boxes" in example:
        shape, (are_cut, rectangles) = example["image"].shape[1:], cuts

        def boxes(
            own: Example, other: Example, has: Any, share: Any, is_cut: Any, rectangle: Any
        ) -> dict[str, Array]:
            ours, theirs = (open_boxes(facts, each, shape) for each in (own, other))
            share, rectangle = jnp.where(has, share, 0.0), jnp.where(has, rectangle, 0.0)
            parts = [
                ours.times(1.0 - share).but(is_cut, ours.without(rectangle)),
                theirs.times(share).but(is_cut, theirs.within(rectangle)),
            ]
            return close_boxes(facts, own, parts, shape, weighted=True)

        rows = (boxes_of(example), boxes_of(theirs), has, of_labels, are_cut, rectangles)
        made |= jax.vmap(boxes)(*rows)
    return made


def has_partner(partner: Places) -> Bool[Array, " batch"]:
    """Whether each image has a partner other than itself."""
    return partner != jnp.arange(partner.shape[0], dtype=jnp.int32)


def partners_targets(
    example: Example, partner: Places, sharding: NamedSharding | None
) -> dict[str, Array]:
    """The masks and boxes of the partners."""
    targets = {name: part for name, part in example.items() if name not in ("image", "label")}
    return {name: rows_at(jnp.asarray(part), partner, sharding) for name, part in targets.items()}


def boxes_of(example: Example) -> Example:
    """What is said of boxes."""
    return {name: part for name, part in example.items() if name.startswith("boxes")}


def blended_images(
    images: Images, partner: Places, of_pixels: Float[Array, "batch _ _"], sharding: Any
) -> Images:
    """Images with the shares of the pixels that come from their partners."""

    def mixed(images: Any) -> Array:
        theirs = rows_at(images, partner, sharding)
        return _blend(to_float(images), to_float(theirs), of_pixels[..., None])

    # A branch, where there is nearly always a partner, since XLA:CPU would otherwise fuse the
    # mix with the pipeline before it, and resample anew for each pixel that it reads.
    floats = jax.lax.cond(jnp.any(has_partner(partner)), mixed, to_float, images)
    return floats.astype(floats_of(images))


def blended_labels(
    facts: Facts,
    example: Example,
    partner: Places,
    of_labels: Float[Array, " batch"],
    sharding: Any,
) -> Num[Array, "batch ..."]:
    """Labels with the shares that come from partners; of boxes, those of both."""
    labels = example["label"]
    if has_labels_of_objects(facts, example):
        labels = jnp.asarray(labels)
        return jnp.concatenate([labels, rows_at(labels, partner, sharding)], axis=1)
    soft: SoftLabels = soft_labels(labels, facts.num_classes)
    of_labels = of_labels if soft.ndim == 1 else of_labels[:, None]
    soft = _blend(soft, rows_at(soft, partner, sharding), of_labels)
    return smoothed(soft, facts.label_smoothing)


def to_float(images: Images) -> Float[Array, "batch height width channels"]:
    """Images as float32, uint8 in [0, 1]."""
    floats = jnp.asarray(images, jnp.float32)
    return floats / 255.0 if images.dtype == jnp.uint8 else floats


def floats_of(images: Images) -> Any:
    """The type in which images come back."""
    # NumPy's float64 becomes float32, as everywhere in JAX.
    return jax.dtypes.canonicalize_dtype(jnp.float32 if images.dtype == jnp.uint8 else images.dtype)


def _blended_masks(
    facts: Facts, masks: AnyArray, theirs: Array, of_pixels: Float[Array, "batch _ _"]
) -> Array:
    """Of each pixel what the image with the larger share says; of instances, all in sight."""
    masks = jnp.asarray(masks)
    of_pixels = of_pixels.reshape(*of_pixels.shape, *(1,) * (masks.ndim - 3))
    if not facts.instance_masks:
        return jnp.where(of_pixels > 0.5, theirs, masks)
    nothing = jnp.zeros((), masks.dtype)
    ours = jnp.where(of_pixels < 1, masks, nothing)
    return jnp.concatenate([ours, jnp.where(of_pixels > 0, theirs, nothing)], axis=-1)


def _blend(
    ours: Float[Array, "..."], theirs: Float[Array, "..."], share: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Ours where `share` is 0 and theirs where it is 1, exactly, and between them else.

    What is not finite stays out of where it has no share.
    """
    change = theirs - ours
    change = jnp.where((share > 0) & (share < 1) | jnp.isfinite(change), change, 0.0)
    return jnp.where(share == 1, theirs, ours + share * change)
