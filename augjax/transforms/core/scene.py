"""An example while it is transformed: its image and targets, opened and closed again."""

import copy
import dataclasses
import reprlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Shaped

from augjax.transforms.core.boxes import BOX_FORMATS, AxisAligned, Boxes, PointMap, to_corners
from augjax.transforms.core.checks import shape_text
from augjax.transforms.core.examples import shape_of
from augjax.transforms.core.keypoints import Keypoints
from augjax.transforms.core.operation import Facts, Pipeline
from augjax.transforms.core.oriented import COLUMNS, ORIENTED_FORMATS, Oriented, to_quads
from augjax.transforms.core.pixels import from_unit, to_unit
from augjax.transforms.core.tables import table
from augjax.transforms.core.types import Example, Frame, Gate, Image, Shape


@dataclasses.dataclass
class Scene:
    """An example while it is transformed, with a mask of three axes.

    Attributes:
      shape: of the image.
      frame: the (height, width) in its upper left that are shown.
      image: (h, w, c), as it came until it `is_read`; None, as what follows, if there is none.
      mask: of three axes.
      boxes: those of the example.
      keypoints: those of the example.
      mask_fill: what the mask holds beyond the image.
      is_read: whether the image is float32 in [0, 1].
      is_unit: whether, once read, it still lies in [0, 1].
    """

    shape: Shape
    frame: Frame
    image: Any = None
    mask: Shaped[Array, "h w m"] | None = None
    boxes: Boxes | None = None
    keypoints: Keypoints | None = None
    mask_fill: int = 0
    is_read: bool = False
    is_unit: bool = True

    def copy(self) -> "Scene":
        """Another one, which can be moved by itself."""
        return dataclasses.replace(
            self, boxes=copy.copy(self.boxes), keypoints=copy.copy(self.keypoints)
        )

    def move(
        self,
        forward: PointMap,
        mirrors: Gate,
        shape: Shape,
        frame: Frame,
        by_centre: Gate = False,
    ) -> None:
        """Moves boxes and keypoints into a new frame, and the frame with them.

        With `by_centre`, boxes whose centre is not in it are gone.
        """
        self.shape, self.frame = shape, frame
        for targets in (self.boxes, self.keypoints):
            if targets is not None:
                targets.move(forward, mirrors)
        if self.boxes is not None and by_centre is not False:
            self.boxes.drop_by_centre(frame, by_centre)
        self.clip()

    def clip(self) -> None:
        """Clips boxes to the frame, and records what leaves it."""
        for targets in (self.boxes, self.keypoints):
            if targets is not None:
                targets.clip(self.frame)


def open_example(pipeline: Pipeline, example: Image | Example, shape: Shape | None = None) -> Scene:
    """The scene of an image, or of an example whose image has `shape`.

    Raises:
      ValueError, TypeError: if the example is not one.
    """
    shape = shape_of(pipeline, example, shape)
    given = example if isinstance(example, dict) else {"image": example}
    scene = Scene(shape, shape[:2], mask_fill=pipeline.facts.mask_fill)
    if "image" in given:
        scene.image = given["image"]
    if "mask" in given:
        mask = jnp.asarray(given["mask"])
        _check_fill(mask.dtype, scene.mask_fill)
        scene.mask = mask[..., None] if mask.ndim == 2 else mask
        if mask.ndim not in (2, 3) or mask.shape[:2] != shape[:2]:
            raise ValueError(
                f"expected a mask of shape {shape[:2]} or {shape[:2]} and channels, as its image, "
                f"but got {shape_text(mask.shape)}"
            )
    if "size" in given:
        scene.frame = _shown(pipeline, given["size"], shape)
    if "boxes" in given:
        scene.boxes = _boxes(pipeline, given, (*scene.frame, shape[2]))
    elif "boxes_valid" in given:
        raise ValueError("boxes_valid says which boxes count, but the example has no boxes")
    if "keypoints" in given:
        points = table(given["keypoints"], "keypoints", 2)
        in_frame = _for_each(given, "keypoints_visible", "keypoints", len(points), jnp.bool_)
        scene.keypoints = Keypoints(points, in_frame, pipeline.facts.flip_pairs)
    scene.clip()
    return scene


def is_on_canvas(frame: Frame) -> bool:
    """Whether a frame may be smaller than its image, which is known only when it is drawn."""
    return any(isinstance(size, jax.Array) for size in frame)


def _shown(pipeline: Pipeline, size: Any, shape: Shape) -> Frame:
    """An example's size, if the pipeline begins with what reads it.

    Raises:
      TypeError, ValueError: if it does not, or it is no size within `shape`.
    """
    first = next(pipeline.steps(None), None)
    if first is not None and (not first.operation.reads_size or first.gate is not None):
        raise ValueError(
            f"{first.operation.label} does not read the size of an image on a canvas; put Resize, "
            "Letterbox, ScaleJitter, RandomResizedCrop, RandomCrop or CenterCrop first"
        )
    dtype = getattr(size, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.integer) or size.shape != (2,):
        given = reprlib.repr(size) if dtype is None else f"{dtype} of shape {size.shape}"
        raise TypeError(f"size is (height, width), an array of 2 whole numbers, but got {given}")
    if isinstance(size, np.ndarray) and not ((size >= 1) & (size <= shape[:2])).all():
        raise ValueError(
            f"size={tuple(size.tolist())}: expected (height, width) within the canvas of "
            f"{shape[:2]}"
        )
    height, width = jnp.asarray(size).astype(jnp.int32)
    return height, width


def read_image(pipeline: Pipeline, scene: Scene) -> None:
    """Makes the image float32 in [0, 1], where it is not yet.

    Raises:
      TypeError: if it is neither uint8 nor floating.
    """
    if scene.image is not None and not scene.is_read:
        scene.image = to_unit(pipeline, scene.image, pipeline.facts)
        scene.is_read = True


def read_as_given(pipeline: Pipeline, scene: Scene) -> None:
    """Makes the image float32 in the range in which `close_example` gives it back.

    Raises:
      TypeError: if it is neither uint8 nor floating.
    """
    if scene.image is not None:
        lowest, highest = pipeline.facts.value_range
        is_uint8 = scene.image.dtype == jnp.uint8
        scene.image = to_unit(pipeline, scene.image, Facts())
        if is_uint8:
            scene.image = scene.image * (highest - lowest) + lowest
        scene.is_read, scene.is_unit = True, False


def close_example(
    pipeline: Pipeline, scene: Scene, example: Image | Example, dtype_out: str | None = None
) -> Any:
    """What became of `example`, in the form in which it came but for its image's `dtype_out`."""
    read_image(pipeline, scene)
    given = example if isinstance(example, dict) else {"image": example}
    closed: dict[str, Any] = dict(given)
    if scene.image is not None:
        closed["image"] = from_unit(
            scene.image,
            given["image"].dtype,
            pipeline.facts,
            is_unit=scene.is_unit,
            dtype_out=dtype_out,
        )
    if scene.mask is not None:
        closed["mask"] = scene.mask[..., 0] if given["mask"].ndim == 2 else scene.mask
    if scene.boxes is not None:
        facts = pipeline.facts
        shape = (*scene.frame, scene.shape[2]) if "size" in given else scene.shape
        closed |= scene.boxes.close(shape, facts.min_visibility, facts.min_area)
    if "size" in given:
        closed["size"] = jnp.stack([jnp.asarray(side, jnp.int32) for side in scene.frame])
    if scene.keypoints is not None:
        closed["keypoints"] = scene.keypoints.points
        closed["keypoints_visible"] = scene.keypoints.in_frame
    return closed if isinstance(example, dict) else closed["image"]


def _boxes(pipeline: Pipeline, example: Example, shape: Frame) -> Boxes:
    """The boxes of an example in an image of `shape`."""
    format = _box_format(pipeline)
    rows = table(example["boxes"], "boxes", COLUMNS.get(format, 4))
    seen = _for_each(example, "boxes_visible", "boxes", len(rows), jnp.float32)
    valid = None
    if "boxes_valid" in example:
        valid = _for_each(example, "boxes_valid", "boxes", len(rows), jnp.bool_)
    if format in COLUMNS:
        quads = to_quads(rows, format)
        return Oriented(rows, valid, seen, format, quads, jnp.zeros(len(rows), jnp.float32))
    return AxisAligned(rows, valid, seen, format, to_corners(rows, format, shape))


def _for_each(example: Example, name: str, of: str, count: int, dtype: Any) -> Shaped[Array, " n"]:
    """What is said of each box or keypoint; by default that it is visible.

    Raises:
      ValueError: if there are not as many.
    """
    said = jnp.asarray(example.get(name, jnp.ones(count)), dtype)
    if said.shape != (count,):
        raise ValueError(
            f"expected {name} of shape ({count},), as there are {count} {of}, but got "
            f"{said.shape}; select its rows as those of {of}, or leave it out"
        )
    return said


def _check_fill(dtype: np.dtype, fill: int) -> None:
    """Raises ValueError unless a mask of `dtype` can hold `fill`."""
    if jnp.issubdtype(dtype, np.bool_):
        lowest, highest = 0, 1
    else:
        limits = jnp.iinfo(dtype) if jnp.issubdtype(dtype, jnp.integer) else jnp.finfo(dtype)
        lowest, highest = limits.min, limits.max
    if not lowest <= fill <= highest:
        raise ValueError(
            f"mask_fill={fill}: expected a number that the mask's dtype can hold, {dtype} from "
            f"{lowest} to {highest}"
        )


def _box_format(pipeline: Pipeline) -> str:
    if pipeline.facts.boxes is None:
        raise ValueError(
            "boxes need a stated format: put the transforms into "
            "Sequential([...], boxes='xyxy'), or another of "
            f"{', '.join((*BOX_FORMATS, *ORIENTED_FORMATS))}"
        )
    return pipeline.facts.boxes
