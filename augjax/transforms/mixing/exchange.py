"""Rows of a batch that other devices hold."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec
from jaxtyping import Array, Int, Shaped

from augjax.typing import AnyArray


def rows_at(
    batch: Shaped[AnyArray, "batch ..."],
    places: Int[AnyArray, " batch"],
    sharding: NamedSharding | None = None,
) -> Shaped[Array, "batch ..."]:
    """`batch[places]`, whichever devices hold these rows.

    Left to itself, XLA would give every device the whole batch. Given how the batch is split, the
    rows go around: each device passes what it has to its neighbour, until all have seen all, and
    keeps the rows that it needs. So it holds the rows of three devices at most.

    Args:
      batch: rows of any shape.
      places: of the row that is to stand at each place, from 0 to batch - 1.
      sharding: how the first axis is split over devices; None where one device holds it, or the
        compiler is to choose.
    """
    if sharding is None or not (names := split_axes(sharding)):
        return jnp.take(batch, places, axis=0, mode="clip")
    split = PartitionSpec(names)
    in_context = not jax.sharding.get_abstract_mesh().empty
    around = jax.shard_map(
        partial(_around, names=names),
        mesh=None if in_context else sharding.mesh,
        in_specs=(split, split),
        out_specs=split,
        axis_names=set(names),
    )
    return around(jnp.asarray(batch), jnp.asarray(places))


def split_axes(sharding: NamedSharding) -> tuple[str, ...]:
    """The axes of the mesh that split the first axis of a batch."""
    first = sharding.spec[0] if sharding.spec else None
    return () if first is None else (first,) if isinstance(first, str) else tuple(first)


def _around(
    own: Shaped[Array, "rows ..."], places: Int[Array, " rows"], *, names: tuple[str, ...]
) -> Shaped[Array, "rows ..."]:
    """What stands at `places`, of rows that go around the devices."""
    devices, rows = jax.lax.axis_size(names), own.shape[0]
    to_the_next = [(device, (device + 1) % devices) for device in range(devices)]

    def keep(kept: Array, passing: Array, origin: Array) -> Array:
        inside = places - origin * rows
        here = ((inside >= 0) & (inside < rows)).reshape(-1, *(1,) * (own.ndim - 1))
        return jnp.where(here, jnp.take(passing, inside, axis=0, mode="clip"), kept)

    def hop(_: Array, state: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        kept, *passing = state
        # With where they are from: of several axes, `ppermute` counts devices in its own order.
        rows, origin = jax.lax.ppermute(tuple(passing), names, to_the_next)
        return keep(kept, rows, origin), rows, origin

    me = jax.lax.axis_index(names)
    kept, *_ = jax.lax.fori_loop(1, devices, hop, (keep(own, own, me), own, me))
    return kept
