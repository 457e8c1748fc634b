"""SimCLR: a network learns which two of many views show the same image (arXiv 2002.05709)."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

import augjax as aj
from experiments.examples.encoder import codes, encoder
from experiments.examples.pictures import Pictures, batches, striped

KEY, ADAM = aj.stream(aj.key(0), "augment"), optax.adam(1e-2)
CROP, COLOR = aj.RandomResizedCrop(24, 24, (0.4, 1.0)), aj.ColorJitter(0.4, 0.4)
VIEWS = aj.views(aj.Sequential([CROP, COLOR]), 2)


@jax.jit
def train_step(network: Any, state: Any, batch: Pictures, epoch: int) -> Any:
    """The network and Adam's state after a batch, and its loss."""
    views = VIEWS.batch(KEY, batch.images, batch.ids, epoch=epoch)  # (2, batch, 24, 24, 3)

    def loss_of(network: Any) -> jax.Array:
        each = codes(network, views.reshape(-1, 24, 24, 3))
        each /= jnp.linalg.norm(each, axis=1, keepdims=True)
        alike = jnp.where(jnp.eye(len(each)) == 1, -jnp.inf, each @ each.T / 0.2)
        partners = jnp.roll(jnp.arange(len(each)), len(each) // 2)
        return optax.softmax_cross_entropy_with_integer_labels(alike, partners).mean()

    loss, gradients = jax.value_and_grad(loss_of)(network)
    updates, state = ADAM.update(gradients, state)
    return optax.apply_updates(network, updates), state, loss


network, state = encoder(), ADAM.init(encoder())
for epoch in (1, 2, 3):
    for batch in batches(striped(512), epoch=epoch):
        network, state, loss = train_step(network, state, batch, epoch)
    print(f"epoch {epoch}: last loss {loss:.3f}")
