"""Epochs: the order of the images, and the batches that tf.data streams in it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt32

from augjax.data.dataset import Split
from augjax.data.quiet_tensorflow import import_tensorflow
from augjax.typing import AnyArray


class Batch(NamedTuple):
    """A batch of fixed size; the last one of an epoch is padded with rows whose mask is False."""

    images: UInt8[AnyArray, "batch height width 3"]
    labels: Int[AnyArray, " batch"]
    ids: UInt32[AnyArray, "batch 2"]
    mask: Bool[AnyArray, " batch"]


def epoch_order(n: int, *, seed: int, epoch: int) -> Int[np.ndarray, " n"]:
    """The order of `n` training images in an epoch: a full permutation for each (seed, epoch)."""
    return np.random.default_rng([seed, epoch]).permutation(n)


def epoch_batches(split: Split, order: Int[np.ndarray, " n"], batch_size: int) -> Iterator[Batch]:
    """Streams the images of `split` in `order`: each exactly once, in batches of equal size.

    To go on after `k` batches of an epoch, give its order from `k * batch_size` on.
    """
    tf = import_tensorflow()
    indices = tf.data.Dataset.from_tensor_slices(order.astype(np.int64))
    if split.cache is not None:
        images = indices.batch(batch_size).map(lambda i: tf.gather(split.cache, i))
    else:
        images = indices.map(split.decode, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size)
    images = images.prefetch(tf.data.AUTOTUNE).as_numpy_iterator()
    for start, batch in zip(range(0, len(order), batch_size), images, strict=True):
        rows = order[start : start + batch_size]
        yield _padded(
            Batch(batch, split.labels[rows], split.ids[rows], np.ones(len(rows), bool)), batch_size
        )


def _padded(batch: Batch, batch_size: int) -> Batch:
    missing = batch_size - len(batch.mask)
    if missing == 0:
        return batch
    return Batch(*(np.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1)) for a in batch))
