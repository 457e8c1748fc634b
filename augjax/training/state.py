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
      batch_stats: BatchNorm's running statistics; empty for a network without BatchNorm.
      opt_state: the optimizer's state.
      average: the moving average of `params` and `batch_stats` over the steps; None without one.
    """

    step: Any
    params: Any
    batch_stats: Any
    opt_state: Any
    average: Any = None

    @classmethod
    def create(
        cls,
        model: nn.Module,
        optimizer: optax.GradientTransformation,
        key: PRNGKeyArray,
        image_shape: tuple[int, int, int],
        *,
        averaged: bool = False,
    ) -> "TrainState":
        """The state before the first step, initialised under the stream 'init' of `key`."""

        @jax.jit  # One program in place of some two hundred.
        def create(key: PRNGKeyArray) -> "TrainState":
            images = jnp.zeros((1, *image_shape), jnp.float32)
            variables: Any = model.init(steady(stream(key, "init")), images, train=False)
            return cls.starting_from(variables, optimizer, averaged=averaged)

        return create(key)

    @classmethod
    def starting_from(
        cls,
        variables: dict[str, Any],
        optimizer: optax.GradientTransformation,
        *,
        averaged: bool = False,
    ) -> "TrainState":
        """The state before the first step from these variables.

        Args:
          variables: `params`, and `batch_stats` if the network has some.
          optimizer: for the parameters.
          averaged: whether steps keep a moving average of the variables, which starts here.
        """
        params, batch_stats = variables["params"], variables.get("batch_stats", {})
        return cls(
            step=jnp.zeros((), jnp.int32),
            params=params,
            batch_stats=batch_stats,
            opt_state=optimizer.init(params),
            average={"params": params, "batch_stats": batch_stats} if averaged else None,
        )

    @property
    def variables(self) -> dict[str, Any]:
        """What the network answers with: `params` and `batch_stats`, averaged if they are."""
        own = {"params": self.params, "batch_stats": self.batch_stats}
        return own if self.average is None else self.average
