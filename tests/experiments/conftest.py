"""What runs of which only the program around the network is tested have in common."""

import functools
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import pytest

from augjax.models import MODELS
from experiments.car_truck import data


class Small(nn.Module):
    """A network that compiles quickly."""

    num_classes: int = 2
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        means = nn.BatchNorm(use_running_average=not train)(x.mean((1, 2)))
        return nn.Dense(1)(means)[:, 0]


def _train_the_small_network():
    """Runs in this process train it in place of the notebook's network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(MODELS, "notebook", Small)
        yield


# For one test, which leaves the notebook's network to the next, and for all of a file.
small_network = pytest.fixture()(_train_the_small_network)
small_network_throughout = pytest.fixture(scope="module")(_train_the_small_network)


@pytest.fixture
def nothing_fits(monkeypatch):
    """Images are decoded anew each epoch."""
    load = functools.partial(data.load_image_folder, cache_limit=0)
    monkeypatch.setattr(data, "load_image_folder", load)
