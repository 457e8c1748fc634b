"""Metrics of an epoch as sums on the device, divided once at its end."""

from typing import Any

import flax.struct
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from augjax.training.history import TOP_5_FROM, metric_names
from augjax.training.history import accuracy_name as accuracy_name
from augjax.training.objective import Labels, Logits, correct, in_top
from augjax.typing import AnyArray


class Metrics(flax.struct.PyTreeNode):
    """Sums over the images seen so far, each image counted once.

    Attributes:
      loss: sum of the images' losses; float32 ().
      correct: number of images classified correctly; int32 (), as all that follow.
      count: number of images.
      steps: number of batches.
      first_bad_step: the first batch, counted from 0, whose loss was not finite; -1 if none.
      in_top_5: number of images whose class is among the first five; None below ten classes.
      num_classes: no array.
    """

    # JAX rebuilds pytrees around things that are not arrays, so the fields stay untyped.
    loss: Any
    correct: Any
    count: Any
    steps: Any
    first_bad_step: Any
    in_top_5: Any = None
    num_classes: int = flax.struct.field(pytree_node=False, default=2)

    @classmethod
    def zero(cls, num_classes: int = 2) -> "Metrics":
        """Nothing seen yet."""
        none = [jnp.float32(0), jnp.int32(0), jnp.int32(0), jnp.int32(0), jnp.int32(-1)]
        top_5 = jnp.int32(0) if num_classes >= TOP_5_FROM else None
        return cls(*none, in_top_5=top_5, num_classes=num_classes)

    def add(
        self,
        losses: Float[Array, " batch"],
        logits: Logits,
        labels: Labels,
        mask: Bool[AnyArray, " batch"],
    ) -> "Metrics":
        """Counts in the rows of a batch whose mask is True."""
        right = correct(logits, labels)
        loss = jnp.sum(losses, where=mask)
        newly_bad = (self.first_bad_step < 0) & ~jnp.isfinite(loss)
        top_5 = self.in_top_5
        if top_5 is not None:
            top_5 += jnp.sum(in_top(logits, labels, 5) & mask, dtype=jnp.int32)
        return self.replace(
            loss=self.loss + loss,
            correct=self.correct + jnp.sum(right & mask, dtype=jnp.int32),
            count=self.count + jnp.sum(mask, dtype=jnp.int32),
            steps=self.steps + 1,
            first_bad_step=jnp.where(newly_bad, self.steps, self.first_bad_step),
            in_top_5=top_5,
        )

    def means(self) -> dict[str, float]:
        """The loss and the share of right answers, by `metric_names`; waits for the device."""
        sums = [float(self.loss), int(self.correct)]
        sums += [] if self.in_top_5 is None else [int(self.in_top_5)]
        count = int(self.count)
        names = metric_names(self.num_classes)
        return {name: total / count for name, total in zip(names, sums, strict=True)}
