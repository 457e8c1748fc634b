"""What a mix of a batch takes."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from augjax.transforms.core.arguments import given
from augjax.transforms.core.boxes import BOX_FORMATS
from augjax.transforms.core.checks import check_layouts, shape_text
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.oriented import COLUMNS, ORIENTED_FORMATS
from augjax.transforms.mixing.exchange import split_axes
from augjax.transforms.mixing.labels import check_labels
from augjax.transforms.mixing.targets import Facts, has_labels_of_objects
from augjax.typing import AxisSize

KEYS = ("image", "mask", "boxes", "boxes_valid", "boxes_visible", "boxes_weight", "label")
"""What an example holds that is mixed."""


def check_batch(facts: Facts, images: Any, labels: Any) -> None:
    """Raises TypeError or ValueError if the mix with these facts cannot mix these."""
    what = facts.title
    if isinstance(images, dict):
        if labels is not None:
            raise TypeError(
                f"{what} takes images and labels, or an example with its labels in it, as in "
                "mix.batch(key, example, ids=ids)"
            )
        _check_example(facts, images)
        return
    if labels is None:
        raise TypeError(
            f"{what} takes labels with images, as in mix.batch(key, images, labels, ids), or an "
            "example, as in mix.batch(key, example, ids=ids)"
        )
    _check_arrays(what, {"images": images, "labels": labels})
    _check_images(what, images)
    if labels.shape[:1] != images.shape[:1]:
        raise ValueError(
            f"{what} takes a label for each of {images.shape[0]} images, but got labels of shape "
            f"{tuple(labels.shape)}"
        )
    check_labels(labels, facts.num_classes, title=what)


def _check_arrays(what: str, parts: dict[str, Any]) -> None:
    check_layouts(what, parts)
    for name, part in parts.items():
        if not isinstance(part, np.ndarray | jax.Array):
            raise TypeError(
                f"{what} takes arrays, but got {name} as a {type(part).__name__}; np.asarray makes "
                "one of a list or a tensor"
            )


def _check_images(what: str, images: Any) -> None:
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(
            f"{what} takes images of shape (batch, height, width, channels), but got "
            f"{shape_text(images.shape)}"
        )
    if images.dtype != jnp.uint8 and not jnp.issubdtype(images.dtype, jnp.floating):
        raise TypeError(f"{what} takes uint8 or floating images, but got {images.dtype}")


def _check_example(facts: Facts, example: dict[str, Any]) -> None:
    what = facts.title
    if "keypoints" in example or "keypoints_visible" in example:
        raise ValueError(
            f"{what} does not mix keypoints, which belong to objects that it may cover; leave them "
            "out of the example"
        )
    if unknown := sorted(set(example) - {*KEYS}, key=str):
        raise ValueError(f"{what} mixes {', '.join(KEYS)}, but got {unknown[0]!r}")
    if "image" not in example:
        raise ValueError(f"{what} takes an example with an image")
    _check_arrays(what, example)
    _check_images(what, images := example["image"])
    count, size = images.shape[0], images.shape[1:3]
    if wrong := [name for name, part in example.items() if part.shape[:1] != (count,)]:
        raise ValueError(
            f"{what} takes an example with a first axis for the batch, of {count} images, but got "
            f"{wrong[0]} of shape {tuple(example[wrong[0]].shape)}"
        )
    if "mask" in example:
        mask, axes = example["mask"], (4,) if facts.instance_masks else (3, 4)
        if mask.ndim not in axes or mask.shape[1:3] != size:
            last = " and an axis for instances" if facts.instance_masks else ""
            raise ValueError(
                f"{what} takes a mask of shape {(count, *size)}{last}, as its images, but got "
                f"{tuple(mask.shape)}"
            )
    _check_boxes(facts, example)
    if "label" in example and not has_labels_of_objects(facts, example):
        check_labels(example["label"], facts.num_classes, title=what)


def _check_boxes(facts: Facts, example: dict[str, Any]) -> None:
    what, names = facts.title, [name for name in example if name.startswith("boxes")]
    if names and "boxes" not in example:
        raise ValueError(f"{names[0]} is of boxes, but the example has none")
    if not names:
        return
    if facts.boxes is None:
        raise ValueError(f"boxes need a stated format, as in {what}(boxes='xyxy')")
    boxes, columns = example["boxes"], COLUMNS.get(facts.boxes, 4)
    if boxes.ndim != 3 or boxes.shape[2] != columns:
        raise ValueError(
            f"{what} takes boxes of shape (batch, boxes, {columns}), but got {tuple(boxes.shape)}"
        )
    for name in names:
        if name != "boxes" and example[name].shape != boxes.shape[:2]:
            raise ValueError(
                f"expected {name} of shape {tuple(boxes.shape[:2])}, one for each box, but got "
                f"{tuple(example[name].shape)}"
            )
    if facts.instance_masks and "mask" in example and example["mask"].shape[3] != boxes.shape[1]:
        raise ValueError(
            f"{what}(instance_masks=True) takes a mask with a channel for each of "
            f"{boxes.shape[1]} boxes, but got {example['mask'].shape[3]}"
        )


def check_box_format(owner: Configured, format: str | None) -> None:
    """Raises ValueError unless boxes may be of this format."""
    if format not in (None, *BOX_FORMATS, *ORIENTED_FORMATS):
        formats = ", ".join(map(repr, (*BOX_FORMATS, *ORIENTED_FORMATS)))
        raise ValueError(f"{given(owner, 'boxes', format)}: expected one of {formats}")


def check_shape(what: str, shape: Any) -> None:
    """Raises ValueError if `shape` is not that of an image."""
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        given = tuple(shape) if isinstance(shape, tuple | list) else type(shape).__name__
        raise ValueError(
            f"{what} samples for images of one shape, (height, width, channels), which is "
            f"images.shape[1:], but got {given}"
        )


def check_mask(mask: Any, count: AxisSize) -> None:
    """Raises ValueError if `mask` is not a truth value for each of `count` rows."""
    if mask is None:
        return
    if getattr(mask, "dtype", None) != np.bool_ or mask.shape != (count,):
        what = f"{mask.dtype} of shape {mask.shape}" if hasattr(mask, "dtype") else repr(mask)
        raise ValueError(f"expected a mask of {count} truth values, but got {what}")


def check_sharding(sharding: NamedSharding | None, rows: AxisSize) -> None:
    """Raises TypeError if it is no such sharding, and ValueError if it cannot split `rows`."""
    if sharding is None:
        return
    if not isinstance(sharding, NamedSharding):
        raise TypeError(f"expected a NamedSharding of the batch, but got {sharding!r}")
    if sharding.mesh.explicit_axes:
        raise ValueError(
            "a batch on a mesh with explicit axes says itself how it is split: put it there by "
            "jax.device_put, and leave sharding= out"
        )
    context = jax.sharding.get_abstract_mesh()
    if not context.empty and context != sharding.mesh.abstract_mesh:
        raise ValueError("sharding= is of another mesh than that of jax.set_mesh")
    parts = math.prod(sharding.mesh.shape[name] for name in split_axes(sharding))
    if rows % parts:
        raise ValueError(
            f"a batch of {rows} cannot be split over {parts} devices, as sharding= asks for"
        )
