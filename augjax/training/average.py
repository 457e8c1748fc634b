"""The moving average of a network's variables over the steps of its training."""

from typing import Any

import jax.numpy as jnp
import optax
from jaxtyping import Int

from augjax.errors import InputError
from augjax.typing import AnyArray


def moving_average(average: Any, variables: Any, steps: Int[AnyArray, ""], decay: float) -> Any:
    """The average after one more step: d average + (1 - d) variables.

    d is min(decay, (1 + t) / (10 + t)) after t steps, so that the first steps, which are far from
    where training ends, are soon forgotten.

    Args:
      average: before the step, a pytree.
      variables: after it, BatchNorm's running statistics among them.
      steps: t, this one included.
      decay: from 0 to below 1.

    Reference: `tf.train.ExponentialMovingAverage` with `num_updates`.
    """
    new = jnp.maximum(jnp.float32(1 - decay), 9.0 / (10.0 + steps.astype(jnp.float32)))
    return optax.incremental_update(variables, average, new)


def check_decay(decay: float) -> None:
    """Raises InputError unless it is one that `moving_average` takes."""
    if not 0 <= decay < 1:
        raise InputError(f"--ema {decay:g}: expected at least 0 and below 1")
