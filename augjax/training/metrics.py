"""Metrics of an epoch as sums on the device, divided once at its end."""

from typing import Any

import flax.struct
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.typing import AnyArray


class Metrics(flax.struct.PyTreeNode):
    """Sums over the images seen so far, each image counted once.

    Attributes:
      loss: sum of the images' losses; float32 ().
      correct: number of images classified correctly; int32 (), as all that follow.
      count: number of images.
      steps: number of batches.
      first_bad_step: the first batch, counted from 0, whose loss was not finite; -1 if none.
    """

    # JAX rebuilds pytrees around things that are not arrays, so the fields stay untyped.
    loss: Any
    correct: Any
    count: Any
    steps: Any
    first_bad_step: Any

    @classmethod
    def zero(cls) -> "Metrics":
        """Nothing seen yet."""
        return cls(jnp.float32(0), jnp.int32(0), jnp.int32(0), jnp.int32(0), jnp.int32(-1))

    def add(
        self,
        losses: Float[Array, " batch"],
        correct: Bool[Array, " batch"],
        mask: Bool[AnyArray, " batch"],
    ) -> "Metrics":
        """Counts in the rows of a batch whose mask is True."""
        loss = jnp.sum(losses, where=mask)
        newly_bad = (self.first_bad_step < 0) & ~jnp.isfinite(loss)
        return self.replace(
            loss=self.loss + loss,
            correct=self.correct + jnp.sum(correct & mask, dtype=jnp.int32),
            count=self.count + jnp.sum(mask, dtype=jnp.int32),
            steps=self.steps + 1,
            first_bad_step=jnp.where(newly_bad, self.steps, self.first_bad_step),
        )

    def means(self) -> dict[str, float]:
        """`loss` and `binary_accuracy` per image; waits for the device."""
        count = int(self.count)
        return {"loss": float(self.loss) / count, "binary_accuracy": int(self.correct) / count}
