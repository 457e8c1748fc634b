"""Computing something for some images of a batch, at the cost of those."""

from collections.abc import Callable, Iterable
from functools import wraps

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_batching import custom_vmap
from jaxtyping import Array, Float

from augjax.kernels.few_by_few import shares
from augjax.typing import AnyArray

Function = Callable[..., Float[Array, "h w c"]]


def only_where(function: Function) -> Callable[..., Array]:
    """Makes `changed(on, image, *numbers)`: `function(image, *numbers)` if `on`, else the image.

    For what few images need. Mapped over a batch, on a CPU `changed` visits only the images that
    are on; a batch split over devices stays split, and each visits its own share, as often as
    any does. Other platforms compute all images at once, and choose. A gradient flows through
    images that are off, and through nothing else.

    Args:
      function: of an image and of arrays that belong to it, with a result of the image's shape and
        dtype.
    """

    @jax.custom_jvp
    def changed(on: AnyArray, image: AnyArray, *numbers: AnyArray) -> Array:
        return changed_one(on, image, *numbers)

    @changed.defjvp
    def changed_slope(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
        on, slope = primals[0], tangents[1]
        return changed(*primals), jnp.where(on, jnp.zeros_like(slope), slope)

    @custom_vmap
    def changed_one(on: AnyArray, image: AnyArray, *numbers: AnyArray) -> Array:
        return lax.cond(on, function, lambda image, *_: image, image, *numbers)

    @custom_vmap
    def changed_some(on: AnyArray, images: AnyArray, *numbers: AnyArray) -> Array:
        return lax.platform_dependent(
            on, images, *numbers, cpu=one_after_another, default=all_at_once
        )

    def one_after_another(*arrays: Array) -> Array:
        if not len(arrays[0]):
            return arrays[1]
        groups = shares(len(arrays[0]))
        on, images, *numbers = (a.reshape(groups, -1, *a.shape[1:]) for a in arrays)
        places, counts = jnp.argsort(~on, axis=1), on.sum(axis=1, dtype=jnp.int32)

        def visit(turn: Array, images: Array) -> Array:
            def change(place: Array, is_on: Array, images: Array, *numbers: Array) -> Array:
                image = images[place]
                new = function(image, *(number[place] for number in numbers))
                return images.at[place].set(jnp.where(is_on, new, image))

            return jax.vmap(change)(places[:, turn], turn < counts, images, *numbers)

        return lax.fori_loop(0, counts.max(), visit, images).reshape(arrays[1].shape)

    def all_at_once(on: Array, images: Array, *numbers: Array) -> Array:
        return jnp.where(on[:, None, None, None], jax.vmap(function)(images, *numbers), images)

    @changed_one.def_vmap
    def mapped(size: int, are_mapped: list[bool], *arrays: AnyArray) -> tuple[Array, bool]:
        return changed_some(*_all_mapped(size, are_mapped, arrays)), True

    @changed_some.def_vmap
    def mapped_again(size: int, are_mapped: list[bool], *arrays: AnyArray) -> tuple[Array, bool]:
        nested = _all_mapped(size, are_mapped, arrays)
        flat = changed_some(*(array.reshape(-1, *array.shape[2:]) for array in nested))
        return flat.reshape(nested[1].shape), True

    return wraps(function)(changed)


def _all_mapped(size: int, are_mapped: list[bool], arrays: Iterable[AnyArray]) -> list[Array]:
    return [
        jnp.asarray(array) if is_mapped else jnp.broadcast_to(array, (size, *array.shape))
        for array, is_mapped in zip(arrays, are_mapped, strict=True)
    ]
