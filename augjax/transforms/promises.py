"""What the steps of a transform promise by their class, tried on a few draws."""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np

from augjax.keys import image_key, key
from augjax.transforms.core.operation import Pointwise, Step
from augjax.transforms.core.spatial import Geometric, Spatial
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Shape

_DRAWS = 3
_TOLERANCE = 2e-5


def broken_promises(transform: Transform, shape: Shape) -> tuple[str, ...]:
    """The promises that are broken for an image of `shape`, a sentence each.

    - `render` returns float32 of `out_shape`;
    - it keeps to [0, 1], unless `keeps_range` says that it does not;
    - a `Pointwise` step makes the same of a pixel wherever it is, and whatever the others are;
    - the last row of a `Geometric` step's matrix is (0, 0, 1), unless it is `projective`.
    """
    broken = []
    for image_id in np.arange(_DRAWS, dtype=np.uint32):
        params = transform.sample(image_key(key(0), 0, np.asarray(image_id)), shape)
        now = shape
        for step in transform.steps(params):
            broken += (_broken_motion if isinstance(step.operation, Spatial) else _broken_pixels)(
                step, now
            )
            now = step.operation.out_shape(now)
    return tuple(dict.fromkeys(broken))


def _broken_motion(step: Step, shape: Shape) -> Iterator[str]:
    operation = step.operation
    if isinstance(operation, Geometric):
        matrix = operation.matrix({**step.params, "frame": shape[:2]}, shape)
        if (matrix.shape, matrix.dtype) != ((3, 3), jnp.float32):
            yield (
                f"{operation.title} has a matrix {matrix.dtype}{list(matrix.shape)}, where "
                "float32[3, 3] is promised"
            )
        elif not operation.projective and (matrix[2] != np.array([0, 0, 1], np.float32)).any():
            yield (
                f"{operation.title} has a matrix with a last row other than (0, 0, 1), which only "
                "one with projective = True may have"
            )


def _broken_pixels(step: Step, shape: Shape) -> Iterator[str]:
    operation, title = step.operation, step.operation.title
    image = np.random.default_rng(0).random(shape, np.float32)
    made = operation.render(step.params, jnp.asarray(image))
    expected = jax.ShapeDtypeStruct(operation.out_shape(shape), jnp.float32)
    if (made.shape, made.dtype) != (expected.shape, expected.dtype):
        yield (
            f"{title} makes {made.dtype}{list(made.shape)} of a float32{list(shape)} image, where "
            f"float32{list(expected.shape)} is promised"
        )
        return
    pixels = np.asarray(made)
    inside = pixels.min() >= -_TOLERANCE and pixels.max() <= 1 + _TOLERANCE
    if operation.keeps_range and not inside:
        yield f"{title} makes values outside [0, 1]; clip them, or set keeps_range = False"
    if isinstance(operation, Pointwise) and _looks_around(step, shape):
        yield (
            f"{title} is Pointwise, but a pixel's new colour depends on its place or on other "
            "pixels; derive it from Operation"
        )


def _looks_around(step: Step, shape: Shape) -> bool:
    """Whether pixels become something else elsewhere in an image of other pixels."""
    rng = np.random.default_rng(1)
    count = shape[0] * shape[1]
    grey = rng.uniform(0.25, 0.75, (count, shape[2])).astype(np.float32)
    order, kept = rng.permutation(count), np.arange(count) % 2 == 0
    # Others that move the mean, and the darkest and the lightest value.
    other = np.where(kept[:, None], grey[order], (np.arange(count) % 6 == 1)[:, None])
    was, became = (
        np.asarray(
            step.operation.render(step.params, jnp.asarray(pixels.reshape(shape), jnp.float32))
        )
        for pixels in (grey, other)
    )
    was, became = was.reshape(grey.shape)[order], became.reshape(grey.shape)
    return bool(np.abs(was - became)[kept].max() > _TOLERANCE)
