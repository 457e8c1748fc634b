"""Computing something for some images of a batch, at the cost of those."""

from collections.abc import Callable
from functools import wraps

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float

from augjax.typing import AnyArray

Function = Callable[[Float[Array, "h w c"]], Float[Array, "h w c"]]


def only_where(function: Function) -> Callable[[AnyArray, AnyArray], Array]:
    """Makes `changed(on, image)`: `function(image)` if `on`, else the image; without gradient.

    For what takes a CPU long and few images need. Mapped over a batch, `changed` visits there only
    the images that are on; on several CPU devices these are gathered first. Other platforms compute
    all images at once, and choose.

    Args:
      function: of an image, with a result of the same shape and dtype.
    """

    @custom_vmap
    def changed(on: Array, image: Array) -> Array:
        return lax.cond(on, function, lambda image: image, image)

    @custom_vmap
    def changed_some(on: Array, images: Array) -> Array:
        return lax.platform_dependent(on, images, cpu=one_after_another, default=all_at_once)

    def one_after_another(on: Array, images: Array) -> Array:
        places = jnp.argsort(~on)

        def change(turn: Array, images: Array) -> Array:
            return images.at[places[turn]].set(function(images[places[turn]]))

        return lax.fori_loop(0, on.sum(dtype=jnp.int32), change, images)

    def all_at_once(on: Array, images: Array) -> Array:
        return jnp.where(on[:, None, None, None], jax.vmap(function)(images), images)

    @changed.def_vmap
    def mapped(
        size: int, are_mapped: list[bool], on: AnyArray, image: AnyArray
    ) -> tuple[Array, bool]:
        return changed_some(*_all_mapped(size, are_mapped, on, image)), True

    @changed_some.def_vmap
    def mapped_again(
        size: int, are_mapped: list[bool], on: AnyArray, images: AnyArray
    ) -> tuple[Array, bool]:
        on, images = _all_mapped(size, are_mapped, on, images)
        flat = changed_some(on.reshape(-1), images.reshape(-1, *images.shape[2:]))
        return flat.reshape(images.shape), True

    return wraps(function)(changed)


def _all_mapped(size: int, are_mapped: list[bool], *arrays: AnyArray) -> list[Array]:
    return [
        jnp.asarray(array) if is_mapped else jnp.broadcast_to(array, (size, *array.shape))
        for array, is_mapped in zip(arrays, are_mapped, strict=True)
    ]
