"""What a mix of a batch takes."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from augjax.transforms.core.checks import check_layouts, shape_text
from augjax.transforms.mixing.exchange import split_axes
from augjax.transforms.mixing.labels import check_labels
from augjax.typing import AxisSize


def check_batch(what: str, images: Any, labels: Any, num_classes: int | None) -> None:
    """Raises TypeError or ValueError if `what` cannot mix these."""
    if isinstance(images, dict):
        raise TypeError(
            f"{what} mixes images and labels only, not masks, boxes or keypoints, as in "
            'mix.batch(key, batch["image"], batch["label"], ids)'
        )
    check_layouts(what, {"images": images, "labels": labels})
    for name, part in {"images": images, "labels": labels}.items():
        if not isinstance(part, np.ndarray | jax.Array):
            raise TypeError(
                f"{what} takes arrays, but got {name} as a {type(part).__name__}; np.asarray makes "
                "one of a list or a tensor"
            )
    if images.ndim != 4 or 0 in images.shape[1:]:
        raise ValueError(
            f"{what} takes images of shape (batch, height, width, channels), but got "
            f"{shape_text(images.shape)}"
        )
    if images.dtype != jnp.uint8 and not jnp.issubdtype(images.dtype, jnp.floating):
        raise TypeError(f"{what} takes uint8 or floating images, but got {images.dtype}")
    if labels.shape[:1] != images.shape[:1]:
        raise ValueError(
            f"{what} takes a label for each of {images.shape[0]} images, but got labels of shape "
            f"{tuple(labels.shape)}"
        )
    check_labels(labels, num_classes, title=what)


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


def check_sharding(sharding: NamedSharding | None, rows: int) -> None:
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
