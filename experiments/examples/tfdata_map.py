"""A tf.data `map`, for training that is not JAX's. It maps batches, each in one jitted call."""

from typing import Any

import jax
import numpy as np
import tensorflow as tf

import augjax as aj
from experiments.examples.pictures import apart_from_replay, striped

KEY = aj.stream(aj.key(0), "augment")
AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])


@jax.jit
def augmented(images: jax.Array, ids: jax.Array, epoch: int) -> jax.Array:
    """The images of a batch in an epoch, as float32 in [0, 1]."""
    return AUGMENT.batch(KEY, images, ids, epoch=epoch)


def mapped(images: Any, labels: Any, ids: Any, epoch: Any) -> tuple[Any, Any, Any]:
    """A batch of tensors, augmented."""
    pixels = tf.numpy_function(
        lambda *batch: np.asarray(augmented(*batch)), [images, ids, epoch], tf.float32
    )
    return tf.ensure_shape(pixels, images.shape), labels, ids


if __name__ == "__main__":
    tf.config.set_visible_devices([], "GPU")  # Its memory is JAX's.
    pictures = striped(512)
    for epoch in (1, 2, 3):
        data = tf.data.Dataset.from_tensor_slices(tuple(pictures)).shuffle(512, seed=epoch)
        data = data.batch(32).map(lambda *batch, epoch=epoch: mapped(*batch, epoch)).prefetch(1)
        for images, _labels, ids in data.as_numpy_iterator():  # Your step goes here.
            apart = apart_from_replay(AUGMENT, pictures, images, ids, epoch)
        print(f"epoch {epoch}: {len(data)} batches; from their replay: {apart:.0e}")
