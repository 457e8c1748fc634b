"""The strength of the augmentation over training."""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from augjax.kernels.fusion import unfused
from augjax.typing import AnyArray

Schedule: TypeAlias = Callable[[Any], Any]
"""An `optax.Schedule`: from the number of steps done to the strength of the next one."""

FULL_STRENGTH: Schedule = optax.constant_schedule(1.0)
"""The ranges of the transforms as they stand, at every step."""


def strength_ramp(start: float, end: float, steps: int) -> Schedule:
    """A schedule from `start` to `end`, which it reaches after `steps` steps and keeps.

        strength(step) = start + (end - start) * min(step / steps, 1)

    `optax.linear_schedule` is the same but for the last bit, which there depends on what a compiler
    makes of a quotient, a product and a sum. Here a step's strength has the same bits in every
    program, so that what training drew can be drawn again.
    """
    lower, upper = sorted((0.0, end - start))
    last = min(steps, 2**31 - 1)  # No run takes so many.

    def strength(step: int | Int[AnyArray, ""]) -> Float[Array, ""]:
        done = jnp.asarray(step, jnp.int32)
        change = jnp.float32((end - start) / steps) * done.astype(jnp.float32)
        ramp = jnp.float32(start) + unfused(change, lower, upper)
        return jnp.where(done < last, ramp, jnp.float32(end))

    return strength
