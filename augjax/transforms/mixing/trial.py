"""Batches on which a mix is tried."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from augjax.transforms.core.boxes import BOX_FORMATS, from_corners, outlines_of
from augjax.transforms.core.oriented import from_quads
from augjax.transforms.core.types import Example, Images
from augjax.transforms.mixing.mix import Mix
from augjax.typing import AnyArray


def trial(mix: Mix, images: Images, labels: AnyArray) -> Example:
    """Images with labels, and where `mix` reads masks with two objects in each: its upper left and
    its lower right half."""
    if not mix.reads_masks:
        return {"image": images, "label": labels}
    count, height, width, _ = images.shape
    middle_y, middle_x = (height + 1) // 2, (width + 1) // 2
    mask = np.zeros((height, width, 2), np.uint8)
    mask[:middle_y, :middle_x, 0] = mask[middle_y:, middle_x:, 1] = 1
    masks = jnp.broadcast_to(mask, (count, *mask.shape))
    if mix.instance_masks and mix.boxes is None:
        return {"image": images, "label": labels, "mask": masks}
    corners = np.array([[0, 0, middle_x, middle_y], [middle_x, middle_y, width, height]], "f4")
    rows: Any = corners
    if mix.boxes in BOX_FORMATS:
        rows = from_corners(jnp.asarray(corners), mix.boxes, (height, width, 1))
    elif mix.boxes is not None:
        rows = from_quads(outlines_of(jnp.asarray(corners)), mix.boxes)
    boxes = jnp.broadcast_to(rows, (count, *rows.shape))
    if mix.instance_masks:
        return {"image": images, "label": labels, "mask": masks, "boxes": boxes}
    classes = jnp.broadcast_to(np.array([1, 2], np.int32), (count, 2))
    of_classes = masks[..., 0] + 2 * masks[..., 1]
    return {"image": images, "label": classes, "mask": of_classes, "boxes": boxes}
