"""How a pipeline runs: steps, grouped so that each run of geometric ones is resampled once."""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Bool, Shaped

from augjax.transforms.base import (
    Example,
    Image,
    Params,
    Pointwise,
    Shape,
    Step,
    Transform,
    check_shape,
)
from augjax.transforms.motion import BLANK, Motion, Resampling
from augjax.transforms.spatial import Geometric, Spatial
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
    for step in _framed(steps):
        if group and not _joins(group, step):
            yield group
            group = []
        group.append(step)
    if group:
        yield group


def why_apart(group: Group, step: Step) -> str:
    """Why a step does not join the group before it; empty if it does."""
    last, transform = group[-1], step.transform
    how, kind = common_resampling(group), type(transform).__name__
    if not any(isinstance(s.transform, Geometric) for s in group):
        why = "is a pass of its own" if isinstance(last.transform, Spatial) else "moves no pixels"
        return f"{type(last.transform).__name__} {why}"
    if not (last.fuse and step.fuse):
        return "fuse=False"
    for s in group:
        if isinstance(s.transform, Geometric) and s.transform.ends_group:
            return f"{type(s.transform).__name__} cuts off what lies beyond its frame"
        if isinstance(s.transform, Geometric) and not s.transform.fuses:
            return f"{type(s.transform).__name__} is a pass of its own"
    if isinstance(transform, Pointwise):
        constant = how is not None and how.fill_mode == "constant"
        return f"{kind} would recolour what was filled in" if constant else ""
    if not isinstance(transform, Geometric):
        return f"{kind} needs the pixels as they are there"
    if not transform.fuses:
        return f"{kind} is a pass of its own"
    if len({how, transform.resampling} - {None}) > 1:
        return f"{kind} fills or interpolates otherwise"
    return ""


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
        moves = _moves(group, scene.shape, scene.frame)
        if moves:
            _move(scene, moves, transform.facts.mask_fill)
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
    for _, motion, _, _, frame in _path(transform, params, shape):
        height, width = frame
        shown = motion.warp(shown, _NOTHING_BEYOND)
        row, column = (jnp.arange(n) for n in shown.shape[:2])
        shown &= ((row < height)[:, None] & (column < width)[None, :])[..., None]
    return shown[..., 0]


def run_backwards(
    transform: Transform, params: Params, example: Image | Example, shape: Shape
) -> Any:
    """`Transform.invert`."""
    check_shape(transform, shape)
    path = list(_path(transform, params, shape))
    out = path[-1][0] if path else shape
    scene = open_example(transform, example, out)
    if scene.shape[:2] != out[:2]:
        raise ValueError(
            f"{transform.label} makes images of {out[:2]} of those of {tuple(shape[:2])}, "
            f"but got one of {scene.shape[:2]} to bring back"
        )
    for _, motion, before, frame, _ in reversed(path):
        if scene.image is not None:
            scene.image = motion.unwarp(scene.image, BLANK)
        if scene.mask is not None:
            fill = transform.facts.mask_fill
            scene.mask = motion.unwarp(scene.mask, Resampling("constant", "nearest", fill))
        scene.move(motion.backward, before, frame)
    return close_example(transform, scene, example)


_NOTHING_BEYOND = Resampling("constant", "nearest", 0)


def _joins(group: Group, step: Step) -> bool:
    return not why_apart(group, step)


def _framed(steps: Iterable[Step]) -> Iterator[Step]:
    blank = False
    for step in steps:
        yield step._replace(fuse=False) if blank and step.transform.reads_frame else step
        blank = step.transform.leaves_blank


def _moves(group: Group, shape: Shape, frame: Frame) -> Group:
    """The steps of a group that move pixels, told the frame they find."""
    moves: Group = []
    for step in group:
        transform = step.transform
        if isinstance(transform, Spatial):
            if transform.reads_frame:
                step = step._replace(params={**step.params, "frame": frame})
            moves.append(step)
            shape = transform.out_shape(shape)
            frame = transform.out_frame(step.params, shape, frame)
    return moves


def _path(
    transform: Transform, params: Params, shape: Shape
) -> Iterator[tuple[Shape, Motion, Shape, Frame, Frame]]:
    """Of each group that moves pixels: shape after, motion, shape before, both frames."""
    frame: Frame = shape[:2]
    for group in groups(transform.steps(params)):
        moves = _moves(group, shape, frame)
        if moves:
            motion, after, frame_after = _motion(moves, shape, frame)
            yield after, motion, shape, frame, frame_after
            shape, frame = after, frame_after


def _motion(moves: Group, shape: Shape, frame: Frame) -> tuple[Motion, Shape, Frame]:
    """The motion of a group as a whole, and the shape and the frame it leads to."""
    motions = []
    for step in moves:
        transform: Any = step.transform
        motion = transform.motion(step.params, shape)
        motions.append(motion if step.gate is None else motion.gated(step.gate))
        shape = transform.out_shape(shape)
        frame = transform.out_frame(step.params, shape, frame)
    return reduce(lambda first, second: first.then(second), motions), shape, frame


def _move(scene: Scene, moves: Group, mask_fill: int) -> None:
    """Moves everything in a scene by the steps of a group."""
    how = common_resampling(moves)
    motion, shape, frame = _motion(moves, scene.shape, scene.frame)
    if len(moves) == 1 or how is None:
        for step in moves:
            transform: Any = step.transform
            if scene.image is not None:
                moved = transform.render(step.params, scene.image)
                scene.image = _gated(step, moved, scene.image)
            if scene.mask is not None:
                moved = transform.render_mask(step.params, scene.mask, mask_fill)
                scene.mask = _gated(step, moved, scene.mask)
    else:
        if scene.image is not None:
            scene.image = motion.warp(scene.image, how)
        if scene.mask is not None:
            scene.mask = motion.warp(scene.mask, Resampling(how.fill_mode, "nearest", mask_fill))
    scene.move(motion.forward, shape, frame)


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
