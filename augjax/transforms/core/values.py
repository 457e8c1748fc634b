"""Checks of the values of images, masks and boxes.

A mistake in NumPy's arrays is an error. Arrays on a device would have to be waited for, and inside
a jitted function there are only shapes; there an image out of its range becomes NaN.
"""

from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Num

from augjax.transforms.core.operation import Pipeline
from augjax.transforms.core.oriented import COLUMNS
from augjax.transforms.core.spatial import Spatial
from augjax.transforms.core.tables import check_rows
from augjax.typing import AnyArray


def check_values(pipeline: Pipeline, examples: Any) -> None:
    """Raises ValueError if images or boxes are clearly not in the range or format that was stated,
    or masks hold more than JAX's types can.

    Of a batch only the first example's image and boxes are read.
    """
    given = examples if isinstance(examples, dict) else {"image": examples}
    image = _first(given.get("image"), 3)
    if image is not None and reads_range(pipeline, image) and out_of_range(pipeline, image):
        _refuse_range(pipeline, image)
    if isinstance(mask := given.get("mask"), np.ndarray):
        _check_mask(pipeline, mask)
    boxes = given.get("boxes")
    if isinstance(boxes, list | tuple):
        check_rows(boxes, "boxes", COLUMNS.get(pipeline.facts.boxes or "", 4))
        on_device = any(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(boxes))
        boxes = None if on_device else np.asarray(boxes, np.float32)
    boxes = _first(boxes, 2)
    format = pipeline.facts.boxes
    if boxes is not None and boxes.shape[-1] == 4 and format is not None and format not in COLUMNS:
        _check_boxes(format, boxes)


def out_of_range(
    pipeline: Pipeline, image: Float[AnyArray, "*frames height width channels"]
) -> Bool[AnyArray, ""] | np.bool_:
    """Whether a floating image is clearly not in the pipeline's `value_range`."""
    lowest, highest = pipeline.facts.value_range
    tolerated = (highest - lowest) / 2  # Interpolation by others may overshoot.
    # NaN is neither below nor above.
    return (image.min() < lowest - tolerated) | (image.max() > highest + tolerated)


def reads_range(pipeline: Pipeline, image: Num[AnyArray, "*batch height width channels"]) -> bool:
    """Whether an image's range matters: it is floating, and something recolours it."""
    return bool(jnp.issubdtype(image.dtype, jnp.floating)) and any(
        not isinstance(step.operation, Spatial) for step in pipeline.steps(None)
    )


def _first(values: Any, dimensions: int) -> np.ndarray | None:
    """The values of the first example of a batch or of the only one; None if there are none."""
    if not isinstance(values, np.ndarray) or not values.size:
        return None
    return values[0] if values.ndim > dimensions else values


def _refuse_range(pipeline: Pipeline, image: np.ndarray) -> NoReturn:
    lowest, highest = pipeline.facts.value_range
    darkest, lightest = float(image.min()), float(image.max())
    likely = "(0, 255)" if darkest >= 0 else "(-1, 1)"
    raise ValueError(
        f"{pipeline.title} reads floating images in [{lowest:g}, {highest:g}], but these go from "
        f"{darkest:g} to {lightest:g}; say what they are in, as in Sequential([...], "
        f"value_range={likely}), and put Normalize last"
    )


def _check_mask(pipeline: Pipeline, mask: np.ndarray) -> None:
    """Without 64-bit types JAX keeps the lower halves of whole numbers, and rounds others."""
    kept = jax.dtypes.canonicalize_dtype(mask.dtype)
    if kept != mask.dtype and not np.array_equal(mask, mask.astype(kept), equal_nan=True):
        raise ValueError(
            f"{pipeline.title}: this mask of {mask.dtype} holds values that {kept} cannot; number "
            "its classes from 0, as np.unique(mask, return_inverse=True) does, or set "
            "jax_enable_x64"
        )


def _check_boxes(format: str, boxes: np.ndarray) -> None:
    if format.startswith("rel_") and np.abs(boxes).max() > 2:
        raise ValueError(
            f"boxes={format!r} are shares of the image's size, but these reach "
            f"{np.abs(boxes).max():g}; for pixels state {format.removeprefix('rel_')!r}"
        )
    if format.endswith("xyxy") and (boxes[..., 2:] < boxes[..., :2]).any():
        raise ValueError(
            f"boxes={format!r} are (left, top, right, bottom), but some end before they begin; "
            f"state {format.replace('xyxy', 'xywh')!r} if the last two are width and height"
        )
