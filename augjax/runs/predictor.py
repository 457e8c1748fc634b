"""A network's probabilities for a stream of batches, by one compiled program."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import flax.linen as nn
import jax
from jaxtyping import Array, Float32

from augjax.data import Batch
from augjax.errors import InputError
from augjax.keys import key, stream
from augjax.models import infer
from augjax.training.mesh import data_mesh, on_device, replicated, split_batch
from augjax.training.objective import probabilities
from augjax.transforms import RandomFlip, RandomTranslation, Sequential
from augjax.transforms.tta import tta

VIEWS = Sequential([RandomFlip("horizontal"), RandomTranslation(0.05, 0.05)])
"""What test-time augmentation draws from: mirrored or not, and shifted by up to a twentieth of the
sides. Of what has a left and a right, such as text, mirrored views are no views."""

AHEAD = 512
"""Images that may be under way, about, so that the network has work while more are decoded."""


def check_views(views: Any) -> None:
    """Raises InputError unless --tta is a number of views."""
    if type(views) is not int or not 1 <= views <= 1000:
        raise InputError(f"--tta {views}: expected a whole number of views, 1 to 1000")


class Predictor:
    """The probabilities that a network gives, computed on all local devices.

    Args:
      model: the network.
      variables: its `params` and `batch_stats`.
      batch_size: of the batches; rounded up to a multiple of the number of devices.
      views: the probabilities are the mean over so many views of each image: the image itself, and
        draws from `VIEWS`, which depend on the image's id and on nothing else.

    Attributes:
      batch_size: the rows that each batch must have.
    """

    def __init__(
        self, model: nn.Module, variables: dict[str, Any], batch_size: int, *, views: int = 1
    ) -> None:
        self._mesh = data_mesh(jax.local_devices())
        self.batch_size = -(-batch_size // self._mesh.size) * self._mesh.size
        one, split = replicated(self._mesh), split_batch(self._mesh)
        self._variables = jax.device_put(variables, one)
        self._step = jax.jit(
            partial(_probabilities, model=model, views=views),
            in_shardings=(one, split),
            out_shardings=split,
        )

    def __call__(self, batches: Iterable[Batch]) -> Iterator[Float32[Any, "batch classes"]]:
        """Those of each batch, in order, on the host; the next batches are under way meanwhile."""
        waiting: deque[Array] = deque()
        most = max(1, AHEAD // self.batch_size)
        for batch in on_device(batches, self._mesh):
            waiting.append(self._step(self._variables, batch))
            if len(waiting) > most:
                yield jax.device_get(waiting.popleft())
        yield from map(jax.device_get, waiting)


def _probabilities(variables: Any, batch: Batch, *, model: nn.Module, views: int) -> Array:
    def of(images: Any) -> Array:
        return probabilities(infer(model, variables, images))

    if views == 1:
        return of(batch.images)
    return tta(of, VIEWS, views)(stream(key(0), "tta"), batch.images, batch.ids)
