"""Epochs: the order of the images, and the batches that tf.data streams in it."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt32

from augjax.data.dataset import Split
from augjax.data.tf import decoded_stream, import_tensorflow, unconverted, untuned
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

    An image that cannot be decoded is a row of zeros whose mask is False, in its usual place; the
    split's `on_missing` is called with its index after the last batch. To go on after `k` batches
    of an epoch, give its order from `k * batch_size` on.
    """
    source = _cached if split.cache is not None else _decoded
    labels, ids = split.labels[order], split.ids[order]
    missing: list[int] = []
    starts = range(0, len(order), batch_size)
    for start, (images, mask) in zip(starts, source(split, order, batch_size), strict=True):
        rows = slice(start, start + batch_size)
        if not mask.all():
            missing += order[rows][~mask].tolist()
            labels[rows][~mask], ids[rows][~mask] = 0, 0
        yield _padded(Batch(images, labels[rows], ids[rows], mask), batch_size)
    if missing and split.on_missing is not None:
        split.on_missing(missing)


_Rows = tuple[UInt8[np.ndarray, "rows height width 3"], Bool[np.ndarray, " rows"]]


def _cached(split: Split, order: Int[np.ndarray, " n"], batch_size: int) -> Iterator[_Rows]:
    tf = import_tensorflow()
    indices = tf.data.Dataset.from_tensor_slices(order.astype(np.int64))
    batches = indices.batch(batch_size).map(unconverted(lambda i: tf.gather(split.cache, i)))
    for images in untuned(batches.prefetch(2)).as_numpy_iterator():
        yield images, np.ones(len(images), bool)


def _decoded(split: Split, order: Int[np.ndarray, " n"], batch_size: int) -> Iterator[_Rows]:
    """Decodes as it goes; the stream drops what fails, so each image comes with its position."""
    decode = split.decode
    assert decode is not None
    indices = import_tensorflow().data.Dataset.from_tensor_slices(order.astype(np.int64))
    decoded = decoded_stream(
        indices.enumerate(), lambda place, index: (place, decode(index)), batch_size=batch_size
    )
    shape = tuple(decoded.element_spec[1].shape[1:])
    pieces = decoded.as_numpy_iterator()
    positions, waiting = np.empty(0, np.int64), np.empty((0, *shape), np.uint8)
    for start in range(0, len(order), batch_size):
        count = min(batch_size, len(order) - start)
        images, mask = np.zeros((count, *shape), np.uint8), np.zeros(count, bool)
        while True:
            here = int(np.searchsorted(positions, start + count))
            images[positions[:here] - start] = waiting[:here]
            mask[positions[:here] - start] = True
            positions, waiting = positions[here:], waiting[here:]
            if len(positions) or mask.all():
                break
            positions, waiting = next(pieces, (positions, waiting))
            if not len(positions):
                break
        yield images, mask


def _padded(batch: Batch, batch_size: int) -> Batch:
    missing = batch_size - len(batch.mask)
    if missing == 0:
        return batch
    return Batch(*(np.pad(a, [(0, missing)] + [(0, 0)] * (a.ndim - 1)) for a in batch))
