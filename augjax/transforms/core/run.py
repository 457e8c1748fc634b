"""How a pipeline runs: each group of its steps in one go, forwards or back."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Shaped

from augjax.kernels.varying import varying_with
from augjax.transforms.core.checks import shape_text
from augjax.transforms.core.groups import Group, common_resampling, groups
from augjax.transforms.core.motion import BLANK, Motion, Resampling
from augjax.transforms.core.operation import Operation, Pipeline, Step
from augjax.transforms.core.scene import (
    Scene,
    close_example,
    is_on_canvas,
    open_example,
    read_as_given,
    read_image,
)
from augjax.transforms.core.spatial import Filled, Geometric, Spatial
from augjax.transforms.core.types import Example, Frame, Gate, Image, Params, Shape
from augjax.transforms.core.values import out_of_range, reads_range
from augjax.typing import AnyArray


def run(
    pipeline: Pipeline, params: Params, example: Image | Example, shape: Shape | None = None
) -> Any:
    """`Transform.apply`."""
    scene = open_example(pipeline, example, shape)
    if scene.image is not None:
        scene.image = varying_with(scene.image, *jax.tree.leaves(params))
    for group in groups(_apart(pipeline.steps(params), scene.frame)):
        moves = _group_motion(group, scene.shape, scene.frame)
        if moves is not None:
            # After a crop there are fewer pixels to read.
            if not _only_crops(moves.steps):
                read_image(pipeline, scene)
            _move_scene(scene, moves)
        for step in group:
            if scene.image is not None and not isinstance(step.operation, Spatial):
                read_image(pipeline, scene)
                _check_colors(step.operation, scene.image.shape[2])
                painted = step.operation.render(step.params, scene.image)
                scene.image = _gated([step], painted, scene.image)
                scene.is_unit &= step.operation.keeps_range
    given: Any = example.get("image") if isinstance(example, dict) else example
    if scene.image is not None and reads_range(pipeline, given):
        # A sum, since XLA:CPU does not vectorise what it computes for a select of whole images.
        scene.image = scene.image + jnp.where(out_of_range(pipeline, given), jnp.nan, 0.0)
    return close_example(pipeline, scene, example, pipeline.facts.dtype_out)


def _apart(steps: Iterable[Step], frame: Frame) -> Iterator[Step]:
    """Steps, of which the first shares no resample where it reads a frame smaller than the image:
    what is filled in begins at the frame."""
    for place, step in enumerate(steps):
        apart = place == 0 and is_on_canvas(frame)
        yield step._replace(why_separate="begins at the frame") if apart else step


def move_targets(scene: Scene, steps: Iterable[Step]) -> None:
    """Moves masks, boxes and keypoints as the steps move the image, which the scene lacks."""
    for group in groups(steps):
        moves = _group_motion(group, scene.shape, scene.frame)
        if moves is not None:
            _move_scene(scene, moves)


def valid(pipeline: Pipeline, params: Params, shape: Shape) -> Bool[Array, "_ _"]:
    """`Transform.valid`."""
    shown = jnp.ones((*shape[:2], 1), bool)
    for _, _, moves in _motions(pipeline, params, shape):
        height, width = moves.frame
        shown = moves.motion.warp(shown, _NOTHING_BEYOND)
        row, column = (jnp.arange(n, dtype=jnp.int32) for n in shown.shape[:2])
        shown &= ((row < height)[:, None] & (column < width)[None, :])[..., None]
    return shown[..., 0]


def run_backwards(
    pipeline: Pipeline, params: Params, example: Image | Example, shape: Shape
) -> Any:
    """`Transform.invert`."""
    pixels: Any = example.get("image") if isinstance(example, dict) else example
    if getattr(pixels, "ndim", 3) == 4:
        raise ValueError(
            f"{pipeline.title}.invert takes one image, but got {shape_text(pixels.shape)}; "
            "jax.vmap over params and images takes several"
        )
    path = list(_motions(pipeline, params, shape))
    out = path[-1][2].shape if path else shape
    scene = open_example(pipeline, example, out)
    read_as_given(pipeline, scene)
    if scene.shape[:2] != out[:2]:
        raise ValueError(
            f"{pipeline.title} makes images of {out[:2]} of those of {tuple(shape[:2])}, "
            f"but got one of {scene.shape[:2]} to bring back"
        )
    nothing_beyond = Resampling("constant", "nearest", scene.mask_fill)
    for shape_before, frame_before, moves in reversed(path):
        if scene.image is not None:
            scene.image = moves.motion.unwarp(scene.image, BLANK)
        if scene.mask is not None:
            scene.mask = moves.motion.unwarp(scene.mask, nothing_beyond)
        scene.move(moves.motion.backward, moves.motion.mirrors, shape_before, frame_before)
    return close_example(pipeline, scene, example)


def brought_back(
    pipeline: Pipeline, params: Params, maps: Float[Array, "h w ..."], shape: Shape
) -> Float[Array, "_ _ ..."]:
    """A map of a transformed image in the frame of the original of `shape`; 0 where not shown."""
    pixels = maps.reshape(*maps.shape[:2], -1).astype(jnp.float32)
    for _, _, moves in reversed(list(_motions(pipeline, params, shape))):
        pixels = moves.motion.unwarp(pixels, BLANK)
    return pixels.reshape(*shape[:2], *maps.shape[2:]).astype(maps.dtype)


def _check_colors(operation: Operation, channels: int) -> None:
    """Raises ValueError if it is one of colours, and images of `channels` have none."""
    if operation.of_colors and channels not in _WITH_COLORS:
        raise ValueError(
            f"{operation.title}: expected images of 1 channel (grey), 3 (RGB) or 4 (RGBA), as it "
            f"changes colours, but got {channels} channels"
        )


_WITH_COLORS = (1, 3, 4)
_NOTHING_BEYOND = Resampling("constant", "nearest", 0)
_ON_PIXELS = Resampling("nearest", "nearest", 0)
"""For motions that land on pixels and never leave the image."""
_EXACT_STEPS = 3
"""So many exact steps are taken one by one. XLA:CPU compiles a chain of twenty flips for minutes,
since each reads the one before it at two places; their product is one look-up."""


class _GroupMotion(NamedTuple):
    """How a group moves pixels.

    Attributes:
      steps: those that do; the draws of those that read a frame have it.
      motion: of all of them.
      shape: of the image afterwards.
      frame: of the image afterwards.
    """

    steps: Group
    motion: Motion
    shape: Shape
    frame: Frame


def _group_motion(group: Group, shape: Shape, frame: Frame) -> _GroupMotion | None:
    """How a group moves the pixels of an image; None if it leaves them where they are."""
    steps: Group = []
    motions: list[Any] = []
    for step in group:
        operation = step.operation
        if not isinstance(operation, Spatial):
            continue
        if operation.reads_frame or (operation.reads_size and is_on_canvas(frame)):
            step = step._replace(params={**step.params, "frame": frame})
        motion = operation.motion(step.params, shape)
        steps.append(step)
        motions.append(motion if step.gate is None else motion.gated(step.gate))
        before, shape = shape, operation.out_shape(shape)
        if step.gate is not None and shape != before:
            raise ValueError(
                f"{operation.label} changes the size of the image, so it cannot be applied to some "
                "images and not to others"
            )
        shown = operation.out_frame(step.params, before, frame)
        frame = shown if step.gate is None else _frame_if(step.gate, shown, frame)
    if not steps:
        return None
    return _GroupMotion(
        steps, reduce(lambda first, second: first.then(second), motions), shape, frame
    )


def _frame_if(gate: Gate, shown: Frame, before: Frame) -> Frame:
    """The frame after a step that is applied or not."""
    if all(isinstance(size, int) for size in (*shown, *before)) and shown == before:
        return shown
    return tuple(jnp.where(gate, new, old) for new, old in zip(shown, before, strict=True))


def _only_crops(steps: Group) -> bool:
    """Whether steps do nothing but cut a part out of the image."""
    moves = [step.operation for step in steps]
    return all(isinstance(m, Geometric) and m.ends_group and m.resampling is None for m in moves)


def _motions(
    pipeline: Pipeline, params: Params, shape: Shape
) -> Iterator[tuple[Shape, Frame, _GroupMotion]]:
    """The moves of a pipeline, each with the shape and the frame before it."""
    frame: Frame = shape[:2]
    for group in groups(pipeline.steps(params)):
        moves = _group_motion(group, shape, frame)
        if moves is not None:
            yield shape, frame, moves
            shape, frame = moves.shape, moves.frame


def _move_scene(scene: Scene, moves: _GroupMotion) -> None:
    """Moves everything in a scene."""
    for step in moves.steps:
        if scene.image is not None and isinstance(step.operation, Filled):
            step.operation.check_channels(scene.image.shape[2])
    how = common_resampling(moves.steps)
    if how is None and len(moves.steps) > _EXACT_STEPS:
        how = _ON_PIXELS
    if how is None or len(moves.steps) == 1:
        for step in moves.steps:
            operation: Any = step.operation
            if scene.image is not None:
                image = operation.render(step.params, scene.image)
                scene.image = _gated([step], image, scene.image)
            if scene.mask is not None:
                mask = operation.render_mask(step.params, scene.mask, scene.mask_fill)
                scene.mask = _gated([step], mask, scene.mask)
    else:
        nearest = Resampling(how.fill_mode, "nearest", scene.mask_fill)
        if scene.image is not None:
            image = moves.motion.warp(scene.image, how)
            scene.image = _gated(moves.steps, image, scene.image)
        if scene.mask is not None:
            mask = moves.motion.warp(scene.mask, nearest)
            scene.mask = _gated(moves.steps, mask, scene.mask)
    by_centre: Gate = False
    for step in moves.steps:
        if isinstance(step.operation, Spatial) and step.operation.keeps_by_centre:
            by_centre = True if step.gate is None else by_centre | step.gate
    scene.move(moves.motion.forward, moves.motion.mirrors, moves.shape, moves.frame, by_centre)


def _gated(
    steps: Group, after: Shaped[Array, "_ _ _"], before: Shaped[AnyArray, "_ _ _"]
) -> Shaped[Array, "_ _ _"]:
    """`after` where any of the steps is applied."""
    gates = [step.gate for step in steps if step.gate is not None]
    return after if len(gates) < len(steps) else jnp.where(reduce(or_, gates), after, before)
