"""Flax NNX: augmentation in the jitted training step."""

import jax
import optax
from flax import nnx

import augjax as aj
from experiments.examples.pictures import Pictures, batches, striped

KEY = aj.stream(aj.key(0), "augment")
AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])


@nnx.jit
def train_step(network: nnx.Module, adam: nnx.Optimizer, batch: Pictures, epoch: int) -> jax.Array:
    """Trains the network on a batch, and returns its loss."""
    images = AUGMENT.batch(KEY, batch.images, batch.ids, epoch=epoch)

    def loss_of(network: nnx.Sequential) -> jax.Array:
        logits = network(images - 0.5)
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch.labels).mean()

    loss, gradients = nnx.value_and_grad(loss_of)(network)
    adam.update(network, gradients)
    return loss


rngs = nnx.Rngs(0)
network = nnx.Sequential(
    nnx.Conv(3, 16, (5, 5), strides=2, rngs=rngs),
    nnx.relu,
    lambda maps: maps.mean((1, 2)),
    nnx.Linear(16, 2, rngs=rngs),
)
adam = nnx.Optimizer(network, optax.adam(1e-2), wrt=nnx.Param)
for epoch in (1, 2, 3):
    for batch in batches(striped(512), epoch=epoch):
        loss = train_step(network, adam, batch, epoch)
    print(f"epoch {epoch}: last loss {loss:.3f}")
