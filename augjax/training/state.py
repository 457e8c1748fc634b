"""The training state: a pytree of arrays and nothing else."""

from typing import Any

import flax.linen as nn
import flax.struct
import jax
import jax.numpy as jnp
import optax
from jaxtyping import PRNGKeyArray

from augjax.draws import steady
from augjax.keys import stream


class TrainState(flax.struct.PyTreeNode):
    """What a step reads and replaces.

    Attributes:
      step: number of steps taken; int32 ().
      params: the network's parameters.
      batch_stats: BatchNorm's running statistics.
      opt_state: the optimizer's state.
    """

    step: Any
    params: Any
    batch_stats: Any
    opt_state: Any

    @classmethod
    def create(
        cls,
        model: nn.Module,
        optimizer: optax.GradientTransformation,
        key: PRNGKeyArray,
        image_shape: tuple[int, int, int],
    ) -> "TrainState":
        """The state before the first step, initialised under the stream 'init' of `key`."""

        @jax.jit  # One program in place of some two hundred.
        def create(key: PRNGKeyArray) -> "TrainState":
            images = jnp.zeros((1, *image_shape), jnp.float32)
            variables = model.init(steady(stream(key, "init")), images, train=False)
            return cls(
                step=jnp.zeros((), jnp.int32),
                params=variables["params"],
                batch_stats=variables["batch_stats"],
                opt_state=optimizer.init(variables["params"]),
            )

        return create(key)

    @property
    def variables(self) -> dict[str, Any]:
        """What the network is applied with: `params` and `batch_stats`."""
        return {"params": self.params, "batch_stats": self.batch_stats}
