"""A Grain pipeline. It augments batches, each in one jitted call."""

import grain
import jax
import numpy as np

import augjax as aj
from experiments.examples.pictures import Pictures, apart_from_replay, striped

KEY = aj.stream(aj.key(0), "augment")
AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])


@jax.jit
def augmented(images: jax.Array, ids: jax.Array, epoch: int) -> jax.Array:
    """The images of a batch in an epoch, as float32 in [0, 1]."""
    return AUGMENT.batch(KEY, images, ids, epoch=epoch)


def stream(pictures: Pictures, epoch: int) -> grain.IterDataset:
    """The batches of an epoch: images, labels, ids."""
    data = grain.MapDataset.source(list(zip(*pictures, strict=True)))
    batches = data.shuffle(seed=epoch).batch(32)
    mapped = batches.map(lambda batch: (augmented(batch[0], batch[2], epoch), *batch[1:]))
    return mapped.to_iter_dataset()


if __name__ == "__main__":
    pictures = striped(512)
    for epoch in (1, 2, 3):
        count, apart = 0, 0.0
        for images, _labels, ids in stream(pictures, epoch):  # Your step goes here.
            apart = max(apart, apart_from_replay(AUGMENT, pictures, np.asarray(images), ids, epoch))
            count += 1
        print(f"epoch {epoch}: {count} batches; from their replay: {apart:.0e}")
