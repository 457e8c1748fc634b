"""Epochs: the order of the images, and the batches that tf.data streams in it."""

from collections.abc import Iterator, Sequence
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


def epoch_batches(
    split: Split,
    order: Int[np.ndarray, " n"],
    batch_size: int,
    rows: slice | None = None,
) -> Iterator[Batch]:
    """Streams the images of `split` in `order`: each exactly once, in batches of equal size.

    An image that cannot be decoded is a row of zeros whose mask is False, in its usual place; the
    split's `on_missing` is called after the last batch with the indices of all these. To go on
    after `k` batches of an epoch, give its order from `k * batch_size` on.

    Args:
      split: the images.
      order: of them.
      batch_size: of the batches.
      rows: of each batch, those that are wanted, as `slice(start, stop)`; all of them by default.
        No other image is read.
    """
    first, end, _ = (rows or slice(None)).indices(batch_size)
    shares = [order[n + first : n + end] for n in range(0, len(order), batch_size)]
    source = _cached if split.cache is not None and split.held is None else _decoded
    missing: list[int] = []
    for share, (images, mask) in zip(shares, source(split, shares), strict=True):
        labels, ids = split.labels[share], split.ids[share]
        if not mask.all():
            missing += share[~mask].tolist()
            labels[~mask], ids[~mask] = 0, 0
        yield _padded(Batch(images, labels, ids, mask), end - first)
    if split.on_missing is not None:
        split.on_missing(missing)


_Rows = tuple[UInt8[np.ndarray, "rows height width 3"], Bool[np.ndarray, " rows"]]


def _cached(split: Split, shares: Sequence[np.ndarray]) -> Iterator[_Rows]:
    tf = import_tensorflow()
    cache = split.cache
    assert cache is not None
    full = [share for share in shares if len(share)]  # Only the last one may be smaller, or empty.
    if full:
        indices = tf.data.Dataset.from_tensor_slices(np.concatenate(full).astype(np.int64))
        batches = indices.batch(len(full[0])).map(unconverted(lambda i: tf.gather(cache, i)))
        for images in untuned(batches.prefetch(2)).as_numpy_iterator():
            yield images, np.ones(len(images), bool)
    for _ in shares[len(full) :]:
        yield np.empty((0, *cache.shape[1:]), np.uint8), np.ones(0, bool)


def _decoded(split: Split, shares: Sequence[np.ndarray]) -> Iterator[_Rows]:
    """Decodes as it goes; the stream drops what fails, so each image comes with its position.

    Of a cache that does not hold all images, those are taken that it holds; others join them.
    """
    decode, cache, held = split.decode, split.cache, split.held
    assert decode is not None
    order = np.concatenate(shares) if shares else np.empty(0, int)
    known = np.zeros(len(order), bool) if held is None else held[order]
    wanted = np.flatnonzero(~known)
    split.reads.add(split.sizes, order[wanted])
    decoded = decoded_stream(
        import_tensorflow().data.Dataset.from_tensor_slices((wanted, order[wanted])),
        lambda place, index: (place, decode(index)),
        batch_size=max([1, *map(len, shares)]),
    )
    shape = tuple(decoded.element_spec[1].shape[1:])
    pieces = decoded.as_numpy_iterator()
    positions, waiting = np.empty(0, np.int64), np.empty((0, *shape), np.uint8)
    end = 0
    for share in shares:
        start, end = end, end + len(share)
        images, mask = np.zeros((len(share), *shape), np.uint8), known[start:end].copy()
        if cache is not None:
            images[mask] = cache[share[mask]]
        while True:
            here = int(np.searchsorted(positions, end))
            images[positions[:here] - start] = waiting[:here]
            mask[positions[:here] - start] = True
            if cache is not None and held is not None:
                arrived = order[positions[:here]]
                cache[arrived], held[arrived] = waiting[:here], True
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
