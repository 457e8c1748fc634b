"""Equalizing those images of a batch that are to be, at the cost of those."""

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Bool, Float

from augjax.kernels.lookup import LEVELS, equalizing_table, histogram, look_up


def equalize(levels: Float[Array, "height width channels"]) -> Float[Array, "height width channels"]:
    """Spreads each channel's levels, 0 to 255 in float32, evenly.

    Reference: `PIL.ImageOps.equalize`.
    """
    indices = levels.astype(jnp.int32)
    return look_up(jnp.round((LEVELS - 1) * equalizing_table(histogram(indices))), indices)


@custom_vmap
def equalize_where(
    on: Bool[Array, ""], levels: Float[Array, "height width channels"]
) -> Float[Array, "height width channels"]:
    """`equalize`, if `on`; without gradient.

    A histogram and a table are the two things that a CPU cannot compute for several values at once.
    Mapped over a batch, it visits there only the images that are to be equalized. On several CPU
    devices these are gathered first; other platforms compute all images and choose.
    """
    return lax.cond(on, equalize, lambda levels: levels, levels)


@equalize_where.def_vmap
def _mapped(axis_size, in_batched, on, levels):  # type: ignore[no-untyped-def]
    if not in_batched[0]:
        on = jnp.broadcast_to(on, (axis_size,))
    if not in_batched[1]:
        levels = jnp.broadcast_to(levels, (axis_size, *levels.shape))
    return _equalize_some(on, levels), True


@custom_vmap
def _equalize_some(
    on: Bool[Array, " n"], levels: Float[Array, "n height width channels"]
) -> Float[Array, "n height width channels"]:
    return lax.platform_dependent(on, levels, cpu=_one_after_another, default=_all_at_once)


@_equalize_some.def_vmap
def _merged(axis_size, in_batched, on, levels):  # type: ignore[no-untyped-def]
    """Maps over two axes as over one."""
    if not in_batched[0]:
        on = jnp.broadcast_to(on, (axis_size, *on.shape))
    if not in_batched[1]:
        levels = jnp.broadcast_to(levels, (axis_size, *levels.shape))
    one_axis = _equalize_some(on.reshape(-1), levels.reshape(-1, *levels.shape[2:]))
    return one_axis.reshape(levels.shape), True


def _one_after_another(
    on: Bool[Array, " n"], levels: Float[Array, "n height width channels"]
) -> Float[Array, "n height width channels"]:
    places = jnp.argsort(~on)

    def equalize_next(turn, levels):  # type: ignore[no-untyped-def]
        return levels.at[places[turn]].set(equalize(levels[places[turn]]))

    return lax.fori_loop(0, on.sum(dtype=jnp.int32), equalize_next, levels)


def _all_at_once(
    on: Bool[Array, " n"], levels: Float[Array, "n height width channels"]
) -> Float[Array, "n height width channels"]:
    return jnp.where(on[:, None, None, None], jax.vmap(equalize)(levels), levels)
