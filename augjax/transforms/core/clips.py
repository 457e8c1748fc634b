"""Clips: images of several frames, and what becomes of each."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from augjax.keys import stream
from augjax.transforms.core.checks import check_frames
from augjax.transforms.core.operation import Pipeline
from augjax.transforms.core.run import run, run_backwards, valid
from augjax.transforms.core.types import Example, Image, Params, Shape
from augjax.typing import AnyArray

FRAMES = "frames"
NOTHING = "nothing"
"""What the draws of a clip are the same on: the values of `Sequential(same_on=)`."""


def frame_key(key: PRNGKeyArray, frame: int | Int[AnyArray, ""]) -> PRNGKeyArray:
    """The key of one frame, where each is drawn for anew, below the key of its clip."""
    return jax.random.fold_in(stream(key, FRAMES), frame)


def sample_frames(
    pipeline: Pipeline,
    sample: Callable[[PRNGKeyArray, Any], Params],
    key: PRNGKeyArray,
    shape: Shape,
    targets: Example | None,
) -> Params:
    """The draws of a clip of `shape`: those of one image, or with a first axis for the frames.

    Args:
      pipeline: whose draws they are.
      sample: draws for one frame, given a key and the frame's targets.
      key: the clip's.
      shape: (frames, height, width, channels).
      targets: of the clip.
    """
    if pipeline.facts.same_on == FRAMES:
        return sample(key, None)
    moved = None if targets is None else _moved(targets)
    if moved is not None:
        check_frames(pipeline, moved, shape[0])
    frames = jnp.arange(shape[0], dtype=jnp.int32)
    return jax.vmap(lambda frame, one: sample(frame_key(key, frame), one))(frames, moved)


def run_clip(pipeline: Pipeline, params: Params, clip: Image | Example, shape: Shape) -> Any:
    """`run` for each frame of a clip of `shape`."""
    return _over_frames(
        pipeline, lambda drawn, frame: run(pipeline, drawn, frame, shape[1:]), params, clip, shape
    )


def run_clip_backwards(
    pipeline: Pipeline, params: Params, clip: Image | Example, shape: Shape
) -> Any:
    """`run_backwards` for each frame of a clip, the original of which had `shape`."""

    def one(drawn: Params, frame: Any) -> Any:
        return run_backwards(pipeline, drawn, frame, shape[1:])

    return _over_frames(pipeline, one, params, clip, shape)


def valid_in_clip(
    pipeline: Pipeline, params: Params, shape: Shape
) -> Bool[Array, "frames height width"]:
    """`valid` for each frame of a clip of `shape`."""
    return jax.vmap(
        lambda drawn: valid(pipeline, drawn, shape[1:]), _axis(pipeline), axis_size=shape[0]
    )(params)


def _over_frames(
    pipeline: Pipeline, paint: Callable[..., Any], params: Params, clip: Any, shape: Shape
) -> Any:
    given = clip if isinstance(clip, dict) else {"image": clip}
    check_frames(pipeline, _moved(given), shape[0])
    painted = jax.vmap(paint, (_axis(pipeline), 0))(params, _moved(given))
    return {**given, **painted} if isinstance(clip, dict) else painted["image"]


def _moved(example: Example) -> Example:
    """All of an example but its label, which is that of the whole clip."""
    return {name: part for name, part in example.items() if name != "label"}


def _axis(pipeline: Pipeline) -> int | None:
    """Which axis of the draws is that of the frames."""
    return None if pipeline.facts.same_on == FRAMES else 0
