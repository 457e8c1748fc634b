"""Equinox: augmentation in the jitted step; its networks take one image, channels first."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

import augjax as aj
from experiments.examples.pictures import Pictures, batches, striped

AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])
ADAM = optax.adam(1e-2)
CONV = eqx.nn.Conv2d(3, 16, 5, stride=2, key=jax.random.key(1))
OUT = eqx.nn.Linear(16, 2, key=jax.random.key(2))
MEAN = eqx.nn.Lambda(lambda maps: jax.nn.relu(maps).mean((1, 2)))


@eqx.filter_jit
def train_step(network: Any, state: Any, batch: Pictures, epoch: Any) -> tuple[Any, Any, Any]:
    """The network and Adam's state after a batch, and its loss."""
    images = AUGMENT.batch(aj.stream(aj.key(0), "augment"), batch.images, batch.ids, epoch=epoch)

    def loss_of(network: Any) -> jax.Array:
        logits = jax.vmap(network)(jnp.moveaxis(images - 0.5, 3, 1))
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch.labels).mean()

    loss, gradients = eqx.filter_value_and_grad(loss_of)(network)
    updates, state = ADAM.update(gradients, state)
    return eqx.apply_updates(network, updates), state, loss


network = eqx.nn.Sequential([CONV, MEAN, OUT])
state = ADAM.init(eqx.filter(network, eqx.is_array))
for epoch in jnp.arange(1, 4):  # Equinox compiles anew for each int of Python's, not for an array.
    for batch in batches(striped(512), epoch=int(epoch)):
        network, state, loss = train_step(network, state, batch, epoch)
    print(f"epoch {epoch}: last loss {loss:.3f}")
