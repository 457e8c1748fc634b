"""What training saw, again."""

from numbers import Integral
from pathlib import PurePath
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray, UInt32

from augjax import keys
from augjax.transforms.core.examples import shape_of
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Example, Image
from augjax.transforms.views import Views
from augjax.typing import AnyArray, Strength

ImageId = str | PurePath | int | np.integer | UInt32[AnyArray, ""] | UInt32[AnyArray, "2"]
"""A path, as for `augjax.image_ids`, or a number of one or two words of 32 bits."""


def replay(
    pipeline: Transform | Views,
    *,
    seed: int,
    epoch: int,
    id: ImageId,
    image: Image | Example,
    stream: str = "augment",
    strength: Strength = 1.0,
) -> Any:
    """Renders again what became of an image in an epoch of training.

    The draws are those of training to the bit. So are the pixels, but for the rounding of float32,
    which differs with the size of a compiled batch (2e-5 at most).

    Args:
      pipeline: as in training; of `augjax.views` all views are made again.
      seed: of the run.
      epoch: its number, as it was given to `batch`; a training loop of augjax's counts from 1.
      id: which image it is: its path relative to the split's folder, or the number it had in `ids`.
      image: the image as training read it, or an example of arrays (see `augjax.Transform`).
      stream: the name of the augmentation's stream of keys.
      strength: as it was given to `batch`.

    Returns:
      What `pipeline.batch` returned for the image, before any mix.
    """
    if not isinstance(pipeline, Transform | Views):
        raise TypeError(
            f"replay takes a transform of images, but got a {type(pipeline).__name__}; what a mix "
            "made depends on the whole batch, whose mix.batch(..., epoch=epoch) makes it again"
        )
    several = isinstance(pipeline, Views)
    shape_of(pipeline.children[0] if several else pipeline, image)
    key = _stream_key(seed, epoch, stream)
    # NumPy's stay what they are, since their values are checked.
    one = jax.tree.map(
        lambda part: (part if hasattr(part, "ndim") else jnp.asarray(part))[None], image
    )
    return jax.tree.map(
        lambda part: part[:, 0] if several else part[0],
        pipeline.batch(key, one, _words(id)[None], epoch=epoch, strength=strength),
    )


def replay_key(*, seed: int, epoch: int, id: ImageId, stream: str = "augment") -> PRNGKeyArray:
    """The key that `sample` was given for an image in training; see `replay`."""
    return keys.image_key(_stream_key(seed, epoch, stream), epoch, _words(id))


def _stream_key(seed: int, epoch: int, stream: str) -> PRNGKeyArray:
    keys.check_epoch(epoch)
    return keys.stream(keys.key(seed), stream)


def _words(id: ImageId) -> UInt32[np.ndarray, "..."]:
    if isinstance(id, str | PurePath):
        return keys.image_ids([id])[0]
    words = np.asarray(id)
    in_range = isinstance(id, Integral) and not isinstance(id, bool) and 0 <= id < 2**32
    if not in_range and (words.dtype != np.uint32 or words.shape not in ((), (2,))):
        raise ValueError(
            f"replay(id={id!r}): expected a path, or one or two words of 32 bits (uint32)"
        )
    return words.astype(np.uint32)
