"""How a pipeline runs: steps, grouped so that each run of geometric ones is resampled once."""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Shaped

from augjax.transforms.base import (
    Example,
    Image,
    Params,
    Pointwise,
    Shape,
    Step,
    Transform,
    check_shape,
    shape_text,
    told,
)
from augjax.transforms.motion import BLANK, Motion, Resampling
from augjax.transforms.spatial import Geometric, Spatial, warps_only
from augjax.transforms.targets import Frame, Scene, close_example, open_example

Group = list[Step]


def groups(steps: Iterable[Step]) -> Iterator[Group]:
    """Splits steps into the longest runs that one resample can serve.

    Geometric transforms of one fill and one interpolation share a group, with transforms of single
    pixels between them; where a constant colour is filled in, those would colour it, and end the
    group. A transform of any other kind is a group of its own, and so is one that reads a frame
    smaller than its image: what is filled in begins at the frame, not at the image's border.
    """
    group: Group = []
    for step in _told_of_frames(steps):
        if group and why_apart(group, step):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def _told_of_frames(steps: Iterable[Step]) -> Iterator[Step]:
    before = None
    for step in steps:
        transform = step.transform
        if before is not None and before.leaves_blank and transform.reads_frame:
            draws = f"the frame that {type(before).__name__} draws"
            step = step._replace(apart=f"{type(transform).__name__} begins at {draws}")
        yield step
        before = transform


def why_apart(group: Group, step: Step) -> str:
    """Why a step does not join the group before it; empty if it does."""
    last, transform = group[-1], step.transform
    how, kind = common_resampling(group), type(transform).__name__
    if not any(isinstance(s.transform, Geometric) for s in group):
        why = "is a pass of its own" if isinstance(last.transform, Spatial) else "moves no pixels"
        return f"{type(last.transform).__name__} {why}"
    if last.apart or step.apart:
        return last.apart or step.apart
    for s in group:
        if isinstance(s.transform, Geometric) and s.transform.ends_group:
            return f"{type(s.transform).__name__} cuts off what lies beyond its frame"
        if isinstance(s.transform, Geometric) and not s.transform.fuses:
            return f"{type(s.transform).__name__} is a pass of its own"
    if isinstance(transform, Pointwise):
        return f"{kind} would recolour what was filled in" if _fills(how) else ""
    if not isinstance(transform, Geometric):
        return f"{kind} needs the pixels as they are there"
    if not transform.fuses:
        return f"{kind} is a pass of its own"
    if len({how, transform.resampling} - {None}) > 1:
        return f"{kind} fills or interpolates otherwise"
    painted = [s.transform for s in group if isinstance(s.transform, Pointwise)]
    if painted and _fills(transform.resampling):
        return f"{type(painted[0]).__name__} would recolour what {kind} fills in"
    return ""


def _fills(how: Resampling | None) -> bool:
    return how is not None and how.fill_mode == "constant"


def common_resampling(group: Group) -> Resampling | None:
    """The resampling of a group; None for exact moves and for what moves no pixels."""
    kinds = [s.transform.resampling for s in group if isinstance(s.transform, Geometric)]
    return next((kind for kind in kinds if kind is not None), None)


def run(
    transform: Transform, params: Params, example: Image | Example, shape: Shape | None = None
) -> Any:
    """`Transform.apply`."""
    scene = open_example(transform, example, shape)
    for group in groups(transform.steps(params)):
        moved = _moved(group, scene.shape, scene.frame)
        if moved is not None:
            _move(scene, moved, transform.facts.mask_fill)
        for step in group:
            if scene.image is not None and not isinstance(step.transform, Spatial):
                painted = step.transform.render(step.params, scene.image)
                scene.image = _gated(step, painted, scene.image)
                scene.is_unit &= step.transform.keeps_range
    return close_example(transform, scene, example)


def valid(transform: Transform, params: Params, shape: Shape) -> Bool[Array, "_ _"]:
    """`Transform.valid`."""
    check_shape(transform, shape)
    shown = jnp.ones((*shape[:2], 1), bool)
    for _, _, moved in _path(transform, params, shape):
        height, width = moved.frame
        shown = moved.motion.warp(shown, _NOTHING_BEYOND)
        row, column = (jnp.arange(n) for n in shown.shape[:2])
        shown &= ((row < height)[:, None] & (column < width)[None, :])[..., None]
    return shown[..., 0]


def run_backwards(
    transform: Transform, params: Params, example: Image | Example, shape: Shape
) -> Any:
    """`Transform.invert`."""
    check_shape(transform, shape)
    pixels: Any = example.get("image") if isinstance(example, dict) else example
    if getattr(pixels, "ndim", 3) == 4:
        raise ValueError(
            f"{told(transform)}.invert takes one image, but got {shape_text(pixels.shape)}; "
            "jax.vmap over params and images takes several"
        )
    path = list(_path(transform, params, shape))
    out = path[-1][2].shape if path else shape
    scene = open_example(transform, example, out)
    if scene.shape[:2] != out[:2]:
        raise ValueError(
            f"{told(transform)} makes images of {out[:2]} of those of {tuple(shape[:2])}, "
            f"but got one of {scene.shape[:2]} to bring back"
        )
    nothing_beyond = Resampling("constant", "nearest", transform.facts.mask_fill)
    for shape_before, frame_before, moved in reversed(path):
        if scene.image is not None:
            scene.image = moved.motion.unwarp(scene.image, BLANK)
        if scene.mask is not None:
            scene.mask = moved.motion.unwarp(scene.mask, nothing_beyond)
        scene.move(moved.motion.backward, shape_before, frame_before)
    return close_example(transform, scene, example)


def brought_back(
    transform: Transform, params: Params, maps: Float[Array, "h w ..."], shape: Shape
) -> Float[Array, "_ _ ..."]:
    """A map of a transformed image in the frame of the original of `shape`; 0 where not shown."""
    pixels = maps.reshape(*maps.shape[:2], -1).astype(jnp.float32)
    for _, _, moved in reversed(list(_path(transform, params, shape))):
        pixels = moved.motion.unwarp(pixels, BLANK)
    return pixels.reshape(*shape[:2], *maps.shape[2:]).astype(maps.dtype)


_NOTHING_BEYOND = Resampling("constant", "nearest", 0)


class _Moved(NamedTuple):
    """How a group moves pixels.

    Attributes:
      steps: those that do, told the frame they find.
      motion: of all of them.
      shape: to which they lead.
      frame: likewise.
    """

    steps: Group
    motion: Motion
    shape: Shape
    frame: Frame


def _moved(group: Group, shape: Shape, frame: Frame) -> _Moved | None:
    """How a group moves the pixels of an image; None if it leaves them where they are."""
    steps: Group = []
    motions: list[Any] = []
    for step in group:
        transform = step.transform
        if not isinstance(transform, Spatial):
            continue
        if transform.reads_frame:
            step = step._replace(params={**step.params, "frame": frame})
        motion = transform.motion(step.params, shape)
        steps.append(step)
        motions.append(motion if step.gate is None else motion.gated(step.gate))
        shape = transform.out_shape(shape)
        frame = transform.out_frame(step.params, shape, frame)
    if not steps:
        return None
    return _Moved(steps, reduce(lambda first, second: first.then(second), motions), shape, frame)


def _path(
    transform: Transform, params: Params, shape: Shape
) -> Iterator[tuple[Shape, Frame, _Moved]]:
    """Of each group that moves pixels, the shape and the frame before it, and how it does."""
    frame: Frame = shape[:2]
    for group in groups(transform.steps(params)):
        moved = _moved(group, shape, frame)
        if moved is not None:
            yield shape, frame, moved
            shape, frame = moved.shape, moved.frame


def _move(scene: Scene, moved: _Moved, mask_fill: int) -> None:
    """Moves everything in a scene."""
    how = common_resampling(moved.steps)
    alone = moved.steps[0] if len(moved.steps) == 1 else None
    # A gate that is part of the motion saves a pass over the pixels.
    gated_by_motion = alone and alone.gate is not None and warps_only(alone.transform)
    if how is None or (alone and not gated_by_motion):
        for step in moved.steps:
            transform: Any = step.transform
            if scene.image is not None:
                image = transform.render(step.params, scene.image)
                scene.image = _gated(step, image, scene.image)
            if scene.mask is not None:
                mask = transform.render_mask(step.params, scene.mask, mask_fill)
                scene.mask = _gated(step, mask, scene.mask)
    else:
        nearest = Resampling(how.fill_mode, "nearest", mask_fill)
        if scene.image is not None:
            scene.image = moved.motion.warp(scene.image, how)
        if scene.mask is not None:
            scene.mask = moved.motion.warp(scene.mask, nearest)
    scene.move(moved.motion.forward, moved.shape, moved.frame)


def _gated(
    step: Step, after: Shaped[Array, "_ _ _"], before: Shaped[Array, "_ _ _"]
) -> Shaped[Array, "_ _ _"]:
    if step.gate is None:
        return after
    if after.shape != before.shape:
        raise ValueError(
            f"{step.transform.label} changes the size of the image, so it cannot be applied to "
            "some images and not to others"
        )
    return jnp.where(step.gate, after, before)
