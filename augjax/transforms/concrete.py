"""What can be seen to be wrong with images and boxes as long as their values are at hand.

Inside a jitted function there are only shapes, and everything is taken as it is.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from augjax.transforms.base import Transform, told
from augjax.transforms.spatial import Spatial
from augjax.transforms.targets import table


def check_values(transform: Transform, examples: Any) -> None:
    """Raises ValueError if images or boxes are plainly not in the range or format that was stated.

    Of a batch only the first example is looked at, so that the rest need not be waited for.
    """
    given = examples if isinstance(examples, dict) else {"image": examples}
    image = _first(given.get("image"), 3)
    if image is not None and jnp.issubdtype(image.dtype, jnp.floating) and _recolours(transform):
        _check_range(transform, image)
    boxes = given.get("boxes")
    if isinstance(boxes, list | tuple):
        boxes = table(boxes, "boxes", 4)
    boxes = _first(boxes, 2)
    if boxes is not None and boxes.shape[-1] == 4 and transform.facts.boxes is not None:
        _check_boxes(transform.facts.boxes, boxes)


def _recolours(transform: Transform) -> bool:
    return any(not isinstance(step.transform, Spatial) for step in transform.steps(None))


def _first(values: Any, dimensions: int) -> np.ndarray | None:
    """The values of the first example of a batch or of the only one; None if out of reach."""
    if values is None or isinstance(values, Tracer):
        return None
    if isinstance(values, jax.Array) and not values.is_fully_addressable:
        return None
    with jax.ensure_compile_time_eval():  # A constant of a function that is being traced.
        one = np.asarray(values[0] if values.ndim > dimensions and len(values) else values)
    return one if one.size else None


def _check_range(transform: Transform, image: np.ndarray) -> None:
    lowest, highest = transform.facts.value_range
    tolerated = (highest - lowest) / 2  # Interpolation by others may overshoot.
    darkest, lightest = float(image.min()), float(image.max())
    if not (darkest < lowest - tolerated or lightest > highest + tolerated):  # NaN is neither.
        return
    likely = "(0, 255)" if darkest >= 0 else "(-1, 1)"
    raise ValueError(
        f"{told(transform)} reads floating images in [{lowest:g}, {highest:g}], but these go from "
        f"{darkest:g} to {lightest:g}; say what they are in, as in Sequential([...], "
        f"value_range={likely}), and put Normalize last"
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
