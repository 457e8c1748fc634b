"""A loop of JAX and Optax alone, with MixUp, and augmentation that grows stronger."""

from typing import Any

import jax
import optax

import augjax as aj
from experiments.examples.pictures import Pictures, batches, striped

KEY = aj.stream(aj.key(0), "augment")
AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])
MIX = aj.MixUp(0.2, num_classes=2)
ADAM = optax.adam(1e-2)


@jax.jit
def train_step(network: Any, state: Any, batch: Pictures, epoch: int) -> Any:
    """The network and Adam's state after a batch, and its loss."""
    images = AUGMENT.batch(KEY, batch.images, batch.ids, epoch=epoch, strength=epoch / 3)
    images, labels = MIX.batch(KEY, images, batch.labels, batch.ids, epoch=epoch)

    def loss_of(network: Any) -> jax.Array:
        maps = jax.lax.conv(images.transpose(0, 3, 1, 2) - 0.5, network["kernel"], (2, 2), "SAME")
        logits = jax.nn.relu(maps).mean((2, 3)) @ network["out"]
        return optax.softmax_cross_entropy(logits, labels).mean()

    loss, gradients = jax.value_and_grad(loss_of)(network)
    updates, state = ADAM.update(gradients, state)
    return optax.apply_updates(network, updates), state, loss


kernel = jax.random.normal(jax.random.key(0), (16, 3, 5, 5)) / 9
network = {"kernel": kernel, "out": jax.numpy.zeros((16, 2))}
state = ADAM.init(network)
for epoch in (1, 2, 3):
    for batch in batches(striped(512), epoch=epoch):
        network, state, loss = train_step(network, state, batch, epoch)
    print(f"epoch {epoch}: last loss {loss:.3f}")
