"""What an example holds, and the shape and the number of what is in it."""

import reprlib
from difflib import get_close_matches
from typing import Any

import jax
import numpy as np

from augjax.transforms.core.checks import A_CLIP, as_shape, check_frames, check_layouts, shape_text
from augjax.transforms.core.operation import Pipeline
from augjax.transforms.core.types import Example, Image, Shape
from augjax.typing import AxisSize

KEYS = ("image", "mask", "boxes", "boxes_valid", "keypoints", "label", "size")
_VISIBLE = ("boxes_visible", "keypoints_visible")
"""What a transform adds, and the next one reads."""


def shape_of(pipeline: Pipeline, example: Image | Example, shape: Shape | None = None) -> Shape:
    """(height, width, channels) of an example's image, after the number of frames of a clip.

    Raises:
      TypeError: if the image is no array.
      ValueError: if it is not the shape of one image, or nothing has it.
    """
    _check_arrays(pipeline, example)
    clips = pipeline.facts.same_on is not None
    if isinstance(example, dict):
        if unknown := sorted(set(example) - {*KEYS, *_VISIBLE}, key=str):
            near = get_close_matches(str(unknown[0]), KEYS, n=1)
            hint = f"; {near[0]!r} may be meant" if near else ""
            raise ValueError(f"an example holds {', '.join(KEYS)}, but got {unknown[0]!r}{hint}")
        if "image" in example:
            shape = example["image"].shape
        elif "mask" in example:
            is_clip = clips and (example["mask"].ndim == 4 or len(shape or ()) == 4)
            sizes = example["mask"].shape[: 3 if is_clip else 2]
            shape = (*sizes, 3 if shape is None else shape[-1])
        elif shape is None:
            raise ValueError(
                "an example without image or mask does not tell the size of its image; draw with "
                "sample(key, shape) and give shape= to apply"
            )
    else:
        shape = example.shape
    assert shape is not None
    shape = as_shape(pipeline, shape, clips=clips)
    if len(shape) == 4 and isinstance(example, dict):
        parts = {name: part for name, part in example.items() if name != "label"}
        if "size" in parts:
            raise ValueError("a clip has no size; its frames fill their canvas")
        check_frames(pipeline, parts, shape[0])
    return shape


def _check_arrays(pipeline: Pipeline, example: Any) -> None:
    parts = example if isinstance(example, dict) else {"image": example}
    check_layouts(pipeline.title, parts)
    for name in ("image", "mask"):
        if name in parts and not isinstance(part := parts[name], np.ndarray | jax.Array):
            raise TypeError(
                f"{pipeline.title} takes an array as {name}, but got a {type(part).__name__}; "
                "np.asarray makes one of a PIL image or a tensor, np.stack of a list"
            )
    for name in ("boxes", "boxes_valid", "keypoints", *_VISIBLE):
        if not isinstance(part := parts.get(name, ()), np.ndarray | jax.Array | list | tuple):
            raise TypeError(
                f"{pipeline.title} takes {name} as an array or a list, but got a "
                f"{type(part).__name__}"
            )


def batch_size(pipeline: Pipeline, examples: Any) -> AxisSize:
    """How many examples a batch holds.

    Raises:
      TypeError: if it is no array.
      ValueError: if it is none.
    """
    _check_arrays(pipeline, examples)
    if isinstance(examples, dict):
        for name, part in examples.items():
            _check_part(pipeline, name, part)
        sizes = {leaf.shape[0] if leaf.ndim else 0 for leaf in jax.tree.leaves(examples)}
        if len(sizes) != 1:
            raise ValueError(
                f"{pipeline.title}.batch takes a dict of arrays with one first axis for the "
                f"batch, but got axes of {sorted(sizes)}"
            )
        return sizes.pop()
    clips = pipeline.facts.same_on is not None
    if examples.ndim != 4 + (clips and examples.ndim == 5):
        hint = "" if clips or examples.ndim != 5 else A_CLIP
        raise ValueError(
            f"{pipeline.title}.batch takes images of shape (batch, height, width, channels), "
            f"but got {shape_text(examples.shape)}"
            f"{hint or '; call the transform itself on one image'}"
        )
    return examples.shape[0]


def _check_part(pipeline: Pipeline, name: str, part: Any) -> None:
    leaves = jax.tree.leaves(part) if name == "label" else [part]
    for leaf in leaves:
        if not isinstance(leaf, np.ndarray | jax.Array):
            what = reprlib.repr(part)
        elif getattr(leaf.dtype, "kind", "") in ("O", "S", "U"):  # Keys have none.
            what = f"an array of {leaf.dtype}"
        else:
            continue
        remedy = "np.asarray makes one of a list or a tensor"
        if name == "label":
            remedy += ", of numbers that stand for the classes"
        if name in ("boxes", "keypoints"):
            remedy += ", and rows of zeros fill up the shorter ones"
        raise TypeError(
            f"{pipeline.title}.batch takes arrays of numbers, but {name!r} is {what}; {remedy}"
        )
