"""A network for runs of which only the program around it is tested."""

import flax.linen as nn
import pytest

from experiments.car_truck import train


class Small(nn.Module):
    """A network that compiles quickly."""

    @nn.compact
    def __call__(self, x, *, train, mask=None):
        means = nn.BatchNorm(use_running_average=not train)(x.mean((1, 2)))
        return nn.Dense(1)(means)[:, 0]


@pytest.fixture(scope="module")
def small_network():
    """Runs in this process train it in place of the notebook's network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "NotebookCNN", Small)
        yield
