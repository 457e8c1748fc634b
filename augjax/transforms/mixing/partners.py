"""Who is mixed with whom."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, UInt32

from augjax.transforms.core.types import Ids
from augjax.typing import AnyArray


def partners(
    draws: UInt32[Array, " batch"], ids: Ids, mask: Bool[AnyArray, " batch"]
) -> Int[Array, " batch"]:
    """The place in the batch of each image's partner.

    Sorted by their draws, and by their ids where those are equal, each image's partner is the next
    one and the last one's is the first. So every image is partner to one, and to another but
    itself unless it is alone; who it is follows from which images there are, and not from their
    order. Rows whose mask is False are partners to themselves.
    """
    words = [ids] if ids.ndim == 1 else [ids[:, word] for word in reversed(range(ids.shape[1]))]
    order = jnp.lexsort([*words, draws, ~jnp.asarray(mask)]).astype(jnp.int32)
    place = jnp.arange(order.shape[0], dtype=jnp.int32)
    count = jnp.sum(mask, dtype=jnp.int32)
    next_place = jnp.where(place + 1 < count, place + 1, jnp.where(place < count, 0, place))
    return jnp.zeros_like(order).at[order].set(order[next_place], unique_indices=True)
