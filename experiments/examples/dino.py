"""DINO: a student says of any crop what its teacher says of large ones (arXiv 2104.14294)."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

import augjax as aj
from experiments.examples.encoder import codes, encoder
from experiments.examples.pictures import Pictures, batches, striped

KEY, ADAM, COLOR = aj.stream(aj.key(0), "augment"), optax.adam(3e-3), aj.ColorJitter(0.4, 0.4)
LARGE, SMALL = aj.RandomResizedCrop(24, 24, (0.4, 1.0)), aj.RandomResizedCrop(12, 12, (0.1, 0.4))
VIEWS = aj.views([(aj.Sequential([LARGE, COLOR]), 2), (aj.Sequential([SMALL, COLOR]), 4)])


@jax.jit
def train_step(student: Any, teacher: Any, state: Any, batch: Pictures, epoch: int) -> Any:
    """Student, teacher and Adam's state after a batch, and its loss."""
    large, small = VIEWS.batch(KEY, batch.images, batch.ids, epoch=epoch)
    taught = codes(teacher, large)
    targets = jax.nn.softmax((taught - taught.mean((0, 1))) / 0.04)

    def loss_of(student: Any) -> jax.Array:
        said = jnp.concatenate([codes(student, large), codes(student, small)])
        pairs = -jnp.einsum("tbk,sbk->ts", targets, jax.nn.log_softmax(said / 0.1)) / len(batch.ids)
        return pairs.sum(where=~jnp.eye(2, 6, dtype=bool)) / 10  # Not of a crop with itself.

    loss, gradients = jax.value_and_grad(loss_of)(student)
    updates, state = ADAM.update(gradients, state)
    student = optax.apply_updates(student, updates)
    return student, optax.incremental_update(student, teacher, 0.02), state, loss


student, teacher, state = encoder(), encoder(), ADAM.init(encoder())
for epoch in (1, 2, 3):
    for batch in batches(striped(512), epoch=epoch):
        student, teacher, state, loss = train_step(student, teacher, state, batch, epoch)
    print(f"epoch {epoch}: last loss {loss:.3f}")
